#!/usr/bin/env python3
"""Writes all-MiniLM-L6-v2 as a GGUF file, which llama.cpp loads: minilm_gguf.py <folder of the model> <file>

The weights stay float32, as they are in the folder. The names and keys are those that llama.cpp reads for BERT.
"""
import json
import pathlib
import struct
import sys

U32, F32, BOOL, TEXT, ARRAY = 4, 6, 7, 8, 9
I32 = 5
ALIGNMENT = 32
LAYER = {
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}
OTHERS = {
    "embeddings.word_embeddings.weight": "token_embd.weight", "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight", "embeddings.LayerNorm.weight": "token_embd_norm.weight",
    "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key, kind, value):
    packed = {U32: lambda: struct.pack("<I", value), F32: lambda: struct.pack("<f", value),
              BOOL: lambda: struct.pack("<?", value), TEXT: lambda: text(value)}
    return text(key) + struct.pack("<I", kind) + packed[kind]()


def array(key, kind, values):
    packed = b"".join(map(text, values)) if kind == TEXT else struct.pack(f"<{len(values)}i", *values)
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + packed


def name_of(tensor):
    if tensor in OTHERS:
        return OTHERS[tensor]
    parts = tensor.split(".")
    if parts[:2] != ["encoder", "layer"]:
        return None
    return f"blk.{parts[2]}.{LAYER['.'.join(parts[3:-1])]}.{parts[-1]}"


def token(word):
    """Pieces that begin a word have a mark here; WordPiece marks those that do not."""
    if word.startswith("[") and word.endswith("]"):
        return word
    return word[2:] if word.startswith("##") else "\u2581" + word


def write(folder, file):
    folder = pathlib.Path(folder)
    configuration = json.loads((folder / "config.json").read_text())
    words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = words[:-1] if words[-1] == "" else words
    special = {word: words.index(word) for word in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}
    with open(folder / "model.safetensors", "rb") as source:
        [size] = struct.unpack("<Q", source.read(8))
        header = json.loads(source.read(size))
        data = source.read()
    tensors = sorted((name_of(name), about) for name, about in header.items() if name != "__metadata__" and name_of(name))
    pairs = [
        pair("general.architecture", TEXT, "bert"), pair("general.name", TEXT, "all-MiniLM-L6-v2"),
        pair("general.file_type", U32, 0),
        pair("bert.block_count", U32, configuration["num_hidden_layers"]),
        pair("bert.context_length", U32, configuration["max_position_embeddings"]),
        pair("bert.embedding_length", U32, configuration["hidden_size"]),
        pair("bert.feed_forward_length", U32, configuration["intermediate_size"]),
        pair("bert.attention.head_count", U32, configuration["num_attention_heads"]),
        pair("bert.attention.layer_norm_epsilon", F32, configuration["layer_norm_eps"]),
        pair("bert.attention.causal", BOOL, False), pair("bert.pooling_type", U32, 1),
        pair("bert.vocab_size", U32, len(words)),
        pair("tokenizer.ggml.model", TEXT, "bert"), pair("tokenizer.ggml.pre", TEXT, "default"),
        pair("tokenizer.ggml.token_type_count", U32, configuration["type_vocab_size"]),
        array("tokenizer.ggml.tokens", TEXT, [token(word) for word in words]),
        array("tokenizer.ggml.token_type", I32, [3 if word in special else 1 for word in words]),
        pair("tokenizer.ggml.unknown_token_id", U32, special["[UNK]"]),
        pair("tokenizer.ggml.seperator_token_id", U32, special["[SEP]"]),
        pair("tokenizer.ggml.padding_token_id", U32, special["[PAD]"]),
        pair("tokenizer.ggml.cls_token_id", U32, special["[CLS]"]),
        pair("tokenizer.ggml.mask_token_id", U32, special["[MASK]"]),
    ]
    infos, offset = [], 0
    for name, about in tensors:
        if about["dtype"] != "F32":
            raise SystemExit(f"{name} is {about['dtype']}; this writes F32 alone")
        shape = about["shape"][::-1]
        infos.append(text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
        begin, end = about["data_offsets"]
        offset += -(-(end - begin) // ALIGNMENT) * ALIGNMENT
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + b"".join(infos)
    with open(file, "wb") as target:
        target.write(head + b"\0" * (-len(head) % ALIGNMENT))
        for _, about in tensors:
            begin, end = about["data_offsets"]
            target.write(data[begin:end] + b"\0" * (-(end - begin) % ALIGNMENT))


if __name__ == "__main__":
    write(*sys.argv[1:])
