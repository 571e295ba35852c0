#!/usr/bin/env bash
# openvino-tokenizers 2026.4.1: a BERT tokenizer converted with its defaults gives other ids than the one it was converted from.
#
# One would guess: what `convert_tokenizer` makes of a tokenizer of Hugging Face gives its ids; a few exotic characters aside.
# What happens, on ordinary text:
#   - A word is limited to 100 bytes where BERT counts 100 characters: Greek and Cyrillic words over 50 letters, Japanese
#     over 33 and, since Hangul is taken apart first, Korean over 11 to 16 syllables without a space become one [UNK].
#   - Letters are case-folded where BERT lowers them: the final sigma of Greek, ς, becomes σ and µ becomes μ, which have
#     other ids. Nearly every Greek sentence has a final sigma.
#   - Nothing is cut off, however small `model_max_length` is: a tokenizer called with truncation by its authors gives a row
#     of any length, and the model behind it fails.
# Vectors are then those of another text, without an error.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet openvino==2026.4.1 openvino-tokenizers==2026.4.1.0 transformers==5.5.4 tokenizers==0.22.2 numpy==2.4.6

"$folder/python/bin/python" -W ignore - <<'PYTHON'
import openvino
import openvino_tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

print("openvino-tokenizers", openvino_tokenizers.__version__)
letters = sorted(set("etaoinsr σςμµ οδυεια жабвг 각 のにはを".replace(" ", "")))
tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
bare = Tokenizer(models.WordPiece({token: place for place, token in enumerate(tokens)}, unk_token="[UNK]"))
bare.normalizer = normalizers.BertNormalizer(lowercase=True)
bare.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, unk_token="[UNK]", pad_token="[PAD]", model_max_length=512)
compiled = openvino.Core().compile_model(openvino_tokenizers.convert_tokenizer(tokenizer), "CPU")


def both(text):
    return tokenizer(text, truncation=True)["input_ids"], compiled([text])["input_ids"][0].tolist()


unknown = tokens.index("[UNK]")
for letter, most in [("e", 100), ("ж", 50), ("の", 33), ("각", 11)]:
    for length in (most, most + 1):
        reference, converted = both(letter * length)
        print(f"{letter} × {length}: reference {len(reference)} tokens, converted {len(converted)}", "[UNK]" if converted == [unknown] else "")
        if length == most:
            assert reference == converted
        else:
            assert converted == [unknown]
            assert (reference == [unknown]) == (letter == "e")
for word in ["σος", "µ"]:
    reference, converted = (list(map(tokens.__getitem__, ids)) for ids in both(word))
    print(f"{word}: reference {reference}, converted {converted}")
    assert reference != converted
reference, converted = both("e " * 600)
print(f"600 words, model_max_length 512: reference {len(reference)} tokens, converted {len(converted)}")
assert len(reference) == 512 and len(converted) == 600
print("as described")
PYTHON
