"""A document from several values; the first may not be the number 13."""
import hashlib

from protocol import canonical, serve


def predict(values, salt):
    if values[0] == 13 and not isinstance(values[0], bool):
        raise ValueError("13 is to be refused")
    present = [place for place, value in enumerate(values) if value is not None]
    return {"sha": hashlib.sha256((salt + canonical(values)).encode()).hexdigest()[:16], "present": present}


if __name__ == "__main__":
    serve(predict)
