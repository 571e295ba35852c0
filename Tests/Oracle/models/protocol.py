"""The exec protocol, and the log of every input that a model is called with.

    python3 <model>.py --name NAME --log FILE [--version V] [--behaviour FILE]

One line is appended to the log for each call: {"model": NAME, "inputs": [...]}. While the behaviour file exists it says
how to misbehave: {"mode": "exit", "chance": 1.0, "models": ["plain"]}; it is read anew at every call.
"""
import argparse
import json
import os
import random
import sys
import time


def canonical(value):
    """One text for one input: what the model's functions are computed from."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def behaviour(options):
    """How to answer this call; "" is the honest way."""
    try:
        with open(options.behaviour) as file:
            ordered = json.load(file)
    except (OSError, TypeError, ValueError):
        return ""
    return ordered["mode"] if options.name in ordered["models"] and random.random() < ordered["chance"] else ""


def lie(mode, answer):
    """What is written instead of the answer."""
    predictions = answer["predictions"]
    if mode == "exit":
        sys.exit(3)
    if mode == "hang":
        # Beyond the timeout, but not for ever: a killed daemon leaves it behind.
        time.sleep(15)
        sys.exit(4)
    if mode == "too few":
        return json.dumps({**answer, "predictions": predictions[:-1]})
    if mode == "too many":
        return json.dumps({**answer, "predictions": predictions + [1]})
    if mode == "invalid":
        return '{"id": %d, "predictions": [1, ' % answer["id"]
    if mode == "no array":
        return json.dumps({**answer, "predictions": "many"})
    if mode == "another id":
        return json.dumps({**answer, "id": answer["id"] + 1000})
    if mode == "null":
        return json.dumps({"id": answer["id"], "predictions": [None] * len(predictions)})
    if mode == "errors":
        why = {str(place): "no, just because" for place in range(len(predictions))}
        return json.dumps({"id": answer["id"], "predictions": [None] * len(predictions), "errors": why})
    raise SystemExit(f"no such mode: {mode}")


def serve(function):
    """Answers until stdin ends; a ValueError of the function refuses that input alone."""
    options = argparse.ArgumentParser()
    options.add_argument("--name", required=True)
    options.add_argument("--log", required=True)
    options.add_argument("--version", default="1")
    options.add_argument("--behaviour")
    options = options.parse_args()
    salt = "" if options.version == "1" else options.version
    log = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for line in sys.stdin:
        request = json.loads(line)
        mode = behaviour(options)
        entry = {"model": options.name, "inputs": request["inputs"], **({"mode": mode} if mode else {})}
        # One write each: models of a killed daemon and of the next one may share the file for a moment.
        os.write(log, (canonical(entry) + "\n").encode())
        predictions, errors = [], {}
        for place, value in enumerate(request["inputs"]):
            try:
                predictions.append(function(value, salt))
            except ValueError as error:
                predictions.append(None)
                errors[str(place)] = str(error)
        answer = {"id": request["id"], "predictions": predictions}
        if errors:
            answer["errors"] = errors
        text = lie(mode, answer) if mode else json.dumps(answer, separators=(",", ":"))
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
