"""Without faults the models are called exactly once for an effective change: waves of changes, each waited for.

In one wave a document is changed once. An effective change is a listener's input that is there afterwards and is
another one than before, or the same one whose output was wiped by a replace.
"""
import collections
import random

import bson

import oracle
import writers
from recorder import key

OPERATIONS = [
    "insert_one", "set_input", "set_unrelated", "set_same_again", "set_null", "unset_input", "increment", "push", "pop",
    "set_element", "set_nested", "set_ancestor", "rename", "find_one_and_update", "find_one_and_replace", "replace_one",
    "replace_with_nothing", "upsert_update", "upsert_replace", "delete_one", "find_one_and_delete"]
WIPES = {"find_one_and_replace", "replace_one", "replace_with_nothing", "upsert_replace"}
CHANGES = 120


class Calm(writers.Writer):
    """A writer that never meets itself: it goes through the `_id`s one by one."""

    def wave(self, count):
        """Makes the changes; gives the documents whose outputs were wiped."""
        wiped = set()
        places = [(name, id) for name in sorted(self.ids) for id in self.ids[name]]
        for self.name, self.next in self.rng.sample(places, min(count, len(places))):
            self.docs = self.db[self.name]
            operation = self.rng.choice(OPERATIONS)
            self.perform(operation)
            if operation in WIPES:
                wiped.add(key(self.name, self.next))
        return wiped

    def id(self):
        return self.next

    def some(self, most=8):
        return self.one()


def inputs(database):
    """Every listener's input in every document, as bytes, and whether its model refuses it."""
    found = {}
    for listener in oracle.LISTENERS:
        for document in database[listener.on].find({}):
            values = oracle.inputs(listener, document)
            if values is None:
                continue
            try:
                listener.answer(values)
                refused = False
            except oracle.Refused:
                refused = True
            encoded = bson.encode({"v": values}, codec_options=oracle.CODEC)
            found[listener.model, key(listener.on, same(document["_id"]))] = (encoded, refused)
    return found


def same(id):
    """1, NumberLong(1) and 1.0 are one `_id`."""
    return float(id) if isinstance(id, (int, float)) and not isinstance(id, bool) and abs(id) < 2**50 else id


def count(run):
    """Runs the waves; every model is called as often as its input effectively changed."""
    database = run.cluster.client.get_database(run.name, codec_options=oracle.CODEC)
    # Texts that differ in case alone are two `_id`s here.
    database["folded"].drop()
    run.wait("after the drop")
    writer = Calm(run.cluster.client, run.name, run.options.seed)
    totals = collections.Counter()
    _, offset = run.calls.read()
    for wave in range(run.options.waves):
        before = inputs(database)
        wiped = {(name, key(name, same(bson.decode(id, codec_options=oracle.CODEC)["_id"]))[1])
                 for name, id in writer.wave(CHANGES)}
        if not run.wait(f"wave {wave + 1}"):
            return
        after = inputs(database)
        expected = collections.Counter(
            model for (model, document), (value, refused) in after.items()
            if before.get((model, document), (None,))[0] != value or document in wiped and not refused)
        if wave % 4 == 3:
            # A restart at rest costs nothing.
            run.kill_daemon()
            run.start_daemon()
            run.wait(f"after the restart behind wave {wave + 1}")
        calls, offset = run.calls.read(offset)
        made = collections.Counter(model for model, _ in calls)
        totals["changes"] += sum(expected.values())
        totals["inputs"] += sum(made.values())
        if made != expected:
            differences = {model: made[model] - expected[model] for model in made | expected
                           if made[model] != expected[model]}
            run.fail(f"wave {wave + 1}: models called other than once per effective change: {differences}")
        verdict = run.judge()
    ratio = totals["inputs"] / max(1, totals["changes"])
    run.calm_rows = [
        ("without faults: waves, operations", f"{run.options.waves}, {sum(writer.counts.values())}"),
        ("without faults: effective changes, model inputs", f"{totals['changes']}, {totals['inputs']}"),
        ("without faults: inputs per effective change", f"{ratio:.4f}"), ("without faults: at the end", verdict)]
