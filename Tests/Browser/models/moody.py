"""A model that counts words, and misbehaves as the file that it is given says: `strict`, `exit` or nothing.

strict: texts that begin with "bad" are refused. exit: the program ends whenever it is asked.
"""
import json
import pathlib
import sys

mood = pathlib.Path(sys.argv[1])

for line in sys.stdin:
    request = json.loads(line)
    now = mood.read_text().strip() if mood.exists() else ""
    if now == "exit":
        sys.exit("ConnectionRefusedError: 127.0.0.1:9000")
    predictions, errors = [], {}
    for i, text in enumerate(request["inputs"]):
        refused = now == "strict" and str(text).startswith("bad")
        predictions.append(None if refused else len(str(text).split()))
        if refused:
            errors[str(i)] = "a text that begins with bad is refused"
    print(json.dumps({"id": request["id"], "predictions": predictions, "errors": errors}), flush=True)
