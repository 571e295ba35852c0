"""What most people would write by hand: a change stream, batches, unordered bulk writes.
No positions, no guard, no provenance. usage: peer.py URI DATABASE COLLECTION"""
import hashlib
import sys

import pymongo


def vector(text):
    return [byte / 255.0 for byte in hashlib.sha256(text.encode()).digest()]


uri, database, name = sys.argv[1:4]
collection = pymongo.MongoClient(uri)[database][name]
changes = [{"$match": {"operationType": {"$in": ["insert", "replace"]}}}]
with collection.watch(changes, max_await_time_ms=500, batch_size=1000) as stream:
    print("READY", flush=True)
    waiting = []
    while stream.alive:
        event = stream.try_next()
        if event is not None:
            waiting.append(event["fullDocument"])
        if waiting and (len(waiting) >= 500 or event is None or not stream._cursor._has_next()):
            writes = [
                pymongo.UpdateOne({"_id": d["_id"]}, {"$set": {"_outputs.text.m": vector(d["text"])}})
                for d in waiting
            ]
            collection.bulk_write(writes, ordered=False)
            waiting = []
