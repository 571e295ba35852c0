"""Lets a million events pass a daemon and sees whether its memory, threads and descriptors stay flat.

    PYTHONPATH=.lockstep/python python3 Benchmarks/soak.py --events 1000000 --elections 20 --restarts 500

Three parts, each with a daemon and a database of its own:
  events      inserts, updates that matter and that do not, replaces, deletes, inputs that the model refuses
  elections   the primary steps down again and again; each election begins a new session of the daemon
  restarts    a model that exits after each answer and is started again

A part is cut into tenths. At the end of each the writes stop, `lockstep wait` returns, and what the daemon holds at
rest is read from /proc. A fifth of the way is the warm-up; what is held at the end, after ten idle seconds, may be
above what was held then by `--allow` megabytes and by five threads or descriptors. In the end `lockstep verify` must
find everything fresh. Exits 0 when all of it holds, 1 with what does not. Starts its own mongod and ends it.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import string
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / ".lockstep" / "python"))

import pymongo  # noqa: E402
import servers  # noqa: E402
from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateMany, UpdateOne  # noqa: E402

# Refuses what is no text, so that the way of refused inputs is gone as well.
LENGTH = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    predictions, errors = [], {}
    for place, value in enumerate(request["inputs"]):
        predictions.append(len(value) if isinstance(value, str) else None)
        if not isinstance(value, str):
            errors[str(place)] = "no text"
    print(json.dumps({"id": request["id"], "predictions": predictions, "errors": errors}), flush=True)
"""

# Leaves a mark for each start.
EXITS = """
import json, sys
open("starts", "a").write(".")
request = json.loads(sys.stdin.readline())
print(json.dumps({"id": request["id"], "predictions": [len(value) for value in request["inputs"]]}), flush=True)
"""

LETTERS = string.ascii_letters * 8


class Mongod(servers.Mongod):
    """Is elected again within a second of stepping down."""

    def __init__(self, program, folder):
        super().__init__(program, folder, settings={"electionTimeoutMillis": 1000})
        # As an application connects: its driver follows elections.
        self.client.close()
        self.uri = self.uri.replace("directConnection=true", "replicaSet=bench")
        self.client = pymongo.MongoClient(self.uri)
        self.await_primary()

    def await_primary(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.client.admin.command("hello")["isWritablePrimary"]:
                    return
            except pymongo.errors.PyMongoError:
                pass
            time.sleep(0.02)
        sys.exit("mongod did not become primary within 60 s")

    def step_down(self):
        try:
            self.client.admin.command({"replSetStepDown": 1, "force": True})
        except pymongo.errors.AutoReconnect:
            pass
        self.await_primary()

    def events(self, namespace):
        """What the oplog holds of a collection: inserts, updates and replaces, deletes."""
        groups = self.client.local["oplog.rs"].aggregate(
            [{"$match": {"ns": namespace}}, {"$group": {"_id": "$op", "count": {"$sum": 1}}}])
        return collections.Counter({group["_id"]: group["count"] for group in groups})


class Daemon:
    """`lockstep run` on a listener of `docs.text`, and the commands beside it."""

    all = []

    def __init__(self, program, folder, mongod, database, model):
        self.program = program
        self.folder = folder / database
        self.folder.mkdir()
        (self.folder / "model.py").write_text(model)
        self.configuration = self.folder / "lockstep.yaml"
        self.configuration.write_text(json.dumps({
            "mongodb": {"uri": mongod.uri, "database": database},
            "models": {"m": {"exec": [sys.executable, "-u", "model.py"], "version": "1"}},
            "listeners": [{"model": "m", "on": "docs", "key": "text"}],
        }))
        self.log = open(self.folder / "daemon.log", "w")
        self.process = subprocess.Popen(
            [program, "run", "-c", self.configuration], stdout=subprocess.PIPE, stderr=self.log, text=True)
        Daemon.all.append(self)
        for line in self.process.stdout:
            if line.startswith("lockstep: caught up"):
                break
        else:
            sys.exit(f"the daemon ended before it was ready: {self.folder / 'daemon.log'}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def held(self):
        """Resident bytes, threads and descriptors of the process now."""
        path = pathlib.Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
        return Held(int(status["VmRSS"].split()[0]) * 1024, int(status["Threads"]), len(os.listdir(path / "fd")))

    def command(self, *arguments):
        return subprocess.run(
            [self.program, *arguments, "-c", self.configuration], capture_output=True, text=True)

    def wait(self):
        done = self.command("wait", "--timeout", "900")
        if done.returncode != 0:
            sys.exit(f"`lockstep wait` exits {done.returncode}: {done.stderr.strip()}")

    def verify(self):
        """The counts of the listener if all is fresh, and whether it is."""
        done = self.command("verify", "--json")
        return json.loads(done.stdout)["listeners"][0] if done.stdout else done.stderr, done.returncode == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode


Held = collections.namedtuple("Held", "bytes threads descriptors")


class Samples(threading.Thread):
    """Reads every second what the daemon holds; keeps the most since it was last asked."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_process = daemon
        self.lock = threading.Lock()
        self.most = daemon.held()
        self.ends = threading.Event()
        self.start()

    def run(self):
        while not self.ends.wait(1):
            try:
                now = self.daemon_process.held()
            except (OSError, KeyError):
                return
            with self.lock:
                self.most = Held(*map(max, self.most, now))

    def take(self):
        now = self.daemon_process.held()
        with self.lock:
            most, self.most = Held(*map(max, self.most, now)), now
        return now, most


class Part:
    """A daemon under load in ten steps; prints a row for each and judges the last against the second."""

    def __init__(self, name, unit, options, folder, mongod, model):
        self.name, self.options, self.mongod = name, options, mongod
        self.database = mongod.client[name]
        self.database.create_collection("docs")
        self.daemon = Daemon(options.lockstep, folder, mongod, name, model)
        self.problems = []
        self.began = time.monotonic()
        self.samples = Samples(self.daemon)
        self.rows = []
        print(f"\n{name}\n{unit:>10}  seconds  MB at rest  MB at most  threads  descriptors", flush=True)
        self.row(0)

    def row(self, done, label=None):
        rest, most = self.samples.take()
        self.rows.append(rest)
        label = f"{done:,}" if label is None else label
        print(f"{label:>10}  {time.monotonic() - self.began:7.0f}"
              f"  {rest.bytes / 2**20:10.1f}  {most.bytes / 2**20:10.1f}"
              f"  {rest.threads:7}  {rest.descriptors:11}", flush=True)

    def tenth(self, done):
        self.daemon.wait()
        self.row(done)

    def finish(self):
        """Waits, judges, stops the daemon. Gives the problems."""
        # Longer than an idle thread lives.
        time.sleep(12)
        self.row(0, "idle")
        warm, end = self.rows[2], self.rows[-1]
        growth = Held(*(b - a for a, b in zip(warm, end)))
        if growth.bytes > self.options.allow * 2**20:
            self.problems.append(f"{growth.bytes / 2**20:.1f} MB more at the end than at 20 %")
        for name, grown in (("threads", growth.threads), ("descriptors", growth.descriptors)):
            if grown > 5:
                self.problems.append(f"{grown} {name} more at the end than at 20 %")
        counts, good = self.daemon.verify()
        if not good:
            self.problems.append(f"not all is fresh: {counts}")
        self.samples.ends.set()
        if (code := self.daemon.stop()) != 0:
            self.problems.append(f"the daemon exits {code}")
        verdict = "NOT FLAT OR NOT FRESH" if self.problems else "flat"
        print(f"{verdict}: {growth.bytes / 2**20:+.1f} MB, {growth.threads:+} threads,"
              f" {growth.descriptors:+} descriptors from 20 % to the end; verify: {json.dumps(counts)}")
        return [f"{self.name}: {problem}" for problem in self.problems]


class Writes:
    """A random mix over a fixed set of documents."""

    def __init__(self, collection, documents, seed):
        self.collection, self.documents = collection, documents
        self.random = random.Random(seed)
        self.there = set()
        self.number = 0
        self.kinds = collections.Counter()

    def text(self):
        self.number += 1
        return f"{self.number} " + self.random.choice(LETTERS) * self.random.randrange(10, 400)

    def bulk(self, count):
        """About so many changes, each of a document of its own. Gives how many MongoDB counted."""
        chosen = self.random.sample(range(self.documents), count)
        operations = []
        for id in chosen:
            kind = self.random.random()
            if id not in self.there:
                operations.append(InsertOne({"_id": id, "text": self.text(), "views": 0}))
                self.there.add(id)
            elif kind < 0.50:
                # Of no concern to the listener.
                operations.append(UpdateOne({"_id": id}, {"$inc": {"views": 1}}))
            elif kind < 0.72:
                operations.append(UpdateOne({"_id": id}, {"$set": {"text": self.text()}}))
            elif kind < 0.82:
                operations.append(ReplaceOne({"_id": id}, {"_id": id, "text": self.text(), "views": 1}))
            elif kind < 0.92:
                operations.append(DeleteOne({"_id": id}))
                self.there.discard(id)
            elif kind < 0.96:
                operations.append(UpdateOne({"_id": id}, {"$unset": {"text": 1}}))
            elif kind < 0.9995:
                operations.append(UpdateOne({"_id": id}, {"$set": {"text": self.text()}, "$inc": {"views": 1}}))
            else:
                operations.append(UpdateOne({"_id": id}, {"$set": {"text": self.number}}))
        result = self.collection.bulk_write(operations, ordered=False)
        return result.inserted_count + result.modified_count + result.deleted_count

    def heal(self):
        """Takes back what the model refuses."""
        return self.collection.bulk_write([
            UpdateMany({"text": {"$type": "number"}}, {"$set": {"text": "healed"}})]).modified_count


def events(options, folder, mongod):
    part = Part("events", "events", options, folder, mongod, LENGTH)
    writes = Writes(part.database.docs, options.documents, options.seed)
    done, since = 0, 0
    for tenth in range(1, 11):
        while done < options.events * tenth // 10:
            count = writes.bulk(min(2000, options.documents, options.events))
            done += count
            since += count
            # What waits for the model is no leak: let it be little.
            if since >= 20_000:
                part.daemon.wait()
                since = 0
        if tenth == 10:
            done += writes.heal()
        part.tenth(done)
    seen = mongod.events("events.docs")
    own = seen.total() - done
    print(f"in the oplog: {seen.total():,} events of the collection: {seen['i']:,} inserts, {seen['u']:,} updates and"
          f" replaces, {seen['d']:,} deletes; {own:,} of them the daemon's own writes")
    if own <= 0:
        part.problems.append("the daemon wrote nothing")
    return part.finish()


def elections(options, folder, mongod):
    part = Part("elections", "elections", options, folder, mongod, LENGTH)
    writes = Writes(part.database.docs, 2000, options.seed)
    for number in range(1, options.elections + 1):
        writes.bulk(200)
        mongod.step_down()
        # Acknowledged in another term: the daemon notices, and begins anew.
        writes.bulk(200)
        part.daemon.wait()
        if number * 10 % options.elections < 10:
            if number == options.elections:
                writes.heal()
            part.tenth(number)
    begun = (part.daemon.folder / "daemon.log").read_text().count("going back to the last saved position")
    print(f"sessions begun anew: {begun}")
    if begun < options.elections // 2:
        part.problems.append(f"only {begun} sessions were begun anew")
    return part.finish()


def restarts(options, folder, mongod):
    part = Part("restarts", "restarts", options, folder, mongod, EXITS)
    marks = part.daemon.folder / "starts"
    number = 0
    for tenth in range(1, 11):
        while (begun := marks.stat().st_size if marks.exists() else 0) < options.restarts * tenth // 10:
            number += 1
            part.database.docs.insert_one({"_id": number, "text": "x" * number})
            while part.database.docs.count_documents({"_id": number, "_outputs.text.m": number}) == 0:
                time.sleep(0.002)
        part.tenth(begun)
    return part.finish()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lockstep", default=str(ROOT / ".build/release/lockstep"))
    options.add_argument("--mongod", default=os.environ.get("LOCKSTEP_MONGOD") or shutil.which("mongod")
                         or str(ROOT / ".lockstep/mongodb/bin/mongod"))
    options.add_argument("--events", type=int, default=1_000_000, help="changes by clients; 0 leaves the part out")
    options.add_argument("--elections", type=int, default=20, help="likewise")
    options.add_argument("--restarts", type=int, default=500, help="likewise")
    options.add_argument("--documents", type=int, default=50_000, help="that the events are about")
    options.add_argument("--allow", type=float, default=10, help="megabytes that count as flat")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", action="store_true", help="keep the logs of a run that went well, too")
    options = options.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-soak-"))
    mongod = Mongod(options.mongod, folder)
    problems = []
    try:
        for name, part in (("events", events), ("elections", elections), ("restarts", restarts)):
            if getattr(options, name) > 0:
                problems += part(options, folder, mongod)
        kept = options.keep or bool(problems)
    except BaseException:
        kept = True
        raise
    finally:
        for daemon in Daemon.all:
            daemon.stop()
        mongod.stop()
        if kept:
            print(f"the logs are kept: {folder}")
            shutil.rmtree(folder / "db", ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for problem in problems:
        print("FAILED: " + problem)
    sys.exit(1 if problems else 0)


main()
