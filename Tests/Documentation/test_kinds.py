"""What the runner of the pages refuses: a page that is wrong must fail."""
import sys
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".lockstep/python"))

import kinds
import not_run
from markdown import Block
from page import Page, Wrong


class RefusalTests(unittest.TestCase):
    def setUp(self):
        self.page = Page("page.md", types.SimpleNamespace(port=27017, client=None))
        self.addCleanup(self.page.close)

    def perform(self, language, text, name="", value=""):
        kinds.perform(self.page, Block("page.md", 1, language, text, name, value))

    def test_what_is_right_passes(self):
        self.perform("console", "$ export WORD=hello\n$ echo $WORD there; false\nhello there\n$ echo $?\n1\n")
        self.perform("python", "print(6 * 7)\n")
        self.perform("", "42\n", "output")
        self.perform("", '→ {"id": 1, "inputs": []}\n← {"id": 1, "predictions": []}\n')
        self.perform("ini", "[Unit]\nDescription=x\n")
        self.perform("json", '{"_id": 1}\n{"_id": 2}\n')

    def test_what_is_wrong_fails(self):
        for language, text, *note in [
            ("rust", "fn main() {}\n"),
            ("", "words\n"),
            ("", "words\n", "sample"),
            ("python", "1 / 0\n"),
            ("", "43\n", "output"),
            ("console", "$ echo one\ntwo\n"),
            ("console", "$ false\n"),
            ("console", "$ false\n…\n"),
            ("console", "$ make nonsense\n"),
            ("console", "$ make torture NONSENSE=3\n"),
            ("js", "db.dropDatabase()\n"),
            ("nginx", "server {\n"),
            ("python", "x\n", "same", "README.md"),
            ("python", "x = 1\n", "nonsense", ""),
        ]:
            self.page.printed = ["42"]
            with self.assertRaises((Wrong, ValueError), msg=text):
                self.perform(language, text, *note)

    def test_no_file_is_saved_outside_of_the_folder(self):
        with self.assertRaises(ValueError):
            self.perform("json", "{}\n", "file", "../x.json")

    def test_commands_in_sentences_are_looked_up(self):
        for code, is_right in [
            ("lockstep wait --timeout 30", True), ("lockstep failures retry --id", True), ("make torture", True),
            ("lockstep wait --patience 30", False), ("lockstep nonsense", False), ("make nonsense", False),
            ("lockstep failures nonsense", False), ("lockstep.yaml", True),
        ]:
            self.assertEqual(not_run.problem_of_inline(code) is None, is_right, code)


if __name__ == "__main__":
    unittest.main()
