"""A backfill through a provider that answers in 200 ms and takes eight requests at once, beside the client of `openai`."""
import atexit
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = HERE.parent / ".lockstep" / "providers"
CLIENT = "asyncio client of openai"

LATENCY, CONCURRENCY, MINUTE, BATCH = 0.2, 8, 3000, 50


class Provider:
    """The imitation that the tests use, in a process of its own."""

    def __init__(self):
        settings = {"latency": LATENCY, "concurrency": CONCURRENCY, "requests": {"limit": MINUTE, "per": 60}, "maxInputs": BATCH,
                    "remember": False, "dimensions": 384}
        self.settings = settings
        self.process = subprocess.Popen(
            [sys.executable, HERE.parent / "Tests" / "Providers" / "imitation.py"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.url = self.process.stdout.readline().strip()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def begin(self):
        body = json.dumps({"reset": True, **self.settings}).encode()
        self.opener.open(urllib.request.Request(self.url + "/control", body, method="POST")).close()

    def tally(self):
        with self.opener.open(self.url + "/control") as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def megabytes(process):
    """The most that was ever resident."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmHWM in /proc")


def providers(bench):
    if not (PACKAGES / "openai").is_dir():
        sys.exit("the client of openai is not there: run scripts/setup tests")
    count = bench.size(100_000)
    provider = Provider()
    folder = bench.folder / "providers"
    folder.mkdir()
    (folder / "lockstep.yaml").write_text(json.dumps({
        "mongodb": {"uri": bench.mongod.uri, "database": "bench"},
        "models": {"m": {"http": {"api": "openai", "url": provider.url + "/v1", "model": "text-embedding-3-small",
                                  "key": "sk-bench"}, "batch": {"count": BATCH}}},
        "listeners": [{"model": "m", "on": "docs", "key": "text"}]}))

    def done(documents):
        return documents.count_documents({"_outputs.text.m": {"$exists": True}})

    def lockstep(documents):
        began = time.monotonic()
        process = subprocess.Popen(
            [str(bench.options.lockstep), "run", "-c", str(folder / "lockstep.yaml")], stdout=bench.log, stderr=bench.log)
        atexit.register(process.kill)
        # Counting takes MongoDB some time: not before all was asked for.
        while provider.tally()["inputs"] < count or done(documents) < count:
            if process.poll() is not None or time.monotonic() - began > 600:
                sys.exit(f"{provider.tally()['inputs']} of {count} inputs were asked for, {done(documents)} vectors stored: see "
                         f"{bench.log.name}")
            time.sleep(0.05)
        seconds, most = time.monotonic() - began, megabytes(process.pid)
        process.terminate()
        process.wait(60)
        return seconds, most

    def client(documents):
        environment = {**os.environ, "PYTHONPATH": f"{PACKAGES}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        # As it counts itself, without the start of Python and its imports.
        finished = subprocess.run(
            [sys.executable, HERE / "Peers" / "openai_loop.py", bench.mongod.uri, "bench", "docs", "--url", provider.url + "/v1",
             "--batch", str(BATCH), "--concurrency", str(CONCURRENCY)], check=True, stdout=subprocess.PIPE,
            stderr=bench.log, text=True, env=environment, timeout=900)
        return json.loads(finished.stdout)["seconds"], None

    programs = {"lockstep": lockstep, CLIENT: client}
    rates, refused, most = {name: [] for name in programs}, [], []
    for name in bench.each_in_turn(programs):
        documents = bench.mongod.empty("bench").docs
        bench.insert(count)
        bench.mongod.settle()
        provider.begin()
        seconds, memory = programs[name](documents)
        tally = provider.tally()
        if done(documents) != count or tally["inputs"] != count:
            sys.exit(f"{name}: {done(documents)} of {count} vectors, {tally['inputs']} inputs were paid for")
        rates[name].append(count / seconds)
        if name == "lockstep":
            refused.append(100 * tally["refused"] / tally["requests"])
            most.append(memory)
    provider.stop()
    allowed = min(CONCURRENCY / LATENCY, MINUTE / 60) * BATCH
    what = (f"for {count:,} documents through a provider that answers {BATCH} inputs in {LATENCY * 1000:.0f} ms, takes "
            f"{CONCURRENCY} requests at once and {MINUTE:,} a minute, and refuses more; Lockstep is told none of it")
    bench.row(
        "providers", "backfill through a provider",
        f"Documents a second from the launch of the program until the last vector is stored, {what}. Beside what these limits "
        "allow, and a loop with the asyncio client of `openai` at the best number of requests at once.",
        "documents/s", "higher", rates["lockstep"], [allowed] * len(rates["lockstep"]), {"kind": "ratio_min", "value": 0.95},
        {CLIENT: rates[CLIENT]})
    bench.row(
        "providers-client", "backfill through a provider, beside a client",
        "The same, beside that loop, which is told the best number, is measured without its start, and keeps no positions, guard "
        "or provenance.",
        "documents/s", "higher", rates["lockstep"], rates[CLIENT], {"kind": "ratio_min", "value": 1.0})
    bench.row("providers-refused", "backfill through a provider, refused requests", f"Share of requests refused, {what}.", "%",
              "lower", refused, goal={"kind": "max", "value": 1.0})
    bench.row("providers-memory", "backfill through a provider, memory", f"The most megabytes resident, {what}.", "MB", "lower",
              most, goal={"kind": "max", "value": 150})
    print(f"  median share of what is allowed: {statistics.median(rates['lockstep']) / allowed:.3f}", flush=True)
