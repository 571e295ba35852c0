"""Weights and activations in eight bits, by nncf: faster, and never quite the same. What it costs is measured."""

from dataclasses import dataclass

from . import ConversionError, samples
from .pooled import cosines, vectors

# Texts that nncf was not shown, to measure with.
MEASURED = [
    "The cat sits on the mat and looks out of the window.",
    "How do I reset my password?",
    "Retries failed requests with exponential backoff and jitter; the budget is shared by all clients of a host.",
    "Returns 404 when no such document exists, and 409 when it changed meanwhile.",
    "Ein Zug fährt jeden Morgen um halb acht von Hamburg nach Berlin.",
    "La bibliothèque ouvre ses portes à neuf heures, sauf le dimanche.",
    "¿Dónde está la estación de tren más cercana?",
    "Ο ήλιος ανατέλλει από την ανατολή.",
    "Погода сегодня хорошая, но завтра обещают дождь.",
    "今日はとても良い天気ですね。散歩に行きましょう。",
    "这家餐馆的面条很好吃，价格也不贵。",
    "오늘 아침에 커피를 두 잔 마셨다.",
    "القطار يصل في الساعة الثامنة صباحا",
    "SELECT name, count(*) FROM orders WHERE total > 100 GROUP BY name ORDER BY 2 DESC",
    "x = [i ** 2 for i in range(10) if i % 2]",
    "Order #4711: 2 × USB-C cable, 1 m, black. Delivered on 2024-03-05.",
    "yes",
    "A comprehensive guide to gardening in small spaces, with advice on soil, light, water, pests and what to plant in which "
    "month; the second part has forty recipes for what you harvest, the third a calendar.",
]


@dataclass
class Cost:
    texts: int
    mean: float
    worst: float

    def __str__(self) -> str:
        return f"cosine to f32 on {self.texts} texts: mean {self.mean:.4f}, worst {self.worst:.4f}"


def quantized(model, tokenizer, pooling, own_texts: list):
    """The model in int8, and what it costs.

    - tokenizer: compiled.
    - own_texts: every second one is shown to nncf, the others are measured with; empty: built-in ones.
    """
    try:
        import nncf
    except ImportError as error:
        raise ConversionError(f"--int8 needs nncf ({error}): python3 -m pip install -r scripts/requirements-convert.txt") from error
    import numpy
    import openvino

    shown, measured = (own_texts[::2], own_texts[1::2]) if own_texts else (calibration(), MEASURED)
    if not measured:
        raise ConversionError("--texts has one text only; some hundreds are better")
    names = [value.any_name for value in model.inputs]

    def batch(text):
        outputs = tokenizer([text])
        return {name: outputs[name] if name in names or name == "attention_mask" else None for name in {*names, "attention_mask"}}

    def inputs(text):
        return {name: value for name, value in batch(text).items() if name in names}

    core = openvino.Core()
    exact = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    before = numpy.concatenate([vectors(exact, batch(text), pooling) for text in measured])
    small = nncf.quantize(
        model, nncf.Dataset(shown, inputs), model_type=nncf.ModelType.TRANSFORMER, subset_size=min(300, len(shown))
    )  # fmt: skip
    compiled = core.compile_model(small, "CPU")
    after = numpy.concatenate([vectors(compiled, batch(text), pooling) for text in measured])
    each = cosines(before, after)
    return small, Cost(len(measured), float(each.mean()), float(each.min()))


def calibration() -> list:
    """The built-in texts, whole, in halves and joined: short and long ones of every script."""
    texts = [text for text in samples.TEXTS if text.strip() and "\0" not in text]
    halves = [half for text in texts if len(text) > 40 for half in (text[: len(text) // 2], text[len(text) // 2 :])]
    joined = [f"{first} {second}" for first, second in zip(texts, texts[3:])]
    return texts + halves + joined
