"""A small vector from the SHA-256 of the input's canonical JSON; refuses texts that begin with "refuse"."""
import hashlib

from protocol import canonical, serve


def predict(value, salt):
    if isinstance(value, str) and value.startswith("refuse"):
        raise ValueError("this text is to be refused")
    digest = hashlib.sha256((salt + canonical(value)).encode()).digest()
    # Quarters are exact as float32 and as double.
    return [byte / 4 for byte in digest[:6]]


if __name__ == "__main__":
    serve(predict)
