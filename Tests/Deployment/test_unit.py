"""lockstep.service, as systemd's own tools see it. How it runs is in test_clean_root.py."""
import os
import tempfile
import unittest
from pathlib import Path

from support import installed, needs, run

# Of 100, as systemd 252 counts; what is left out, and why, is in the unit. Any line less there is over it.
MOST_EXPOSED = 15


def unit():
    return installed() / "usr/local/lib/systemd/system/lockstep.service"


@needs("systemd-analyze")
class Unit(unittest.TestCase):
    def verify(self, text):
        """What systemd has to say about the unit, with the command and the pages where the installation has them."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lockstep.service"
            path.write_text(text.replace("/usr/local/bin/", f"{installed()}/usr/local/bin/"))
            pages = f"{installed()}/usr/local/share/man:"
            return run("systemd-analyze", "verify", "--recursive-errors=no", path, env={**os.environ, "MANPATH": pages})

    @needs("man")
    def test_systemd_accepts_it_without_a_word(self):
        done = self.verify(unit().read_text())
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    @needs("man")
    def test_systemd_would_have_found_a_mistake(self):
        done = self.verify(unit().read_text().replace("PrivateTmp=", "PrivateTemp="))
        self.assertIn("PrivateTemp", done.stdout)

    def test_its_exposure_is_low(self):
        done = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit())
        self.assertEqual(done.returncode, 0, done.stdout[-200:])


if __name__ == "__main__":
    unittest.main()
