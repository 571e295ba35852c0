"""Pooling as part of the model, and the same in numpy, to compare models by their vectors."""

from .source import Pooling


def with_pooling(model, pooling: Pooling):
    """The same model with sentence_embedding [batch, hidden] in place of a vector a token."""
    import numpy
    import openvino
    from openvino import opset13 as ops

    def number(value, kind=numpy.int64):
        return ops.constant(numpy.array(value, kind))

    tokens = model.output(0).get_node().input_value(0)
    mask = next(value for value in model.inputs if "attention_mask" in value.get_names())
    ones = ops.convert(mask, "f32")
    if pooling.mode == "mean":
        total = ops.reduce_sum(ops.multiply(tokens, ops.unsqueeze(ones, number([2]))), number([1]))
        vector = ops.divide(total, ops.maximum(ops.reduce_sum(ones, number([1]), True), number(1e-9, numpy.float32)))
    else:
        # The place of the first or last token of the text: where tokens are filled up on the left, not that of the row.
        length = ops.gather(ops.shape_of(mask), number(1), number(0))
        steps = {"cls": (length, number(0), number(-1)), "last": (number(1), ops.add(length, number(1)), number(1))}
        places = ops.topk(ops.multiply(mask, ops.range(*steps[pooling.mode], "i64")), number(1), 1, "max", "none", "i64")
        vector = ops.squeeze(ops.gather(tokens, places.output(1), number(1), 1), number([1]))
    if pooling.normalize:
        vector = ops.normalize_l2(vector, number([1]), 1e-12, "max")
    result = ops.result(vector)
    result.output(0).tensor.set_names({"sentence_embedding"})
    return openvino.Model([result], model.get_parameters(), model.get_friendly_name())


def vectors(compiled, batch: dict, pooling):
    """f32 [batch, hidden] of a compiled model with or without pooling; without any known, the mean."""
    import numpy

    output = compiled({name.any_name: batch[name.any_name] for name in compiled.inputs})[0]
    if output.ndim == 2:
        return output
    mask = batch["attention_mask"]
    mode = pooling.mode if pooling else "mean"
    if mode == "mean":
        return (output * mask[:, :, None]).sum(1) / numpy.maximum(mask.sum(1, keepdims=True), 1e-9)
    place = mask.argmax(1) if mode == "cls" else mask.shape[1] - 1 - mask[:, ::-1].argmax(1)
    return output[numpy.arange(len(output)), place]


def cosines(left, right):
    import numpy

    lengths = numpy.linalg.norm(left, axis=1) * numpy.linalg.norm(right, axis=1)
    return (left * right).sum(1) / numpy.maximum(lengths, 1e-30)
