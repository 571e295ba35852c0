"""One writer: random operations of every kind, until its time is over.

    python3 writers.py --uri URI --database DB --seed 1 --index 0 --seconds 20 --stats FILE

Same seed and index give the same operations, as far as the other writers and the clock let them.
"""
import argparse
import collections
import json
import random
import time

import pymongo
from pymongo import DeleteMany, DeleteOne, InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

import values
from oracle import CODEC, LISTENERS, is_right, is_sound

IDS = {"docs": 260, "folded": 60}
OPERATIONS = {}
# What only the torture run does.
TORTURE = set()
# They change an output and leave a provenance that fits the input. Only the event tells of it: once that is lost
# with the history, or was passed while the listener was not configured, nothing does.
UNSEEN = {"overwrite_an_output", "overwrite_the_outputs", "set_back_half", "set_back_inputs_and_provenance"}


class Impossible(Exception):
    """There is no document to do it to."""


def operation(weight, *, only=None, torture=False):
    """Registers a kind of operation; heavier ones come more often."""
    def register(function):
        OPERATIONS[function.__name__] = (weight, function, only)
        if torture:
            TORTURE.add(function.__name__)
        return function
    return register


class Writer:
    def __init__(self, client, database, seed, torture=False, without=()):
        self.torture = torture
        # Versions and filters change under a torture run's copies.
        self.is_right = is_sound if torture else is_right
        self.names = sorted(name for name in OPERATIONS if name not in without and (torture or name not in TORTURE))
        self.client = client
        self.db = client.get_database(database, codec_options=CODEC)
        self.rng = random.Random(seed)
        # The same `_id`s for every writer, so that they meet.
        self.ids = {name: values.ids(random.Random(1), count) for name, count in IDS.items()}
        self.counts = collections.Counter()
        self.errors = collections.Counter()
        self.copies = collections.deque(maxlen=60)
        self.pick()

    def pick(self):
        self.name = "docs" if self.rng.random() < 0.8 else "folded"
        self.docs = self.db[self.name]
        if self.torture:
            # What only the primary has acknowledged may be rolled back.
            concern = WriteConcern(1) if self.rng.random() < 0.5 else WriteConcern("majority", wtimeout=5000)
            self.docs = self.docs.with_options(write_concern=concern)

    # MARK: What to do it to

    def id(self):
        return self.rng.choice(self.ids[self.name])

    def some(self, most=8):
        return {"_id": {"$in": [self.id() for _ in range(self.rng.randrange(1, most))]}}

    def one(self):
        return {"_id": self.id()}

    def new(self):
        return {"_id": values.same_number(self.rng, self.id()), **values.fields(self.rng)}

    def input(self):
        """A `$set` of one input or two."""
        names = self.rng.sample(sorted(values.FIELDS), self.rng.choice([1, 1, 1, 2]))
        return {name: values.FIELDS[name](self.rng) for name in names}

    def existing(self):
        document = self.docs.find_one(self.one())
        if document is None:
            raise Impossible
        return document

    def listener(self):
        return self.rng.choice([listener for listener in LISTENERS if listener.on == self.name])

    def copy(self):
        """A copy that was right when it was taken; what is wrong in a copy nobody could tell from what is right."""
        copies = [document for name, document in self.copies if name == self.name]
        if not copies:
            raise Impossible
        return dict(self.rng.choice(copies))

    # MARK: One after another

    def run(self, seconds):
        names = self.names
        weights = [OPERATIONS[name][0] for name in names]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pick()
            for _ in range(self.rng.choice([1, 1, 5, 40])):
                if self.rng.random() < 0.1:
                    try:
                        self.remember()
                    except PyMongoError as error:
                        self.errors[f"remember: {getattr(error, 'code', None)}"] += 1
                self.perform(self.rng.choices(names, weights)[0])
            if self.rng.random() < (0.8 if self.torture else 0.3):
                time.sleep(self.rng.random() * (0.3 if self.torture else 0.06))

    def perform(self, name):
        _, function, only = OPERATIONS[name]
        if only and self.name != only:
            return
        try:
            function(self)
            self.counts[name] += 1
        except Impossible:
            pass
        except PyMongoError as error:
            # What the server refuses is no operation: duplicates, types that do not fit, conflicts.
            self.errors[f"{name}: {getattr(error, 'code', None)}"] += 1

    def remember(self):
        document = self.docs.find_one(self.one())
        if document is not None and "_lockstep" in document and "_outputs" in document and self.is_right(self.name, document):
            self.copies.append((self.name, document))


# MARK: Inserts


@operation(10)
def insert_one(w):
    w.docs.insert_one(w.new())


@operation(4)
def insert_many(w):
    w.docs.insert_many([w.new() for _ in range(w.rng.randrange(1, 12))], ordered=w.rng.random() < 0.5)


@operation(2)
def insert_a_copy_with_outputs(w):
    w.docs.insert_one({**w.copy(), "_id": w.id()})


# MARK: Updates


@operation(12)
def set_input(w):
    w.docs.update_one(w.one(), {"$set": w.input()})


@operation(3)
def set_input_of_many(w):
    w.docs.update_many(w.some(), {"$set": w.input()})


@operation(4)
def set_unrelated(w):
    w.docs.update_one(w.one(), {"$set": {"views": w.rng.randrange(1000)}, "$inc": {"count": 1}})


@operation(2)
def set_unrelated_of_many(w):
    w.docs.update_many(w.some(30), {"$inc": {"views": 1}})


@operation(4)
def set_same_again(w):
    document = w.existing()
    names = [name for name in values.FIELDS if name in document]
    w.docs.update_one({"_id": document["_id"]}, {"$set": {name: document[name] for name in names} or {"views": 1}})


@operation(4)
def set_and_back(w):
    document = w.existing()
    change = w.input()
    back = {name: document[name] for name in change if name in document}
    gone = {name: 1 for name in change if name not in document}
    w.docs.update_one({"_id": document["_id"]}, {"$set": change})
    w.docs.update_one(
        {"_id": document["_id"]}, {**({"$set": back} if back else {}), **({"$unset": gone} if gone else {})})


@operation(4)
def set_null(w):
    w.docs.update_one(w.one(), {"$set": {w.rng.choice(sorted(values.FIELDS)): None}})


@operation(5)
def unset_input(w):
    w.docs.update_one(w.one(), {"$unset": {w.rng.choice([*sorted(values.FIELDS), "meta.title"]): 1}})


@operation(3)
def increment(w):
    w.docs.update_many({**w.some(), "n": {"$type": "number"}}, {"$inc": {"n": w.rng.choice([-2, 1, 3])}})


@operation(3)
def push(w):
    each = {"$each": [values.text(w.rng) for _ in range(w.rng.randrange(0, 3))], "$position": w.rng.randrange(3)}
    if w.rng.random() < 0.3:
        each["$slice"] = w.rng.randrange(-3, 4)
    w.docs.update_one(w.one(), {"$push": {"tags": each}})


@operation(3)
def pop(w):
    w.docs.update_one(w.one(), {"$pop": {"tags": w.rng.choice([-1, 1])}})


@operation(2)
def pull(w):
    w.docs.update_many(w.some(), {"$pull": {"tags": {"$regex": "^(a|text 1)"}}})


@operation(4)
def set_element(w):
    path = w.rng.choice(["tags.0", "tags.1", "meta.0.title", "meta.1.title", "meta.0", "lang.0", "n.0"])
    if path[0] in "ln":
        value = values.number(w.rng) if path[0] == "n" else w.rng.choice(["en", "de"])
    else:
        value = {"title": values.text(w.rng)} if path == "meta.0" else values.text(w.rng)
    w.docs.update_one({**w.one(), path.split(".")[0]: {"$type": "array"}}, {"$set": {path: value}})


@operation(2)
def set_elements(w):
    w.docs.update_many({**w.some(), "meta": {"$elemMatch": {"title": {"$exists": True}}}},
                       {"$set": {"meta.$.title": values.text(w.rng)}})


@operation(6)
def set_nested(w):
    w.docs.update_one(w.one(), {"$set": {"meta.title": values.value(w.rng)}})


@operation(3)
def set_ancestor(w):
    w.docs.update_one(w.one(), {"$set": {"meta": values.meta(w.rng)}})


@operation(3)
def rename(w):
    source, target = w.rng.choice(
        [("text", "spare"), ("spare", "text"), ("text", "meta.title"), ("meta.title", "text"), ("meta", "old"),
         ("old", "meta"), ("lang", "language"), ("language", "lang"), ("n", "text")])
    w.docs.update_one(w.one(), {"$rename": {source: target}})


@operation(3)
def pipeline_set(w):
    w.docs.update_many(w.some(), w.rng.choice([
        [{"$set": {"text": {"$ifNull": ["$meta.title", "nothing"]}}}],
        [{"$set": {"text": {"$literal": values.value(w.rng)}}}],
        [{"$set": {"tags": {"$concatArrays": [{"$ifNull": ["$tags", []]}, ["more"]]}}}],
        [{"$set": {"n": {"$literal": values.number(w.rng)}}}, {"$set": {"views": "$n"}}],
        [{"$unset": ["text", "lang"]}],
        [{"$unset": "meta.title"}],
        [{"$set": {"meta": {"title": "$text", "pages": 1}}}],
        [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"text": "merged"}]}}],
        [{"$replaceWith": {"_id": "$_id", "text": "$text", "lang": "en"}}],
        [{"$set": {"text": "$$REMOVE", "n": 5}}],
    ]))


@operation(3)
def enter_or_leave_the_filters(w):
    w.docs.update_many(w.some(), {"$set": w.rng.choice(
        [{"lang": "en"}, {"lang": "de"}, {"n": 9}, {"n": 1}, {"lang": "en", "n": 9}, {"lang": ["en", "de"]}])})


@operation(2)
def find_one_and_update(w):
    w.docs.find_one_and_update(w.one(), {"$set": w.input()}, upsert=w.rng.random() < 0.3)


@operation(1)
def find_one_and_replace(w):
    w.docs.find_one_and_replace(w.one(), values.fields(w.rng))


@operation(1)
def merge_stage(w):
    # Outputs that came along would be as old as the reading stage.
    w.docs.aggregate([{"$match": w.some()}, {"$set": {"text": values.text(w.rng)}}, {"$unset": ["_outputs", "_lockstep"]},
                      {"$merge": {"into": w.name, "whenMatched": w.rng.choice(["merge", "replace"])}}])


# MARK: Replaces, upserts, deletes


@operation(5)
def replace_one(w):
    w.docs.replace_one(w.one(), values.fields(w.rng))


@operation(2)
def replace_with_nothing(w):
    w.docs.replace_one(w.one(), {"views": 1})


@operation(3)
def replace_and_keep_outputs(w):
    document = w.existing()
    if not w.is_right(w.name, document):
        raise Impossible
    w.docs.replace_one({"_id": document["_id"]}, {**document, **w.input()})


@operation(4)
def bring_back_a_copy(w):
    document = w.copy()
    w.docs.replace_one({"_id": document["_id"]}, document, upsert=w.rng.random() < 0.5)


@operation(4)
def upsert_update(w):
    w.docs.update_one(w.one(), {"$set": w.input(), "$setOnInsert": {"views": 0}}, upsert=True)


@operation(3)
def upsert_replace(w):
    w.docs.replace_one(w.one(), values.fields(w.rng), upsert=True)


@operation(4)
def delete_one(w):
    w.docs.delete_one(w.one())


@operation(1)
def delete_many(w):
    w.docs.delete_many(w.some(5))


@operation(3)
def delete_and_insert_again(w):
    document = w.new()
    w.docs.delete_one({"_id": document["_id"]})
    w.docs.insert_one(document)


@operation(1)
def find_one_and_delete(w):
    w.docs.find_one_and_delete(w.one())


# MARK: Somebody else's hands on the outputs


@operation(3)
def overwrite_an_output(w):
    w.docs.update_one(w.one(), {"$set": {w.listener().output: w.rng.choice(["spoiled", 5, None, [], {"x": 1}])}})


@operation(2)
def overwrite_the_outputs(w):
    w.docs.update_one(w.one(), {"$set": {"_outputs": w.rng.choice(
        [{}, "spoiled", None, [], [1], {"text": "spoiled"}, {"text": {"plain": "spoiled"}}, {"text": []},
         {"text": [{"plain": 1}]}, {"meta": []},
         [{"text": {"plain": "spoiled"}}]])}})


@operation(3)
def remove_an_output(w):
    listener = w.listener()
    path = w.rng.choice([listener.output, listener.provenance, f"_outputs.{listener.stem}", f"_lockstep.{listener.stem}"])
    w.docs.update_one(w.one(), {"$unset": {path: 1}})


@operation(2)
def remove_all(w):
    w.docs.update_many(w.some(4), {"$unset": w.rng.choice([{"_lockstep": 1}, {"_outputs": 1}, {"_lockstep": 1, "_outputs": 1}])})


@operation(2)
def overwrite_provenance(w):
    path = w.rng.choice(["_lockstep", w.listener().provenance])
    w.docs.update_one(w.one(), {"$set": {path: w.rng.choice(["spoiled", {}, [], None])}})


@operation(1)
def rename_the_outputs(w):
    w.docs.update_one(w.one(), {"$rename": w.rng.choice([{"_outputs": "kept"}, {"_lockstep": "kept"}])})


@operation(4)
def set_back_both(w):
    document = w.copy()
    change = {"_outputs": document["_outputs"], "_lockstep": document["_lockstep"]}
    if w.rng.random() < 0.3:
        change.update(w.input())
    w.docs.update_one({"_id": document["_id"]}, {"$set": change})


@operation(2)
def set_back_one_output(w):
    document = w.copy()
    listener = w.listener()
    kept = [path for path in (listener.output, listener.provenance) if get(document, path) is not None]
    if len(kept) < 2:
        raise Impossible
    w.docs.update_one({"_id": document["_id"]}, {"$set": {path: get(document, path) for path in kept}})


@operation(2)
def set_back_half(w):
    document = w.copy()
    half = w.rng.choice(["_outputs", "_lockstep"])
    w.docs.update_one({"_id": document["_id"]}, {"$set": {half: document[half]}})


@operation(2)
def set_back_inputs_and_provenance(w):
    document = w.copy()
    change = {name: document[name] for name in values.FIELDS if name in document}
    if w.rng.random() < 0.5:
        w.docs.update_one({"_id": document["_id"]}, {"$set": {"_lockstep": document["_lockstep"]}})
    else:
        change["_lockstep"] = document["_lockstep"]
    w.docs.update_one({"_id": document["_id"]}, {"$set": change or {"views": 1}})


def get(document, path):
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


# MARK: Several at once


def request(w):
    return w.rng.choice([
        lambda: InsertOne(w.new()),
        lambda: UpdateOne(w.one(), {"$set": w.input()}, upsert=w.rng.random() < 0.2),
        lambda: UpdateMany(w.some(4), {"$set": w.input()}),
        lambda: UpdateOne(w.one(), [{"$set": {"text": {"$literal": values.value(w.rng)}}}]),
        lambda: ReplaceOne(w.one(), values.fields(w.rng), upsert=w.rng.random() < 0.3),
        lambda: UpdateOne(w.one(), {"$unset": {"text": 1}}),
        lambda: UpdateOne(w.one(), {"$inc": {"views": 1}}),
        lambda: DeleteOne(w.one()),
        lambda: DeleteMany(w.some(3)),
    ])()


@operation(3)
def bulk_ordered(w):
    w.docs.bulk_write([request(w) for _ in range(w.rng.randrange(1, 15))])


@operation(3)
def bulk_unordered(w):
    w.docs.bulk_write([request(w) for _ in range(w.rng.randrange(1, 15))], ordered=False)


def in_transaction(w, end):
    with w.client.start_session() as session:
        session.start_transaction()
        for _ in range(w.rng.randrange(1, 7)):
            w.pick()
            kind = w.rng.random()
            if kind < 0.4:
                w.docs.update_one(w.one(), {"$set": w.input()}, session=session)
            elif kind < 0.55:
                w.docs.update_one(w.one(), {"$set": w.input()}, upsert=True, session=session)
            elif kind < 0.7:
                w.docs.replace_one(w.one(), values.fields(w.rng), session=session)
            elif kind < 0.8:
                w.docs.delete_one(w.one(), session=session)
            else:
                w.docs.update_many(w.some(4), {"$set": w.input()}, session=session)
        end(session)


@operation(4)
def transaction(w):
    in_transaction(w, lambda session: session.commit_transaction())


@operation(1)
def aborted_transaction(w):
    in_transaction(w, lambda session: session.abort_transaction())


@operation(0.15, only="folded")
def drop(w):
    w.docs.drop()


@operation(0.15, only="folded")
def out_stage(w):
    w.docs.aggregate([{"$match": w.some(40)}, {"$set": {"meta": {"title": values.text(w.rng)}}},
                      {"$unset": ["_outputs", "_lockstep"]}, {"$out": "folded"}])


@operation(0.15, only="folded", torture=True)
def rename_away_and_back(w):
    w.docs.rename("aside", dropTarget=True)
    time.sleep(w.rng.random() * 0.2)
    w.db["aside"].rename("folded", dropTarget=True)


@operation(0.15, only="folded", torture=True)
def rename_another_here(w):
    fresh = w.db["another"].with_options(write_concern=WriteConcern("majority", wtimeout=5000))
    fresh.drop()
    fresh.insert_many([{"_id": place, **values.fields(w.rng)} for place in range(w.rng.randrange(1, 20))])
    fresh.rename("folded", dropTarget=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--uri", required=True)
    options.add_argument("--database", required=True)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--index", type=int, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--stats", required=True)
    options.add_argument("--torture", action="store_true", help="bear faults, and write less")
    options.add_argument("--without", default="", help="kinds of operations to leave out, with commas between")
    options = options.parse_args()
    # A cut connection ends an operation soon.
    limits = {"serverSelectionTimeoutMS": 3000, "connectTimeoutMS": 2000, "socketTimeoutMS": 4000}
    with pymongo.MongoClient(options.uri, **(limits if options.torture else {})) as client:
        without = set(filter(None, options.without.split(",")))
        writer = Writer(client, options.database, options.seed * 1000 + options.index, options.torture, without)
        writer.run(options.seconds)
    with open(options.stats, "w") as file:
        json.dump({"operations": writer.counts, "refused": writer.errors}, file)


if __name__ == "__main__":
    main()
