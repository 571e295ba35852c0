"""BERT as an OpenVINO model, built from its weights: without torch, which weighs a gigabyte."""

import json
import math
import struct
from pathlib import Path

from . import ConversionError
from .source import Source

EXPECTED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False}
DEFAULTS = {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False, "layer_norm_eps": 1e-12}


def is_plain_bert(source: Source) -> bool:
    """Whether this file can build it: BERT as it was published, in one safetensors file of f32."""
    if not (source.body / "model.safetensors").is_file() or source.is_exported:
        return False
    return all(source.config.get(key, DEFAULTS.get(key)) == value for key, value in EXPECTED.items())


def read_safetensors(path: Path) -> dict:
    """Name → f32 array. The format: u64 length, JSON header, then the data the header points into."""
    import numpy

    def widened(data, entry):
        if entry["dtype"] == "BF16":
            return (numpy.frombuffer(data, numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
        return numpy.frombuffer(data, {"F32": numpy.float32, "F16": numpy.float16, "F64": numpy.float64}[entry["dtype"]])

    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        weights = {}
        for name, entry in json.loads(data[8 : 8 + length]).items():
            if name == "__metadata__" or entry["dtype"] not in ("F32", "F16", "BF16", "F64"):
                continue
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            values = widened(data[start:end], entry).astype(numpy.float32, copy=False)
            weights[_as_published(name)] = values.reshape(entry["shape"])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ConversionError(f"{path} is not a whole safetensors file ({error})") from error
    return weights


def _as_published(name: str) -> str:
    """Of a model trained with a head the body's tensors are under the body's name; some have TensorFlow's names of a norm."""
    name = name.removeprefix("bert.")
    if "LayerNorm." in name:
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
    return name


def bert_model(source: Source):
    """BERT after https://arxiv.org/abs/1810.04805: input_ids, attention_mask, token_type_ids → last_hidden_state."""
    import numpy
    import openvino
    from openvino import opset13 as ops

    config = {**DEFAULTS, **source.config}
    weights = read_safetensors(source.body / "model.safetensors")
    hidden, heads = config["hidden_size"], config["num_attention_heads"]

    def weight(name):
        if name not in weights:
            raise ConversionError(f"{source.body / 'model.safetensors'} has no tensor {name}")
        return ops.constant(weights[name], name=name)

    def number(value, kind=numpy.int64):
        return ops.constant(numpy.array(value, kind))

    def linear(x, name):
        product = ops.matmul(x, weight(f"{name}.weight"), False, True)
        return ops.add(product, weight(f"{name}.bias"))

    def layer_norm(x, name):
        normal = ops.mvn(x, number([-1]), True, config["layer_norm_eps"], "inside_sqrt")
        return ops.add(ops.multiply(normal, weight(f"{name}.weight")), weight(f"{name}.bias"))

    def split_heads(x):  # [batch, length, hidden] → [batch, heads, length, hidden / heads]
        parts = ops.reshape(x, number([0, 0, heads, hidden // heads]), True)
        return ops.transpose(parts, number([0, 2, 1, 3]))

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids, mask, types = (ops.parameter(openvino.PartialShape([-1, -1]), numpy.int64, name) for name in names)
    for parameter, name in zip([ids, mask, types], names):
        parameter.output(0).tensor.set_names({name})

    length = ops.gather(ops.shape_of(ids), number(1), number(0))
    positions = ops.range(number(0), length, number(1), "i64")
    x = ops.gather(weight("embeddings.word_embeddings.weight"), ids, number(0))
    x = ops.add(x, ops.gather(weight("embeddings.token_type_embeddings.weight"), types, number(0)))
    x = ops.add(x, ops.gather(weight("embeddings.position_embeddings.weight"), positions, number(0)))
    x = layer_norm(x, "embeddings.LayerNorm")

    ones = ops.convert(mask, "f32")
    hole = ops.multiply(ops.subtract(number(1, numpy.float32), ones), number(numpy.finfo(numpy.float32).min, numpy.float32))
    bias = ops.unsqueeze(hole, number([1, 2]))
    scale = number(1 / math.sqrt(hidden // heads), numpy.float32)

    for index in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{index}"
        query, key, value = (split_heads(linear(x, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value"))
        # Spelled out: the CPU plugin fuses it whole, with one transpose fewer than the operation of that name.
        scores = ops.add(ops.multiply(ops.matmul(query, key, False, True), scale), bias)
        attended = ops.matmul(ops.softmax(scores, -1), value, False, False)
        merged = ops.reshape(ops.transpose(attended, number([0, 2, 1, 3])), number([0, 0, hidden]), True)
        x = layer_norm(ops.add(linear(merged, f"{layer}.attention.output.dense"), x), f"{layer}.attention.output.LayerNorm")
        inner = ops.gelu(linear(x, f"{layer}.intermediate.dense"), "erf")
        x = layer_norm(ops.add(linear(inner, f"{layer}.output.dense"), x), f"{layer}.output.LayerNorm")

    result = ops.result(x)
    result.output(0).tensor.set_names({"last_hidden_state"})
    return openvino.Model([result], [ids, mask, types], source.path.name)
