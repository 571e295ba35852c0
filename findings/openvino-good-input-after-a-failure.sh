#!/usr/bin/env bash
# OpenVINO 2026.4: after an inference that failed, a good input fails too.
#
# One would guess: an inference that throws, since its input has more tokens than the model has positions, leaves the compiled
# model as it was. The next input, which was answered before, is answered again.
# What happens: the request goes on failing with the same message, on an input that it answered before the failure. A model
# that is compiled anew answers it. Whoever blames the input that was asked when the error came blames a good one.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet openvino==2026.4.1 numpy==2.4.6

"$folder/python/bin/python" - <<'PYTHON'
import numpy
import openvino
from openvino import opset13 as ops

print("OpenVINO", openvino.__version__)
chance = numpy.random.default_rng(1)


def constant(*shape):
    return ops.constant(chance.random(shape, numpy.float32))


def whole(*numbers):
    return ops.constant(numpy.array(numbers, numpy.int64))


# An encoder with sixteen positions, put together as exporters do: the table is cut to the length of the input.
ids = ops.parameter([-1, -1], numpy.int64)
length = ops.gather(ops.shape_of(ids), whole(1), ops.constant(numpy.int64(0)))
tokens = ops.gather(constant(100, 64), ids, ops.constant(numpy.int64(0)))
x = ops.add(tokens, ops.slice(constant(1, 16, 64), whole(0), length, whole(1), whole(1)))
for _ in range(3):
    y = ops.matmul(x, constant(64, 64), False, False)
    x = ops.add(x, ops.matmul(ops.softmax(ops.matmul(y, x, False, True), 2), y, False, False))
model = openvino.Model([ops.result(x)], [ids])


def requests():
    compiled = openvino.Core().compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
    return [compiled.create_infer_request() for _ in range(4)]


def answered(request, length):
    try:
        request.infer([numpy.ones((8, length), numpy.int64)])
        return True
    except RuntimeError:
        return False


used = requests()
before = [answered(used[number % 4], 5 + number % 5) for number in range(6)]
too_long = answered(used[0], 30)
after = [answered(used[0], 5) for _ in range(5)]
anew = [answered(requests()[0], 5) for _ in range(2)]
print("before:", before)
print("more tokens than positions:", too_long)
print("the first input again:", after)
print("compiled anew:", anew)
assert all(before) and all(anew) and not too_long
assert not any(after)
print("as described")
PYTHON
