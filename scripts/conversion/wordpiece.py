"""BERT's tokenizer as an OpenVINO model that gives the ids that Hugging Face's gives, text by text.

The converter of openvino-tokenizers builds normalising from tables of its own (regular expressions, another version of
Unicode, a case fold where BERT lowers), and limits words by bytes where BERT counts characters. Here the reference itself
is asked, once, what becomes of each code point; the answers are one map, and the text passes it in one step. After it
words lie between spaces, marks and ideographs among them.
"""

import sys
import unicodedata
from collections.abc import Iterator

from . import ConversionError
from .charsmap import compile_charsmap

BERT_NORMALIZERS = {"BertNormalizer", "Lowercase", "StripAccents", "NFD", "NFKD"}


def is_bert_like(definition: dict) -> bool:
    """Whether a tokenizer.json is WordPiece with BERT's rules, of which each looks at one character."""
    normalizer = definition.get("normalizer") or {"type": "Sequence", "normalizers": []}
    kinds = {part["type"] for part in normalizer.get("normalizers", [normalizer])}
    return (
        definition["model"].get("type") == "WordPiece"
        and (definition.get("pre_tokenizer") or {}).get("type") == "BertPreTokenizer"
        and (definition.get("post_processor") or {}).get("type") in POST_PROCESSORS
        and kinds <= BERT_NORMALIZERS
        # Marks that stay after a decomposition are sorted by a rule that looks at their neighbours.
        and (not kinds & {"NFD", "NFKD"} or "StripAccents" in kinds)
    )


POST_PROCESSORS = {
    "TemplateProcessing": "from_hf_json_template_postprocessor",
    "BertProcessing": "from_hf_json_bert_postprocessor",
    "RobertaProcessing": "from_hf_json_roberta_processor",
}


# ── What becomes of a text ───────────────────────────────────────────────────────────────────────


def code_points() -> Iterator[str]:
    """Every character that a text can hold: 1,112,064."""
    return (chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number < 0xE000)


def words_map(tokenizer, lower_first: bool = False) -> dict:
    """Characters (a few times, two) → what they become, with spaces around what is a word of its own; others stay.

    - tokenizer: `tokenizers.Tokenizer`, whose normalizer and pre-tokenizer are asked.
    - lower_first: texts are lowered before the tokenizer sees them (`do_lower_case` of sentence-transformers).
    """
    normalize = tokenizer.normalizer.normalize_str if tokenizer.normalizer else str
    split = tokenizer.pre_tokenizer.pre_tokenize_str
    in_words: dict = {}

    def spaced(text: str) -> str:
        if text not in in_words:
            pieces = [piece for piece, _ in split(f"a{text}a")]
            if pieces == ["a", "a"]:
                in_words[text] = " "
            else:
                in_words[text] = text if len(pieces) == 1 else f" {text} "
        return in_words[text]

    mapping, sorted_marks = {}, []
    for character in code_points():
        normal = normalize(character.lower() if lower_first else character)
        if unicodedata.combining(character) and normal == character:
            sorted_marks.append(character)
        result = "".join(map(spaced, normal))
        if result != character:
            mapping[character] = result
    # Marks that are not taken away, but that decomposing puts in order.
    for first in sorted_marks:
        for second in sorted_marks:
            both = first + second
            if unicodedata.combining(first) > unicodedata.combining(second) and normalize(both) != both:
                mapping[both] = "".join(map(spaced, normalize(both)))
    return mapping


# ── The pipeline ─────────────────────────────────────────────────────────────────────────────────


def wordpiece_model(definition: dict, words_map: dict, longest: int, pad: tuple, pad_right: bool = True):
    """Strings [batch] → input_ids, token_type_ids, attention_mask: i64 [batch, length], padded to the longest.

    - words_map: what `words_map` gave for this definition.
    - longest: tokens of a text, those at its ends counted; the rest is cut off.
    - pad: the token to fill up with, and its id.
    """
    import openvino
    from openvino.utils.types import make_constant_node
    from openvino_tokenizers import _get_factory, tokenizer_pipeline as steps
    from openvino_tokenizers.utils import change_outputs_type, create_string_constant_node

    vocabulary = definition["model"]["vocab"]
    letters = definition["model"].get("max_input_chars_per_word", 100)
    post_processor = definition["post_processor"]
    ends = getattr(steps.CombineSegmentsStep, POST_PROCESSORS[post_processor["type"]])(post_processor)
    truncates_right = (definition.get("truncation") or {}).get("direction", "Right") == "Right"
    stand_in = _unknown_character(vocabulary)

    class WordsMap(steps.NormalizationStep):
        # Of a class the pipeline does not know: its own would be merged with others, and lose the map.
        def get_ov_subgraph(self, inputs):
            return steps.CharsmapStep(charsmap=charsmap, remove_extra_whitespaces=False).get_ov_subgraph(inputs)

    class Truncation(steps.PostTokenizationStep):
        # The package's own step keeps its switch in a state variable; a model without state is simpler to share.
        def get_ov_subgraph(self, inputs):
            limit = make_constant_node(longest - ends.number_of_added_tokens, openvino.Type.i32).outputs()
            side = create_string_constant_node("right" if truncates_right else "left")
            return _get_factory().create("Truncate", [*inputs, *limit, *side, *create_string_constant_node("longest_first")]).outputs()

    charsmap = compile_charsmap(words_map)
    tokens = [steps.SpecialToken(token["content"], token["lstrip"], token["rstrip"]) for token in definition["added_tokens"]]
    words = steps.WordPieceTokenizationStep.from_hf_json(definition)
    words.max_bytes_per_word = 4 * letters
    pipeline = steps.TokenizerPipeline(vocab=words.vocab)
    pipeline.add_steps(steps.SpecialTokensSplit(tokens))
    pipeline.add_steps(
        [
            WordsMap(),
            # A word with more letters than the model takes is unknown as a whole. Only tried where a word begins.
            steps.RegexNormalizationStep(rf"(?<![^ ])[^ ]{{{letters + 1},}}", stand_in),
            steps.RegexSplitStep(" +"),
            words,
            Truncation(),
            ends,
            steps.PaddingStep(token=pad[0], _token_id=pad[1], pad_right=pad_right),
        ]
    )
    return change_outputs_type(pipeline.get_tokenizer_ov_subgraph(), openvino.Type.i64)


def _unknown_character(vocabulary: dict) -> str:
    """A character that no token begins with."""
    begun = {token[:1] for token in vocabulary}
    for number in range(0xE000, 0xF900):
        if chr(number) not in begun:
            return chr(number)
    raise ConversionError("the vocabulary has a token for every character of private use; this tokenizer cannot be converted")
