"""The exec protocol, and the log of every input that a model is called with.

    python3 <model>.py --name NAME --log FILE

One line is appended to FILE for each call: {"model": NAME, "inputs": [...]}.
"""
import argparse
import json
import os
import sys


def canonical(value):
    """One text for one input: what the model's functions are computed from."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def serve(function):
    """Answers until stdin ends; a ValueError of the function refuses that input alone."""
    options = argparse.ArgumentParser()
    options.add_argument("--name", required=True)
    options.add_argument("--log", required=True)
    options = options.parse_args()
    log = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for line in sys.stdin:
        request = json.loads(line)
        # One write each: models of a killed daemon and of the next one may share the file for a moment.
        os.write(log, (canonical({"model": options.name, "inputs": request["inputs"]}) + "\n").encode())
        predictions, errors = [], {}
        for place, value in enumerate(request["inputs"]):
            try:
                predictions.append(function(value))
            except ValueError as error:
                predictions.append(None)
                errors[str(place)] = str(error)
        answer = {"id": request["id"], "predictions": predictions}
        if errors:
            answer["errors"] = errors
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
        sys.stdout.flush()
