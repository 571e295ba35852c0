"""What happened to the watched documents, from the change stream: counts, and every document's last changes."""
import collections
import threading

import bson
from pymongo.errors import PyMongoError

import oracle

WATCHED = ["docs", "folded"]


def key(collection, id):
    return collection, bson.encode({"_id": id}, codec_options=oracle.CODEC)


def meets(path, other):
    """One of them is the other, or above it."""
    return (path + ".").startswith(other + ".") or (other + ".").startswith(path + ".")


def updated(fields, path):
    """What an update set at the path, by itself or as a part of what is above it."""
    for above, value in fields.items():
        if above == path:
            return value
        if path.startswith(above + "."):
            return oracle.stands(value, path[len(above) + 1:])
    return None


class Recorder(threading.Thread):
    def __init__(self, client, database):
        super().__init__(daemon=True)
        self.database = client.get_database(database, codec_options=oracle.CODEC)
        self.events = collections.Counter()
        self.gaps = 0
        self.ends = False
        # Outputs that were stored, and those of them that were there already for the same input and version.
        self.stored = 0
        self.repeated = []
        # Somebody's hands on an output may be mended twice: when it is seen, and when its event comes.
        self.mended_again = 0
        self.provenances = {}
        self.mended = set()
        self.histories = collections.defaultdict(lambda: collections.deque(maxlen=80))
        self.broke = None
        self.opened = threading.Event()
        #: The cluster time up to which everything has been taken.
        self.reached = bson.Timestamp(0, 0)

    def run(self):
        token = None
        while not self.ends:
            try:
                with self.database.watch(
                        [{"$match": {"ns.coll": {"$in": [*WATCHED, "lockstep.failures"]}}}], max_await_time_ms=200, resume_after=token) as stream:
                    self.opened.set()
                    while not self.ends:
                        event = stream.try_next()
                        token = stream.resume_token
                        if event:
                            self.take(event)
                        if not token:
                            continue
                        # A token begins with a byte of its kind and the time.
                        place = bytes.fromhex(token["_data"][2:18])
                        self.reached = bson.Timestamp(int.from_bytes(place[:4]), int.from_bytes(place[4:]))
            except PyMongoError as error:
                if getattr(error, "code", None) in (136, 280, 286):
                    self.gaps += 1
                    token = None
            except Exception as error:
                self.broke = error
                raise

    def take(self, event):
        if event["ns"]["coll"] == "lockstep.failures":
            return self.parking(event)
        kind = event["operationType"]
        own = ""
        self.provenance(event)
        changed = event.get("updateDescription", {})
        if kind == "update":
            paths = list(changed.get("updatedFields", {})) + list(changed.get("removedFields", []))
            own = " (outputs)" if all(path[0] == "_" for path in paths) else ""
        self.events[kind + own] += 1
        collection = event["ns"]["coll"]
        wall = event["wallTime"].strftime("%H:%M:%S.%f")[:-3] if "wallTime" in event else ""
        what = changed if kind == "update" else event.get("fullDocument", event.get("to", ""))
        line = f"{wall} {event['clusterTime'].time}.{event['clusterTime'].inc} {kind} {oracle.brief(what)}"
        if "documentKey" in event:
            self.histories[key(collection, event["documentKey"]["_id"])].append(line)
        else:
            self.histories[collection, b""].append(line)

    def parking(self, event):
        """The entry of a parked document belongs to the document's history."""
        id = event.get("documentKey", {}).get("_id")
        if id:
            wall = event["wallTime"].strftime("%H:%M:%S.%f")[:-3] if "wallTime" in event else ""
            what = event.get("fullDocument") or event.get("updateDescription") or ""
            self.histories[key(id["listener"].split("/")[0], id["document"])].append(
                f"{wall} {event['clusterTime'].time}.{event['clusterTime'].inc} parked by {id['listener']}:"
                f" {event['operationType']} {oracle.brief(what)}")

    def provenance(self, event):
        """Follows what the outputs were computed from, to see one computed again though nothing had changed."""
        if "documentKey" not in event:
            self.provenances = {place: known for place, known in self.provenances.items() if place[0] != event["ns"]["coll"]}
            return
        document = key(event["ns"]["coll"], event["documentKey"]["_id"])
        changed = event.get("updateDescription", {})
        for listener in oracle.LISTENERS:
            if listener.on != event["ns"]["coll"]:
                continue
            place = (*document, listener.id)
            if event["operationType"] != "update":
                self.provenances.pop(place, None)
                # A whole document may bring outputs along.
                self.mended.add(place) if "_outputs" in event.get("fullDocument", {}) else self.mended.discard(place)
                continue
            touched = [path for path in [*changed.get("updatedFields", {}), *changed.get("removedFields", [])]
                       if meets(path, listener.output) or meets(path, listener.provenance)]
            if not touched:
                continue
            last = self.provenances.pop(place, None)
            new = updated(changed["updatedFields"], listener.provenance)
            # Others bring back what was there before.
            if not isinstance(new, dict) or "at" not in new or last and new["at"] <= last["at"]:
                self.mended.add(place)
                continue
            self.stored += 1
            same = last and (new["input"], new["version"]) == (last["input"], last["version"])
            if not same and last:
                self.mended.discard(place)
            if same and place in self.mended:
                self.mended_again += 1
            elif same:
                self.repeated.append((listener.id, event["documentKey"]["_id"], new["at"],
                                      [*self.histories[document]][-6:] + [f"now {oracle.brief(changed)}"]))
            self.provenances[place] = new

    def history(self, collection, id):
        return sorted(list(self.histories.get(key(collection, id), [])) + list(self.histories.get((collection, b""), [])))
