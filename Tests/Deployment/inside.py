"""Runs in a container under systemd: uses lockstep.service as an operator would, and writes what it saw as JSON."""
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

TOOLS = "/opt/tools"  # the checkout's .lockstep
sys.path.insert(0, f"{TOOLS}/python")
import pymongo  # noqa: E402

CONFIGURATION = """
mongodb: {uri: "${MONGODB_URI}", database: shop}
models:
  words: {exec: [python3, words.py], version: "1"}
  minilm: {openvino: /opt/tools/models/all-MiniLM-L6-v2}
listeners:
  - {model: words, on: docs, key: text}
  - {model: minilm, on: docs, key: text}
"""
# What the program of a model does before all else.
TELLS_SIGNALS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: print("the model was told to stop", file=sys.stderr, flush=True))
"""
facts = {}


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def shown(*names):
    lines = run("systemctl", "show", "lockstep", *(f"--property={name}" for name in names)).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def configure(text):
    path = Path("/etc/lockstep/lockstep.yaml")
    path.write_text(text)
    shutil.chown(path, "root", "lockstep")
    path.chmod(0o640)


def use(port):
    facts["withoutConfiguration"] = run("systemctl", "start", "lockstep").returncode
    facts["enabled"] = run("systemctl", "is-enabled", "lockstep").stdout.strip()

    os.makedirs("/var/lib/mongod")
    run(f"{TOOLS}/mongodb/bin/mongod", "--dbpath", "/var/lib/mongod", "--port", port, "--replSet", "rs0", "--fork",
        "--logpath", "/var/lib/mongod.log", "--wiredTigerCacheSizeGB", "0.25")
    uri = f"mongodb://127.0.0.1:{port}/"
    with pymongo.MongoClient(uri, directConnection=True) as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
        until(lambda: client.admin.command("hello")["isWritablePrimary"], "a primary")
    environment = Path("/etc/lockstep/environment")
    environment.write_text(f"MONGODB_URI={uri}?replicaSet=rs0\nOPENVINO_DIR={TOOLS}/python\n")
    environment.chmod(0o600)
    example = Path("/usr/share/doc/lockstep/examples/words.py").read_text()
    Path("/etc/lockstep/words.py").write_text(TELLS_SIGNALS + example)
    docs = pymongo.MongoClient(uri, replicaSet="rs0").shop.docs

    configure("mongodb: {uri: 7}\n")
    run("systemctl", "start", "lockstep")
    until(lambda: shown("ActiveState")["ActiveState"] == "failed", "a failed start")
    facts["bad"] = shown("ExecMainStatus", "NRestarts", "ActiveState")
    run("systemctl", "reset-failed", "lockstep")

    configure(CONFIGURATION)
    docs.insert_one({"_id": 1, "text": "three short words"})
    facts["start"] = run("systemctl", "start", "lockstep").returncode
    fresh = {"_outputs.text.words": 3, "_outputs.text.minilm": {"$exists": True}}
    until(lambda: docs.find_one(fresh), "both predictions")
    facts["running"] = shown("ActiveState", "User", "NRestarts")
    pid = shown("MainPID")["MainPID"]
    # As docs/operations.md has it.
    facts["check"] = run("systemd-run", "--pipe", "--wait", "-p", "User=lockstep", "-p",
                         "EnvironmentFile=/etc/lockstep/environment", "-p", "WorkingDirectory=/etc/lockstep",
                         "lockstep", "check").stdout
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    facts["confined"] = {name: status[name].strip() for name in ("CapBnd", "NoNewPrivs", "Seccomp")}
    # What its mounts allow, seen from within them.
    writable = [path for path in ("/etc/lockstep", "/usr", "/var", "/var/lib/lockstep", "/tmp")
                if run("nsenter", f"--mount=/proc/{pid}/ns/mnt", "touch", f"{path}/probe").returncode == 0]
    facts["writable"] = writable

    facts["reload"] = None
    if "\n  reload" in run("lockstep", "--help").stdout:
        reload = run("systemctl", "reload", "lockstep")
        facts["reload"] = reload.returncode
        facts["reloadSays"] = reload.stdout + run("journalctl", "-u", "lockstep", "-n", "12").stdout
        docs.insert_one({"_id": 2, "text": "three more words"})
        until(lambda: docs.find_one({"_id": 2, **fresh}), "predictions after the reload")
        facts["sameProcess"] = shown("MainPID")["MainPID"] == pid

    os.kill(int(shown("MainPID")["MainPID"]), 9)
    docs.insert_one({"_id": 3, "text": "three new words"})
    until(lambda: docs.find_one({"_id": 3, **fresh}), "predictions after the kill")
    facts["restarts"] = int(shown("NRestarts")["NRestarts"])

    facts["stop"] = run("systemctl", "stop", "lockstep").returncode
    facts["stopped"] = shown("ActiveState", "Result", "ExecMainStatus")
    uid = pwd.getpwnam("lockstep").pw_uid
    facts["left"] = [path.name for path in Path("/proc").glob("[0-9]*") if path.stat().st_uid == uid]


try:
    use(sys.argv[1])
except BaseException:
    facts["error"] = traceback.format_exc()
facts["log"] = run("journalctl", "--no-pager", "-o", "cat", "-u", "lockstep").stdout
Path("/facts.json").write_text(json.dumps(facts))
run("systemctl", "poweroff", "--force")
