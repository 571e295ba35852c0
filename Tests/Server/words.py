"""Counts words, as a program that speaks the exec protocol. What the file `behaviour` beside the log says, it does:

    hold     answers once the file says something else
    mended   refuses nothing; else texts that begin with "refuse" are refused
    broken   answers with fewer predictions than there are inputs
"""
import json
import pathlib
import sys
import time

BEHAVIOUR = pathlib.Path(sys.argv[1])


def behaviour():
    try:
        return BEHAVIOUR.read_text()
    except FileNotFoundError:
        return ""


def main():
    for line in sys.stdin:
        request = json.loads(line)
        while behaviour() == "hold":
            time.sleep(0.02)
        mode = behaviour()
        if mode == "broken":
            print(json.dumps({"id": request["id"], "predictions": []}), flush=True)
            continue
        predictions, errors = [], {}
        for place, text in enumerate(request["inputs"]):
            refused = not isinstance(text, str) or text.startswith("refuse") and mode != "mended"
            if refused:
                errors[str(place)] = "this text is to be refused"
            predictions.append(None if refused else len(text.split()))
        print(json.dumps({"id": request["id"], "predictions": predictions, "errors": errors}), flush=True)


if __name__ == "__main__":
    main()
