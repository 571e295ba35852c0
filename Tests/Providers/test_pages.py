"""What the pages of docs/models/ tell people to write for each provider, tried against the imitation."""
import re
import unittest

from daemons import BASES, KEY, NAMES, ProviderTest, each
from imitated import ROOT

import yaml  # From .lockstep/python or .lockstep/providers.

PAGES = sorted((ROOT / "docs" / "models").glob("*.md"))


def configurations():
    """The models over HTTP in the blocks of YAML on the pages, with the place that they stand at."""
    for page in PAGES:
        yield from configurations_of(page)


def configurations_of(page):
    text = page.read_text()
    for block in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        try:
            read = yaml.safe_load(block[1])
        except yaml.YAMLError:
            continue
        models = read.get("models", read) if isinstance(read, dict) else {}
        for name, model in (models or {}).items():
            if isinstance(model, dict) and isinstance(model.get("http"), dict) and "api" in model["http"]:
                yield f"{page.name}:{text.count(chr(10), 0, block.start()) + 1}", name, model


class Pages(ProviderTest):
    def test_each_api_is_on_them(self):
        self.assertGreaterEqual({model["http"]["api"] for _, _, model in configurations()},
                                {"openai", "azure", "ollama", "cohere", "voyage", "gemini", "tei", "chat"})

    @each(*configurations())
    def test_each_configuration_works(self, line, name, model):
        http = dict(model["http"])
        api = http["api"]
        dialect = "azure" if api == "azure" else "voyage" if api == "voyage" else "mistral" if "mistral" in str(
            http.get("url")) else "openai"
        self.imitation.begin(dialect=dialect, batch={"seconds": 0.2})
        http["url"] = self.imitation.url + BASES.get(api, "")
        if "key" in http:
            http["key"] = KEY
        http.setdefault("model", NAMES[api])
        rest = {key: value for key, value in model.items() if key not in ("http",)}
        daemon = self.daemon(http, rest)
        self.insert(daemon, self.texts(3))
        self.fresh(daemon)
        self.assertEqual(daemon.docs.count_documents({"_outputs.text.m": {"$exists": True}}), 3)
        self.assertEqual(daemon.failed(), [])


if __name__ == "__main__":
    unittest.main()
