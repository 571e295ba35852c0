"""Lockstep seen from outside: plain pymongo writes documents, predictions follow by themselves.

    demo.py [connection string] [--database demo]

Needs Lockstep running with lockstep.yaml of this folder; `make demo` sees to all of it. Documents
are Debian's packages: DEMO_DOCS of them (2000 unless set), or the 200 of packages.jsonl where
there is no apt. Exit 1 if a prediction is missing, late or wrong.
"""

import argparse
import inspect
import json
import os
import random
import statistics
import subprocess
import sys
import time
import zlib
from pathlib import Path

try:
    import numpy as np
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError
except ImportError as error:
    sys.exit(f"demo: {error}; run `scripts/setup client` and set PYTHONPATH=.lockstep/python")

# Where Lockstep puts what it computes; only Lockstep writes there.
VECTOR = "_outputs.description.minilm"
SIZE = "_outputs.size.length"
PROVENANCE = "_lockstep.description.minilm"

FAMOUS = ["nginx", "sqlite3", "gimp", "postgresql-15", "git", "vlc", "firefox-esr", "python3"]
QUESTIONS = ["retouch the photos of my holiday", "who is attacking my computer over the network?"]
PATIENCE = 60  # seconds without progress before the demo gives up


class Failed(Exception):
    """What did not come, in a sentence."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("uri", nargs="?", default="mongodb://127.0.0.1:27117/?directConnection=true")
    arguments.add_argument("--database", default="demo")
    options = arguments.parse_args()
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    try:
        count = int(os.environ.get("DEMO_DOCS") or 2000)
        if count < 50:
            raise ValueError
    except ValueError:
        sys.exit("demo: DEMO_DOCS must be a number, 50 or more")
    try:
        with MongoClient(options.uri, serverSelectionTimeoutMS=30_000, appname="lockstep-demo") as client:
            return demo(client[options.database].packages, count)
    except (Failed, PyMongoError) as error:
        print(f"\n{red('failed')}: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


def demo(packages, count):
    documents, speed = load(packages, count)
    expected = {document["_id"]: document for document in documents}  # what the collection must hold
    milliseconds = edit(packages, expected)
    search(packages)
    wrong = check(packages, expected)

    title("Summary")
    row("documents", f"{len(documents):,}")
    row("from insert to all fresh", f"{len(documents) / speed:.1f} s")
    row("documents per second", f"{speed:,.0f}")
    row("edit to fresh, median", f"{statistics.median(milliseconds):.1f} ms")
    row("edit to fresh, slowest", f"{max(milliseconds):.1f} ms")
    row("wrong", str(wrong), red if wrong else green)
    return 1 if wrong else 0


# ── 1. Load, and see the documents become fresh ──────────────────────────────────────────────────


def load(packages, count):
    title("1. Documents arrive, from a program that knows nothing of Lockstep")
    documents, source = sample(count)
    say(f"{len(documents):,} Debian packages from {source}; one of them:")
    say(dim(str(documents[0])))

    foreign = packages.count_documents({"section": {"$exists": False}}, limit=1)
    if foreign:
        raise Failed(f"{packages.full_name} holds documents of somebody else; give another --database")
    packages.delete_many({})  # an earlier demo's

    say(f"{packages.full_name}.insert_many(…), then only watching as {VECTOR} appears:")
    start = time.perf_counter()
    for first in range(0, len(documents), 1000):
        packages.insert_many(documents[first : first + 1000], ordered=False)
    show_progress(packages, len(documents), start)
    seconds = time.perf_counter() - start
    say(f"all fresh {seconds:.1f} s after the first insert: {bold(f'{len(documents) / seconds:,.0f} documents/s')}")
    return documents, len(documents) / seconds


def show_progress(packages, total, start):
    """Until every document has its vector: a bar on a terminal, a line a second in a pipe."""
    done, moved, printed = -1, time.perf_counter(), 0.0
    while done < total:
        asked = time.perf_counter()
        now_done = packages.count_documents({VECTOR: {"$exists": True}})
        now = time.perf_counter()
        if now_done != done:
            done, moved = now_done, now
        elif now - moved > PATIENCE:
            raise Failed(f"{done} of {total} documents fresh, and no more in {PATIENCE} s")
        if TERMINAL:
            filled = 40 * done // total
            bar = green("█" * filled) + dim("░" * (40 - filled))
            print(f"\r  {bar} {done:,} of {total:,}, {now - start:.1f} s ", end="", flush=True)
        elif now - printed >= 1 and moved == now or done == total:
            printed = now
            say(f"{done:,} of {total:,} fresh after {now - start:.1f} s")
        if done < total:
            time.sleep(max(0.05, 5 * (now - asked)))  # looking takes a sixth of the time at most
    if TERMINAL:
        print()


# ── 2. Edit, and see predictions follow ──────────────────────────────────────────────────────────


def edit(packages, expected):
    title("2. Documents change, each in its own way")
    say("ms from just before the write until the new prediction can be read (by _id, asking again and again):")
    milliseconds = []
    names = [name for name in expected if name not in FAMOUS][:150]  # of the well-known
    chosen = random.Random(7).sample(names, 14)
    changed, models, (unset, replaced, *deleted) = chosen[:5], chosen[5:10], chosen[10:]

    def measure(words, name, write, fresh):
        before = provenance(packages, name)
        start = time.perf_counter()
        write()
        until(lambda: fresh(packages.find_one({"_id": name}, {PROVENANCE: 1, VECTOR: 1}), before), words)
        milliseconds.append((time.perf_counter() - start) * 1000)
        print(f"  {milliseconds[-1]:8.1f} ms  {words}")

    # A package takes another's description, so in the end their vectors must be the same.
    for name, model in zip(changed, models):
        text = expected[model]["description"]
        measure(
            f"{name}: $set the description of {model}",
            name,
            lambda: packages.update_one({"_id": name}, {"$set": {"description": text}}),
            recomputed,
        )
        expected[name] = {**expected[name], "description": text}

    measure(
        f"{unset}: $unset description, and the prediction goes",
        unset,
        lambda: packages.update_one({"_id": unset}, {"$unset": {"description": ""}}),
        lambda document, before: at(document, VECTOR) is None and at(document, PROVENANCE) is None,
    )
    expected[unset] = {key: value for key, value in expected[unset].items() if key != "description"}

    whole = {**expected[replaced], "description": expected[models[0]]["description"]}
    measure(
        f"{replaced}: replaced as a whole, without predictions",
        replaced,
        lambda: packages.replace_one({"_id": replaced}, whole),
        recomputed,
    )
    expected[replaced] = whole

    for name in deleted:  # deleted with a prediction under way: it must not come back
        packages.update_one({"_id": name}, {"$set": {"description": "about to go"}})
        packages.delete_one({"_id": name})
        del expected[name]
        print(f"  {'gone':>11}  {name}: edited and deleted at once")

    say(
        f"median {bold(f'{statistics.median(milliseconds):.1f} ms')},"
        f" slowest {bold(f'{max(milliseconds):.1f} ms')}"
    )
    return milliseconds


def recomputed(document, before):
    """Provenance names the input that the prediction was computed from: it moves with the prediction."""
    after = at(document, PROVENANCE)
    return after is not None and (before is None or after["input"] != before["input"])


def provenance(packages, name):
    return at(packages.find_one({"_id": name}, {PROVENANCE: 1}), PROVENANCE)


def until(condition, words):
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > PATIENCE:
            raise Failed(f"waited {PATIENCE} s in vain for: {words}")
        time.sleep(0.0005)


# ── 3. Search ────────────────────────────────────────────────────────────────────────────────────


def vectors_of(packages):
    rows = list(packages.find({"_outputs.description.minilm": {"$exists": True}}))
    vectors = [row["_outputs"]["description"]["minilm"].as_vector().data for row in rows]
    return [row["_id"] for row in rows], np.array(vectors, dtype=np.float32)


def nearest(vector, names, vectors, count=4):
    cosines = vectors @ vector  # every vector has norm 1
    return [(names[i], cosines[i]) for i in np.argsort(-cosines)[:count]]


def search(packages):
    title("3. The vectors mean something")
    say("All it takes to search by meaning, beside the collection itself:")
    for function in (vectors_of, nearest):
        print(dim("".join(f"    {line}\n" for line in inspect.getsource(function).splitlines())))
    names, vectors = vectors_of(packages)

    for name in [name for name in FAMOUS if name in names][:3]:
        say(f"close to {bold(name)}:")
        show_matches(packages, nearest(vectors[names.index(name)], names, vectors, 5)[1:])

    say("A question in free words is a document too: insert it, take its vector, delete it.")
    for question in QUESTIONS:
        start = time.perf_counter()
        query = packages.insert_one({"section": "question", "description": question}).inserted_id
        until(lambda: provenance(packages, query), question)
        vector = at(packages.find_one({"_id": query}), VECTOR).as_vector().data
        packages.delete_one({"_id": query})
        took = (time.perf_counter() - start) * 1000
        say(f"{bold(question)} {dim(f'({took:.0f} ms)')}")
        show_matches(packages, nearest(np.array(vector, dtype=np.float32), names, vectors))


def show_matches(packages, matches):
    for name, cosine in matches:
        text = packages.find_one({"_id": name}, {"description": 1})["description"]
        print(f"    {cosine:.2f}  {name:24} {dim(text.splitlines()[0][:64])}")


# ── 4. Check ─────────────────────────────────────────────────────────────────────────────────────


def check(packages, expected):
    title("4. Every document, checked against what Python says")
    deadline = time.perf_counter() + PATIENCE
    problems = problems_in(packages, expected)
    while problems and time.perf_counter() < deadline:  # the last writes may still be on their way
        time.sleep(0.2)
        problems = problems_in(packages, expected)
    for problem in problems[:10]:
        say(red(problem))
    say("a vector of 384 floats and norm 1 exactly where there is a description; the same text, the same vector;")
    say(f"sizes equal to len(name) + len(description); nothing deleted came back: {len(problems)} wrong")
    return len(problems)


def problems_in(packages, expected):
    problems, by_text = [], {}
    found = {document["_id"]: document for document in packages.find()}
    problems += [f"{name}: came back after it was deleted" for name in found.keys() - expected.keys()]
    problems += [f"{name}: is gone" for name in expected.keys() - found.keys()]
    for name in expected.keys() & found.keys():
        document, text = found[name], expected[name].get("description")
        if document.get("description") != text:
            problems.append(f"{name}: its description is not what was written")
        size = len(expected[name]["name"]) + len(text or "")
        if at(document, SIZE) != size:
            problems.append(f"{name}: size is {at(document, SIZE)}, not {size}")
        vector = at(document, VECTOR)
        if (vector is None) != (text is None) or (at(document, PROVENANCE) is None) != (text is None):
            problems.append(f"{name}: has {'no ' if vector is None else 'a '}vector, against its description")
        elif vector is not None:
            floats = np.array(vector.as_vector().data, dtype=np.float32)
            if floats.shape != (384,) or not abs(np.linalg.norm(floats) - 1) < 0.001:
                problems.append(f"{name}: its vector is no 384 floats of norm 1")
            elif by_text.setdefault(text, floats) @ floats < 0.999:
                problems.append(f"{name}: its vector is not that of the same text elsewhere")
    distinct = len({floats.tobytes() for floats in by_text.values()})
    if distinct < 0.9 * len(by_text):  # upper and lower case are one to the model
        problems.append(f"only {distinct} different vectors for {len(by_text)} different texts")
    return problems


# ── Documents ────────────────────────────────────────────────────────────────────────────────────


def sample(count):
    """As many packages as asked for, the well-known first, and where they are from."""
    bundled = [json.loads(line) for line in (Path(__file__).parent / "packages.jsonl").open(encoding="utf-8")]
    known = {package["name"]: package for package in bundled}
    available = packages_of_apt()
    if len(available) < min(count, len(bundled)):
        chosen, source = bundled[:count], "packages.jsonl, as apt has none here"
    else:
        # The same ones every time, from the whole archive; libraries and the like come last.
        dull = {"libs", "libdevel", "doc", "debug", "oldlibs", "localization"}
        order = sorted(
            available.values(),
            key=lambda package: (
                package["name"] not in known,
                package["section"] in dull,
                zlib.crc32(package["name"].encode()),
            ),
        )
        chosen, source = order[:count], "apt-cache"
    return [{"_id": package["name"], **package} for package in chosen], source


def packages_of_apt():
    """What `apt-cache dumpavail` prints, as {name: {name, section, description}}; empty without apt."""
    try:
        text = subprocess.run(
            ["apt-cache", "dumpavail"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout.decode("utf-8", "replace")
    except OSError:
        return {}
    packages = {}
    for stanza in text.split("\n\n"):
        fields, key = {}, None
        for line in stanza.splitlines():
            if not line.startswith(" "):
                key, _, value = line.partition(":")
                fields[key] = value.strip()
            elif key is not None:
                fields[key] += "\n" + line.strip().removeprefix(".")
        name, description = fields.get("Package"), fields.get("Description")
        if name and description:
            section = fields.get("Section", "misc").split("/")[-1]
            packages.setdefault(name, {"name": name, "section": section, "description": description})
    return packages


def at(document, path):
    """The value at a dotted path, or None."""
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


# ── Printing ─────────────────────────────────────────────────────────────────────────────────────

TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
COLOURS = TERMINAL and not os.environ.get("NO_COLOR")


def coloured(code):
    return lambda text: f"\033[{code}m{text}\033[0m" if COLOURS else text


bold, dim, red, green = coloured(1), coloured(2), coloured(31), coloured(32)


def title(text):
    print(f"\n{bold(text)}")


def say(text):
    print(f"  {text}")


def row(label, value, colour=str):
    print(f"  {label:28}{colour(f'{value:>10}')}")


if __name__ == "__main__":
    sys.exit(main())
