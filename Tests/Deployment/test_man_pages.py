"""The manual pages, as man and mandoc read them."""
import json
import os
import subprocess
import unittest

from support import BINARY, installed, needs, run


def pages():
    return sorted((installed() / "usr/local/share/man/man1").glob("*.1"))


def commands():
    dump = subprocess.run([BINARY, "--experimental-dump-help"], stdout=subprocess.PIPE, check=True)
    described = json.loads(dump.stdout)["command"]
    return [each for each in described["subcommands"] if each["shouldDisplay"] and each["commandName"] != "help"]


class ManPages(unittest.TestCase):
    def test_each_command_has_one(self):
        expected = ["lockstep.1"] + [f"lockstep-{command['commandName']}.1" for command in commands()]
        self.assertEqual([page.name for page in pages()], sorted(expected))

    @needs("man")
    def test_man_shows_them_without_a_warning(self):
        for page in pages():
            with self.subTest(page.name):
                done = subprocess.run(["man", "--local-file", "--warnings", page], capture_output=True, text=True,
                                      env={**os.environ, "MANWIDTH": "80"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("SEE ALSO", done.stdout)

    @needs("mandoc")
    def test_mandoc_finds_nothing_to_say(self):
        done = run("mandoc", "-T", "lint", "-W", "style", *pages())
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    @needs("man")
    def test_every_option_and_exit_code_is_shown(self):
        for command in commands():
            page = f"lockstep-{command['commandName']}.1"
            done = run("man", "--local-file", installed() / "usr/local/share/man/man1" / page,
                       env={**os.environ, "MANWIDTH": "200"})
            for one in [command, *command.get("subcommands", [])]:
                for argument in one.get("arguments", []):
                    for name in argument.get("names") or [{"kind": "", "name": argument["valueName"]}]:
                        option = {"long": "--", "short": "-"}.get(name["kind"], "") + name["name"]
                        with self.subTest(page, option=option):
                            self.assertRegex(done.stdout, rf"(?m)^ +(-\w, )?{option}\b")
            for code in ("0", "1", "64", "69", "78"):
                with self.subTest(page, code=code):
                    self.assertRegex(done.stdout, rf"(?m)^ +{code} ")


if __name__ == "__main__":
    unittest.main()
