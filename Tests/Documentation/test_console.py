"""What the comparison of outputs lets pass and what not."""
import unittest

import console
import markdown


class MatchesTests(unittest.TestCase):
    def test_what_differs_from_run_to_run_may_differ(self):
        for shown, printed in [
            ("position 2026-11-22T16:36:24Z, 0 s behind", "position 2027-01-01T00:00:00.5Z, 12 s behind"),
            ("MongoDB 6.0.5 at x", "MongoDB 7.0.14 at x"),
            ("followed by db1 (process 4711)", "followed by web-3.example (process 9)"),
            ("answers (version 1f2e3d4c5b6a7988)", "answers (version 00aa11bb)"),
            ("docs  text", "docs      text"),
            ("all … well", "all of it is well"),
            ('{"operationTime": "1795398424.1", "a": 1}', '{"a":1,"operationTime":"1795400001.27"}'),
            ('"lagSeconds": 0.4,', '"lagSeconds": 12,'),
        ]:
            self.assertTrue(console.matches([shown], [printed]), shown)

    def test_what_is_said_must_be_said(self):
        for shown, printed in [
            ("docs  3  3  0", "docs  3  2  1"),
            ("everything is fresh", "not everything is fresh"),
            ("ok     rights", "FAILED rights"),
            ("a", "a\nb"),
            ('{"live": true}', '{"live": false}'),
        ]:
            self.assertFalse(console.matches([shown], printed.split("\n")), shown)

    def test_dots_on_a_line_stand_for_lines(self):
        self.assertTrue(console.matches(["a", "…", "z"], ["a", "b", "c", "z"]))
        self.assertTrue(console.matches(["…", "z"], ["z"]))
        self.assertFalse(console.matches(["a", "…", "z"], ["a", "b"]))

    def test_lines_of_something_that_runs_keep_their_order(self):
        self.assertTrue(console.appears(["a", "c"], ["a", "b", "c"]))
        self.assertFalse(console.appears(["c", "a"], ["a", "b", "c"]))


class ParsingTests(unittest.TestCase):
    def test_commands_and_what_they_print(self):
        text = "$ one \\\n>   more        # why\n$ two   # why\nout\n^C\nlast\n"
        found = console.commands(markdown.Block("page", 10, "console", text))
        self.assertEqual([(one.line, one.text, one.expected) for one in found],
                         [(11, "one \\\n  more        # why", []), (13, "two", ["out"]), (15, "^C", ["last"])])

    def test_a_comment_names_the_block_below_it_alone(self):
        lines = "<!-- file: a.py -->\n```python\nx\n```\n\n```\ny\n```\n<!-- z -->\ntext\n```js\n```".split("\n")
        found = markdown.parse("page", lines)
        self.assertEqual([(one.language, one.text, one.name, one.value) for one in found],
                         [("python", "x\n", "file", "a.py"), ("", "y\n", "", ""), ("js", "", "", "")])

    def test_a_block_that_is_not_closed_is_an_error(self):
        with self.assertRaises(ValueError):
            markdown.parse("page", ["```python", "x"])

    def test_anchors_are_those_that_github_makes(self):
        self.assertIn("what-an-input-is", markdown.anchors("docs/guarantees.md"))


if __name__ == "__main__":
    unittest.main()
