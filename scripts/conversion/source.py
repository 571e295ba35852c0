"""A folder with a model, as sentence-transformers, transformers or an export left it, and what its files say."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import ConversionError

# What sentence-transformers calls a way of pooling → what `pooling:` in lockstep.yaml calls it, where it can.
POOLINGS = {
    "mean": "mean", "mean_tokens": "mean", "cls": "cls", "cls_token": "cls", "lasttoken": "last", "max": "max", "max_tokens": "max",
    "weightedmean": "weightedmean", "weightedmean_tokens": "weightedmean", "mean_sqrt_len_tokens": "mean_sqrt_len", "mean_sqrt_len": "mean_sqrt_len",
}  # fmt: skip
# Bodies that count positions from behind the id that fills up: two of their positions no token gets.
COUNTING_FROM_PAD = {"camembert", "data2vec-text", "longformer", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl", "xmod"}
COPIED = [
    "config.json", "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json",
    "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
]  # fmt: skip


@dataclass(frozen=True)
class Pooling:
    """How the vectors of a text's tokens become one, and whether that one gets norm 1."""

    mode: str
    normalize: bool
    #: The file that says so, or the option.
    origin: str
    #: Dense layers come behind it: Lockstep computes them, from their own folders.
    dense: bool = False


class Source:
    def __init__(self, path: Path):
        self.path = path
        if not path.is_dir():
            raise ConversionError(f"{path} is no folder")
        # Old folders keep the body in 0_Transformer.
        first = next((module["path"] for module in self.modules if kind(module) == "Transformer"), "")
        self.body = path / first
        if not (self.body / "config.json").is_file():
            raise ConversionError(f"{self.body} has no config.json: give the folder that `save_pretrained` or an export wrote")
        self.config = self.read("config.json")
        self.tokenizer_config = self.read("tokenizer_config.json")
        self.sentence_config = self.read("sentence_bert_config.json")

    def read(self, name: str) -> dict:
        file = next((folder / name for folder in (self.body, self.path) if (folder / name).is_file()), None)
        if not file:
            return {}
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConversionError(f"{file} is no JSON: {error}") from error

    @cached_property
    def modules(self) -> list:
        file = self.path / "modules.json"
        return json.loads(file.read_text()) if file.is_file() else []

    @cached_property
    def tokenizer(self) -> dict:
        if not (self.body / "tokenizer.json").is_file():
            raise ConversionError(
                f"{self.body} has no tokenizer.json; make it from what is there: python3 -c 'import transformers; "
                f"transformers.AutoTokenizer.from_pretrained(\"{self.body}\").save_pretrained(\"{self.body}\")'"
            )
        return self.read("tokenizer.json")

    @property
    def is_exported(self) -> bool:
        return (self.body / "openvino_model.xml").is_file()

    @property
    def weights(self) -> list:
        """The files that hold the weights, of the first kind that is there."""
        for pattern in ["openvino_model.*", "*.safetensors", "pytorch_model*.bin"]:
            if files := sorted(self.body.glob(pattern)):
                return files
        raise ConversionError(f"{self.body} has no openvino_model.xml, model.safetensors or pytorch_model.bin")

    # ── What the files say ───────────────────────────────────────────────────────────────────────

    @property
    def pooling(self):
        """What modules.json and the folder it names say, or None. Refuses what Lockstep would leave out in silence."""
        known = {"Transformer", "Pooling", "Dense", "Normalize"}
        if unknown := [kind(module) for module in self.modules if kind(module) not in known]:
            raise ConversionError(
                f"{self.path / 'modules.json'}: {', '.join(unknown)} is a step that Lockstep does not take; without it the "
                "vectors would be others. Run this model by a program (exec)."
            )
        module = next((module for module in self.modules if kind(module) == "Pooling"), None)
        if not module:
            return None
        file = self.path / module["path"] / "config.json"
        if not file.is_file():
            raise ConversionError(f"{file} is missing, though modules.json names it")
        says = json.loads(file.read_text())
        modes = says.get("pooling_mode") or [name.removeprefix("pooling_mode_") for name, on in says.items() if name.startswith("pooling_mode_") and on is True]
        modes = modes.split("+") if isinstance(modes, str) else modes
        if unknown := [mode for mode in modes if mode not in POOLINGS] or not modes:
            raise ConversionError(f"{file}: pools by {unknown if modes else 'nothing'}, which Lockstep does not know")
        kinds = {kind(module) for module in self.modules}
        modes = "+".join(POOLINGS[mode] for mode in modes)
        return Pooling(modes, "Normalize" in kinds, str(file.relative_to(self.path)), "Dense" in kinds)

    @property
    def steps(self) -> list:
        """The folders of what comes behind the body."""
        paths = [self.path / module["path"] for module in self.modules if kind(module) != "Transformer" and module["path"]]
        return [path for path in paths if path.is_dir()]

    @property
    def longest(self) -> int:
        """The least that the files allow, in tokens of a text, those at its ends counted."""
        positions = self.config.get("max_position_embeddings")
        if positions and self.config.get("model_type") in COUNTING_FROM_PAD:
            positions -= (self.config.get("pad_token_id") or 0) + 1
        said = [positions, self.sentence_config.get("max_seq_length"), self.tokenizer_config.get("model_max_length")]
        limits = [int(limit) for limit in said if limit and 0 < limit < 1_000_000]
        if not limits:
            raise ConversionError(f"no file of {self.path} says how many tokens a text may have; say it with --max-tokens")
        return min(limits)

    @property
    def pad(self) -> tuple:
        """The token that fills up, and its id."""
        if padding := self.tokenizer.get("padding"):
            return padding["pad_token"], padding["pad_id"]
        token = self.tokenizer_config.get("pad_token") or self.read("special_tokens_map.json").get("pad_token") or "[PAD]"
        token = token["content"] if isinstance(token, dict) else token
        ids = {added["content"]: added["id"] for added in self.tokenizer.get("added_tokens", [])}
        return token, ids.get(token, self.config.get("pad_token_id") or 0)

    @property
    def pads_right(self) -> bool:
        return self.tokenizer_config.get("padding_side", "right") == "right"

    @property
    def digest(self) -> str:
        digest = hashlib.sha256()
        steps = [file for folder in self.steps for file in folder.rglob("*") if file.is_file()]
        others = [folder / name for folder in {self.body, self.path} for name in COPIED]
        for file in sorted({*self.weights, *(file for file in [*steps, *others] if file.is_file())}):
            digest.update(str(file.relative_to(self.path)).encode() + b"\0")
            with file.open("rb") as content:
                while block := content.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def kind(module: dict) -> str:
    """`sentence_transformers.models.Pooling`, and what other versions call it → `Pooling`."""
    return module["type"].rpartition(".")[2]
