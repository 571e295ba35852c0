"""Measures Lockstep beside what one would use instead: a loop in pymongo, and SuperDuperDB's own listener.

    peers.py --consumer PROGRAM --superduperdb PYTHON --mongod PROGRAM [--quick] [--out FOLDER]

All keep the same prediction beside the text of a document: the bytes of its SHA-256 as 32 floats. Each runs alone on a
fresh collection, several times, in turn with the others, and every output is checked. Starts its own mongod and ends
it. Prints a table; writes `peers.json` and `peers.md` into the folder.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time

import report
from latency import percentile, trickle
from plots import number
from servers import Consumer, Mongod
from surroundings import load_before, machine, output_of, versions

PEERS = pathlib.Path(__file__).resolve().parent / "Peers"
sys.path.insert(0, str(PEERS))

from hash_model import embed  # noqa: E402

DATABASE, FIELD = "peers", "_outputs.text.m"
LOCKSTEP, PYMONGO, SUPERDUPERDB = "Lockstep", "pymongo loop", "SuperDuperDB"
INSERTS = 10_000


class Measures:
    """A program beside an empty collection; each of these begins it and ends it."""

    def __init__(self, options, folder):
        self.mongod = Mongod(options.mongod, folder)
        self.log = open(folder / "programs.log", "w")
        self.folder = folder
        target = [self.mongod.uri, DATABASE, "docs"]
        self.commands = {
            LOCKSTEP: [options.consumer, *target],
            PYMONGO: [sys.executable, PEERS / "pymongo_loop.py", *target, "--model", "hash"],
            # Without PYTHONPATH: it has a pymongo of its own.
            SUPERDUPERDB: [options.superduperdb, "-EB", PEERS / "superduperdb_listener.py", *target, folder],
        }

    def begin(self, name):
        # Where SuperDuperDB keeps its models.
        self.mongod.client.drop_database(f"_filesystem:{DATABASE}")
        documents = self.mongod.empty(DATABASE).docs
        self.mongod.settle()
        return documents, Consumer(self.commands[name], self.log)

    def end(self, name, documents, consumer):
        consumer.stop()
        for document in documents.find():
            found, expected = document.get("_outputs", {}).get("text", {}).get("m"), embed(document["text"])
            if not found or len(found) != len(expected) or any(abs(a - b) > 1e-5 for a, b in zip(found, expected)):
                sys.exit(f"{name}: document {document['_id']} has a wrong output or none")

    def burst(self, name):
        """Documents a second from the first insert to the last output, and what that took."""
        documents, consumer = self.begin(name)
        ready, used, peak = consumer.megabytes(), consumer.cpu(), Peak(consumer)
        # With the client's ids: SuperDuperDB knows no others.
        texts = [{"text": f"document number {i} lorem ipsum dolor sit amet"} for i in range(INSERTS)]
        began = time.monotonic()
        for start in range(0, INSERTS, 1000):
            documents.insert_many(texts[start:start + 1000])
        while (done := documents.count_documents({FIELD: {"$exists": True}})) < INSERTS:
            if consumer.process.poll() is not None:
                sys.exit(f"{name} ended")
            if time.monotonic() - began > 120:
                sys.exit(f"{name}: {done} of {INSERTS} documents have an output after 120 s")
            time.sleep(0.02 if INSERTS - done < 2000 else 0.1)
        seconds = time.monotonic() - began
        found = {"rate": INSERTS / seconds, "ready": ready, "peak": peak.stop(), "cpu": consumer.cpu() - used}
        self.end(name, documents, consumer)
        return found

    def latencies(self, name, rate, seconds):
        documents, consumer = self.begin(name)
        values, lost = trickle(self.mongod.uri, DATABASE, rate, seconds, field=FIELD)
        self.end(name, documents, consumer)
        if lost:
            sys.exit(f"{name}: {lost} predictions were never seen")
        return {f"{rate}-p50": percentile(values, 0.5), f"{rate}-p99": percentile(values, 0.99)}

    def stop(self):
        self.mongod.stop()
        self.log.close()


class Peak:
    """The most megabytes resident until it is stopped."""

    def __init__(self, consumer):
        self.consumer, self.most, self.ends = consumer, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def follow(self):
        while True:
            self.most = max(self.most, self.consumer.megabytes())
            if self.ends.wait(0.02):
                return

    def stop(self):
        self.ends.set()
        self.thread.join()
        return self.most


# ── What is told ─────────────────────────────────────────────────────────────────────────────────


def table(results):
    """Lines of Markdown: medians of the runs."""
    def of(key, values):
        return number(statistics.median(run[key] for run in values))

    rows = [
        (f"{INSERTS:,} inserts at once, documents/s", lambda v: of("rate", v)),
        ("20 inserts/s, p50 / p99 ms", lambda v: f"{of('20-p50', v)} / {of('20-p99', v)}"),
        ("1 insert/s, p50 ms", lambda v: of("1-p50", v)),
        ("resident MB, ready → most", lambda v: f"{of('ready', v)} → {of('peak', v)}"),
        (f"CPU seconds for the {INSERTS:,}", lambda v: of("cpu", v)),
    ]
    measured = results["measured"]
    return report.table(["", *measured], ["---", *["--:"] * len(measured)],
                        [[title, *(value(runs) for runs in measured.values())] for title, value in rows])


def page(results):
    of = results["versions"]
    return "\n".join([
        "# Beside what one would use instead", "",
        f"- **Date**: {results['date']}", f"- **Machine**: {report.machine(results)}, MongoDB on the same one",
        f"- **Versions**: Lockstep {of['lockstep'] or 'not recorded'}, SuperDuperDB {of['superduperdb']} with pymongo "
        f"{of['superduperdb_pymongo']}, the loop with pymongo {of['pymongo']}, MongoDB {of['mongodb']}, Python "
        f"{of['python']}",
        "- **Raw numbers**: [peers.json](peers.json)", "", "To run it again:", "", "```console", "$ make bench-peers",
        "```", "", *table(results),
        f"Medians of {results['runs']} runs, in turn; in each, every program ran alone on a fresh collection, and every "
        "output was compared with what it had to be.", "",
        "All keep the same prediction beside the text: the bytes of its SHA-256 as 32 floats. A burst is timed from its "
        "first insert to its last output, a latency from the client's acknowledged insert until another client sees the "
        "output.", "",
        "- **Lockstep**: `Examples/consumer`, the library with a closure as model. Writes are guarded, outputs have "
        "their provenance, positions are saved.",
        "- **The pymongo loop**: `Benchmarks/Peers/pymongo_loop.py`, what most people would write by hand. No guard, no "
        "provenance, no positions: what changes while it is down is lost, and a late write may put an output of an "
        "old text beside a new one.",
        "- **SuperDuperDB**: its listener for MongoDB, from PyPI, as its documentation starts it; "
        "`Benchmarks/Peers/superduperdb_listener.py`. A batch ends there after 100 events or after a pause, hence its "
        "latency. It refuses to start without a vector index, so there is one, which costs it memory.", "",
        "These do not have the same features: SuperDuperDB also has vector search, training and stores for models, none "
        "of which is measured here, and lacks the guard, the repair and the audit. The table tells only what keeping a "
        "prediction in step costs with each.", ""])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--consumer", required=True, help="the program of Examples/consumer")
    options.add_argument("--superduperdb", required=True, help="a Python that has it")
    options.add_argument("--mongod", required=True)
    options.add_argument("--quick", action="store_true", help="one run, and latencies over five seconds")
    options.add_argument("--out", type=pathlib.Path, help="the folder to write to")
    options = options.parse_args()
    runs, seconds = (1, 5) if options.quick else (3, 20)
    load = load_before()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-peers-"))
    measures = Measures(options, folder)
    try:
        measured = {name: [] for name in measures.commands}
        for number_of_run in range(runs):
            names = list(measured)
            for name in names if number_of_run % 2 == 0 else names[::-1]:
                found = measures.burst(name)
                found |= measures.latencies(name, 20, seconds)
                found |= measures.latencies(name, 1, seconds)
                measured[name].append(found)
                print(f"{name}, run {number_of_run + 1}: "
                      + ", ".join(f"{key} {number(value)}" for key, value in found.items()), flush=True)
        about = "from importlib.metadata import version; print(version('{}'))"
        results = {
            "date": time.strftime("%Y-%m-%d"), "machine": machine(load), "runs": runs,
            "versions": versions(measures.mongod.client) | {
                "superduperdb": output_of(options.superduperdb, "-E", "-c", about.format("superduperdb")),
                "superduperdb_pymongo": output_of(options.superduperdb, "-E", "-c", about.format("pymongo"))},
            "measured": measured}
        print("\n".join(["", *table(results)]))
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
            (options.out / "peers.md").write_text(page(results), encoding="utf-8")
    finally:
        measures.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
