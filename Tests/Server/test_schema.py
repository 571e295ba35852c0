"""`lockstep schema` judged by a validator of others, on the configurations that Lockstep itself takes and refuses."""
import json
import re
import subprocess
import unittest

import support

import jsonschema
import yaml


class YAML12(yaml.SafeLoader):
    """PyYAML reads YAML 1.1, where the key `on` is true; editors and Lockstep read YAML 1.2."""


YAML12.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
YAML12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))

SMALL = """
mongodb: {uri: "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", database: shop}
models: {words: {exec: [python3, words.py]}}
listeners: [{model: words, on: docs, key: text}]
"""

# What is put in the place of a line of SMALL, and whether Lockstep takes it.
VARIANTS = [
    ("models: {words: {exec: [cat], timeout: 5m, workers: 2, version: 1, vectors: array}}", True),
    ("models: {words: {exec: [cat], timeout: '${TIME:-5m}', workers: '${WORKERS:-2}'}}", True),
    ("models: {words: {exec: [cat], startTimeout: 10m}}", True),
    ("models: {words: {openvino: models/a, startTimeout: 10m}}", False),
    ("models: {words: {exec: [cat], timout: 5m}}", False),
    ("models: {words: {exec: [cat], timeout: 5}}", False),
    ("models: {words: {exec: [cat], workers: 0}}", False),
    ("models: {words: {exec: [cat], workers: 257}}", False),
    ("models: {words: {exec: [cat], vectors: list}}", False),
    ("models: {words: {exec: cat}}", False),
    ("models: {words: {exec: []}}", False),
    ("models: {words: {version: '1'}}", False),
    ("models: {words: {exec: [cat], openvino: models/a}}", False),
    ("models: {words: {openvino: models/a, workers: 2}}", False),
    ("models: {words: {exec: [cat], batch: {count: 1, size: 2}}}", False),
    ("models: {words: {http: {api: openai, model: m, key: k, dimensions: 5}, price: 0.02, budget: 5/day}}", True),
    ("models: {words: {http: {api: ollama, model: m}, price: 1, budget: 5, limits: {requests: 3000/m, tokens: 1.5M/h}}}", True),
    ("models: {words: {http: {api: ollama, model: m, headers: {X-Team: a}}, memo: false, overlong: refuse}}", True),
    ("models: {words: {http: {api: chat, model: m, key: k, schema: {type: string}}, timeout: 5m}}", True),
    ("models: {words: {http: {api: opanai, model: m, key: k}}}", False),
    ("models: {words: {http: {model: m, key: k}}}", False),
    ("models: {words: {http: {api: ollama, modle: m}}}", False),
    ("models: {words: {http: {api: ollama, model: m}, limits: {requests: 3000}}}", False),
    ("models: {words: {http: {api: ollama, model: m}, price: 1, budget: 5/week}}", False),
    ("models: {words: {http: {api: openai, model: m, key: k}, batchApi: {poll: 60s}}}", False),
    ("models: {words: {http: {api: ollama, model: m}, memo: perhaps}}", False),
    ("models: {words: {exec: [cat], price: 1}}", False),
    ("listeners: [{model: words, on: docs, key: [title, text], as: size, where: {lang: en}}]", True),
    ("listeners: [{model: words, on: docs}]", False),
    ("listeners: [{model: words, collection: docs, key: text}]", False),
    ("listeners: []", False),
    ("mongodb: {uri: 'mongodb://127.0.0.1:1/shop?serverSelectionTimeoutMS=100'}", True),
    ("mongodb: {database: shop}", False),
    ("server: off", True),
    ("server: {port: 7077, maxLag: 10s, hosts: [a], token: 0123456789abcdef}", True),
    ("server: {port: 70777}", False),
    ("server: {prot: 7077}", False),
    ("reconcileEvery: 1h30m", True),
    ("reconcileEvery: often", False),
    ("more: 1", False),
]


def variant(line):
    name = line.split(":")[0]
    kept = [text for text in SMALL.strip().splitlines() if not text.startswith(f"{name}:")]
    return "\n".join(kept + [line]) + "\n"


class SchemaTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        said = subprocess.run([support.BINARY, "schema"], capture_output=True, text=True, check=True)
        cls.schema = json.loads(said.stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def problems(self, text):
        return [error.message for error in self.validator.iter_errors(yaml.load(text, YAML12))]

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_every_example_is_right(self):
        texts = [path.read_text() for path in (support.ROOT / "Examples").rglob("lockstep.yaml")]
        page = (support.ROOT / "docs/configuration.md").read_text()
        texts.append(next(block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "maxLag" in block))
        self.assertGreater(len(texts), 2)
        for text in texts:
            self.assertEqual(self.problems(text), [], text)

    def test_it_takes_and_refuses_what_lockstep_does(self):
        for line, is_right in VARIANTS:
            text = variant(line)
            with self.subTest(line):
                self.assertEqual(self.problems(text) == [], is_right, self.problems(text))
                self.assertEqual(self.is_taken(text), is_right)

    def is_taken(self, text):
        """By Lockstep, which looks at the configuration before anything else; a model's files are not there."""
        with support.tempfile.TemporaryDirectory() as folder:
            support.pathlib.Path(folder, "lockstep.yaml").write_text(text)
            said = subprocess.run(
                [support.BINARY, "wait", "--timeout", "0"], cwd=folder, capture_output=True, text=True,
                check=False)
            return said.returncode != 78


if __name__ == "__main__":
    unittest.main()
