#!/usr/bin/env python3
"""Runs the tests of this folder, several at once: most of their time they wait for a period to end. They share one mongod.

    run.py [--at-once N] [--slowest N] [NAME …]     names as unittest takes them, test_limits.Rates; default: all
"""
import argparse
import io
import multiprocessing
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import daemons  # noqa: E402
from support import mongod, pymongo  # noqa: E402

#: They wait longest, and are begun first.
FIRST = ("test_servers", "test_limits", "test_batches")


def tests_of(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from tests_of(each)
        else:
            yield each


def names(tests):
    """What is run as one: a test that has daemons of its own, or a class of short ones."""
    found = {}
    for test in tests:
        name = test.id()
        if not isinstance(test, daemons.ProviderTest) and hasattr(test, name.rpartition(".")[2]):
            name = name.rpartition(".")[0]
        found[name] = None
    return sorted(found, key=lambda name: FIRST.index(name.split(".")[0]) if name.split(".")[0] in FIRST else len(FIRST))


def begin():
    # A client does not outlive a fork.
    mongod().client = pymongo.MongoClient(mongod().uri("tester"))


def run(name):
    output = io.StringIO()
    began = time.monotonic()
    result = unittest.TextTestRunner(output, verbosity=0).run(unittest.defaultTestLoader.loadTestsFromName(name))
    skipped = [(str(test), reason) for test, reason in result.skipped]
    return name, result.testsRun, result.wasSuccessful(), skipped, time.monotonic() - began, output.getvalue()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--at-once", type=int, default=3 * (os.cpu_count() or 1))
    options.add_argument("--slowest", type=int, default=0, help="say of so many how long they took")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(options.names) if options.names else loader.discover(str(HERE))
    if loader.errors:
        print(*loader.errors, sep="\n")
        return 1
    chosen = names(tests_of(suite))
    mongod().client.close()
    began = time.monotonic()
    done, failed, skips, times = 0, [], [], []
    with multiprocessing.get_context("fork").Pool(options.at_once, begin) as pool:
        for name, count, passed, skipped, seconds, output in pool.imap_unordered(run, chosen):
            done += count
            skips += skipped
            times.append((seconds, name))
            if not passed:
                failed.append(name)
                print(f"\n── {name}\n{output}", flush=True)
    for seconds, name in sorted(times, reverse=True)[:options.slowest]:
        print(f"{seconds:7.1f} s  {name}")
    for test, reason in skips:
        print(f"skipped {test}: {reason}")
    print(f"{done} tests in {time.monotonic() - began:.0f} s, {len(skips)} skipped, {len(failed)} failed"
          + "".join(f"\n  failed: {name}" for name in failed))
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
