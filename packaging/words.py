"""A model as a program: the number of words of a text. Lockstep starts it once and gives it a batch a line."""
import json, sys

for line in sys.stdin:                                  # one request a line
    request = json.loads(line)
    predictions, errors = [], {}
    for i, text in enumerate(request["inputs"]):
        if not isinstance(text, str):
            errors[str(i)] = f"expected a text, found {type(text).__name__}"
        predictions.append(len(text.split()) if isinstance(text, str) else None)
    print(json.dumps({"id": request["id"], "predictions": predictions, "errors": errors}), flush=True)
