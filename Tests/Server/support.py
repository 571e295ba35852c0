"""What the tests of the server share: a MongoDB with users, daemons on configurations of their own, and an HTTP client.

Each process is ended by its own id. MongoDB asks for a password, so that the tests see whether it is told to anybody.
"""
import atexit
import contextlib
import functools
import http.client
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / ".lockstep" / "python"))
sys.dont_write_bytecode = True

import pymongo  # noqa: E402

BINARY = os.environ.get("LOCKSTEP_BINARY", str(ROOT / ".build" / "release" / "lockstep"))
MONGOD = os.environ.get("LOCKSTEP_MONGOD") or shutil.which("mongod") or str(ROOT / ".lockstep/mongodb/bin/mongod")
TOKEN = "token-of-the-tests-6f1d"
PASSWORD = "p@ss:word/9f2c"
LISTENER = "docs/text/words"
# Longer than anything takes on a loaded machine: who waits so long has failed.
PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=PATIENCE):
    """The first result that counts as true."""
    deadline = time.monotonic() + seconds
    while True:
        if result := condition():
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def end(process, seconds=PATIENCE):
    """Asks a process to end; its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"process {process.pid} did not end within {seconds} s of SIGTERM") from None


@functools.cache
def workspace():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-server-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def mongod():
    """The one that most tests share; each has its own database there."""
    server = Mongod()
    atexit.register(server.stop)
    return server


class Mongod:
    """A replica set of one member that asks for a password."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mongod-", dir=workspace()))
        key = self.folder / "key"
        key.write_text("a key that the members share\n".replace(" ", "") * 4)
        key.chmod(stat.S_IRUSR | stat.S_IWUSR)
        (self.folder / "data").mkdir()
        self.port = free_port()
        self.start()
        direct = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        with pymongo.MongoClient(direct, serverSelectionTimeoutMS=PATIENCE * 1000) as client:
            member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
            client.admin.command("replSetInitiate", {"_id": "server", "members": [member]})
            wait_until(lambda: client.admin.command("hello")["isWritablePrimary"], "mongod becomes primary")
            client.admin.command("createUser", "tester", pwd=PASSWORD, roles=["root"])
        with pymongo.MongoClient(self.uri("tester")) as client:
            client.admin.command(
                "createUser", "lockstep", pwd=PASSWORD, roles=["readWriteAnyDatabase", "clusterMonitor"])
        self.client = pymongo.MongoClient(self.uri("tester"))

    def uri(self, user):
        return (f"mongodb://{user}:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/"
                "?replicaSet=server&authSource=admin")

    def start(self):
        self.process = subprocess.Popen(
            [MONGOD, "--dbpath", str(self.folder / "data"), "--port", str(self.port), "--bind_ip", "127.0.0.1",
             "--replSet", "server", "--keyFile", str(self.folder / "key"), "--wiredTigerCacheSizeGB", "0.25",
             "--logpath", str(self.folder / "log"), "--logappend", "--unixSocketPrefix", str(self.folder),
             "--setParameter", "diagnosticDataCollectionEnabled=false"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        with contextlib.suppress(AttributeError):
            self.client.close()
        self.kill()


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of an error."""
        return self.json["error"]["code"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Daemon:
    """`lockstep run` on a database of its own. Everything that it answered and logged is kept, to look for secrets."""

    count = 0

    def __init__(self, server=None, on=None, database=None, listeners=None, port=0):
        """`server` is what the configuration has besides the port, or "off"."""
        Daemon.count += 1
        self.mongod = on or mongod()
        self.database = database or f"server{Daemon.count}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daemon-", dir=workspace()))
        self.behaviour = self.folder / "behaviour"
        self.log = self.folder / "log"
        self.token = server.get("token") if isinstance(server, dict) else None
        self.port = port
        self.process = None
        self.seen = []
        #: Over that of the tests.
        self.environment = {}
        #: That must never be told.
        self.secrets = [PASSWORD, urllib.parse.quote(PASSWORD, safe=""), urllib.parse.quote(PASSWORD), TOKEN]
        if server != "off":
            server = {"host": "127.0.0.1", "port": port, **(server or {})}
        self.configuration = self.folder / "lockstep.yaml"
        # JSON is YAML.
        self.configuration.write_text(json.dumps({
            "mongodb": {"uri": self.mongod.uri("lockstep"), "database": self.database},
            "models": {"words": {
                "exec": [sys.executable, str(HERE / "words.py"), str(self.behaviour)], "version": "1",
                "timeout": "10m"}},
            "listeners": listeners or [{"model": "words", "on": "docs", "key": "text"}],
            "server": server}, indent=1))

    @property
    def db(self):
        return self.mongod.client[self.database]

    @property
    def docs(self):
        return self.db.docs

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def launch(self):
        """Starts it and does not wait."""
        self.lines = queue.SimpleQueue()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "run", "--json", "-c", str(self.configuration)], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True, env={**os.environ, **self.environment})
        threading.Thread(target=self._listen, args=(self.process, self.lines), daemon=True).start()
        return self

    def _listen(self, process, lines):
        for line in process.stdout:
            self.seen.append(line)
            lines.put(line)
        process.stdout.close()
        lines.put(None)

    @property
    def greeting(self):
        """The start message, which comes once the stream is open."""
        line = self.lines.get(timeout=PATIENCE)
        if line is None:
            raise AssertionError(f"the daemon ended with {self.process.wait()}: {self.log.read_text()[-2000:]}")
        return json.loads(line)

    def start(self):
        """Starts it and waits until it follows changes and serves."""
        self.launch()
        greeting = self.greeting
        if not greeting["server"]:
            raise AssertionError(f"the start message names no server: {greeting}")
        self.port = int(greeting["server"].rsplit(":", 1)[1])
        self.wait_ready()
        return self

    def start_and_scan(self):
        """Starts it and waits until its first scan is through: what is written from now on comes by the stream alone, and
        has its latency counted."""
        self.start()
        if (answer := self.fresh(token=self.token)).status != 200:
            raise AssertionError(f"the first scan does not end: {answer}")
        return self

    def wait_ready(self):
        wait_until(lambda: self.tried("/health/ready") == 200, "ready")

    def tried(self, path):
        """The status of a GET, or None while nobody answers."""
        try:
            return self.get(path).status
        except (OSError, http.client.HTTPException):
            return None

    def stop(self):
        if not self.process:
            return None
        code = end(self.process)
        told = b"\n".join([*self.seen, self.log.read_bytes()])
        for secret in self.secrets:
            if secret.encode() in told:
                place = told.index(secret.encode())
                raise AssertionError(f"a secret was told: {told[max(0, place - 200):place + 100]!r}")
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, method, path, body=None, token=None, headers=None, timeout=PATIENCE):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        self.seen.append(str(answer.headers).encode() + answer.body)
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **{"token": self.token, **options})

    @property
    def status(self):
        return self.get("/v1/status").json

    def order(self, what, listener=LISTENER):
        return self.post(f"/v1/listeners/{urllib.parse.quote(listener, safe='')}/{what}")

    def connect(self):
        """A connection for what no client library sends."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def write(self, write):
        """Writes through a session; the operation time, as the API takes it."""
        with self.mongod.client.start_session() as session:
            write(self.docs, session)
            time = session.operation_time
            return f"{time.time}.{time.inc}"

    def fresh(self, after="now", timeout=PATIENCE, token=None):
        """Waits until everything up to then is reflected."""
        return self.get(f"/v1/freshness?after={after}&timeout={timeout}", token=token, timeout=timeout + PATIENCE)


class ServerTest(unittest.TestCase):
    """One daemon for all tests of the class."""

    server = {"token": TOKEN}
    listeners = None
    longMessage = True

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(cls.server, listeners=cls.listeners)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start_and_scan()

    def run_daemon(self, *arguments, **options):
        """One more, for this test alone."""
        daemon = Daemon(*arguments, **options)
        self.addCleanup(daemon.stop)
        return daemon

    def behave(self, daemon, behaviour):
        """For the rest of the test."""
        self.addCleanup(daemon.behaviour.write_text, "")
        # A reader must not find it half written.
        path = daemon.folder / "behaviour.new"
        path.write_text(behaviour)
        path.rename(daemon.behaviour)
