"""Follows every page as its reader would: each block is run, loaded or compiled; see kinds.py.

    LOCKSTEP_BINARY=.build/release/lockstep python3 -m unittest test_pages -k tutorial
"""
import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".lockstep/python"))

import kinds
import markdown
import not_run
import page as pages
import servers

# Their reader has a server with log-in; all others one without.
GUARDED = {"README.md"}


class PageTests(unittest.TestCase):
    """A test a page, made below."""

    sets = {}

    @classmethod
    def tearDownClass(cls):
        for one in cls.sets.values():
            one.stop()
        cls.sets.clear()

    def follow(self, name):
        blocks = markdown.blocks(name)
        guarded = name in GUARDED
        if guarded not in self.sets:
            self.sets[guarded] = servers.ReplicaSet(guarded)
        self.sets[guarded].clear()
        page = pages.Page(name, self.sets[guarded])
        try:
            for block in blocks:
                kinds.perform(page, block)
        finally:
            page.close()


def _test(name):
    return lambda self: self.follow(name)


for _name in markdown.pages():
    if markdown.blocks(_name):
        setattr(PageTests, "test_" + re.sub(r"\W+", "_", _name), _test(_name))


def _keys(schema):
    """The names of all properties of a JSON Schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _keys(part)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _keys(part)


class ProseTests(unittest.TestCase):
    def test_links_lead_somewhere(self):
        wrong = []
        for name in markdown.pages():
            folder = (markdown.ROOT / name).parent
            for line, target in markdown.links(name):
                file, _, anchor = target.partition("#")
                if re.match(r"\w+:", target):
                    continue
                path = (folder / file).resolve() if file else markdown.ROOT / name
                if not path.exists():
                    wrong.append(f"{name}:{line}: there is no {target}")
                elif anchor and path.suffix == ".md":
                    if anchor not in markdown.anchors(str(path.relative_to(markdown.ROOT))):
                        wrong.append(f"{name}:{line}: there is no heading {target}")
        self.assertEqual(wrong, [])

    def test_commands_in_sentences_exist(self):
        wrong = []
        for name in markdown.pages():
            for code in markdown.inline_code(name):
                if problem := not_run.problem_of_inline(code):
                    wrong.append(f"{name}: `{code}`: {problem}")
        self.assertEqual(wrong, [])

    def test_files_in_sentences_exist(self):
        wrong = []
        sources = [markdown.ROOT / "Package.swift"] + [
            path for folder in ("Sources", "Tests", "Benchmarks") for path in (markdown.ROOT / folder).rglob("*.swift")]
        for name in markdown.pages():
            for code in markdown.inline_code(name):
                if re.fullmatch(r"[\w+./-]+\.swift", code) and not any(
                        str(path).endswith(f"/{code}") for path in sources):
                    wrong.append(f"{name}: there is no `{code}`")
        self.assertEqual(wrong, [])

    def test_every_key_has_its_place_in_the_reference(self):
        keys = set(_keys(json.loads(not_run.output_of("schema"))))
        self.assertGreaterEqual(keys, {"uri", "exec", "where", "workers", "count"})
        rows = set(re.findall(r"^\| `(?:batch\.)?(\w+)` \|", markdown.text_of("docs/configuration.md"), re.MULTILINE))
        sections = {"mongodb", "models", "listeners", "server", "reconcileEvery", "auditEvery", "batch"}
        self.assertEqual(sorted(keys - rows - sections), [])

    def test_what_is_not_run_is_still_shown(self):
        shown = {(block.page, block.first_line) for name in markdown.pages() for block in markdown.blocks(name)}
        self.assertEqual(sorted(set(not_run.SHOWN) - shown), [])


if __name__ == "__main__":
    unittest.main()
