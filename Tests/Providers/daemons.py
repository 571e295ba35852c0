"""Daemons with models over HTTP, on the MongoDB that the tests of the server start."""
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import unittest

from imitated import ROOT, Imitation, vector

sys.path.append(str(ROOT / "Tests" / "Server"))
from support import BINARY, PATIENCE, TOKEN, Daemon, wait_until  # noqa: E402, F401

KEY = "sk-lockstep-4c1f9a7e0b"
#: What the clients of an API call the base.
BASES = {"openai": "/v1", "voyage": "/v1", "chat": "/v1", "cohere": "/v2", "gemini": "/v1beta"}
NAMES = {"openai": "text-embedding-3-small", "azure": "my-deployment", "ollama": "all-minilm", "cohere": "embed-english-v3.0",
         "voyage": "voyage-4", "gemini": "gemini-embedding-001", "tei": "tei", "chat": "small"}
#: How a document's text is marked for the model.
KINDS = {"cohere": "search_document", "voyage": "document", "gemini": "RETRIEVAL_DOCUMENT"}
DIMENSIONS = 384


def floats(stored):
    """Of a BSON vector or of an array."""
    if isinstance(stored, bytes):
        assert stored[:2] == b"\x27\x00", stored[:2]
        return list(struct.unpack(f"<{len(stored) // 4}f", stored[2:]))
    return stored


def each(*cases):
    """One test for each of these, which are its arguments: they may run at once."""
    def mark(test):
        test.cases = [case if isinstance(case, tuple) else (case,) for case in cases]
        return test
    return mark


class ProviderDaemon(Daemon):
    def __init__(self, models, listeners, database=None, **options):
        # Tests that run at once share a mongod.
        database = database or f"providers{os.getpid()}x{Daemon.count}"
        super().__init__({"token": TOKEN}, database=database, listeners=listeners)
        self.secrets.append(KEY)
        self.written = json.loads(self.configuration.read_text()) | {"models": models, **options}
        self.configure()

    def configure(self, **changed):
        """What the file says from now on."""
        self.written |= changed
        self.configuration.write_text(json.dumps(self.written, indent=1))

    def serve(self):
        """Starts it and waits until it can be asked; it need not be ready."""
        self.launch()
        self.port = int(self.greeting["server"].rsplit(":", 1)[1])
        return self

    def command(self, *arguments, timeout=PATIENCE):
        """Runs `lockstep` on the same configuration."""
        done = subprocess.run([BINARY, *arguments, "-c", str(self.configuration)], capture_output=True, text=True,
                              timeout=timeout, env={**os.environ, **self.environment})
        self.seen.append((done.stdout + done.stderr).encode())
        return done

    def problems(self):
        """All that it complains of now, as one text."""
        return json.dumps(self.status["problems"])

    def told(self):
        """All that it has logged."""
        return self.log.read_text(errors="replace")

    def failed(self):
        return self.get("/v1/failures?limit=100").json["failures"]

    def megabytes(self):
        """The most that was ever resident."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmHWM")


class ProviderTest(unittest.TestCase):
    """One imitation for all tests of the class, and a daemon for each test."""

    longMessage = True

    def __init_subclass__(cls):
        for name, test in list(vars(cls).items()):
            for place, case in enumerate(getattr(test, "cases", ())):
                def one(self, test=test, case=case):
                    test(self, *case)
                words = "_".join(re.findall(r"\w+", " ".join(map(str, case)))) or "none"
                one.__name__ = f"{name}_{place}_{words}"
                setattr(cls, one.__name__, one)
            if hasattr(test, "cases"):
                delattr(cls, name)

    @classmethod
    def setUpClass(cls):
        cls.imitation = Imitation()
        cls.addClassCleanup(cls.imitation.stop)

    def setUp(self):
        self.imitation.begin(keys=[KEY])

    def http(self, api="openai", **options):
        return {"api": api, "url": self.imitation.url + BASES.get(api, ""), "model": NAMES[api], "key": KEY, **options}

    def daemon(self, http=None, model=None, listeners=None, start=True, environment=None, **options):
        """`http`: what the model has there; `model`: what it has beside."""
        daemon = ProviderDaemon({"m": {"http": http or self.http(), **(model or {})}},
                                listeners or [{"model": "m", "on": "docs", "key": "text"}], **options)
        daemon.environment = environment or {}
        self.addCleanup(daemon.stop)
        return daemon.start() if start else daemon

    def insert(self, daemon, texts, collection="docs", first=0):
        daemon.db[collection].insert_many([{"_id": first + number, "text": text} for number, text in enumerate(texts)])

    def fresh(self, daemon, timeout=PATIENCE):
        answer = daemon.fresh(timeout=min(timeout, 60))
        self.assertEqual(answer.status, 200, f"{answer}\n{daemon.told()[-3000:]}")

    def stored(self, daemon, path="text", collection="docs"):
        """The vectors by `_id`."""
        found = {}
        for document in daemon.db[collection].find():
            value = document.get("_outputs", {}).get(path, {}).get("m")
            if value is not None:
                found[document["_id"]] = floats(value)
        return found

    def assertVector(self, found, text, api="openai", dimensions=DIMENSIONS):
        expected = vector(text, NAMES[api], dimensions, KINDS.get(api, ""))
        self.assertEqual(len(found), dimensions)
        scale = math.sqrt(sum(value * value for value in found))
        self.assertLess(max(abs(a / scale - b) for a, b in zip(found, expected)), 1e-5, text)

    def assertVectors(self, daemon, texts, api="openai", dimensions=DIMENSIONS, **options):
        """All documents have the vectors of these texts."""
        found = self.stored(daemon, **options)
        self.assertEqual(len(found), len(texts))
        for number, text in enumerate(texts):
            self.assertVector(found[number], text, api, dimensions)

    def texts(self, count, about="text"):
        return [f"{about} number {number}" for number in range(count)]

    def requests(self, path="/embed"):
        """Of the log of the imitation: time, status, inputs."""
        return [(at, status, inputs) for at, what, status, inputs in self.imitation.tally("log")["log"] if path in what]

    def await_words(self, daemon, *words, seconds=PATIENCE):
        """Until the status has a problem with all these words."""
        def said():
            problems = daemon.problems().lower()
            return all(word.lower() in problems for word in words)
        try:
            wait_until(said, f"a problem that says {words}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {daemon.problems()}\n{daemon.told()[-2000:]}") from None
