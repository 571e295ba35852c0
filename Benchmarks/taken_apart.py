"""Where the time from end to end goes: the CPU of Lockstep and of MongoDB for a document, and what makes it up."""
import datetime
import os
import statistics

import bson
import psutil
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from servers import run

RAW = CodecOptions(document_class=RawBSONDocument)
BATCH = 1000


def taken_apart(bench):
    count = bench.size(100_000)
    tables = [whole(bench, count), writes(bench, count // 2)]
    # Its documents have outputs of Lockstep's, whose events come as well.
    tables.append(events(bench, count // 2))
    for table in tables:
        print(table["title"])
        for title, *values in table["rows"]:
            print(f"  {title:<88}" + "".join(f"{value:>9.1f}" for value in values), flush=True)
    bench.profile += tables


class Used:
    """Microseconds of MongoDB's CPU a document since it was made."""

    def __init__(self, bench):
        self.process = psutil.Process(bench.mongod.process.pid)
        self.before = sum(self.process.cpu_times()[:2])

    def each(self, count):
        return (sum(self.process.cpu_times()[:2]) - self.before) / count * 1e6


def medians(found):
    return [[name, *map(statistics.median, zip(*runs))] for name, runs in found.items()]


def whole(bench, count):
    """Both on a backlog of inserts."""
    programs = {
        "Lockstep": lambda at: bench.lockstep("outputs", "--count", count),
        "the limit in C": lambda at: bench.limit("write", "--at", at, "--kind", "insert", "--count", count),
    }
    found = {name: [] for name in programs}
    for name in bench.each_in_turn(programs):
        bench.begin() if name == "Lockstep" else bench.mongod.empty("bench")
        at = bench.mongod.now()
        bench.insert(count)
        bench.mongod.settle()
        used = Used(bench)
        result = run(programs[name](at))
        mongod, own = used.each(count), result["cpu"] / count * 1e6
        found[name].append((own, mongod, result["seconds"] / count * 1e6))
    return {"title": f"{count:,} inserts from end to end: microseconds a document",
            "columns": ["CPU of the program", "CPU of MongoDB", "elapsed"], "rows": medians(found)}


def writes(bench, count):
    """The same outputs, in commands of a thousand, one after another."""
    vector = bson.Binary(b"\x27\x00" + os.urandom(384 * 4), 9)
    provenance = {"input": bson.Binary(os.urandom(16)), "version": "1", "at": datetime.datetime.now()}
    bare = {"_outputs.text.vector": vector}
    whole = {**bare, "_lockstep.text.vector": provenance}
    text = "document number {} lorem ipsum dolor sit amet".format
    guard = lambda i: {"$eq": text(i), "$not": {"$type": "array"}}
    forms = {
        "the vector, by `_id`, as the limit writes it": lambda i: ({"_id": i}, bare),
        "with provenance": lambda i: ({"_id": i}, whole),
        "with provenance, and a second predicate of any kind": lambda i: ({"_id": i, "text": text(i)}, whole),
        "with provenance and guard, as Lockstep writes it": lambda i: ({"_id": i, "text": guard(i)}, whole),
    }
    found = {name: [] for name in forms}
    for name in bench.each_in_turn(forms):
        database = bench.mongod.empty("bench")
        bench.insert(count)
        updates = [RawBSONDocument(bson.encode({"q": q, "u": {"$set": fields}}))
                   for q, fields in map(forms[name], range(count))]
        bench.mongod.settle()
        used = Used(bench)
        for start in range(0, count, BATCH):
            result = database.command(
                {"update": "docs", "ordered": False, "updates": updates[start:start + BATCH],
                 "writeConcern": {"w": "majority"}})
            assert result["nModified"] == len(updates[start:start + BATCH]), result
        found[name].append((used.each(count),))
    return {"title": f"Storing {count:,} outputs: microseconds of MongoDB's CPU a document",
            "columns": ["CPU of MongoDB"], "rows": medians(found)}


def events(bench, count):
    """The stream after `count` inserts and their outputs, read to its end and thrown away."""
    bench.begin()
    at = bench.mongod.client.admin.command("hello")["operationTime"]
    bench.insert(count)
    run(bench.lockstep("outputs", "--count", count))
    names = ["docs", "lockstep.failures", "lockstep.waits"]
    inserts = {"$match": {"operationType": "insert", "ns.coll": "docs"}}
    watched = {"$match": {"$or": [{"ns.coll": {"$in": names}}, {"to.coll": {"$in": names}},
                                  {"operationType": "dropDatabase"}]}}
    output = {"$getField": {"field": {"$literal": "_outputs.text.vector"}, "input": "$updateDescription.updatedFields"}}
    others = {"$match": {"$expr": {"$eq": [{"$type": output}, "missing"]}}}
    forms = {
        "the inserts alone, as the limit reads them": [inserts],
        "the inserts and Lockstep's own updates, without a filter": [],
        "the same with a filter for what is watched": [watched],
        "the same with Lockstep's own updates kept out by the server": [others],
    }
    found = {name: [] for name in forms}
    database = bench.mongod.client["bench"]
    for name in bench.each_in_turn(forms):
        used = Used(bench)
        cursor = database.command(
            "aggregate", 1, pipeline=[{"$changeStream": {"startAtOperationTime": at}}, *forms[name]],
            cursor={"batchSize": 0})["cursor"]
        read, batch = 0, [None]
        while batch:
            batch = list(database.command(
                "getMore", cursor["id"], collection="$cmd.aggregate", batchSize=2000, maxTimeMS=1000,
                codec_options=RAW)["cursor"]["nextBatch"])
            read += len(batch)
        assert read >= count, read
        database.command("killCursors", "$cmd.aggregate", cursors=[cursor["id"]])
        found[name].append((used.each(count),))
    return {"title": f"The events of {count:,} documents: microseconds of MongoDB's CPU a document",
            "columns": ["CPU of MongoDB"], "rows": medians(found)}
