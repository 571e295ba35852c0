"""The tokenizer of a model as an OpenVINO model, and how far it gives the ids of the reference."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from . import ConversionError, samples
from .source import Source
from .wordpiece import is_bert_like, wordpiece_model, words_map

# Longer than any text that is compared; with it nothing is cut.
UNBOUNDED = 100_000


@dataclass
class Compared:
    """How many texts the two tokenizers were given, and which came out differently."""

    texts: int
    different: list

    def __str__(self) -> str:
        return f"{len(self.different)} of {self.texts} texts differ"


class Converter:
    """Builds a tokenizer with a limit, from the reference's own answers where it is BERT's."""

    def __init__(self, source: Source):
        self.source = source
        self.is_mapped = is_bert_like(source.tokenizer)
        if self.is_mapped:
            import tokenizers

            self.reference = tokenizers.Tokenizer.from_file(str(source.body / "tokenizer.json"))
            self._lower_first = bool(source.sentence_config.get("do_lower_case"))
            self._map = words_map(self.reference, self._lower_first)
        else:
            self._loaded = _load(source)
            self.reference = self._loaded.backend_tokenizer
        self.reference.no_padding()

    @property
    def how(self) -> str:
        return "a map of the reference's own answers" if self.is_mapped else "openvino-tokenizers"

    def model(self, longest: int):
        source = self.source
        if self.is_mapped:
            return wordpiece_model(source.tokenizer, self._map, longest, source.pad, source.pads_right)
        import openvino_tokenizers

        with _truncating_always():
            return openvino_tokenizers.convert_tokenizer(self._loaded, truncation=True, max_length=longest)

    def compare(self, longest: int, texts: Iterable, batch: int = 512) -> Compared:
        """Runs texts through both, cut off at `longest` tokens."""
        compiled = compile_tokenizer(self.model(longest))
        side = "left" if (self.source.tokenizer.get("truncation") or {}).get("direction") == "Left" else "right"
        self.reference.enable_truncation(longest, direction=side)
        return compare(compiled, self.reference, texts, batch, lower_first=self.is_mapped and self._lower_first)


def compile_tokenizer(model):
    import openvino
    import openvino_tokenizers

    core = openvino.Core()
    core.add_extension(str(openvino_tokenizers._ext_path))
    return core.compile_model(model, "CPU")


def compare(compiled, reference, texts: Iterable, batch: int = 512, lower_first: bool = False) -> Compared:
    result = Compared(0, [])
    texts = list(texts)
    for start in range(0, len(texts), batch):
        part = texts[start : start + batch]
        outputs = compiled(part)
        rows = zip(part, outputs["input_ids"], outputs["attention_mask"].astype(bool))
        expected = reference.encode_batch([text.lower() for text in part] if lower_first else part)
        for (text, ids, mask), encoding in zip(rows, expected):
            if ids[mask].tolist() != encoding.ids:
                result.different.append(text)
        result.texts += len(part)
    return result


def sample(thorough: bool = False) -> Iterable:
    """Texts of many scripts, some drawn at random, and every letter of the basic plane (thorough: every character)."""
    yield from samples.TEXTS
    yield from samples.drawn(seed=1, count=2_000)
    last = 0x110000 if thorough else 0x10000
    yield from samples.in_chunks([chr(number) for number in range(last) if not 0xD800 <= number < 0xE000])


# ── What openvino-tokenizers converts ────────────────────────────────────────────────────────────


def _load(source: Source):
    try:
        import transformers
    except ImportError as error:
        kind = (source.tokenizer.get("model") or {}).get("type")
        raise ConversionError(
            f"a tokenizer of this kind ({kind}) is converted with transformers, which is not installed: "
            "python3 -m pip install -r scripts/requirements-convert.txt"
        ) from error
    transformers.logging.set_verbosity_error()
    return transformers.AutoTokenizer.from_pretrained(source.body, local_files_only=True, trust_remote_code=False)


@contextlib.contextmanager
def _truncating_always():
    """Without the package's switch in a state variable: a model without state is simpler to share between requests."""
    import openvino
    from openvino.utils.types import make_constant_node
    from openvino_tokenizers import _get_factory, tokenizer_pipeline as steps
    from openvino_tokenizers.utils import create_string_constant_node

    def cut(self, inputs):
        limit = make_constant_node(self.max_length, openvino.Type.i32).outputs()
        side = create_string_constant_node("right" if self.truncate_right else "left")
        return _get_factory().create("Truncate", [*inputs, *limit, *side, *create_string_constant_node("longest_first")]).outputs()

    original = steps.TruncationStep.get_ov_subgraph
    steps.TruncationStep.get_ov_subgraph = cut
    try:
        yield
    finally:
        steps.TruncationStep.get_ov_subgraph = original
