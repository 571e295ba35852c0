"""Makes small encoders whose answers can be told beforehand, for the tests: python3 small-encoders.py PACKAGES OUT.

PACKAGES holds openvino. Each folder in OUT has openvino_model.xml and .bin, without a tokenizer. A token's vector is
(its number, its type, its position), as far as the graph takes these.
"""
import pathlib
import sys

packages, out = sys.argv[1:]
sys.path.insert(0, packages)

import numpy  # noqa: E402
import openvino  # noqa: E402
from openvino import opset13 as ops  # noqa: E402


def numbers(value, kind=numpy.int64):
    return ops.constant(numpy.array(value, kind))


def column(node):
    return ops.unsqueeze(ops.convert(node, "f32"), numbers([2]))


def parameters(*names):
    found = []
    for name in names:
        node = ops.parameter([-1, -1], numpy.int64, name=name)
        node.output(0).tensor.set_names({name})
        found.append(node)
    return found


def save(folder, output, name, inputs):
    output.output(0).tensor.set_names({name})
    model = openvino.Model([ops.result(output)], inputs, folder)
    place = pathlib.Path(out) / folder
    place.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, place / "openvino_model.xml", compress_to_fp16=False)


def tokens():
    inputs = parameters("input_ids", "attention_mask", "token_type_ids")
    save("tokens", ops.concat([column(inputs[0]), column(inputs[2]), column(inputs[1])], 2), "last_hidden_state", inputs)


def positions():
    inputs = parameters("input_ids", "attention_mask", "position_ids")
    save("positions", ops.concat([column(inputs[0]), column(inputs[2])], 2), "last_hidden_state", inputs)


def short():
    """Its table has eight positions, and breaks on more."""
    inputs = parameters("input_ids", "attention_mask")
    length = ops.gather(ops.shape_of(inputs[0]), numbers([1]), numbers(0))
    table = ops.constant(numpy.arange(8, dtype=numpy.float32).reshape(1, 8, 1), name="places")
    cut = ops.slice(table, numbers([0]), length, numbers([1]), numbers([1]))
    save("short", ops.concat([column(inputs[0]), ops.add(column(inputs[1]), cut)], 2), "last_hidden_state", inputs)


def labels():
    inputs = parameters("input_ids", "attention_mask")
    zero = ops.reduce_sum(ops.multiply(ops.convert(inputs[0], "f32"), numbers(0, numpy.float32)), numbers([1]), True)
    save("labels", ops.add(zero, numbers([[0, 2, 1]], numpy.float32)), "logits", inputs)


for make in (tokens, positions, short, labels):
    make()
