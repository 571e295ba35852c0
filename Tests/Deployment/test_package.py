"""The Debian package that `make deb` built, as dpkg and lintian see it. How it installs is in test_clean_root.py."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import BINARY, CHECKOUT, files, needs, newest_package, run


@needs("dpkg-deb")
@unittest.skipUnless(newest_package(), "no package in .build: make deb")
class Package(unittest.TestCase):
    @needs("lintian")
    def test_lintian_finds_nothing(self):
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(newest_package())],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_it_depends_on_what_the_command_is_linked_to_and_not_on_swift(self):
        depends = run("dpkg-deb", "--field", newest_package(), "Depends").stdout
        for library in ("libbson-1.0-0", "libc6", "libmongoc-1.0-0", "libssl3", "libstdc++6", "zlib1g"):
            self.assertIn(library, depends)
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "--extract", newest_package(), folder)
            self.assertNotIn("swift", run("ldd", Path(folder) / "usr/bin/lockstep").stdout)
            self.assertIn("lib/systemd/system/lockstep.service", files(folder))


class Building(unittest.TestCase):
    @unittest.skipUnless("libswift" in run("ldd", BINARY).stdout, "the command is linked without Swift's libraries")
    def test_a_command_that_needs_swift_is_refused(self):
        done = run(CHECKOUT / "packaging/build-deb", env={**os.environ, "LOCKSTEP": str(BINARY)})
        self.assertEqual(done.returncode, 69)
        self.assertIn("--static-swift-stdlib", done.stdout)


if __name__ == "__main__":
    unittest.main()
