"""Random values: `_id`s of many types, inputs of every kind."""
import datetime
import uuid

from bson import MaxKey, MinKey, Regex, Timestamp
from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

WORDS = ["alpha", "Alpha", "ALPHA", "béta", "BÉTA", "γάμμα", "delta 4", "", " ", "naïve 🦊", "$text", "a.b", "_id"]


def date(rng):
    milliseconds = rng.randrange(0, 2_000_000_000_000)
    return datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(milliseconds=milliseconds)


def ids(rng, count):
    """Different `_id`s of every type; some numbers come as the same number of another type later."""
    makers = [
        lambda i: i, lambda i: Int64(2**40 + i), lambda i: i + 0.5, lambda i: f"id{i}", lambda i: f"ID{i}",
        lambda i: f"ключ {i} 🔑", lambda i: ObjectId(bytes([7] * 10) + i.to_bytes(2, "big")),
        lambda i: Binary(b"b" + i.to_bytes(2, "big")), lambda i: Binary(b"x" + i.to_bytes(2, "big"), 128),
        lambda i: Binary.from_uuid(uuid.UUID(int=i)), lambda i: Decimal128(f"{i}.25"),
        lambda i: datetime.datetime.fromtimestamp(i, datetime.timezone.utc), lambda i: Timestamp(i + 1, i),
        lambda i: {"a": i, "b": f"x{i}"}, lambda i: {"b": {"c": [i, "y"]}}, lambda i: f"{i}",
    ]
    fixed = [MinKey(), MaxKey(), True, False, None, "", "a", "A", "ä", "Ä", {}, 0.1, Decimal128("1E+3"), -1,
             Int64(-(2**62)), 1e300, Binary(b""), "x" * 300]
    return fixed + [makers[i % len(makers)](i // len(makers)) for i in range(max(0, count - len(fixed)))]


def same_number(rng, value):
    """The same `_id` to the index, of another type."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
        return rng.choice([int(value), Int64(value), float(value)])
    return value


def text(rng):
    kind = rng.random()
    if kind < 0.08:
        return f"refuse {rng.randrange(20)}"
    if kind < 0.3:
        return rng.choice(WORDS)
    if kind < 0.33:
        return "long " + "lorem ipsum " * rng.randrange(100, 400)
    return f"text {rng.randrange(40)}"


def exotic(rng):
    """Anything that BSON holds and relaxed Extended JSON writes in one way."""
    return rng.choice([
        lambda: rng.randrange(-5, 20), lambda: Int64(rng.randrange(-5, 20)), lambda: float(rng.randrange(-5, 20)),
        lambda: rng.random(), lambda: 0.0, lambda: -0.0, lambda: float("nan"), lambda: float("inf"),
        lambda: Int64(2**53 + rng.randrange(5)), lambda: 1e21, lambda: Decimal128(f"{rng.randrange(20)}.50"),
        lambda: Decimal128("1.0"), lambda: Decimal128("1.00"), lambda: True, lambda: False,
        lambda: [], lambda: ["a"], lambda: [["a"]], lambda: [None], lambda: [1, [2, {"x": 3}]], lambda: {},
        lambda: {"x": rng.randrange(3)}, lambda: {"x": {"y": [text(rng)]}}, lambda: {"b": 1, "a": 2},
        lambda: {"a": 2, "b": 1}, lambda: {"a.b": 1}, lambda: {"$x": 1}, lambda: {"": 1},
        lambda: date(rng), lambda: datetime.datetime.fromtimestamp(0, datetime.timezone.utc),
        lambda: Binary(b"\x00\x01"), lambda: Binary(b"\x00\x01", 5), lambda: ObjectId(bytes(12)),
        lambda: Regex("^a", "i"), lambda: Timestamp(5, 6), lambda: MinKey(), lambda: "a\0b",
    ])()


def value(rng):
    kind = rng.random()
    if kind < 0.12:
        return None
    return text(rng) if kind < 0.75 else exotic(rng)


def tags(rng):
    kind = rng.random()
    if kind < 0.7:
        return [text(rng) for _ in range(rng.randrange(0, 5))]
    return None if kind < 0.8 else exotic(rng)


def meta(rng):
    kind = rng.random()
    if kind < 0.55:
        return {"title": value(rng), "pages": rng.randrange(9)}
    if kind < 0.65:
        return {"pages": rng.randrange(9)}
    if kind < 0.8:
        return [{"title": text(rng)}, {"pages": 1}, {"title": value(rng)}][: rng.randrange(0, 4)]
    return rng.choice([None, "flat", 5, [], [1, 2], {"title": {"title": "deep"}}, [[{"title": "no"}]]])


def number(rng):
    kind = rng.random()
    if kind < 0.6:
        return rng.randrange(0, 8)
    if kind < 0.7:
        return 13
    return rng.choice([None, 3.5, Int64(5), float("nan"), "7", [1, 9], [2], Decimal128("4.5"), True, 13.0, float("inf")])


def language(rng):
    return rng.choice(["en", "en", "en", "de", "EN", None, ["de", "en"], ["fr"], 5, {"x": "en"}])


FIELDS = {"text": value, "tags": tags, "meta": meta, "n": number, "lang": language}
CHANCE = {"text": 0.85, "tags": 0.5, "meta": 0.7, "n": 0.7, "lang": 0.8}


def fields(rng):
    """What a document holds beside its `_id`, in some order."""
    names = [name for name in FIELDS if rng.random() < CHANCE[name]] + ["views"]
    rng.shuffle(names)
    return {name: FIELDS[name](rng) if name in FIELDS else rng.randrange(1000) for name in names}
