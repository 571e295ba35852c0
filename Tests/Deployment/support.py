"""What the tests share: the command, the checkout, and an installation of it in a folder."""
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LOCKSTEP_BINARY", CHECKOUT / ".build/release/lockstep")).resolve()
# Debian's packages of the tools.
PACKAGES = {"systemd-analyze": "systemd", "mandoc": "mandoc", "man": "man-db", "zsh": "zsh", "fish": "fish",
            "lintian": "lintian", "dpkg-deb": "dpkg", "systemd-nspawn": "systemd-container"}
CLEAN_ROOT = os.environ.get("DEPLOYMENT_CLEAN_ROOT") == "1"

sys.path.insert(0, str(CHECKOUT / "packaging"))
import clean_root  # noqa: E402,F401


def needs(*tools):
    """Skips a test, or a class of them, where a tool is missing, and says which package has it."""
    lacking = [tool for tool in tools if not shutil.which(tool)]
    packages = " ".join(PACKAGES.get(tool, tool) for tool in lacking)
    return unittest.skipIf(lacking, f"no {', '.join(lacking)}: apt-get install {packages}")


def newest_package():
    """What `make deb` built; None if it has not."""
    return max((CHECKOUT / ".build").glob("lockstep_*.deb"), key=lambda path: path.stat().st_mtime, default=None)


def run(*command, **options):
    """Output of both kinds, and the exit code."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, **options)


@functools.cache
def installed():
    """A folder that `packaging/install` filled, as DESTDIR with PREFIX=/usr/local."""
    folder = Path(tempfile.mkdtemp(prefix="lockstep-installed-"))
    unittest.addModuleCleanup(forget, folder)
    done = install(folder)
    if done.returncode != 0:
        raise AssertionError(done.stdout)
    return folder


def forget(folder):
    installed.cache_clear()
    shutil.rmtree(folder)


def install(folder, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], "DESTDIR": str(folder), "LOCKSTEP": str(BINARY), **variables}
    return run(CHECKOUT / "packaging/install", *arguments, env=environment)


def files(folder):
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*") if not path.is_dir()}
