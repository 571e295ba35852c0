"""make install and make uninstall, into a folder."""
import os
import tempfile
import unittest
from pathlib import Path

from support import BINARY, CHECKOUT, files, install, installed, run


class Install(unittest.TestCase):
    def test_everything_is_where_the_system_looks_for_it(self):
        found = files(installed() / "usr/local")
        commands = {name for name in found if name.startswith("share/man/")}
        self.assertEqual(found - commands, {
            "bin/lockstep", "lib/systemd/system/lockstep.service", "share/bash-completion/completions/lockstep",
            "share/zsh/site-functions/_lockstep", "share/fish/vendor_completions.d/lockstep.fish",
            "share/doc/lockstep/examples/lockstep.yaml", "share/doc/lockstep/examples/environment",
            "share/doc/lockstep/examples/words.py"})
        self.assertLessEqual({"share/man/man1/lockstep.1", "share/man/man1/lockstep-run.1"}, commands)

    def test_the_unit_starts_the_command_of_its_prefix(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(install(folder, PREFIX="/opt/some where").returncode, 0)
            unit = (Path(folder) / "opt/some where/lib/systemd/system/lockstep.service").read_text()
        self.assertIn('\nExecStart="/opt/some where/bin/lockstep" run -c', unit)

    def test_make_takes_prefix_and_destdir_and_uninstall_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            words = [f"DESTDIR={folder}", "PREFIX=/usr", f"LOCKSTEP={BINARY}"]
            # A make that runs this test would pass its own flags on.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
            done = run("make", "-C", CHECKOUT, "install", *words, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("usr/bin/lockstep", files(folder))
            foreign = Path(folder) / "usr/share/man/man1/other.1"
            foreign.write_text("")
            done = run("make", "-C", CHECKOUT, "uninstall", *words, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(files(folder), {"usr/share/man/man1/other.1"})

    def test_without_a_built_command_it_says_what_to_do_and_writes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            done = install(folder, LOCKSTEP="/nowhere/lockstep")
            self.assertEqual((done.returncode, files(folder)), (69, set()))
            self.assertIn("make build", done.stdout)

    def test_a_relative_prefix_is_wrong_usage(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(install(folder, PREFIX="usr").returncode, 64)

    def test_the_examples_are_a_configuration_that_works(self):
        examples = installed() / "usr/local/share/doc/lockstep/examples"
        settings = dict(line.split("=", 1) for line in (examples / "environment").read_text().splitlines()
                        if line and not line.startswith("#"))
        # The server is absent; configuration and model are what is asked about.
        settings["MONGODB_URI"] = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=10"
        done = run(BINARY, "check", "-c", examples / "lockstep.yaml", env={"PATH": os.environ["PATH"], **settings})
        self.assertIn("ok     configuration", done.stdout)
        self.assertIn("ok     model words", done.stdout)


if __name__ == "__main__":
    unittest.main()
