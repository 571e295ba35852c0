"""MongoDB for the pages: a replica set of one member, with and without log-in, started when first asked for."""
import base64
import os
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pymongo

from markdown import ROOT

USER, PASSWORD = "lockstep", "secret"   # as the pages have them


def free_port():
    """Below those that connections take by themselves, so that it is still free when a daemon starts again."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            except OSError:
                continue
            return probe.getsockname()[1]


def mongod_binary():
    own = ROOT / ".lockstep/mongodb/bin/mongod"
    named = os.environ.get("LOCKSTEP_MONGOD") or (str(own) if own.exists() else shutil.which("mongod"))
    if not named:
        raise RuntimeError("there is no mongod: run `scripts/setup`")
    return named


class ReplicaSet:
    def __init__(self, guarded):
        self.folder = Path(tempfile.mkdtemp(prefix="lockstep-docs-"))
        self.port = free_port()
        arguments = []
        if guarded:
            key = self.folder / "key"
            key.write_bytes(base64.b64encode(secrets.token_bytes(96)))
            key.chmod(0o600)
            arguments = ["--keyFile", str(key)]
        data = self.folder / "data"
        data.mkdir()
        self.process = subprocess.Popen(
            [mongod_binary(), "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1",
             "--replSet", "rs0", "--wiredTigerCacheSizeGB", "0.25", "--logpath", str(self.folder / "log"),
             "--unixSocketPrefix", str(self.folder), *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.client = self._initiated(guarded)
        except BaseException:
            self.stop()
            raise

    def _initiated(self, guarded):
        place = f"127.0.0.1:{self.port}"
        with pymongo.MongoClient(f"mongodb://{place}/?directConnection=true") as client:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": place}]})
            deadline = time.monotonic() + 60
            while not client.admin.command("hello")["isWritablePrimary"]:
                if time.monotonic() > deadline:
                    raise RuntimeError("mongod did not become primary within 60 s")
                time.sleep(0.05)
            if not guarded:
                return pymongo.MongoClient(f"mongodb://{place}/?replicaSet=rs0")
            client.admin.command("createUser", "root", pwd="root", roles=["root"])
        root = pymongo.MongoClient(f"mongodb://root:root@{place}/?replicaSet=rs0")
        root.admin.command("createUser", USER, pwd=PASSWORD, roles=[{"role": "readWrite", "db": "shop"}])
        return root

    def clear(self):
        for name in self.client.list_database_names():
            if name not in ("admin", "local", "config"):
                self.client.drop_database(name)

    def stop(self):
        if client := getattr(self, "client", None):
            client.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
