"""Lockstep as a process with its server, on a MongoDB of its own (`dev`) or on another one's (`run`)."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pymongo

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lockstep:
    """`configuration` is the text of lockstep.yaml; {port} in it becomes the port of the server."""

    def __init__(self, binary, folder, configuration, mongodb=None):
        self.binary = str(pathlib.Path(binary).resolve())
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "lockstep.log"
        self.port = free_port()  # the same after a restart
        self.mongod_port = free_port()
        self.mongodb = mongodb
        self.process = self.client = None
        (folder / "lockstep.yaml").write_text(configuration.replace("{port}", str(self.port)))

    def start(self):
        command = [self.binary, "run" if self.mongodb else "dev", "-c", "lockstep.yaml"]
        if not self.mongodb:
            command += ["--port", str(self.mongod_port)]
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", OPENVINO_DIR=str(ROOT / ".lockstep/python"))
        mongod = ROOT / ".lockstep/mongodb/bin/mongod"
        if mongod.exists():
            environment.setdefault("LOCKSTEP_MONGOD", str(mongod))
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        found = self.wait_for(r"dashboard at http://[^/\s]+:(\d+)/", begin)
        self.url = f"http://127.0.0.1:{found}"
        self.uri = self.mongodb or self.wait_for(rf"(mongodb://127\.0\.0\.1:{self.mongod_port}[^\s`'\"<>]*)", begin)
        self.client = pymongo.MongoClient(self.uri)

    def wait_for(self, pattern, begin, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            text = self.log.read_bytes()[begin:].decode(errors="replace")
            if match := re.search(pattern, text):
                return match[1]
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"lockstep did not print {pattern!r}; its log:\n{text[-4000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.client:
            self.client.close()
            self.client = None
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
