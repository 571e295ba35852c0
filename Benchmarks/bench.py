"""Measures Lockstep beside the limit: a bare program in C that does the same without any of Lockstep's guarantees.

    bench.py --bench PROGRAM --lockstep PROGRAM --limits FOLDER --mongod PROGRAM --model FOLDER
             [--quick] [--only ROW,…] [--json FILE]

Each row is measured several times, in turn with its limit on the same mongod, each as often first as second: absolute
numbers of a shared machine mean little, ratios of one run carry over. Where one would use a loop in pymongo instead,
that one takes its turn as well. Starts its own mongod and ends it. Prints a line a row; `report.py` makes a table and
plots of the JSON.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

import pymongo

import descriptions
from audience import Audience, free_port
from latency import percentile, trickle
from providers import providers
from servers import Consumer, Mongod, run
from surroundings import load_before, machine, versions
from taken_apart import taken_apart

DATABASE = "bench"
PYMONGO = "pymongo loop"
# An insert event of such a document takes about 570 bytes.
BALLAST = "x" * 240


class Bench:
    """What all rows use: the programs, the mongod and the sizes."""

    def __init__(self, options, folder):
        self.options = options
        self.mongod = Mongod(options.mongod, folder, cache=1)
        self.log = open(folder / "programs.log", "w")
        self.folder = folder
        self.runs = options.runs or 3
        self.rows, self.series, self.profile = [], [], []

    def size(self, full):
        return full // 10 if self.options.quick else full

    # The programs

    def lockstep(self, mode, *arguments):
        return [self.options.bench, mode, "--uri", self.mongod.uri, "--db", DATABASE, *arguments]

    def limit(self, mode, *arguments):
        return [self.options.limits / "limits", mode, "--uri", self.mongod.uri, "--db", DATABASE, "--coll", "docs",
                *arguments]

    def loop(self, *arguments):
        """In pymongo, as most people would write it."""
        program = pathlib.Path(__file__).parent / "Peers" / "pymongo_loop.py"
        return [sys.executable, program, self.mongod.uri, DATABASE, "docs", *arguments]

    # The data

    def begin(self, *arguments, collections=("docs",)):
        """An empty database that Lockstep has seen, so that it goes on from here."""
        database = self.mongod.empty(DATABASE, collections)
        run(self.lockstep("outputs", *arguments))
        return database

    def insert(self, count, first=0, text=None, collection="docs"):
        documents = self.mongod.client[DATABASE][collection]
        text = text or (lambda i: f"document number {i} lorem ipsum dolor sit amet")
        for start in range(first, first + count, 5000):
            documents.insert_many(
                [{"_id": i, "text": text(i), "ballast": BALLAST} for i in range(start, min(start + 5000, first + count))],
                ordered=False)

    def update(self, count, change, over=None):
        """One update of each document, or so many of the first few ones."""
        documents = self.mongod.client[DATABASE].docs
        for start in range(0, count, 5000):
            documents.bulk_write(
                [pymongo.UpdateOne({"_id": i % (over or count)}, {"$set": change(i)})
                 for i in range(start, min(start + 5000, count))], ordered=False)

    # The rows

    def row(self, name, title, what, unit, better, lockstep, limit=None, goal=None, others=None):
        row = {"name": name, "title": title, "what": what, "unit": unit, "better": better, "lockstep": lockstep,
               "goal": goal or {"kind": "shown"}}
        if limit:
            row["limit"] = limit
        if others:
            row["others"] = others
        self.rows.append(row)
        # So little CPU that it counts as none gives no ratio.
        ratios = [a / b for a, b in zip(lockstep, limit or []) if b]
        print(f"{title:<42} {statistics.median(lockstep):>12,.2f} {unit:<14}"
              + (f" limit {statistics.median(limit):>12,.2f}" if limit else "")
              + (f"   ratio {statistics.median(ratios):.3f}" if ratios else "")
              + "".join(f"   {name} {statistics.median(values):,.2f}" for name, values in (others or {}).items()),
              flush=True)

    def each_in_turn(self, programs):
        """The keys of `programs`, several times, every other time backwards: Lockstep and its limit stay neighbours."""
        for number in range(self.runs):
            yield from list(programs) if number % 2 == 0 else list(programs)[::-1]

    def in_turn(self, lockstep, limit):
        """Runs both several times; gives the results of each."""
        programs, results = (lockstep, limit), ([], [])
        for place in self.each_in_turn(range(2)):
            self.mongod.settle()
            results[place].append(programs[place]())
        return results


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def reading(bench):
    """Capture and reconcile share half a million documents."""
    count = bench.size(500_000)
    database = bench.mongod.empty(DATABASE)
    with database.docs.watch() as stream:
        token = stream.resume_token["_data"]
        at = bench.mongod.now()
    bench.insert(count)
    if bench.wants("capture"):
        ours, limits = bench.in_turn(
            lambda: run(bench.lockstep("events", "--token", token, "--count", count)),
            lambda: run(bench.limit("read", "--at", at, "--op", "insert", "--count", count)))
        bench.row(
            "capture", "capture, catching up",
            f"Change events a second through `DatabaseWatcher`, with nothing to do for them, from a backlog of "
            f"{count:,} inserts of 570 bytes; beside a loop in C over `mongoc_change_stream_next`.",
            "events/s", "higher", [count / r["seconds"] for r in ours], [count / r["seconds"] for r in limits],
            {"kind": "ratio_min", "value": 0.95})
    if not bench.wants("reconcile") and not bench.wants("start"):
        return
    run(bench.lockstep("outputs"))

    def scan():
        database["lockstep.checkpoints"].delete_many({})
        result = run(bench.lockstep("outputs"))
        if result["modelCalls"]:
            sys.exit(f"a scan of fresh documents called the model {result['modelCalls']} times")
        return result

    if bench.wants("reconcile"):
        ours, limits = bench.in_turn(scan, lambda: run(bench.limit("find")))
        bench.row(
            "reconcile", "reconcile, everything fresh",
            f"Documents a second of a look through {count:,} documents whose outputs are all fresh, without a call "
            "of the model; beside a bare `find` in C with the same projection.",
            "documents/s", "higher", [count / r["seconds"] for r in ours], [count / r["seconds"] for r in limits],
            {"kind": "ratio_min", "value": 0.70})
    if bench.wants("start"):
        bench.insert(count, first=count)
        run(bench.lockstep("outputs"))
        seconds = []
        for _ in range(bench.runs):
            began = time.monotonic()
            consumer = Consumer(bench.lockstep("serve"), bench.log)
            seconds.append(time.monotonic() - began)
            consumer.stop()
        bench.row(
            "start-full", f"start with {2 * count:,} fresh documents",
            "Seconds from the launch of the program until it follows the stream and has caught up.", "s", "lower",
            seconds, goal={"kind": "max", "value": 1.0})


def starting(bench):
    seconds = []
    for _ in range(bench.runs):
        database = bench.begin()
        bench.insert(1)
        began = time.monotonic()
        consumer = Consumer(bench.lockstep("serve"), bench.log)
        while not database.docs.find_one({"_outputs.text.vector": {"$exists": True}}):
            time.sleep(0.002)
        seconds.append(time.monotonic() - began)
        consumer.stop()
    bench.row(
        "start", "start to the first prediction",
        "Seconds from the launch of the program until the document that waits has its prediction, of a model that "
        "needs no loading.", "s", "lower", seconds, goal={"kind": "max", "value": 1.0})


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def end_to_end(bench):
    count = bench.size(200_000)
    # Each works off a backlog that began at a time of the cluster; Lockstep knows it from its saved position.
    programs = {
        "lockstep": lambda at, kind: bench.lockstep("outputs", "--count", count),
        "limit": lambda at, kind: bench.limit("write", "--at", at, "--kind", kind, "--count", count),
        PYMONGO: lambda at, kind: bench.loop("--at", at, "--count", count),
    }
    found = {kind: {name: [] for name in programs} for kind in ("insert", "update")}
    for name in bench.each_in_turn(programs):
        bench.begin() if name == "lockstep" else bench.mongod.empty(DATABASE)
        for kind in found:
            at = bench.mongod.now()
            if kind == "insert":
                bench.insert(count)
            else:
                bench.update(count, lambda i: {"text": f"document number {i} written once more, with other words"})
            bench.mongod.settle()
            found[kind][name].append(count / run(programs[name](at, kind))["seconds"])
            check(bench, count)
    beside = ("with guard, provenance and positions; beside a program in C that reads the events and writes the same "
              "vectors with two writers, and a loop in pymongo that does so with one, both without any of these.")
    for kind, title in [("insert", "end to end"), ("update", "end to end, updates")]:
        bench.row(
            "end-to-end" if kind == "insert" else "end-to-end-updates", title,
            f"Documents a second from the stream to the stored vector of 384 floats, for a backlog of {count:,} "
            f"{kind}s, " + beside, "documents/s", "higher", found[kind]["lockstep"], found[kind]["limit"],
            {"kind": "ratio_min", "value": 0.90}, {PYMONGO: found[kind][PYMONGO]})


def watched(bench):
    """End to end, with a dashboard open and the metrics scraped each second."""
    count = bench.size(200_000)

    def one(arguments):
        bench.begin()
        bench.insert(count)
        bench.mongod.settle()
        seconds = run(bench.lockstep("outputs", "--count", count, *arguments))["seconds"]
        check(bench, count)
        return count / seconds

    def seen():
        port = free_port()
        with Audience(port) as audience:
            rate = one(["--port", port])
        audience.require_seen()
        return rate

    programs = {"watched": seen, "alone": lambda: one([])}
    found = {name: [] for name in programs}
    for name in bench.each_in_turn(programs):
        found[name].append(programs[name]())
    bench.row(
        "watched", "end to end, with the dashboard open",
        f"Documents a second from the stream to the stored vector, for a backlog of {count:,} inserts, while what the "
        "dashboard asks for is streamed to it and `/metrics` is scraped each second; beside the same without a server.",
        "documents/s", "higher", found["watched"], found["alone"], {"kind": "ratio_min", "value": 0.97})


def vector(text):
    """As all programs compute it."""
    hash = 14695981039346656037
    for byte in text.encode():
        hash = (hash ^ byte) * 1099511628211 % 2**64
    hash = (hash * 6364136223846793005 + 1442695040888963407) % 2**64
    return (hash >> 40) / 2**24


def check(bench, count):
    """Every document has an output, and those of a sample are of the text that stands there."""
    documents = bench.mongod.client[DATABASE].docs
    having = documents.count_documents({"_outputs.text.vector": {"$exists": True}})
    if having != count:
        sys.exit(f"{having} of {count} documents have an output")
    for document in documents.aggregate([{"$sample": {"size": 200}}]):
        # The bytes of a BSON vector: its kind, its padding, its floats.
        first = memoryview(bytes(document["_outputs"]["text"]["vector"]))[2:6].cast("f")[0]
        if first != vector(document["text"]):
            sys.exit(f"document {document['_id']} has the output of another text")


def listeners(bench):
    count = bench.size(20_000)
    lines, idle = [], []
    for number in (1, 4, 16):
        rates = []
        for _ in range(3):
            bench.begin("--listeners", number)
            bench.insert(count)
            bench.mongod.settle()
            result = run(bench.lockstep("outputs", "--listeners", number, "--count", count * number))
            rates.append(result["count"] / result["seconds"])
        lines.append([number, statistics.median(rates)])
    bench.series.append({
        "name": "listeners", "title": f"Outputs a second by listeners on one collection, {count:,} documents",
        "x_label": "listeners", "y_label": "outputs/s", "lines": {"lockstep": lines}})
    rates = []
    for number in (1, 16, 64):
        names = ["docs"] + [f"docs{i}" for i in range(1, number)]
        found = []
        for _ in range(3):
            bench.begin("--collections", number, collections=names)
            for name in names:
                bench.insert(count // number, collection=name)
            bench.mongod.settle()
            result = run(bench.lockstep(
                "outputs", "--collections", number, "--count", count // number * number))
            found.append(result["count"] / result["seconds"])
        rates.append([number, statistics.median(found)])
        consumer = Consumer(bench.lockstep("serve", "--collections", number), bench.log)
        idle.append([number, 100 * cpu_over(consumer, 10)])
        consumer.stop()
    bench.series.append({
        "name": "collections", "title": f"Outputs a second by collections, {count:,} documents among them",
        "x_label": "collections", "y_label": "outputs/s", "lines": {"lockstep": rates}})
    bench.series.append({
        "name": "idle-collections", "title": "CPU at rest by collections",
        "x_label": "collections", "y_label": "% of a core", "lines": {"lockstep": idle}})


def embedding(bench):
    for words, count in ((16, bench.size(6000)), (64, bench.size(2000))):
        chosen = random.Random(words)
        vocabulary = [line.strip() for line in (pathlib.Path(__file__).parent / "words.txt").open()]
        texts = [" ".join(chosen.choice(vocabulary) for _ in range(words)) for _ in range(count)]
        file = bench.folder / f"texts-{words}.txt"
        file.write_text("".join(text + "\n" for text in texts))
        model = ("--model", bench.options.model)

        def ours():
            bench.begin(*model)
            bench.insert(count, text=lambda i: texts[i])
            return run(bench.lockstep("outputs", *model, "--count", count))

        # The best batch size is looked for once.
        loop = embedding_loop(bench, file)
        ours, limits = bench.in_turn(ours, lambda: run(loop))
        bench.row(
            f"embedding-{words}", f"embedding, texts of {words} words",
            f"Texts a second through a listener with all-MiniLM-L6-v2, {count:,} texts, from the stream to the stored "
            "vector; beside a loop in C over OpenVINO at its best batch size, which reads and stores nothing.",
            "texts/s", "higher", [count / r["seconds"] for r in ours], [r["texts"] / r["seconds"] for r in limits],
            {"kind": "ratio_min", "value": 0.95})


def embedding_loop(bench, file):
    """The loop in C with the spread over the cores and the batches that are fastest on some of the texts."""
    program = [bench.options.limits / "embed-limit", "--model", bench.options.model, "--texts", file]
    found = run(program)
    by = ("--bytes", found["bytes"]) if found["bytes"] else ("--batch", found["batch"])
    return [*program, *by, "--requests", found["requests"], "--streams", found["streams"]]


def embedding_mixed(bench):
    count = bench.size(6000)
    texts = descriptions.real(count)
    what = "descriptions of Debian's packages" if texts else "made-up texts with the lengths of Debian's descriptions"
    vocabulary = [line.strip() for line in (pathlib.Path(__file__).parent / "words.txt").open()]
    texts = texts or descriptions.made_up(count, vocabulary)
    file = bench.folder / "texts-mixed.txt"
    file.write_text("".join(text + "\n" for text in texts))
    model = ("--model", bench.options.model)

    def listener():
        bench.begin(*model)
        bench.insert(count, text=lambda i: texts[i])
        return run(bench.lockstep("outputs", *model, "--count", count))

    sorted_loop = embedding_loop(bench, file)
    plain = [bench.options.limits / "embed-limit", *model, "--texts", file, "--order", "arrival", "--batch", 32,
             *sorted_loop[-4:]]
    programs = {
        "encoder": lambda: run([bench.options.bench, "encode", *model, "--texts", file]), "listener": listener,
        "sorted": lambda: run(sorted_loop), "plain": lambda: run(plain),
    }
    found = {name: [] for name in programs}
    for name in bench.each_in_turn(programs):
        bench.mongod.settle()
        found[name].append(count / programs[name]()["seconds"])
    bench.row(
        "embedding-mixed", "embedding, mixed lengths, the encoder",
        f"Texts a second of all-MiniLM-L6-v2 in the process, a thousand a call, {count:,} {what}; beside a loop in C over "
        "OpenVINO that has them sorted by length, with the spread and the batches that are best.",
        "texts/s", "higher", found["encoder"], found["sorted"], {"kind": "ratio_min", "value": 0.95})
    bench.row(
        "embedding-mixed-plain", "embedding, mixed lengths, to a plain loop",
        "The same encoder beside the same loop in C with batches of 32 in the order of arrival.",
        "texts/s", "higher", found["encoder"], found["plain"], {"kind": "ratio_min", "value": 2.7})
    bench.row(
        "embedding-mixed-listener", "embedding, mixed lengths, stored",
        "The same texts through a listener, from the stream to the stored vector; beside the sorted loop, which reads and "
        "stores nothing.", "texts/s", "higher", found["listener"], found["sorted"])


def latencies(bench):
    for rate in (20, 200):
        programs = {
            "lockstep": bench.lockstep("serve"), "limit": bench.limit("follow", "--kind", "insert"),
            PYMONGO: bench.loop(),
        }
        found = {name: [] for name in programs}
        for name in bench.each_in_turn(programs):
            bench.mongod.empty(DATABASE)
            found[name].append(latency_of(bench, Consumer(programs[name], bench.log), rate))
        for place, (name, worst) in enumerate((("p50", 1.3), ("p99", 2.0))):
            values = {program: [run[place] for run in runs] for program, runs in found.items()}
            bench.row(
                f"latency-{rate}-{name}", f"latency at {rate}/s, {name}",
                f"Milliseconds from the acknowledged insert of a client to the stored prediction as another client "
                f"sees it, {rate} inserts a second, {name}; beside a program in C that does the same one by one, and a "
                "loop in pymongo.", "ms", "lower", values["lockstep"], values["limit"],
                {"kind": "ratio_max", "value": worst}, {PYMONGO: values[PYMONGO]})


def latency_of(bench, consumer, rate, **field):
    """Its p50 and its p99; ends it."""
    latencies, lost = trickle(bench.mongod.uri, DATABASE, rate, 5 if bench.options.quick else 15, **field)
    consumer.stop()
    if lost:
        sys.exit(f"{lost} predictions of {consumer.process.args[0]} were never seen")
    return percentile(latencies, 0.5), percentile(latencies, 0.99)


# A model as a program: the length of a text.
LENGTH = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], "predictions": [len(text) for text in request["inputs"]]}), flush=True)
"""


def latency_of_a_program(bench):
    folder = bench.folder / "exec"
    folder.mkdir()
    (folder / "length.py").write_text(LENGTH)
    (folder / "lockstep.yaml").write_text(json.dumps({
        "mongodb": {"uri": bench.mongod.uri, "database": DATABASE},
        "models": {"length": {"exec": [sys.executable, "length.py"]}},
        "listeners": [{"model": "length", "on": "docs", "key": "text"}]}))
    found = []
    for _ in range(bench.runs):
        documents = bench.mongod.empty(DATABASE).docs
        daemon = Consumer(
            [bench.options.lockstep, "run", "-c", folder / "lockstep.yaml"], bench.log, "lockstep: caught up")
        found.append(latency_of(bench, daemon, 20, field="_outputs.text.length"))
        if wrong := documents.count_documents({"$expr": {"$ne": ["$_outputs.text.length", {"$strLenCP": "$text"}]}}):
            sys.exit(f"{wrong} documents have another output than the length of their text")
    for place, name in enumerate(("p50", "p99")):
        bench.row(
            f"latency-exec-{name}", f"latency of a program as model, 20/s, {name}",
            f"The same through `lockstep run` with a program in Python as model, which is asked through a pipe, {name}.",
            "ms", "lower", [run[place] for run in found])


# ── What it costs ────────────────────────────────────────────────────────────────────────────────


def coalescing(bench):
    updates, documents = bench.size(100_000), 1000
    seconds, inputs = [], []
    for _ in range(bench.runs):
        bench.begin()
        bench.insert(documents)
        run(bench.lockstep("outputs", "--count", documents))
        bench.update(updates, lambda i: {"text": f"text {i}"}, over=documents)
        bench.mongod.settle()
        result = run(bench.lockstep("outputs", "--count", 1))
        seconds.append(result["seconds"])
        inputs.append(result["modelInputs"])
    what = f"{updates:,} updates of the input over {documents:,} documents, waiting in the stream."
    bench.row("coalescing-inputs", "coalescing, inputs of the model", "Inputs that the model was called with, for "
              + what, "inputs", "lower", inputs, [documents] * bench.runs)
    bench.row("coalescing-seconds", "coalescing, seconds", "Seconds until everything is fresh, for " + what, "s",
              "lower", seconds)


def irrelevant(bench):
    count = bench.size(100_000)

    def over(command):
        consumer = Consumer(command, bench.log)
        before = consumer.cpu()
        bench.update(count, lambda i: {"other": i}, over=1000)
        time.sleep(1.5)
        used = consumer.cpu() - before
        consumer.stop()
        return used

    bench.begin()
    bench.insert(1000)
    run(bench.lockstep("outputs", "--count", 1000))
    ours, limits = bench.in_turn(
        lambda: over(bench.lockstep("serve")), lambda: over(bench.limit("follow", "--kind", "any", "--discard")))
    bench.row(
        "irrelevant", f"{count:,} irrelevant updates",
        "Seconds of CPU while that many updates pass that touch no listener's input; beside a loop in C that reads "
        "them.", "CPU s", "lower", ours, limits, {"kind": "ratio_max", "value": 2.0})


def memory(bench):
    most = bench.size(1_000_000)
    bench.begin("--hangs-until", bench.folder / "go")
    go = bench.folder / "go"
    consumer = Consumer(bench.lockstep("serve", "--hangs-until", go), bench.log)
    points, inserted = [[0, consumer.megabytes()]], 0
    for target in (most // 10, most // 4, most // 2, most):
        bench.insert(target - inserted, first=inserted)
        inserted = target
        time.sleep(2)
        points.append([target, consumer.megabytes()])
    go.touch()
    documents = bench.mongod.client[DATABASE].docs
    while documents.count_documents({"_outputs.text.vector": {"$exists": True}}) < most:
        time.sleep(1)
    time.sleep(2)
    after = consumer.megabytes()
    result = consumer.stop()
    bench.series.append({
        "name": "memory", "title": "Resident memory by changes that wait for a model that hangs",
        "x_label": "changes waiting", "y_label": "MB", "lines": {"lockstep": points}})
    bench.row("memory", f"memory, {most:,} changes waiting",
              "The most megabytes resident while changes wait for a model that hangs, and while they are worked off.",
              "MB", "lower", [result["maxMegabytes"]], goal={"kind": "max", "value": 120})
    bench.row("memory-after", "memory, afterwards", "Megabytes resident once all of it is done.", "MB", "lower", [after])


def idle(bench):
    bench.begin()
    shares = []
    for _ in range(bench.runs):
        consumer = Consumer(bench.lockstep("serve"), bench.log)
        time.sleep(2)
        shares.append(100 * cpu_over(consumer, 5 if bench.options.quick else 20))
        consumer.stop()
    bench.row("idle", "idle", "CPU with nothing happening.", "% of a core", "lower", shares,
              goal={"kind": "max", "value": 1.0})


def cpu_over(consumer, seconds):
    """CPU seconds a second."""
    before = consumer.cpu()
    time.sleep(seconds)
    return (consumer.cpu() - before) / seconds


# ── The whole ────────────────────────────────────────────────────────────────────────────────────

PARTS = {
    "end-to-end": end_to_end, "watched": watched, "latency": latencies, "latency-exec": latency_of_a_program,
    "embedding": embedding, "embedding-mixed": embedding_mixed, "capture,reconcile,start": reading, "first": starting,
    "coalescing": coalescing, "irrelevant": irrelevant, "idle": idle, "memory": memory, "listeners": listeners,
    "providers": providers, "profile": taken_apart,
}


def results(bench, load):
    """What was measured; with --only, in the place of the same in the file that is there."""
    found = {"date": time.strftime("%Y-%m-%d"), "machine": machine(load), "versions": versions(bench.mongod.client),
             "runs": bench.runs, "rows": bench.rows, "series": bench.series, "profile": bench.profile}
    if bench.options.only and bench.options.json.exists():
        before = json.loads(bench.options.json.read_text())
        for part, name in (("rows", "name"), ("series", "name"), ("profile", "title")):
            measured = {entry[name]: entry for entry in found[part]}
            found[part] = [measured.pop(entry[name], entry) for entry in before.get(part, [])] + [*measured.values()]
        found = {**found, **before, **{part: found[part] for part in ("rows", "series", "profile")}}
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bench", required=True)
    options.add_argument("--lockstep", required=True)
    options.add_argument("--limits", required=True, type=pathlib.Path)
    options.add_argument("--mongod", required=True)
    options.add_argument("--model", required=True)
    options.add_argument("--quick", action="store_true", help="a tenth of the size")
    options.add_argument("--runs", type=int, help="how often each row is measured")
    options.add_argument("--only", help="some rows: " + ",".join(PARTS))
    options.add_argument("--json", type=pathlib.Path, help="write the raw numbers there; with --only, into them")
    options = options.parse_args()
    load = load_before()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-bench-"))
    bench = Bench(options, folder)
    wanted = set(options.only.split(",")) if options.only else None
    bench.wants = lambda name: wanted is None or name in wanted
    try:
        for names, part in PARTS.items():
            if any(bench.wants(name) for name in names.split(",")):
                part(bench)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(results(bench, load), indent=1) + "\n")
    finally:
        bench.mongod.stop()
        bench.log.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
