"""A model as a program: the length of a package's name and description together.

Lockstep starts it once and keeps it. A line comes in on stdin with a batch of inputs; a line goes
out on stdout with a prediction for each. Each input here is [name, description], because the
listener has two keys; a field that the document lacks comes as null, in Python None.
"""

import json
import sys

for line in sys.stdin:
    request = json.loads(line)
    predictions = [sum(len(text) for text in texts if text is not None) for texts in request["inputs"]]
    print(json.dumps({"id": request["id"], "predictions": predictions}), flush=True)
