"""Vectors that follow from model, kind of input and text, are of norm 1, and cost next to nothing.

A vector is a head of three numbers, computed from the checksum of the text, and a tail that 256 texts out of 65,536 share.
Head and tail are encoded apart: three floats are 16 digits of base64 exactly.
"""
import base64
import functools
import math
import random
import struct
import zlib

HEAD = 3


def tokens(data):
    """Of a text in UTF-8: one for four bytes, at least one for a text that is not empty."""
    return (len(data) + 3) // 4


def seed(model, kind=""):
    return zlib.crc32(f"{model}|{kind}".encode())


def checksum(data, of):
    return zlib.crc32(data, of)


def head(number, dimensions=HEAD + 1, norm=1.0):
    """A point on a sphere; of half the norm where a tail follows."""
    radius = norm if dimensions <= HEAD else norm * 0.5
    height = ((number >> 20) - 2048) / 2048
    angle = ((number >> 8) & 0xFFF) * (2 * math.pi / 4096)
    across = radius * math.sqrt(max(0.0, 1 - height * height))
    found = (across * math.cos(angle), across * math.sin(angle), radius * height)
    if dimensions == 1:
        return (radius if number & 0x8000 else -radius,)
    return (radius * math.cos(angle), radius * math.sin(angle)) if dimensions == 2 else found


@functools.lru_cache(maxsize=2048)
def tail(number, dimensions, norm=1.0):
    """What comes after the head, as numbers that a float holds exactly."""
    length = dimensions - HEAD
    if length <= 0:
        return ()
    chosen = random.Random(number)
    values = [chosen.gauss(0, 1) for _ in range(length)]
    scale = norm * math.sqrt(0.75) / math.sqrt(sum(value * value for value in values))
    return struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *(value * scale for value in values)))


@functools.lru_cache(maxsize=2048)
def tail_in_base64(number, dimensions, norm):
    values = tail(number, dimensions, norm)
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values))


@functools.lru_cache(maxsize=2048)
def tail_in_json(number, dimensions, norm):
    return "".join(f",{value:.9g}" for value in tail(number, dimensions, norm)).encode()


def in_base64(number, dimensions, norm=1.0):
    if dimensions < HEAD:
        return base64.b64encode(struct.pack(f"<{dimensions}f", *head(number, dimensions, norm)))
    return base64.b64encode(struct.pack("<3f", *head(number, dimensions, norm))) + tail_in_base64(number & 0xFF, dimensions, norm)


def in_json(number, dimensions, norm=1.0):
    first = ",".join(f"{value:.9g}" for value in head(number, dimensions, norm))
    return b"[%b%b]" % (first.encode(), tail_in_json(number & 0xFF, dimensions, norm))


def vector(text, model, dimensions, kind="", norm=1.0):
    """For tests: the numbers that are answered for a text."""
    number = checksum(text.encode(), seed(model, kind))
    first = head(number, dimensions, norm)
    return [*struct.unpack(f"<{len(first)}f", struct.pack(f"<{len(first)}f", *first)), *tail(number & 0xFF, dimensions, norm)]
