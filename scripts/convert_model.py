#!/usr/bin/env python3
"""Converts a text encoder to a folder that Lockstep runs in its process (`openvino:` in lockstep.yaml).

    convert_model.py <folder> <out>

The folder is a model as sentence-transformers or transformers saves it (config.json, model.safetensors, tokenizer.json,
modules.json …), or an OpenVINO export of one, whose tokenizer is then made anew. The result:

    openvino_model.xml, .bin       input_ids, attention_mask (and token_type_ids): i64 [batch, length]
                                   -> last_hidden_state: f32 [batch, length, hidden], or with --pooled
                                   -> sentence_embedding: f32 [batch, hidden]
    openvino_tokenizer.xml, .bin   strings [batch] -> the inputs above, padded to the longest, cut off at the model's limit
    config.json, modules.json, 1_Pooling/config.json, tokenizer.json … as the model has them: they say how it pools
    lockstep_conversion.json       what was made from what: versions, limits, pooling, how the tokenizer compares, int8

Running it again changes nothing while the result is whole. It is written beside its place and renamed, so nobody sees
half a model. BERT needs the packages of scripts/requirements-model.txt; other bodies and tokenizers, and --int8, those of
scripts/requirements-convert.txt. Exit 0: done; 1: it says why not; 64: wrong usage.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from conversion import ConversionError, result
from conversion.source import Pooling, Source


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda message: (parser.print_usage(sys.stderr), print(f"{parser.prog}: {message}", file=sys.stderr), sys.exit(64))
    parser.add_argument("folder", type=Path, help="the model")
    parser.add_argument("out", type=Path, help="the folder to write; a result of this command there is replaced")
    parser.add_argument("--pooling", choices=["mean", "cls", "last"], help="how the model pools, where its files do not say")
    parser.add_argument("--normalize", action="store_true", help="with --pooling: vectors of norm 1")
    parser.add_argument("--pooled", action="store_true", help="make pooling a part of the model; `pooling:` cannot change it then")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="cut texts off at N tokens, below what the model takes")
    parser.add_argument("--int8", action="store_true", help="eight bits for weights and activations; prints what it costs")
    parser.add_argument("--texts", type=Path, metavar="FILE", help="with --int8: your own texts, one a line, to tune and measure with")
    parser.add_argument("--check-all", action="store_true", help="compare the tokenizer on all 1,112,064 characters, not 63,488")
    parser.add_argument("--packages", type=Path, metavar="FOLDER", help="a folder that pip installed into with --target")
    options = parser.parse_args()
    if options.packages:
        sys.path.insert(0, str(options.packages.resolve()))
    try:
        source = Source(options.folder)
        pooling = pooling_of(source, options)
        longest = min(filter(None, [source.longest, options.max_tokens]))
        plan = result.Plan(source, pooling, longest, options.pooled, options.int8, own_texts(options), options.check_all)
        if plan.is_done(options.out):
            print(f"{options.out}: already converted")
            return 0
        import_packages()
        for line in plan.write(options.out):
            print(line, flush=True)
    except (ConversionError, OSError) as error:
        print(f"convert_model: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: converted")
    return 0


def pooling_of(source: Source, options) -> Pooling | None:
    said = source.pooling
    if options.pooling:
        chosen = Pooling(options.pooling, options.normalize, "--pooling")
        if said and (said.mode, said.normalize) != (chosen.mode, chosen.normalize):
            print(f"note: {said.origin} says {said.mode}{' and norm 1' if said.normalize else ''}; --pooling says otherwise and holds")
        return chosen
    if options.pooled and (not said or said.dense or said.mode not in ("mean", "cls", "last")):
        says = f"{said.mode}{' and dense layers' if said.dense else ''}" if said else "nothing"
        raise ConversionError(f"--pooled: the model's files say {says}; mean, cls or last alone can be a part of the model")
    return said


def own_texts(options) -> list:
    if not options.texts:
        return []
    if not options.int8:
        raise ConversionError("--texts is for --int8")
    return [line for line in options.texts.read_text(encoding="utf-8").splitlines() if line.strip()]


def import_packages() -> None:
    install = "python3 -m pip install -r scripts/requirements-convert.txt"
    try:
        import numpy  # noqa: F401
        import openvino  # noqa: F401
        import openvino_tokenizers
        import tokenizers  # noqa: F401
    except ImportError as error:
        raise ConversionError(f"{error}; install what it needs: {install}") from error
    # Only warned of by the package itself; every tokenizer step would fail later with less to say.
    if not openvino_tokenizers.is_openvino_tokenizers_compatible:
        raise ConversionError(f"openvino and openvino-tokenizers do not fit each other; {install}")


if __name__ == "__main__":
    sys.exit(main())
