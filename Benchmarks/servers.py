"""The processes of a benchmark: a mongod of its own and the programs that are measured. Each is ended by its own id."""
import atexit
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time

import psutil
import pymongo


class Mongod:
    """A replica set of one; `cache` in GB, `settings` of the replica set."""

    def __init__(self, program, folder, cache=0.5, settings=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "db").mkdir()
        self.process = subprocess.Popen(
            [program, "--replSet", "bench", "--port", str(port), "--dbpath", folder / "db", "--bind_ip", "127.0.0.1",
             "--wiredTigerCacheSizeGB", str(cache), "--oplogSize", "8192", "--logpath", folder / "mongod.log",
             "--nounixsocket"], stdout=subprocess.DEVNULL)
        self.uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        self.client = pymongo.MongoClient(self.uri)
        self.client.admin.command(
            "replSetInitiate", {"_id": "bench", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}],
                                "settings": settings or {}})
        while not self.client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.05)

    def empty(self, database, collections=("docs",)):
        """A database with these collections and nothing in them."""
        self.client.drop_database(database)
        for name in collections:
            self.client[database].create_collection(name)
        return self.client[database]

    def settle(self):
        """What was written is on disk, so that no run pays for the one before."""
        self.client.admin.command("fsync")

    def now(self):
        """The cluster's time, as `seconds,increment`."""
        time = self.client.admin.command("hello")["operationTime"]
        return f"{time.time},{time.inc}"

    def stop(self):
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(command):
    """Runs a program to its end; gives the JSON of its last line."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exits {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Consumer:
    """A program that follows changes; ready once it prints a line that begins with `ready`."""

    def __init__(self, command, log, ready="READY"):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=log, text=True)
        # When the measurement fails half way; nothing happens to one that has ended.
        atexit.register(self.process.kill)
        for line in self.process.stdout:
            if line.startswith(ready):
                break
        else:
            said = pathlib.Path(log.name).read_text(errors="replace")[-2000:]
            sys.exit(f"{' '.join(map(str, command))} ended before it was ready:\n{said}")
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()
        self.usage = psutil.Process(self.process.pid)

    def megabytes(self):
        return self.usage.memory_info().rss / 2**20

    def cpu(self):
        """Seconds of CPU used so far; processes that it starts are not counted."""
        own = self.usage.cpu_times()
        return own.user + own.system

    def stop(self):
        """Ends it; gives the JSON of its last line, if it printed one."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        last = self.lines[-1] if self.lines else ""
        return json.loads(last) if last.startswith("{") else None
