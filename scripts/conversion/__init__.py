"""What `scripts/convert_model.py` is made of."""


class ConversionError(Exception):
    """What went wrong, where, and what to do."""
