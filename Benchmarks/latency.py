"""Milliseconds from a client's acknowledged insert to the stored prediction, as another client sees it.

The writer and the watcher are processes of their own, and read the same clock of the system.
"""
import multiprocessing
import time

import pymongo

FIELD = "_outputs.text.vector"


def watch(uri, database, field, opened, stop, results):
    seen = {}
    collection = pymongo.MongoClient(uri)[database].docs
    pipeline = [{"$match": {"operationType": "update"}}, {"$project": {"documentKey": 1}}]
    with collection.watch(pipeline, max_await_time_ms=200) as stream:
        opened.set()
        while not stop.is_set():
            event = stream.try_next()
            if event is not None:
                seen.setdefault(event["documentKey"]["_id"], time.monotonic())
    results.put(seen)


def trickle(uri, database, rate, seconds, field=FIELD):
    """Inserts at a steady rate; gives the sorted latencies of all, and how many were never seen."""
    context = multiprocessing.get_context("spawn")
    opened, stop, results = context.Event(), context.Event(), context.Queue()
    watcher = context.Process(target=watch, args=(uri, database, field, opened, stop, results))
    watcher.start()
    opened.wait()
    collection = pymongo.MongoClient(uri)[database].docs
    # The first ones warm the connections.
    for number in range(20):
        collection.insert_one({"text": f"warm {number}"})
        time.sleep(0.02)
    sent, began = {}, time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        text = f"trickle document {number} lorem ipsum dolor sit amet"
        sent[collection.insert_one({"text": text}).inserted_id] = time.monotonic()
    deadline = time.monotonic() + 30
    while collection.count_documents({field: {"$exists": True}}) < len(sent) + 20:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    time.sleep(0.3)
    stop.set()
    seen = results.get()
    watcher.join()
    latencies = sorted((seen[id] - sent[id]) * 1000 for id in sent if id in seen)
    return latencies, len(sent) - len(latencies)


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
