"""The processes of a run: a mongod, the daemon and the commands beside it. Each is ended by its own id."""
import json
import os
import signal
import socket
import subprocess
import time

import pymongo

from oracle import CODEC, brief

# The oplog's words for what happened; an update is a difference or a whole document.
KINDS = {("i", False): "insert", ("u", True): "update", ("u", False): "replace", ("d", False): "delete"}


class Mongod:
    """A replica set of one member with files of its own."""

    def __init__(self, binary, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = folder / "mongod"
        path.mkdir()
        self.log = folder / "mongod.log"
        self.uri = f"mongodb://127.0.0.1:{self.port}/?replicaSet=oracle"
        self.process = subprocess.Popen(
            [binary, "--dbpath", str(path), "--port", str(self.port), "--bind_ip", "127.0.0.1", "--replSet", "oracle",
             "--wiredTigerCacheSizeGB", "0.5", "--logpath", str(self.log), "--unixSocketPrefix", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.initiate()
        except BaseException:
            self.process.kill()
            raise
        self.client = pymongo.MongoClient(self.uri)

    def initiate(self):
        # Direct until there is a set to speak of.
        direct = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        with pymongo.MongoClient(direct, serverSelectionTimeoutMS=30_000) as client:
            member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
            client.admin.command("replSetInitiate", {"_id": "oracle", "members": [member]})
            deadline = time.monotonic() + 30
            while not client.admin.command("hello")["isWritablePrimary"]:
                if time.monotonic() > deadline:
                    raise RuntimeError("mongod did not become primary within 30 s")
                time.sleep(0.05)

    def history(self, namespace, id):
        """What the oplog knows of one document: every change, with its time."""
        entries = []
        oplog = self.client["local"].get_collection("oplog.rs", codec_options=CODEC)
        for entry in oplog.find({"ns": {"$in": [namespace, "admin.$cmd", namespace.split(".")[0] + ".$cmd"]}}):
            parts = entry["o"].get("applyOps", [entry]) if entry["op"] == "c" else [entry]
            for part in parts:
                if part.get("ns") not in (namespace, namespace.split(".")[0] + ".$cmd"):
                    continue
                key = part.get("o2", part["o"]).get("_id")
                moves = part["op"] == "c" and ("drop" in part["o"] or "renameCollection" in part["o"])
                if moves or part["op"] in "iud" and type(key) is type(id) and key == id:
                    at = entry["wall"].strftime("%H:%M:%S.%f")[:-3]
                    what = part["o"].get("diff", part["o"]) if part["op"] == "u" else part["o"]
                    name = KINDS.get((part["op"], "diff" in part["o"]), part["op"])
                    entries.append(f"{at} #{entry['ts'].inc} {name} {brief(what)}")
        return entries

    def stop(self):
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lockstep:
    """`lockstep run` on one configuration, and the other commands."""

    def __init__(self, binary, configuration, log):
        self.binary = binary
        self.configuration = configuration
        self.log = log
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            log.write(f"--- started at {time.strftime('%H:%M:%S')}\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                [self.binary, "run", "-c", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                # Else a terminal that goes away while a process is stopped ends them all with SIGHUP.
                start_new_session=True)

    @property
    def code(self):
        """Its exit code once it has ended."""
        return self.process.poll()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=60):
        """Asks it to end; its exit code, or None when it had to be killed."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def command(self, *arguments, timeout=180):
        return subprocess.run(
            [self.binary, *arguments, "-c", str(self.configuration)], capture_output=True, text=True, timeout=timeout)

    def wait(self, seconds=90):
        return self.command("wait", "--timeout", str(seconds))

    def verify(self):
        result = self.command("verify", "--json")
        try:
            return result.returncode, json.loads(result.stdout)
        except ValueError:
            return result.returncode, {"stdout": result.stdout, "stderr": result.stderr}

    def tail(self, lines=60):
        with open(self.log, "rb") as log:
            return b"\n".join(log.read().splitlines()[-lines:]).decode(errors="replace")


class CallLog:
    """What the models were called with, as they wrote it down."""

    def __init__(self, path):
        self.path = path

    def read(self, offset=0):
        """(model, input) of every call since `offset`, and where the log ends."""
        calls = []
        if not os.path.exists(self.path):
            return calls, 0
        with open(self.path, "rb") as file:
            file.seek(offset)
            for line in file:
                entry = json.loads(line)
                calls += [(entry["model"], value) for value in entry["inputs"]]
            return calls, file.tell()

    def misled(self, offset=0):
        """How many inputs since `offset` went to a model that was told to misbehave."""
        if not os.path.exists(self.path):
            return 0
        with open(self.path, "rb") as file:
            file.seek(offset)
            return sum(len(entry["inputs"]) for entry in map(json.loads, file) if "mode" in entry)
