"""What must stand in every document, computed from the contract alone.

Knows nothing of Lockstep's code: the listeners of the test are written down once more below, the models once more
in this language's own terms, and each document is judged by them.
"""
import dataclasses
import datetime
import hashlib
import json
import struct
from dataclasses import dataclass
from decimal import Decimal

import bson
from bson import json_util
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128

CODEC = CodecOptions(tz_aware=True, uuid_representation=UuidRepresentation.UNSPECIFIED)
RELAXED = json_util.JSONOptions(
    json_mode=json_util.JSONMode.RELAXED, tz_aware=True, uuid_representation=UuidRepresentation.UNSPECIFIED)
ABSENT = object()


class Refused(Exception):
    """The model does not take this input."""


# MARK: The models, independently of models/*.py


def canonical(value):
    document = json.loads(json_util.dumps({"v": value}, json_options=RELAXED))
    return json.dumps(document["v"], separators=(",", ":"), ensure_ascii=True)


def digest(value, version):
    """Every version of a model but the first answers something else."""
    salt = "" if version == "1" else version
    return hashlib.sha256((salt + canonical(value)).encode("ascii"))


def hash_model(value, version):
    if isinstance(value, str) and value[:6] == "refuse":
        raise Refused
    return [byte * 0.25 for byte in digest(value, version).digest()[:6]]


def pair_model(values, version):
    first = values[0]
    if isinstance(first, (int, float)) and not isinstance(first, bool) and first == 13:
        raise Refused
    return {
        "sha": digest(values, version).hexdigest()[:16],
        "present": [place for place, value in enumerate(values) if value is not None],
    }


def chain_model(value, version):
    return "of " + digest(value, version).hexdigest()[:12]


# MARK: The filters that the listeners use


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) or isinstance(value, Decimal128)


def candidates(value):
    """A condition on a field holds when it holds for the value, or for an element of the array."""
    return [value] + (value if isinstance(value, list) else [])


def is_english(document):
    return any(isinstance(value, str) and value == "en" for value in candidates(document.get("lang")))


def is_german(document):
    return any(isinstance(value, str) and value == "de" for value in candidates(document.get("lang")))


def is_above_three(document):
    for value in candidates(document.get("n")):
        if is_number(value):
            number = float(value.to_decimal()) if isinstance(value, Decimal128) else value
            if number > 3:
                return True
    return False


# MARK: The listeners


@dataclass(frozen=True)
class Listener:
    on: str
    stem: str
    model: str
    program: str
    keys: tuple
    function: object
    where: object = None
    yaml_where: str = ""
    named: bool = True
    version: str = "1"

    @property
    def id(self):
        return f"{self.on}/{self.stem}/{self.model}"

    @property
    def output(self):
        return f"_outputs.{self.stem}.{self.model}"

    @property
    def provenance(self):
        return f"_lockstep.{self.stem}.{self.model}"

    def answer(self, values, version=None):
        """The output for the values of the keys."""
        return self.function(values[0] if len(values) == 1 else values, version or self.version)


# In the order in which they feed each other.
LISTENERS = [
    Listener("docs", "text", "plain", "hash.py", ("text",), hash_model, named=False),
    Listener("docs", "english", "where", "hash.py", ("text",), hash_model, is_english, "{lang: en}"),
    Listener("docs", "both", "pair", "pair.py", ("meta.title", "tags"), pair_model),
    Listener("docs", "after", "chain", "chain.py", ("_outputs.text.plain",), chain_model),
    Listener("docs", "mixed", "mixed", "pair.py", ("n", "_outputs.both.pair.sha"), pair_model,
             is_above_three, "{n: {$gt: 3}}"),
    Listener("folded", "meta.title", "nested", "hash.py", ("meta.title",), hash_model, named=False),
    Listener("folded", "twice", "again", "chain.py", ("_outputs.meta.title.nested",), chain_model),
]


def configuration(uri, database, python, models, log, listeners=LISTENERS, arguments="", timeout=None):
    """lockstep.yaml for these listeners."""
    lines = ["mongodb:", f"  uri: {uri}", f"  database: {database}", "models:"]
    for listener in listeners:
        lines += [
            f"  {listener.model}:",
            f"    exec: [{python}, {models}/{listener.program}, --name, {listener.model}, --log, {log},"
            f' --version, "{listener.version}"{arguments}]',
            f'    version: "{listener.version}"',
        ]
        if timeout:
            lines.append(f"    timeout: {timeout}")
    lines.append("listeners:")
    for listener in listeners:
        keys = ", ".join(listener.keys)
        lines += [f"  - model: {listener.model}", f"    on: {listener.on}"]
        lines.append(f"    key: [{keys}]" if len(listener.keys) > 1 else f"    key: {keys}")
        if listener.named:
            lines.append(f"    as: {listener.stem}")
        if listener.yaml_where:
            lines.append(f"    where: {listener.yaml_where}")
    return "\n".join(lines) + "\n"


# MARK: Reading a document


def at(document, path):
    """The value at a dotted path, as `$path` in MongoDB gives it: an array on the way gives the array of what its
    documents have there."""
    name, _, rest = path.partition(".")
    if not isinstance(document, dict) or name not in document:
        return ABSENT
    value = document[name]
    return below(value, rest) if rest else value


def below(value, rest):
    if isinstance(value, dict):
        return at(value, rest)
    if isinstance(value, list):
        found = [at(element, rest) for element in value if isinstance(element, dict)]
        return [element for element in found if element is not ABSENT]
    return ABSENT


def stands(document, path):
    """What is stored at a path through documents alone."""
    value = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def inputs(listener, document):
    """The values of the keys, absent ones as None; None when there is no input."""
    values = [at(document, key) for key in listener.keys]
    values = [None if value is ABSENT else value for value in values]
    if all(value is None for value in values):
        return None
    if listener.where and not listener.where(document):
        return None
    return values


def vector(value):
    """The numbers of a BSON vector of float32, or the value itself."""
    if isinstance(value, Binary) and value.subtype == 9 and bytes(value[:2]) == b"\x27\x00":
        return list(struct.unpack(f"<{(len(value) - 2) // 4}f", bytes(value[2:])))
    return value


# MARK: Judging


@dataclass
class Finding:
    kind: str
    listener: str
    document: dict
    expected: object
    found: object

    def __str__(self):
        text = [f"{self.kind.upper()}: {self.listener}", f"  expected: {show(self.expected)}",
                f"  found:    {show(self.found)}", f"  document: {show(self.document)}"]
        return "\n".join(text)


def show(value):
    if value is ABSENT:
        return "nothing"
    return repr(brief(value))[:2500]


def brief(value):
    """The same with long texts cut, dates and numbers in short."""
    if isinstance(value, dict):
        return {name: brief(element) for name, element in value.items()}
    if isinstance(value, list):
        return [brief(element) for element in value]
    if isinstance(value, str) and len(value) > 40:
        return value[:30] + f"… ({len(value)})"
    if isinstance(value, datetime.datetime):
        return Literal(value.strftime("%H:%M:%S.%f")[:-3] if value.year > 2025 else value.isoformat())
    if type(value) is bytes and len(value) == 16:
        return Literal(value.hex()[:8] + "…")
    return value


class Literal(str):
    __repr__ = str.__str__


class Oracle:
    """Judges the documents of a database, one after another."""

    def __init__(self, listeners=LISTENERS):
        self.listeners = listeners
        self.findings = []
        self.documents = 0
        self.outputs = 0
        self.refused = {}
        self.fingerprints = {}
        self.inputs = {}

    def judge(self, collection, document):
        """The findings about one document; an empty list: everything is right."""
        findings = []
        for listener in self.listeners:
            if listener.on == collection:
                self._judge(listener, document, findings)
        for root in ("_outputs", "_lockstep"):
            self._strangers(collection, root, document, findings)
        return findings

    def _judge(self, listener, document, findings):
        def found(kind, expected, value):
            findings.append(Finding(kind, listener.id, document, expected, value))

        values = inputs(listener, document)
        output = stands(document, listener.output)
        provenance = stands(document, listener.provenance)
        expected = ABSENT
        if values is not None:
            try:
                expected = listener.answer(values)
            except Refused:
                self.refused[(listener.id, self._id(document))] = document
        if expected is ABSENT:
            if output is not ABSENT:
                found("extra output", ABSENT, output)
            if provenance is not ABSENT:
                found("extra provenance", ABSENT, provenance)
            return
        self.outputs += 1
        if output is ABSENT:
            return found("missing output", expected, output)
        # MongoDB compares documents field by field in order; so does the oracle.
        if canonical(vector(output)) != canonical(expected):
            return found("wrong output", expected, vector(output))
        problem = self.provenance_problem(listener, values, provenance)
        if problem:
            found("wrong provenance", problem, provenance)

    def provenance_problem(self, listener, values, provenance):
        if not isinstance(provenance, dict):
            return "a document"
        if list(provenance) != ["input", "version", "at"]:
            return "{input, version, at}"
        fingerprint = provenance["input"]
        # PyMongo gives binary data of subtype 0 as bytes.
        if not isinstance(fingerprint, bytes) or getattr(fingerprint, "subtype", 0) != 0 or len(fingerprint) != 16:
            return "input: 16 bytes of binary data of subtype 0"
        if provenance["version"] != listener.version:
            return f'version: "{listener.version}"'
        if not isinstance(provenance["at"], datetime.datetime):
            return "at: a date"
        stored = bson.encode({"v": values}, codec_options=CODEC)
        # A number that is another input by type or sign is another input; listeners are apart, too.
        known = self.fingerprints.setdefault((listener.id, stored), bytes(fingerprint))
        if known != fingerprint:
            return f"input: {known.hex()}, as elsewhere for an equal input"
        other = self.inputs.setdefault((listener.id, bytes(fingerprint)), stored)
        if other != stored:
            return f"another input than that of {bson.decode(other, codec_options=CODEC)}"
        return None

    def _strangers(self, collection, root, document, findings):
        """Things at the paths of listeners or above them that are neither documents nor outputs."""
        for listener in self.listeners:
            if listener.on != collection:
                continue
            path = (listener.output if root == "_outputs" else listener.provenance).split(".")
            for depth in range(1, len(path)):
                above = ".".join(path[:depth])
                value = stands(document, above)
                if isinstance(value, list) and at(document, ".".join(path)) is not ABSENT:
                    finding = Finding("extra array", f"{collection}/{above}", document, ABSENT, value)
                    if finding not in findings:
                        findings.append(finding)

    @staticmethod
    def _id(document):
        value = document["_id"]
        if is_number(value):
            # 1, NumberLong(1) and 1.0 are one `_id`.
            number = value.to_decimal() if isinstance(value, Decimal128) else Decimal(value)
            return str(number.normalize() + 0)
        return bson.encode({"_id": value}, codec_options=CODEC)

    def audit(self, database):
        """Judges everything; fills `findings`."""
        database = database.with_options(codec_options=CODEC) if hasattr(database, "with_options") else database
        for collection in sorted({listener.on for listener in self.listeners}):
            for document in database[collection].find({}):
                self.documents += 1
                self.findings += self.judge(collection, document)
        entries = {}
        # What a listener that is no more has parked is nobody's business.
        ids = {listener.id for listener in self.listeners}
        for entry in database["lockstep.failures"].find({}):
            if entry["_id"]["listener"] not in ids:
                continue
            key = (entry["_id"]["listener"], self._id({"_id": entry["_id"]["document"]}))
            entries[key] = entry
            if key not in self.refused:
                self.findings.append(Finding("extra failure", key[0], entry, ABSENT, entry))
            elif not entry.get("reason"):
                self.findings.append(Finding("failure without a reason", key[0], entry, "a reason", entry))
        for key, document in self.refused.items():
            if key not in entries:
                self.findings.append(
                    Finding("missing failure", key[0], document, "an entry in lockstep.failures", ABSENT))
        return self

    def tally(self):
        """How many findings are wrong, missing and extra."""
        kinds = {"wrong": 0, "missing": 0, "extra": 0}
        for finding in self.findings:
            word = finding.kind.split()[0]
            kinds[word if word in kinds else "wrong"] += 1
        return kinds


def is_right(collection, document):
    """Everything at the document's outputs and provenance is right as it stands."""
    return not Oracle().judge(collection, document)


def is_sound(collection, document):
    """Every output is what its provenance says: of the version there and the inputs here, whatever the filters."""
    judge = Oracle()
    for listener in LISTENERS:
        if listener.on != collection:
            continue
        output, provenance = stands(document, listener.output), stands(document, listener.provenance)
        if output is ABSENT and provenance is ABSENT:
            continue
        values = inputs(dataclasses.replace(listener, where=None), document)
        if output is ABSENT or values is None or not isinstance(provenance, dict):
            return False
        version = provenance.get("version")
        if not isinstance(version, str):
            return False
        try:
            expected = listener.answer(values, version)
        except Refused:
            return False
        told = dataclasses.replace(listener, version=version)
        if canonical(vector(output)) != canonical(expected) or judge.provenance_problem(told, values, provenance):
            return False
    strangers = []
    for root in ("_outputs", "_lockstep"):
        judge._strangers(collection, root, document, strangers)
    return not strangers
