"""What most people would write by hand: a change stream, batches, unordered bulk writes.

    pymongo_loop.py URI DATABASE COLLECTION [--model vector|hash] [--at SECONDS,INCREMENT --count N]

No positions, no guard, no provenance. With --at it begins there; with --count it ends after so many outputs and prints
the seconds as JSON. Else it follows until SIGTERM.
"""
import argparse
import json
import time

import bson
import pymongo


def hashes():
    from hash_model import embed
    return "_outputs.text.m", lambda texts: [embed(text) for text in texts]


def vectors():
    """The 384 floats of `lockstep-bench` and of the limits in C: FNV-1a, then a linear congruential generator."""
    import numpy  # here, as the other model does without
    size, mask = 384, 2**64 - 1
    basis, prime = 14695981039346656037, 1099511628211
    factors, terms, factor, term = [], [], 1, 0
    for _ in range(size):
        factor = factor * 6364136223846793005 & mask
        term = (term * 6364136223846793005 + 1442695040888963407) & mask
        factors.append(factor)
        terms.append(term)
    factors, terms = (numpy.array(values, dtype=numpy.uint64) for values in (factors, terms))

    def hash_of(data):
        hash = basis
        for byte in data:
            hash = (hash ^ byte) * prime & mask
        return hash

    def hashes_of(many):
        """The same for all at once, which is slower for a few."""
        lengths = numpy.array([len(data) for data in many])
        width = int(lengths.max())
        columns = numpy.frombuffer(b"".join(data.ljust(width) for data in many), numpy.uint8).reshape(-1, width).T
        found = numpy.full(len(many), basis, numpy.uint64)
        for place, column in enumerate(columns):
            found = numpy.where(place < lengths, (found ^ column) * numpy.uint64(prime), found)
        return found

    def predict(texts):
        many = [text.encode() for text in texts]
        found = numpy.array([hash_of(data) for data in many], numpy.uint64) if len(many) < 50 else hashes_of(many)
        # All steps of the generator at once: each is a multiple of the hash and a constant.
        floats = (found[:, None] * factors + terms >> 40).astype("<f4") / numpy.float32(2**24)
        # A BSON vector: element type float32, no padding bits, then the floats.
        return [bson.Binary(b"\x27\x00" + row.tobytes(), 9) for row in floats]

    return "_outputs.text.vector", predict


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("uri")
    options.add_argument("database")
    options.add_argument("collection")
    options.add_argument("--model", choices=["vector", "hash"], default="vector")
    options.add_argument("--at", help="the cluster's time to begin at; default: now")
    options.add_argument("--count", type=int, default=float("inf"), help="outputs to end after")
    options.add_argument("--batch", type=int, default=500, help="most writes at once (%(default)s)")
    options = options.parse_args()
    field, predict = {"vector": vectors, "hash": hashes}[options.model]()
    collection = pymongo.MongoClient(options.uri)[options.database][options.collection]
    begin = {"start_at_operation_time": bson.Timestamp(*map(int, options.at.split(",")))} if options.at else {}
    # Own writes are not sent back: they change no text.
    changes = [{"$match": {"$or": [{"operationType": {"$in": ["insert", "replace"]}},
                                   {"updateDescription.updatedFields.text": {"$exists": True}}]}}]
    began = time.monotonic()
    with collection.watch(changes, max_await_time_ms=500, batch_size=1000, **begin) as stream:
        print("READY", flush=True)
        waiting, written = [], 0
        while written < options.count:
            event = stream.try_next()
            if event is not None:
                is_update = event["operationType"] == "update"
                changed = event["updateDescription"]["updatedFields"] if is_update else event["fullDocument"]
                waiting.append((event["documentKey"]["_id"], changed["text"]))
            # Writes when nothing more has come yet: waiting for it would be paid in latency.
            if waiting and (len(waiting) >= options.batch or not stream._cursor._has_next()):
                outputs = predict([text for _, text in waiting])
                collection.bulk_write(
                    [pymongo.UpdateOne({"_id": id}, {"$set": {field: output}})
                     for (id, _), output in zip(waiting, outputs)], ordered=False)
                written += len(waiting)
                waiting = []
    print(json.dumps({"seconds": time.monotonic() - began, "count": written, "cpu": time.process_time()}))


main()
