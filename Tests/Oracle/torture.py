"""The torture run: every kind of write against the daemon on a replica set of three, and every kind of fault at once.

    PYTHONPATH=.lockstep/python python3 Tests/Oracle/torture.py --minutes 5 --seed 1

Round after round, writers in two languages write while the daemon, its models, the members of the set and the network
between them fail. Then everything is healed, `lockstep wait` must return, and every document is judged. Exits 0 when
all documents of all rounds were right, 1 with what was wrong otherwise; the files of a failed run are kept.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / ".lockstep" / "python")]
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.dont_write_bytecode = True

import calm  # noqa: E402
import oracle  # noqa: E402
import writers as writing  # noqa: E402
from cluster import Cluster  # noqa: E402
from faults import KINDS, Faults  # noqa: E402
from recorder import Recorder  # noqa: E402
from run import other_client, summary  # noqa: E402
from servers import CallLog, Lockstep  # noqa: E402

# Lines of the daemon's log for each fault beyond which it talks too much.
TALKATIVE = 20


def parse():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=str(ROOT / ".build" / "release" / "lockstep"))
    options.add_argument("--mongod", default=shutil.which("mongod") or str(ROOT / ".lockstep/mongodb/bin/mongod"))
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--round", type=float, default=20, help="seconds of writes and faults in one round")
    options.add_argument("--writers", type=int, default=3)
    options.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options.add_argument("--faults", default="", help=f"these kinds alone, with commas between: {', '.join(KINDS)}")
    options.add_argument("--wait", type=float, default=120, help="how long `lockstep wait` may take after a round")
    options.add_argument("--without-other-client", action="store_true",
                         help="do without the writer in Perl (Debian: libmongodb-perl)")
    options.add_argument("--keep", action="store_true", help="keep the files of a run that went well, too")
    options.add_argument("--waves", type=int, default=4,
                         help="before the first fault: so many waves of changes, each waited for and its model calls"
                              " counted; alone with --minutes 0")
    options.add_argument("--explain", action="store_true",
                         help="print the last changes of outputs that were computed again")
    options.add_argument("--go-on", action="store_true", help="go on after a round that failed")
    return options.parse_args()


class Daemon(Lockstep):
    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log_bytes(self):
        return self.log.read_bytes() if self.log.exists() else b""


class Torture:
    name = "torture"

    def __init__(self, options):
        self.options = options
        self.rng = random.Random(options.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-torture-"))
        self.other = None if options.without_other_client else other_client()
        self.kinds = set(filter(None, map(str.strip, options.faults.split(","))))
        if unknown := self.kinds - set(KINDS):
            sys.exit(f"no such fault: {', '.join(unknown)}; there are {', '.join(KINDS)}")
        self.problems = []
        self.rounds = 0
        self.writes = collections.Counter()
        self.refused = collections.Counter()
        self.exits = collections.Counter()
        self.totals = collections.Counter()
        self.slowest_wait = self.waited = 0.0
        self.calm_rows = []
        self.histories_lost = 0
        self.verdicts = []
        self.lockstep = self.cluster = self.recorder = self.standby = self.noted = None
        self.started_at = 0.0
        self.calls = CallLog(self.folder / "calls")

    def fail(self, text):
        self.problems.append(text)
        print(f"{time.strftime('%H:%M:%S')} FAILED: {text}", flush=True)

    # MARK: The daemon

    def configure(self, listeners):
        self.listeners = listeners
        self.lockstep.configuration.write_text(oracle.configuration(
            self.cluster.uri, self.name, sys.executable, HERE / "models", self.calls.path, listeners,
            f", --behaviour, {self.folder / 'behaviour'}", "2s"))

    def order(self, behaviour):
        """Has the models behave so; None: honestly."""
        path = self.folder / "behaviour"
        if behaviour is None:
            path.unlink(missing_ok=True)
        else:
            path.with_suffix(".new").write_text(json.dumps(behaviour))
            path.with_suffix(".new").rename(path)

    def start_daemon(self):
        self.note_exit()
        self.started_at = time.monotonic()
        self.lockstep.start()

    def start_standby(self):
        self.standby = Daemon(self.options.binary, self.lockstep.configuration, self.lockstep.log)
        self.standby.start()

    def lose_one(self, rng):
        """Kills one of the two daemons, whichever it is."""
        if rng.random() < 0.7:
            self.lockstep, self.standby = self.standby, self.lockstep
        self.standby.kill()
        self.standby = None

    def note_exit(self):
        """A daemon that ended by itself: it may, when it finds no server on its start. Whoever runs it starts it again."""
        process = self.lockstep.process
        if process is None or process.poll() is None or process is self.noted or process.returncode in (-9, 0):
            return
        self.noted = process
        self.exits[process.returncode] += 1
        if process.returncode != 69 or time.monotonic() - self.faults.servers_hurt_at > 60:
            self.fail(f"the daemon ended by itself with {process.returncode}\n{self.lockstep.tail(8)}")

    def kill_daemon(self):
        self.note_exit()
        self.lockstep.kill()

    def stop_daemon(self):
        self.note_exit()
        began = time.monotonic()
        if self.lockstep.code is not None:
            return
        code = self.lockstep.stop(90)
        took = time.monotonic() - began
        self.faults.note("  SIGTERM", f"exit {code} after {took:.1f} s")
        self.noted = self.lockstep.process
        if code == 0:
            return
        self.exits[f"{code} after SIGTERM"] += 1
        # In its first moments nothing catches the signal; without servers it may be unable to save its position.
        is_young = code == -signal.SIGTERM and began - self.started_at < 2
        if not is_young and (code != 1 or time.monotonic() - self.faults.servers_hurt_at > 60):
            self.fail(f"the daemon exits {code} {took:.1f} s after SIGTERM\n{self.lockstep.tail(8)}")

    def keep_running(self):
        if self.lockstep.code is not None:
            self.start_daemon()

    # MARK: A round

    def round(self):
        self.rounds += 1
        traits = {0: {"outages", "gone listeners", "lost history"}, 1: {"outages"}, 2: {"slander", "lost history"}}[
            self.rounds % 3]
        without = writing.UNSEEN if traits & {"gone listeners", "lost history"} else set()
        log_began = len(self.lockstep.log_bytes())
        if self.rounds > 1 and len(self.listeners) < len(oracle.LISTENERS) and not without:
            # A listener that was gone saw nothing of what happened to its outputs.
            self.stop_daemon()
            self.configure(oracle.LISTENERS)
            self.start_daemon()
            self.wait("with all listeners again")
        faults_before = sum(self.faults.counts.values())
        calls_offset = os.path.getsize(self.calls.path) if os.path.exists(self.calls.path) else 0
        diary = len(self.faults.diary)
        repeated = len(self.recorder.repeated)
        processes = self.start_writers(without)
        lanes = self.faults.storm(self.options.round, traits, self.kinds)
        began = time.monotonic()
        while any(lane.is_alive() for lane in lanes) or time.monotonic() < began + self.options.round:
            time.sleep(0.2)
        self.end_writers(processes)
        self.order(None)
        self.lockstep.resume() if self.lockstep.code is None else self.start_daemon()
        self.cluster.heal(reset=False)
        self.cluster.wait_healthy()
        self.keep_running()
        verdict = self.judge() if self.settle(traits) else "not judged"
        log = self.lockstep.log_bytes()[log_began:]
        lines = log.count(b"\n")
        # A parked document is worth a line, fault or no fault.
        talk = sum(not (b" parked" in line or line.startswith(b"---")) for line in log.splitlines())
        faults = sum(self.faults.counts.values()) - faults_before
        self.totals["log lines"] += lines
        self.totals["talk"] += talk
        calls, _ = self.calls.read(calls_offset)
        repeated = len(self.recorder.repeated) - repeated
        self.totals["model inputs"] += len(calls)
        self.totals["misled"] += self.calls.misled(calls_offset)
        print(f"{time.strftime('%H:%M:%S')} round {self.rounds} ({', '.join(sorted(traits))}): {faults} faults,"
              f" {verdict}, waited {self.waited:.1f} s, {len(calls)} model inputs, {repeated} outputs computed again,"
              f" {lines} log lines ({talk} apart from what is parked),"
              f" rollbacks {self.cluster.rollbacks()}, elections {self.cluster.elections()}", flush=True)
        if talk > TALKATIVE * max(1, faults):
            self.fail(f"log storm: {talk} lines for {faults} faults, apart from what is parked")
        for entry in self.recorder.repeated[len(self.recorder.repeated) - repeated:][:3] if repeated else []:
            print(f"  computed again: {entry[0]}, document {entry[1]!r}, at {entry[2]:%H:%M:%S.%f}")
            if self.options.explain:
                print("    " + "\n    ".join(line[:400] for line in entry[3]))
        if self.problems:
            print("  faults of this round:\n    " + "\n    ".join(self.faults.diary[diary:]))

    def start_writers(self, without):
        commands = []
        for index in range(self.options.writers):
            commands.append([
                sys.executable, str(HERE / "writers.py"), "--uri", self.cluster.uri, "--database", self.name,
                "--seed", str(self.options.seed + self.rounds), "--index", str(index), "--seconds",
                str(self.options.round), "--torture", "--without", ",".join(sorted(without)),
                "--stats", str(self.folder / f"stats-{index}.json")])
        if self.other:
            uri = self.cluster.uri + "&serverSelectionTimeoutMS=3000&connectTimeoutMS=2000&socketTimeoutMS=4000"
            commands.append([
                *self.other, uri, self.name, str(self.options.seed + self.rounds), str(self.options.round),
                str(self.folder / "stats-other.json")])
        environment = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}
        return [subprocess.Popen(command, env=environment) for command in commands]

    def end_writers(self, processes):
        for index, process in enumerate(processes):
            try:
                if process.wait(60) != 0:
                    self.fail(f"writer {index} broke with {process.returncode}")
            except subprocess.TimeoutExpired:
                self.faults.note("  writer", f"{index} did not end, killed")
                process.kill()
                process.wait()
        for file in self.folder.glob("stats-*.json"):
            stats = json.loads(file.read_text())
            prefix = "perl: " if file.stem == "stats-other" else ""
            for name, count in stats["operations"].items():
                self.writes[prefix + name] += count
            for name, count in stats["refused"].items():
                self.refused[prefix + name] += count
            file.unlink()

    def wait(self, when):
        began = time.monotonic()
        waited = self.lockstep.wait(self.options.wait)
        if waited.returncode != 0 and self.lockstep.code is not None:
            # That it ended is told; whoever runs it starts it again.
            self.start_daemon()
            waited = self.lockstep.wait(self.options.wait)
        self.waited = time.monotonic() - began
        self.slowest_wait = max(self.slowest_wait, self.waited)
        if waited.returncode != 0:
            self.fail(f"{when}: `wait` exits {waited.returncode} after {self.waited:.0f} s: {waited.stderr.strip()}\n"
                      f"{self.lockstep.tail(20)}")
        self.keep_running()
        return waited.returncode == 0

    def settle(self, traits):
        if not self.wait(f"round {self.rounds}"):
            return False
        if "slander" in traits:
            # Here, and here alone, documents may be parked with inputs that the honest model takes: an answer with
            # `errors` or with null refuses the input by the protocol, and a model that breaks on one input three times
            # and answers others between cannot be told from an input that breaks it.
            retried = self.lockstep.command("failures", "retry")
            if retried.returncode != 0:
                self.fail(f"`failures retry` exits {retried.returncode}: {retried.stderr.strip()}")
            return self.wait(f"round {self.rounds}, after `failures retry`")
        return True

    # MARK: Judging

    def judge(self):
        database = self.cluster.client.get_database(self.name, codec_options=oracle.CODEC)
        judge = oracle.Oracle(self.listeners).audit(database)
        tally = judge.tally()
        self.totals["documents"] += judge.documents
        self.totals["outputs"] += judge.outputs
        for name, count in tally.items():
            self.totals[name] += count
        if judge.findings:
            self.report_findings(judge, tally)
        self.verify(judge)
        return f"{judge.documents} documents, {judge.outputs} outputs, {len(judge.refused)} parked," \
               f" {tally['wrong']} wrong, {tally['missing']} missing, {tally['extra']} extra"

    def report_findings(self, judge, tally):
        self.fail(f"round {self.rounds}: the oracle finds {tally['wrong']} wrong, {tally['missing']} missing,"
                  f" {tally['extra']} extra")
        kinds = collections.Counter(f"{finding.kind}: {finding.listener}" for finding in judge.findings)
        for kind, count in kinds.most_common():
            print(f"  {count:5} {kind}")
        shown = collections.Counter()
        with open(self.folder / "findings.txt", "a") as file:
            for finding in judge.findings:
                shown[finding.kind, finding.listener] += 1
                history = self.history(finding)
                file.write(f"{finding}\n  its last changes:\n    " + "\n    ".join(history) + "\n\n")
                if shown[finding.kind, finding.listener] <= 2 and sum(shown.values()) < 12:
                    print(finding)
                    print("  its last changes:\n    " + "\n    ".join(entry[:600] for entry in history[-14:]))

    def history(self, finding):
        id = finding.document["_id"]
        id = id["document"] if isinstance(id, dict) and "listener" in id else id
        return self.recorder.history(finding.listener.split("/")[0], id)

    def verify(self, judge):
        """Lockstep's own audit must come to the same."""
        code, report = self.lockstep.verify()
        failed = sum(listener.get("failed", 0) for listener in report.get("listeners", []))
        unfresh = [listener for listener in report.get("listeners", [])
                   if listener["stale"] or listener["missing"] or listener["extra"]]
        if "listeners" not in report or unfresh:
            self.fail(f"round {self.rounds}: `verify` exits {code} and finds\n{json.dumps(unfresh or report)}")
        elif failed != len(judge.refused):
            self.fail(f"round {self.rounds}: `verify` finds {failed} parked, the oracle {len(judge.refused)}")

    def begin_storms(self):
        """The collections as the storms want them; what the waves stored does not count there."""
        database = self.cluster.client[self.name]
        database["folded"].drop()
        database.create_collection("folded", collation={"locale": "en", "strength": 2})
        self.wait("before the first round")
        now, deadline = self.cluster.client.admin.command("ping")["operationTime"], time.monotonic() + 60
        while self.recorder.reached < now:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the recorder does not reach {now}")
            time.sleep(0.05)
        self.recorder.stored = 0

    # MARK: All of it

    def run(self):
        try:
            self.cluster = Cluster(self.options.mongod, self.folder)
            self.faults = Faults(self, random.Random(self.options.seed))
            database = self.cluster.client[self.name]
            database.create_collection("docs")
            database.create_collection("folded", collation={"locale": "en", "strength": 2})
            self.recorder = Recorder(self.cluster.client, self.name)
            self.recorder.start()
            self.recorder.opened.wait(30)
            self.lockstep = Daemon(self.options.binary, self.folder / "lockstep.yaml", self.folder / "lockstep.log")
            self.configure(oracle.LISTENERS)
            self.lockstep.start()
            self.wait("on an empty database")
            if self.options.waves:
                calm.count(self)
                self.begin_storms()
            end = time.monotonic() + self.options.minutes * 60
            while time.monotonic() < end:
                self.round()
                if self.problems and not self.options.go_on:
                    break
            self.totals["rollbacks"] = self.cluster.rollbacks()
            self.totals["elections"] = self.cluster.elections()
        except Exception as error:
            self.fail(f"the run broke: {type(error).__name__}: {error}")
            traceback.print_exc()
        finally:
            for daemon in filter(None, [self.lockstep, self.standby]):
                if daemon.process and daemon.code is None:
                    daemon.resume()
                    daemon.kill()
            if self.recorder:
                self.recorder.ends = True
                self.recorder.join(5)
            if self.cluster:
                self.cluster.stop()
        self.report()
        if not self.problems and not self.options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        return 1 if self.problems else 0

    def report(self):
        def listed(counts):
            return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=str))

        events = self.recorder.events if self.recorder else {}
        rows = self.calm_rows + (self.rows(events, listed) if self.rounds else [])
        print("\noperations by kind")
        for name, count in sorted(self.writes.items()):
            print(f"  {name:32}{count:8}")
        print("\n| torture run | |\n| --- | --- |")
        for name, value in rows:
            print(f"| {name} | {value} |")
        self.conclude()

    def rows(self, events, listed):
        return [
            ("rounds", self.rounds),
            ("faults", f"{sum(self.faults.counts.values())} ({listed(self.faults.counts)})"),
            ("elections, rollbacks, resyncs",
             f"{self.totals['elections']}, {self.totals['rollbacks']}, {self.cluster.resyncs}"),
            ("histories lost", self.histories_lost),
            ("operations of writers", f"{sum(self.writes.values())} of {len(self.writes)} kinds"),
            ("refused or broken off", sum(self.refused.values())),
            ("change events", f"{sum(events.values())} ({listed(events)})"),
            ("model inputs", self.totals["model inputs"]),
            ("of these to models that misbehaved", self.totals["misled"]),
            ("outputs stored", self.recorder.stored),
            ("inputs to honest models per output stored",
             f"{(self.totals['model inputs'] - self.totals['misled']) / max(1, self.recorder.stored):.2f}"),
            # Refused, superseded, rolled back, or in flight when the daemon was killed.
            ("inputs to honest models without a stored output",
             self.totals["model inputs"] - self.totals["misled"] - self.recorder.stored),
            ("of these again for the same input",
             f"{len(self.recorder.repeated)}, and {self.recorder.mended_again} that others had touched"),
            ("documents judged", self.totals["documents"]),
            ("outputs judged", self.totals["outputs"]),
            ("wrong, missing, extra", f"{self.totals['wrong']}, {self.totals['missing']}, {self.totals['extra']}"),
            ("slowest `wait` after a round", f"{self.slowest_wait:.1f} s"),
            ("lines logged by the daemon", f"{self.totals['log lines']}, {self.totals['talk']} apart from what is parked"),
            ("daemon's exits by itself", listed(self.exits)),
        ]

    def conclude(self):
        if not self.problems:
            print(f"\nall right (seed {self.options.seed})")
            return
        if self.lockstep:
            print(f"\nthe end of {self.lockstep.log.name}\n{self.lockstep.tail(30)}")
        print(f"\nfiles kept in {self.folder} (seed {self.options.seed})")
        # The last lines are what everybody sees.
        print(summary(self.problems))


if __name__ == "__main__":
    sys.exit(Torture(parse()).run())
