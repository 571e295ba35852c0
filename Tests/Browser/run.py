"""Tests of the dashboard in a headless Chromium, on the real server; and its pictures for the documentation.

    python3 Tests/Browser/run.py --binary .build/release/lockstep [-k NAME]
    python3 Tests/Browser/run.py --screenshots docs/images [--minutes 15]

Needs what `scripts/setup client browser` installs; without it the tests are skipped and say why.
"""
import argparse
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / ".lockstep" / "python")]
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ["SE_AVOID_STATS"] = "true"  # selenium sends none anywhere
sys.dont_write_bytecode = True


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=str(ROOT / ".build" / "release" / "lockstep"))
    options.add_argument("-k", action="append", metavar="NAME", help="only tests whose name has this")
    options.add_argument("--screenshots", type=pathlib.Path, metavar="FOLDER", help="take the pictures instead")
    options.add_argument("--minutes", type=float, default=5, help="of traffic before the pictures; the charts hold 15")
    given = options.parse_args()
    try:
        import selenium  # noqa: F401
    except ImportError:
        print("skipped: there is no selenium: run `scripts/setup browser`")
        return 0
    if given.screenshots:
        import screenshots
        screenshots.take(given.binary, given.screenshots, given.minutes)
        return 0
    import dashboard_tests
    dashboard_tests.binary = given.binary
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in given.k or []] or None
    result = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromModule(dashboard_tests))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
