"""The folder that a conversion writes, whole or not at all, and the record of what was made."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from . import ConversionError
from .bert import bert_model, is_plain_bert
from .int8 import quantized
from .pooled import with_pooling
from .source import COPIED, Pooling, Source, kind
from .tokenizer import UNBOUNDED, Converter, compile_tokenizer, sample
from .traced import traced_model

# A new number makes every earlier result be converted again.
CONVERSION = 2
RECORD = "lockstep_conversion.json"
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@dataclass
class Plan:
    source: Source
    pooling: Pooling | None
    longest: int
    pooled: bool
    int8: bool
    own_texts: list
    check_all: bool

    @property
    def stamp(self) -> dict:
        """What the result is made from: the same stamp, the same result."""
        return {
            "conversion": CONVERSION,
            "source": self.source.digest,
            "maxTokens": self.longest,
            "pooling": {
                "mode": self.pooling.mode, "normalize": self.pooling.normalize, "from": self.pooling.origin, "inModel": self.pooled,
            } if self.pooling else None,
            "weights": "int8" if self.int8 else "as exported" if self.source.is_exported else "f32",
            "texts": len(self.own_texts),
        }  # fmt: skip

    def is_done(self, out: Path) -> bool:
        """Whether `out` was made from the same and its files still have their sizes."""
        try:
            found = json.loads((out / RECORD).read_text())
            sizes = {name: (out / name).stat().st_size for name in found["sizes"]}
            return found["sizes"] == sizes and self.stamp.items() <= found.items()
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return False

    def write(self, out: Path) -> Iterator[str]:
        """Writes the folder, and says what there is to know."""
        import openvino

        if out.exists() and not (out / RECORD).exists() and (not out.is_dir() or any(out.iterdir())):
            raise ConversionError(f"{out} exists and is not this command's work; move it away or choose another folder")
        converter = Converter(self.source)
        whole = converter.compare(UNBOUNDED, sample(self.check_all))
        cut = converter.compare(self.longest, list(sample())[:1_000])
        yield f"tokenizer: {converter.how}; beside the reference {whole}, cut off at {self.longest} tokens {cut}"
        if whole.different or cut.different:
            yield f"  for example {(whole.different + cut.different)[0][:60]!r}: such texts get other vectors than the model's authors mean"
        tokenizer = converter.model(self.longest)
        model = self._model()
        cost = None
        if self.int8:
            model, cost = quantized(model, compile_tokenizer(tokenizer), self.pooling, self.own_texts)
            yield f"int8: {cost}"
        yield self._about_pooling()
        record = {
            **self.stamp,
            "versions": {name: version for name in PACKAGES if (version := _version(name))},
            "tokenizer": {"from": converter.how, "compared": whole.texts + cut.texts, "different": len(whole.different) + len(cut.different)},
            **({"int8": {"texts": cost.texts, "meanCosine": round(cost.mean, 5), "worstCosine": round(cost.worst, 5)}} if cost else {}),
        }  # fmt: skip

        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
            fresh, old = Path(scratch) / "new", Path(scratch) / "old"
            fresh.mkdir()
            # As in the source; what to compute in is for the machine that runs it to say.
            openvino.save_model(model, fresh / "openvino_model.xml", compress_to_fp16=False)
            openvino.save_model(tokenizer, fresh / "openvino_tokenizer.xml", compress_to_fp16=False)
            self._copy_files(fresh)
            files = sorted(path for path in fresh.rglob("*") if path.is_file())
            sizes = {str(path.relative_to(fresh)): path.stat().st_size for path in files}
            (fresh / RECORD).write_text(json.dumps({**record, "sizes": sizes}, indent=2) + "\n")
            if out.exists():
                os.rename(out, old)
            os.rename(fresh, out)

    def _model(self):
        import openvino

        if self.source.is_exported:
            model = openvino.Core().read_model(self.source.body / "openvino_model.xml")
        elif is_plain_bert(self.source):
            model = bert_model(self.source)
        else:
            model = traced_model(self.source)
        return with_pooling(model, self.pooling) if self.pooled and len(model.output(0).partial_shape) == 3 else model

    def _about_pooling(self) -> str:
        if not self.pooling:
            return "pooling: no file says it, so Lockstep will assume the mean; if that is wrong, convert again with --pooling"
        norm = ", vectors of norm 1" if self.pooling.normalize else ""
        return f"pooling: {self.pooling.mode}{norm} (from {self.pooling.origin}){', as a part of the model' if self.pooled else ''}"

    def _copy_files(self, fresh: Path) -> None:
        for name in COPIED:
            if file := next((folder / name for folder in (self.source.body, self.source.path) if (folder / name).is_file()), None):
                shutil.copyfile(file, fresh / name)
        if not self.pooling or self.pooled:
            (fresh / "modules.json").unlink(missing_ok=True)
        elif self.pooling.origin == "--pooling":
            modules = [module for module in MODULES if self.pooling.normalize or module["idx"] < 2]
            (fresh / "modules.json").write_text(json.dumps(modules, indent=2) + "\n")
            (fresh / "1_Pooling").mkdir()
            modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token", "last": "pooling_mode_lasttoken"}
            says = {name: mode == self.pooling.mode for mode, name in modes.items()}
            (fresh / "1_Pooling" / "config.json").write_text(json.dumps(says, indent=2) + "\n")
        else:
            # The body's files are at the top now, wherever they were.
            modules = [{**module, "path": ""} if kind(module) == "Transformer" else module for module in self.source.modules]
            (fresh / "modules.json").write_text(json.dumps(modules, indent=2) + "\n")
            for folder in self.source.steps:
                shutil.copytree(folder, fresh / folder.relative_to(self.source.path))


PACKAGES = ["openvino", "openvino-tokenizers", "tokenizers", "transformers", "torch", "nncf"]


def _version(package: str):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
