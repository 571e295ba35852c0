#!/usr/bin/env bash
# optimum-intel 2.2.0: `optimum-cli export openvino` leaves out how a model of sentence-transformers makes its vectors.
#
# One would guess: an export of a model that sentence-transformers saved, as its documentation shows it for embeddings
# (`--task feature-extraction`), has what is needed to get the model's vectors: it exports the tokenizer, and configurations.
# What happens: the model gives a vector for each token, and modules.json, 1_Pooling/config.json and sentence_bert_config.json
# stay behind, whatever they say. Who runs the folder has to guess: a model that pools by its first token, taken for one that
# pools by the mean as most do, gives other vectors, and nothing says so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet torch==2.13.0 transformers==5.5.4 openvino==2026.4.1 openvino-tokenizers==2026.4.1.0 \
    sentence-transformers==6.2.0 numpy==2.4.6 nncf==3.4.0 requests==2.34.2 setuptools==84.2.1
# Without torchvision, which it wants and does not use for text.
"$folder/python/bin/pip" install --quiet --no-deps optimum-intel==2.2.0 optimum==2.3.0

export HF_HUB_OFFLINE=1 TQDM_DISABLE=1
"$folder/python/bin/python" -W ignore - "$folder" <<'PYTHON'
import sys

import sentence_transformers
import torch
import transformers
from sentence_transformers import models
from tokenizers import Tokenizer, models as kinds, normalizers, pre_tokenizers, processors

folder = sys.argv[1]
torch.manual_seed(1)
tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
bare = Tokenizer(kinds.WordPiece({token: place for place, token in enumerate(tokens)}, unk_token="[UNK]"))
bare.normalizer, bare.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
bare.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
transformers.PreTrainedTokenizerFast(
    tokenizer_object=bare, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=64
).save_pretrained(f"{folder}/body")
config = transformers.BertConfig(vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, initializer_range=0.5)
transformers.BertModel(config).save_pretrained(f"{folder}/body")
body = models.Transformer(f"{folder}/body")
sentence_transformers.SentenceTransformer(modules=[body, models.Pooling(32, pooling_mode="cls")], device="cpu").save(f"{folder}/model")
PYTHON
"$folder/python/bin/optimum-cli" export openvino --model "$folder/model" --task feature-extraction "$folder/export" > "$folder/log" 2>&1 ||
    { tail -5 "$folder/log"; exit 1; }
"$folder/python/bin/python" -W ignore - "$folder" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import numpy
import openvino
import openvino_tokenizers  # its operations
import sentence_transformers

folder = Path(sys.argv[1])
print("optimum-intel", version("optimum-intel"))
for name in ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "tokenizer_config.json"]:
    print(f"{name}: in the model {(folder / 'model' / name).exists()}, in the export {(folder / 'export' / name).exists()}")
    assert (folder / "model" / name).exists()
    assert (folder / "export" / name).exists() == name.startswith("tokenizer")
core = openvino.Core()
tokenizer = core.compile_model(folder / "export/openvino_tokenizer.xml", "CPU")
model = core.compile_model(folder / "export/openvino_model.xml", "CPU")
inputs = tokenizer(["one two three"])
tokens = model({"input_ids": inputs["input_ids"], "attention_mask": inputs["attention_mask"], "token_type_ids": 0 * inputs["input_ids"]})[0][0]
meant = sentence_transformers.SentenceTransformer(str(folder / "model"), device="cpu").encode("one two three")


def cosine(vector):
    return float(vector @ meant / numpy.linalg.norm(vector) / numpy.linalg.norm(meant))


print(f"outputs {[sorted(value.names) for value in model.outputs]}; cosine to the model's own vector: first token {cosine(tokens[0]):.4f}, mean {cosine(tokens.mean(0)):.4f}")
assert cosine(tokens[0]) > 0.999 and cosine(tokens.mean(0)) < 0.99
print("as described")
PYTHON
