"""A text from another listener's output."""
import hashlib

from protocol import canonical, serve


def predict(value):
    return "of " + hashlib.sha256(canonical(value).encode()).hexdigest()[:12]


if __name__ == "__main__":
    serve(predict)
