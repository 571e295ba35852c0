"""A text from another listener's output."""
import hashlib

from protocol import canonical, serve


def predict(value, salt):
    return "of " + hashlib.sha256((salt + canonical(value)).encode()).hexdigest()[:12]


if __name__ == "__main__":
    serve(predict)
