"""Measures Lockstep on this machine and prints a table: throughput and latency beside a loop in pymongo,
latency of a program as a model, memory with half a million changes waiting.

    measure.py --consumer PROGRAM --lockstep PROGRAM --mongod PROGRAM [--quick] [--json FILE]

Each row is the median of several runs, taken in turn with its peer's: absolute numbers of a shared machine mean
little, ratios carry over. Starts its own mongod and ends it.
"""
import argparse
import hashlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time

from latency import percentile
from servers import Consumer, Mongod

HERE = pathlib.Path(__file__).resolve().parent
FIELD = "_outputs.text.m"


def fresh_collection(mongod, database):
    mongod.client.drop_database(database)
    mongod.client[database].create_collection("docs")
    return mongod.client[database].docs


def wrong(collection, expected):
    found = collection.find({}).limit(2000)
    return sum(1 for d in found if not expected(d["text"], d.get("_outputs", {}).get("text", {}).get("m")))


def is_hash(text, value):
    digest = hashlib.sha256(text.encode()).digest()
    return isinstance(value, list) and all(abs(v - b / 255) < 1e-5 for v, b in zip(value, digest)) and len(value) == 32


def burst(mongod, start, count):
    """Documents a second from the first insert to the last output."""
    collection = fresh_collection(mongod, "measure")
    consumer = start()
    documents = [{"text": f"document number {i} lorem ipsum dolor sit amet"} for i in range(count)]
    began = time.perf_counter()
    for i in range(0, count, 1000):
        collection.insert_many(documents[i:i + 1000])
    while (done := collection.count_documents({FIELD: {"$exists": True}})) < count:
        if time.perf_counter() - began > 300:
            sys.exit(f"{done} of {count} documents after 300 s")
        time.sleep(0.02 if count - done < 2000 else 0.25)
    rate = count / (time.perf_counter() - began)
    errors = wrong(collection, is_hash)
    consumer.stop()
    return rate, errors


def trickle(mongod, start, rate, seconds, expected):
    """Milliseconds from just before a client's insert until the output is in the change stream: all of them, sorted."""
    collection = fresh_collection(mongod, "measure")
    consumer = start()
    seen, stop, opened = {}, threading.Event(), threading.Event()

    def watch():
        with collection.watch([{"$match": {"operationType": "update"}}], max_await_time_ms=500) as stream:
            opened.set()
            while not stop.is_set():
                if (event := stream.try_next()) and any(
                        k.startswith("_outputs") for k in event["updateDescription"]["updatedFields"]):
                    seen.setdefault(event["documentKey"]["_id"], time.perf_counter())

    watcher = threading.Thread(target=watch)
    watcher.start()
    opened.wait()
    sent, began = {}, time.perf_counter()
    for i in range(int(rate * seconds)):
        time.sleep(max(0.0, began + i / rate - time.perf_counter()))
        at = time.perf_counter()
        sent[collection.insert_one({"text": f"trickle document {i}"}).inserted_id] = at
    deadline = time.perf_counter() + 60
    while len(seen) < len(sent) and time.perf_counter() < deadline:
        time.sleep(0.02)
    stop.set()
    watcher.join()
    errors = wrong(collection, expected) + len(sent) - len(seen)
    consumer.stop()
    return sorted((seen[k] - sent[k]) * 1000 for k in sent if k in seen), errors


def configuration(folder, name, mongod, database, program):
    """A configuration with one program as its model; gives the file's path."""
    where = folder / name
    where.mkdir()
    (where / "model.py").write_text(program)
    path = where / "lockstep.yaml"
    path.write_text(json.dumps({
        "mongodb": {"uri": mongod.uri, "database": database},
        "models": {"m": {"exec": [sys.executable, "-u", "model.py"], "timeout": "600s"}},
        "listeners": [{"model": "m", "on": "docs", "key": "text"}],
    }))
    return path


LENGTH = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], "predictions": [len(text) for text in request["inputs"]]}))
"""

HANGS = """
import sys, time
for line in sys.stdin:
    time.sleep(600)
"""


def memory(mongod, start, count):
    """Resident megabytes: at rest, and the most with `count` changes waiting for a model that hangs."""
    collection = fresh_collection(mongod, "measure")
    consumer = start()
    rest = most = consumer.megabytes()
    ballast = "x" * 450
    for i in range(0, count, 5000):
        collection.insert_many([{"text": f"document number {j} {ballast}"} for j in range(i, i + 5000)], ordered=False)
        most = max(most, consumer.megabytes())
    for _ in range(50):
        time.sleep(0.1)
        most = max(most, consumer.megabytes())
    consumer.stop()
    return rest, most


def median(runs):
    return statistics.median(runs)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--consumer", required=True)
    options.add_argument("--lockstep", required=True)
    options.add_argument("--mongod", required=True)
    options.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    options.add_argument("--json", help="write the raw numbers there")
    options = options.parse_args()
    runs, documents, seconds, waiting = (3, 20_000, 10, 500_000) if options.quick else (7, 20_000, 30, 500_000)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-measure-"))
    log = open(folder / "consumers.log", "w")
    mongod = Mongod(options.mongod, folder)
    raw = {"runs": runs}
    try:
        target = [mongod.uri, "measure", "docs"]
        library = lambda: Consumer([options.consumer, *target], log)
        peer = lambda: Consumer([sys.executable, str(HERE / "peer.py"), *target], log)
        raw["burst"] = {"library": [], "peer": []}
        errors = 0
        for number in range(runs):
            # In turn, and each as often first as second.
            order = [("library", library), ("peer", peer)]
            for name, start in order if number % 2 == 0 else order[::-1]:
                rate, bad = burst(mongod, start, documents)
                raw["burst"][name].append(rate)
                errors += bad
        ratio = median([a / b for a, b in zip(raw["burst"]["library"], raw["burst"]["peer"])])
        print(f"burst of {documents:,} inserts      library {median(raw['burst']['library']):8,.0f} documents/s"
              f"   pymongo loop {median(raw['burst']['peer']):8,.0f}   ratio {ratio:.2f}   wrong {errors}")

        raw["trickle"] = {"library": [], "peer": []}
        errors = 0
        for _ in range(max(1, runs // 3)):
            for name, start in [("library", library), ("peer", peer)]:
                latencies, bad = trickle(mongod, start, 20, seconds, is_hash)
                raw["trickle"][name] += latencies
                errors += bad
        for name in raw["trickle"]:
            raw["trickle"][name].sort()
        a, b = raw["trickle"]["library"], raw["trickle"]["peer"]
        print(f"20 inserts/s                library p50 {percentile(a, .5):.1f} p99 {percentile(a, .99):.1f} ms"
              f"   pymongo loop p50 {percentile(b, .5):.1f} p99 {percentile(b, .99):.1f} ms   wrong {errors}")

        path = configuration(folder, "length", mongod, "measure", LENGTH)
        daemon = lambda: Consumer([options.lockstep, "run", "-c", str(path)], log, "lockstep: caught up")
        latencies, errors = trickle(mongod, daemon, 20, seconds, lambda text, value: value == len(text))
        raw["exec"] = latencies
        print(f"20 inserts/s, a program     lockstep run p50 {percentile(latencies, .5):.1f}"
              f" p99 {percentile(latencies, .99):.1f} ms   wrong {errors}")

        path = configuration(folder, "hangs", mongod, "measure", HANGS)
        daemon = lambda: Consumer([options.lockstep, "run", "-c", str(path)], log, "lockstep: caught up")
        rest, most = memory(mongod, daemon, waiting)
        raw["memory"] = {"rest": rest, "most": most}
        print(f"{waiting:,} changes waiting     lockstep run {rest:.0f} MB at rest, {most:.0f} MB at most")
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores,"
              f" MongoDB {mongod.client.server_info()['version']} on the same machine; medians of {runs} runs in turn")
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(raw, indent=1))
    finally:
        mongod.stop()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
