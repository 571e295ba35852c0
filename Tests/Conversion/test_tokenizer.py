"""The tokenizer that a conversion makes, beside Hugging Face's: every character, words of every length, texts drawn at random."""

import functools
import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / ".lockstep/python")]

import tokenizers
from conversion import samples
from conversion.charsmap import compile_charsmap
from conversion.tokenizer import UNBOUNDED, compare, compile_tokenizer
from conversion.wordpiece import code_points, is_bert_like, wordpiece_model, words_map

MINILM = ROOT / ".lockstep/models/all-MiniLM-L6-v2"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def is_numerous(character: str) -> bool:
    """Ideographs, syllables of Hangul, private use and what is not assigned: in a vocabulary of tests, one of a hundred is enough."""
    number = ord(character)
    return 0x3400 <= number < 0xA000 or 0xAC00 <= number < 0xD7A4 or 0xE000 <= number < 0xF900 or 0x17000 <= number < 0x19000 or number >= 0x20000


def definition(**normalizer) -> dict:
    """A tokenizer that knows nearly each character by itself, so that no difference hides behind [UNK]."""
    known = [c for c in code_points() if not is_numerous(c) or ord(c) % 97 == 0]
    tokens = dict.fromkeys([*SPECIAL, *known, *(f"##{c}" for c in known)])
    reference = tokenizers.Tokenizer(tokenizers.models.WordPiece({token: number for number, token in enumerate(tokens)}, unk_token="[UNK]"))
    reference.normalizer = tokenizers.normalizers.BertNormalizer(**normalizer)
    reference.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    reference.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    reference.add_special_tokens(SPECIAL)
    return json.loads(reference.to_str())


@functools.cache
def asked(normalizer: str) -> dict:
    """What becomes of each character, by the normalizer in JSON: asking takes seconds."""
    reference = tokenizers.Tokenizer(tokenizers.models.WordPiece())
    reference.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    parts = json.loads(reference.to_str())
    return words_map(tokenizers.Tokenizer.from_str(json.dumps({**parts, "normalizer": json.loads(normalizer)})))


class TokenizerTests(unittest.TestCase):
    def differing(self, definition: dict, texts, longest: int = UNBOUNDED) -> list:
        reference = tokenizers.Tokenizer.from_str(json.dumps(definition))
        reference.no_padding()
        reference.enable_truncation(longest)
        self.assertTrue(is_bert_like(definition))
        model = wordpiece_model(definition, asked(json.dumps(definition["normalizer"])), longest, ("[PAD]", 0))
        return [ascii(text[:80]) for text in compare(compile_tokenizer(model), reference, texts).different]

    def test_every_character_comes_out_as_the_reference_has_it_uncased(self):
        self.assertEqual(self.differing(definition(lowercase=True), samples.in_chunks(list(code_points()))), [])

    def test_every_character_comes_out_as_the_reference_has_it_cased(self):
        self.assertEqual(self.differing(definition(lowercase=False), samples.in_chunks(list(code_points()))), [])

    def test_each_switch_of_the_normalizer_holds(self):
        characters = [c for c in code_points() if not is_numerous(c) or ord(c) % 97 == 0]
        texts = [*samples.TEXTS, *samples.in_chunks(characters)]
        for switches in [
            dict(lowercase=True, strip_accents=False),
            dict(lowercase=False, strip_accents=True),
            dict(lowercase=True, handle_chinese_chars=False),
            dict(lowercase=True, clean_text=False),
        ]:
            with self.subTest(**switches):
                self.assertEqual(self.differing(definition(**switches), texts), [])

    def test_a_hundred_thousand_drawn_texts_come_out_as_the_reference_has_them(self):
        minilm = json.loads((MINILM / "tokenizer.json").read_text())
        self.assertEqual(self.differing(minilm, [*samples.TEXTS, *samples.drawn(seed=12, count=100_000)], longest=256), [])

    def test_a_word_is_limited_in_characters_and_not_in_bytes(self):
        minilm = json.loads((MINILM / "tokenizer.json").read_text())
        words = [letter * length for letter in ["e", "é", "ж", "か", "각", "𝐚", "😀"] for length in [25, 33, 34, 50, 51, 99, 100, 101, 400, 401]]
        texts = [text for word in words for text in (word, f"a {word} b", f"({word})", word + word)]
        self.assertEqual(self.differing(minilm, texts), [])

    def test_a_limit_counts_the_tokens_at_the_ends(self):
        minilm = json.loads((MINILM / "tokenizer.json").read_text())
        for longest in [3, 8, 256]:
            self.assertEqual(self.differing(minilm, ["", "one", "one two three four five six", "word " * 600], longest), [])

    def test_the_shipped_model_has_this_tokenizer(self):
        record = json.loads((MINILM / "lockstep_conversion.json").read_text())
        self.assertEqual(record["tokenizer"]["different"], 0)
        reference = tokenizers.Tokenizer.from_file(str(MINILM / "tokenizer.json"))
        reference.no_padding()
        reference.enable_truncation(256)
        compiled = compile_tokenizer(str(MINILM / "openvino_tokenizer.xml"))
        self.assertEqual(compare(compiled, reference, samples.TEXTS).different, [])


class CharsmapTests(unittest.TestCase):
    def mapped(self, mapping: dict, texts: list) -> list:
        import openvino
        from openvino import PartialShape, Type, op
        from openvino_tokenizers import _get_opset_factory, tokenizer_pipeline as steps

        text = op.Parameter(Type.string, PartialShape(["?"]))
        unpacked = _get_opset_factory("opset15").create("StringTensorUnpack", text.outputs()).outputs()
        step = steps.CharsmapStep(charsmap=compile_charsmap(mapping), remove_extra_whitespaces=False)
        packed = _get_opset_factory("opset15").create("StringTensorPack", step.get_ov_subgraph(unpacked))
        compiled = compile_tokenizer(openvino.Model(packed.outputs(), [text]))
        return [str(value) for value in compiled(texts)[0]]

    def test_the_longest_key_holds_and_other_characters_stay(self):
        mapping = {"a": "1", "ab": "22", "b": "", "é": " e ", "𝐚": "a", "\U0010fffd": "", "\0": "nul"}
        texts = ["a", "ab", "abb", "ba", "xaby", "é𝐚\U0010fffdz", "c", "", "a\0b", "日a本"]
        self.assertEqual(self.mapped(mapping, texts), ["1", "22", "22", "1", "x22y", " e az", "c", "", "1nul", "日1本"])

    def test_a_key_may_not_be_empty_and_a_text_hold_no_nul(self):
        for mapping in [{"": "a"}, {"a": "\0"}]:
            with self.assertRaises(ValueError):
                compile_charsmap(mapping)


if __name__ == "__main__":
    unittest.main()
