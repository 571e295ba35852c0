"""What scripts/test says of parts that fail."""

import contextlib
import importlib.util
import io
import os
import signal
import sys
import time
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path
from unittest import mock

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "test"
spec = importlib.util.spec_from_loader("run_parts", SourceFileLoader("run_parts", str(SCRIPT)))
parts = importlib.util.module_from_spec(spec)
sys.modules["run_parts"] = parts
spec.loader.exec_module(parts)


class Output(io.StringIO):
    """Standard output, for text and for bytes."""

    @property
    def buffer(self):
        return self

    def write(self, text):
        return super().write(text.decode() if isinstance(text, bytes) else text)


class PartTests(unittest.TestCase):
    def run_parts(self, *commands):
        """The exit code, and what was printed."""
        some = [parts.Part(f"part{number}", "a part", command) for number, command in enumerate(commands)]
        with mock.patch.object(parts, "PARTS", some), mock.patch.object(sys, "argv", ["test"]), \
                contextlib.redirect_stdout(Output()) as out, contextlib.redirect_stderr(out):
            return parts.main(), out.getvalue()

    def test_the_end_of_a_part_that_failed_stands_after_the_table(self):
        code, text = self.run_parts("seq 100; echo the reason >&2; exit 3", "echo well")
        self.assertEqual(code, 1)
        _, last = text.split("── What each part took")
        table, end = last.split("── The end of part0\n")
        self.assertIn("✘ part0", table)
        self.assertIn("✔ part1", table)
        lines = end.splitlines()
        self.assertEqual(lines, [*map(str, range(87, 101)), "the reason", "failed: part0"])
        self.assertNotIn("The end of part1", text)

    def test_all_of_the_output_is_let_through(self):
        code, text = self.run_parts("seq 20000")
        self.assertEqual(code, 0)
        body = text.split("a part\n", 1)[1].split("\n\n──")[0]
        self.assertEqual(body.split(), [str(number) for number in range(1, 20001)])
        self.assertNotIn("The end of", text)

    def test_a_process_that_is_left_behind_is_not_waited_for(self):
        with mock.patch.object(parts, "LEFT_BEHIND", 0.2), contextlib.redirect_stdout(Output()):
            began = time.monotonic()
            passed, last = parts.follow("sleep 20 & echo $!; exit 1", dict(os.environ))
            os.kill(int(last[0]), signal.SIGKILL)
        self.assertFalse(passed)
        self.assertLess(time.monotonic() - began, 15)


if __name__ == "__main__":
    unittest.main()
