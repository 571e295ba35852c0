"""Scripts that say what they do instead of doing it."""

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class HelpTests(unittest.TestCase):
    def run_script(self, name, option):
        return subprocess.run([ROOT / "scripts" / name, option], capture_output=True, text=True, timeout=20, cwd="/")

    def test_help_is_the_head_of_the_script(self):
        for name in ["demo", "docs", "setup"]:
            for option in ["--help", "-h"]:
                with self.subTest(script=name, option=option):
                    ending = self.run_script(name, option)
                    self.assertEqual((ending.returncode, ending.stderr), (0, ""))
                    self.assertIn(f"scripts/{name}", ending.stdout)
                    self.assertNotIn("set -", ending.stdout)

    def test_an_unknown_option_starts_nothing(self):
        for name in ["demo", "docs", "setup"]:
            with self.subTest(script=name):
                ending = self.run_script(name, "--hlp")
                self.assertEqual((ending.returncode, ending.stdout), (64, ""))
                self.assertIn("--hlp", ending.stderr)


if __name__ == "__main__":
    unittest.main()
