"""Random operations of every kind against the daemon, and a judge that knows only the contract.

    PYTHONPATH=.lockstep/python python3 Tests/Oracle/run.py --seconds 20 --kills 3 --writers 3 --seed 1

Two phases. First several writers at once while the daemon is killed and started again: in the end every output and
provenance must be right. Then one writer, change by change: the models are called once per effective change and
never else. Exits 0 when all of it holds, 1 with what went wrong otherwise; the files of a failed run are kept.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / ".lockstep" / "python")]
# The models and writers inherit it.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.dont_write_bytecode = True

import calls  # noqa: E402
import oracle  # noqa: E402
from servers import CallLog, Lockstep, Mongod  # noqa: E402


def parse():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=str(ROOT / ".build" / "release" / "lockstep"))
    options.add_argument("--mongod", default=shutil.which("mongod") or str(ROOT / ".lockstep/mongodb/bin/mongod"))
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--kills", type=int, default=3)
    options.add_argument("--writers", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--without-other-client", action="store_true",
                         help="do without the writer in Perl (Debian: libmongodb-perl)")
    options.add_argument("--keep", action="store_true", help="keep the files of a run that went well, too")
    options.add_argument("--only", choices=["storm", "calls"], help="one phase alone")
    return options.parse_args()


def other_client():
    """The command of the writer that is not Python; ends the run when it cannot be had."""
    command = ["perl", str(HERE / "other_client.pl")]
    try:
        check = subprocess.run([*command, "--check"], capture_output=True, text=True)
        problem = check.stderr.strip().splitlines()[0] if check.returncode else None
    except FileNotFoundError:
        problem = "there is no perl"
    if problem:
        sys.exit(f"the writer in another language cannot run: {problem}\n"
                 "Install perl and MongoDB's Perl driver (Debian: apt-get install libmongodb-perl),"
                 " or pass --without-other-client.")
    return command


def summary(problems):
    """Each problem in a few short lines, the first ones when there are many."""
    lines = [f"\n{len(problems)} problem{'' if len(problems) == 1 else 's'}:"]
    for problem in problems[:5]:
        lines += ["  " + line[:400] for line in problem.splitlines()[:3]]
    if len(problems) > 5:
        lines.append(f"  and {len(problems) - 5} more, above")
    return "\n".join(lines)


class Events(threading.Thread):
    """Counts the events of the watched collections, by kind."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.counts = collections.Counter()
        self.ends = False
        self.stream = database.watch(
            [{"$match": {"ns.coll": {"$in": ["docs", "folded"]}}}, {"$project": {"operationType": 1}}],
            max_await_time_ms=200)

    def run(self):
        while not self.ends:
            event = self.stream.try_next()
            if event:
                self.counts[event["operationType"]] += 1


class Run:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-oracle-"))
        self.problems = []
        self.summary = []
        self.operations = collections.Counter()
        self.refused = collections.Counter()
        self.other = None if options.without_other_client else other_client()
        self.mongod = None
        self.daemons = []

    def daemon(self, database):
        configuration = self.folder / f"{database}.yaml"
        calls_log = self.folder / f"{database}.calls"
        configuration.write_text(
            oracle.configuration(self.mongod.uri, database, sys.executable, HERE / "models", calls_log))
        lockstep = Lockstep(self.options.binary, configuration, self.folder / f"{database}.log")
        self.daemons.append(lockstep)
        return lockstep, CallLog(calls_log)

    def fail(self, text):
        self.problems.append(text)
        print("FAILED: " + text, flush=True)

    def line(self, name, value):
        self.summary.append((name, value))

    # MARK: The first phase

    def storm(self):
        lockstep, call_log = self.daemon("storm")
        database = self.mongod.client["storm"]
        # "a" and "A" are one to this collection, and still two inputs.
        database.create_collection("folded", collation={"locale": "en", "strength": 2})
        lockstep.start()
        first = lockstep.wait()
        if first.returncode != 0:
            return self.fail(f"`wait` on an empty database exits {first.returncode}: {first.stderr}\n{lockstep.tail()}")
        events = Events(database)
        events.start()
        writers = self.writers()
        kills = self.kill(lockstep, writers)
        for index, writer in enumerate(writers):
            if writer.wait() != 0:
                self.fail(f"writer {index} broke")
        began = time.monotonic()
        waited = lockstep.wait()
        events.ends = True
        if waited.returncode != 0:
            self.fail(f"`wait` exits {waited.returncode}: {waited.stderr.strip()}\n{lockstep.tail()}")
        self.line("caught up after", f"{time.monotonic() - began:.1f} s")
        self.judge(lockstep, database)
        self.count(events, call_log, kills)
        code = lockstep.stop()
        if code != 0:
            self.fail(f"the daemon exits {code} after SIGTERM\n{lockstep.tail()}")

    def writers(self):
        commands = []
        for index in range(self.options.writers):
            commands.append([
                sys.executable, str(HERE / "writers.py"), "--uri", self.mongod.uri, "--database", "storm",
                "--seed", str(self.options.seed), "--index", str(index), "--seconds", str(self.options.seconds),
                "--stats", str(self.folder / f"stats-{index}.json")])
        if self.other:
            commands.append([
                *self.other, self.mongod.uri, "storm", str(self.options.seed), str(self.options.seconds),
                str(self.folder / "stats-other.json")])
        environment = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}
        return [subprocess.Popen(command, env=environment) for command in commands]

    def kill(self, lockstep, writers):
        """Kills the daemon time and again while the writers write; gives how often."""
        rng = random.Random(self.options.seed)
        part = self.options.seconds / (self.options.kills + 1)
        kills = 0
        end = time.monotonic() + self.options.seconds
        for index in range(self.options.kills):
            at = end - self.options.seconds + part * (index + 0.6 + 0.8 * rng.random())
            time.sleep(max(0, at - time.monotonic()))
            if lockstep.code is not None:
                self.fail(f"the daemon ended by itself with {lockstep.code}\n{lockstep.tail()}")
            lockstep.kill()
            kills += 1
            # Sometimes at once, sometimes later.
            time.sleep(rng.choice([0, 0.3, 1.5]))
            lockstep.start()
        while any(writer.poll() is None for writer in writers) and time.monotonic() < end + 60:
            time.sleep(0.1)
        for writer in writers:
            if writer.poll() is None:
                writer.kill()
        if lockstep.code is not None:
            self.fail(f"the daemon ended by itself with {lockstep.code}\n{lockstep.tail()}")
            lockstep.start()
        return kills

    def judge(self, lockstep, database):
        judge = oracle.Oracle().audit(database.with_options(codec_options=oracle.CODEC))
        if judge.findings:
            tally = judge.tally()
            self.fail(f"the oracle finds {tally['wrong']} wrong, {tally['missing']} missing, {tally['extra']} extra")
            kinds = collections.Counter(f"{finding.kind}: {finding.listener}" for finding in judge.findings)
            for kind, count in kinds.most_common():
                print(f"  {count:5} {kind}")
            shown = collections.Counter()
            for finding in judge.findings:
                shown[finding.kind, finding.listener] += 1
                if shown[finding.kind, finding.listener] <= 2:
                    print(finding)
                    print("  its last changes:")
                    for entry in self.history(finding)[-12:]:
                        print(f"    {entry[:500]}")
            with open(self.folder / "findings.txt", "w") as file:
                for finding in judge.findings:
                    entries = "\n".join("    " + entry for entry in self.history(finding)[-60:])
                    file.write(f"{finding}\n  its last changes:\n{entries}\n\n")
        self.verify(lockstep, judge)
        self.line("documents", judge.documents)
        self.line("outputs", judge.outputs)
        self.line("parked", len(judge.refused))
        for name, count in judge.tally().items():
            self.line(name, count)

    def history(self, finding):
        id = finding.document["_id"]
        id = id["document"] if isinstance(id, dict) and "listener" in id else id
        return self.mongod.history("storm." + finding.listener.split("/")[0], id)

    def verify(self, lockstep, judge):
        """Lockstep's own audit must come to the same."""
        code, report = lockstep.verify()
        failed = sum(listener.get("failed", 0) for listener in report.get("listeners", []))
        unfresh = [listener for listener in report.get("listeners", [])
                   if listener["stale"] or listener["missing"] or listener["extra"]]
        expected = 1 if judge.refused else 0
        if "listeners" not in report or unfresh:
            self.fail(f"`verify` exits {code} and finds\n{json.dumps(unfresh or report, indent=1)}")
        elif failed != len(judge.refused):
            self.fail(f"`verify` finds {failed} parked documents, the oracle {len(judge.refused)}")
        elif code != expected:
            self.fail(f"`verify` exits {code} with {failed} parked documents")

    def count(self, events, call_log, kills):
        for file in sorted(self.folder.glob("stats-*.json")):
            stats = json.loads(file.read_text())
            prefix = "perl: " if file.stem == "stats-other" else ""
            for name, count in stats["operations"].items():
                self.operations[prefix + name] += count
            for name, count in stats["refused"].items():
                self.refused[prefix + name] += count
        self.line("operations", sum(self.operations.values()))
        self.line("refused by the server", sum(self.refused.values()))
        self.line("kills", kills)
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(events.counts.items()))
        self.line("events, own writes included", f"{sum(events.counts.values())} ({kinds})")
        made = collections.Counter(model for model, _ in call_log.read()[0])
        self.line("model inputs", f"{sum(made.values())} ({', '.join(f'{k} {v}' for k, v in sorted(made.items()))})")

    # MARK: Both

    def run(self):
        try:
            self.mongod = Mongod(self.options.mongod, self.folder)
            if self.options.only != "calls":
                self.storm()
            if self.options.only != "storm":
                checked = calls.count(self)
                self.line("changes with counted calls", checked)
        finally:
            for daemon in self.daemons:
                if daemon.process and daemon.process.poll() is None:
                    daemon.kill()
            if self.mongod:
                self.mongod.stop()
        self.report()
        if not self.problems and not self.options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        return 1 if self.problems else 0

    def report(self):
        print("\noperations by kind")
        for name, count in sorted(self.operations.items()):
            print(f"  {name:32}{count:8}")
        print("\nsummary")
        for name, value in self.summary:
            print(f"  {name:32}{value}")
        if not self.problems:
            print(f"\nall right (seed {self.options.seed})")
            return
        for daemon in self.daemons:
            print(f"\nthe end of {daemon.log.name}\n{daemon.tail(25)}")
        print(f"\nfiles kept in {self.folder}")
        # The last lines are what everybody sees.
        print(summary(self.problems))


if __name__ == "__main__":
    sys.exit(Run(parse()).run())
