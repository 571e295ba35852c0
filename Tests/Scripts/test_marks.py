"""The marks of mechanisms, and the reading of Swift that they rest on."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "support"))
import mechanism_marks as marks  # noqa: E402
from swift_source import SwiftSource  # noqa: E402


class SwiftSourceTests(unittest.TestCase):
    def test_comments_and_literals_are_no_code(self):
        source = SwiftSource('let a = "{ // \\(b ? "}" : "(") " // { "\n/* { /* " */ */ let c = #"\\"{"#')
        self.assertNotIn("{", source.code)
        self.assertEqual([text for _, text in source.literals], ["{ //  ", "}", "(", '\\"{'])
        self.assertEqual(len(source.code), len(source.text))

    def test_a_literal_of_several_lines_ends_at_its_quotes(self):
        source = SwiftSource('let a = """\n  { "quoted" \\(b)\n  """\nlet c = 1')
        self.assertTrue(source.code.endswith("let c = 1"))
        self.assertEqual(source.literals[0][1], '\n  { "quoted" \n  ')

    def test_quotes_in_raw_literals_and_brackets_in_regular_expressions_are_no_code(self):
        source = SwiftSource(r'''f(#""two words""#, #""""#, text.replacing(/\[[0-9"]+m/, with: ""), a / b, c / d)''')
        self.assertEqual(source.code.count("["), 0)
        self.assertEqual([text for _, text in source.literals], ['"two words"', '""', ""])
        self.assertEqual(source.closing(1), len(source.text) - 1)

    def ends(self, text: str) -> str:
        source = SwiftSource(text)
        return text[:source.statement_end(0)]

    def test_a_statement_goes_on_over_brackets_and_operators(self):
        for statement in ["a.b(\n  c)", "if a,\n  b\n{\n  c\n} else {\n  d\n}", "let a =\n  b\n  && c", "a\n  .b()\n  .c { d }",
                          "guard a\nelse { return }", "return a // why\n  ? b : c", "do {\n} catch {\n}"]:
            self.assertEqual(self.ends(statement + "\nnext()\n"), statement)

    def test_a_statement_ends_with_the_block_around_it(self):
        self.assertEqual(self.ends("a() }"), "a()")


class MarkTests(unittest.TestCase):
    def test_a_statement_is_left_out(self):
        self.assertEqual(
            marks.switched("// mechanism a-b\nif c {\n    d()\n}\ne()\n"),
            '// mechanism a-b\nif !without("a-b") { if c {\n    d()\n} }\ne()\n')

    def test_another_is_done_instead(self):
        self.assertEqual(
            marks.switched("// mechanism a, off: b = 1; c()\nb = 2\n"),
            '// mechanism a, off: b = 1; c()\nif without("a") { b = 1; c() } else { b = 2 }\n')

    def test_one_that_leaves_comes_before(self):
        self.assertEqual(
            marks.switched("// mechanism a, off: return nil\nlet b = 2\n"),
            '// mechanism a, off: return nil\nif without("a") { return nil }; let b = 2\n')
        self.assertIn('{ guard b else { return } }; c()',
                      marks.switched("// mechanism a, off: guard b else { return }\nc()\n"))

    def test_an_expression_has_another_value_however_it_is_broken(self):
        self.assertIn('return (without("a") ? (true) : (b?.c ==\n    d)) && e',
                      marks.switched("// mechanism a, off: b?.c == d becomes true\nreturn b?.c ==\n    d && e\n"))

    def test_an_expression_that_is_not_there_once_is_refused(self):
        for statement in ["b()", "a + a"]:
            with self.assertRaises(marks.MarkProblem):
                marks.switched(f"// mechanism m, off: a becomes 1\n{statement}\n")

    def test_a_long_mark_goes_on(self):
        found, = marks.marks("// mechanism a, off:\n//   b +\n//   c becomes d\n// A remark.\ne()\n")
        self.assertEqual(found.off, "b + c becomes d")

    def test_several_stand_above_one_statement(self):
        self.assertIn('f((without("a") ? (1) : (x)), (without("b") ? (2) : (y)))',
                      marks.switched("// mechanism a, off: x becomes 1\n// mechanism b, off: y becomes 2\nf(x, y)\n"))

    def test_what_holds_another_is_switched_too(self):
        self.assertIn('if !without("a") { if b {\n    // mechanism c\n    if !without("c") { d() }\n} }',
                      marks.switched("// mechanism a\nif b {\n    // mechanism c\n    d()\n}\n"))

    def test_a_condition_of_a_catch_is_reached(self):
        self.assertIn('} catch where (without("a") ? (false) : (b)) {',
                      marks.switched("do {\n    // mechanism a, off: b becomes false\n} catch where b {\n}\n"))

    def test_what_cannot_be_left_out_is_refused(self):
        for text in ["// mechanism a\nlet b = 1\n", "{\n    // mechanism a\n}\nb()\n", "// mechanism a\n"]:
            with self.assertRaises(marks.MarkProblem):
                marks.switched(text)

    def test_what_is_almost_a_mark_is_refused(self):
        for comment in ["// Mechanism a", "// mechanism a b", "/// mechanism a", "// mechanism a: off"]:
            with self.assertRaises(marks.MarkProblem):
                marks.marks(comment + "\n")


if __name__ == "__main__":
    unittest.main()
