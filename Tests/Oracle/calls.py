"""The second phase: one change after another, each waited for, and the models' calls counted.

Once per listener for a change that alters the listener's input, never for anything else.
"""
from bson.int64 import Int64

import oracle

# What a change may call, by model: how many inputs.
TEXT = {"plain": 1, "chain": 1}


class Counter:
    def __init__(self, run):
        self.run = run
        self.lockstep, self.log = run.daemon("calls")
        self.docs = run.mongod.client.get_database("calls", codec_options=oracle.CODEC)["docs"]
        self.folded = self.docs.database["folded"]
        self.offset = 0
        self.steps = 0

    def step(self, name, expected, change=lambda: None):
        """Makes a change, waits, and compares the calls that it cost."""
        self.steps += 1
        change()
        waited = self.lockstep.wait()
        if waited.returncode != 0:
            self.run.fail(f"{name}: `wait` exits {waited.returncode}: {waited.stderr.strip()}")
        made, self.offset = self.log.read(self.offset)
        counts = {}
        for model, _ in made:
            counts[model] = counts.get(model, 0) + 1
        if counts != expected:
            self.run.fail(f"{name}: the models should be called {expected}, they were {counts}: {made}")
        judge = oracle.Oracle().audit(self.docs.database)
        for finding in judge.findings:
            self.run.fail(f"after {name}: {finding}")

    def set(self, fields):
        return lambda: self.docs.update_one({"_id": 1}, {"$set": fields})

    def unset(self, *names):
        return lambda: self.docs.update_one({"_id": 1}, {"$unset": dict.fromkeys(names, 1)})

    def restart(self):
        self.lockstep.kill()
        self.lockstep.start()

    def rewrite(self, **changes):
        document = self.docs.find_one({"_id": 1})
        self.docs.replace_one({"_id": 1}, {**document, **changes})


def count(run):
    """Runs all changes; gives how many."""
    c = Counter(run)
    c.lockstep.start()
    c.step("start", {})
    inserts(c)
    inputs(c)
    filters(c)
    hands_on_outputs(c)
    others(c)
    large = "x" * (9 << 20)
    c.step("a document of 9 MB under two listeners", {**TEXT, "where": 1},
           lambda: c.docs.insert_one({"_id": "large", "text": large, "lang": "en"}))
    c.step("kill and restart", {}, c.restart)
    c.step("another restart", {}, c.restart)
    code = c.lockstep.stop()
    if code != 0:
        run.fail(f"the daemon exits {code} after SIGTERM")
    c.lockstep.start()
    c.step("restart after SIGTERM", {})
    code, report = c.lockstep.verify()
    if code != 0 or not report.get("ok"):
        run.fail(f"`verify` exits {code}: {report}")
    c.lockstep.stop()
    return c.steps


def inserts(c):
    whole = {"text": "one", "lang": "en", "n": 5, "meta": {"title": "t", "pages": 1}, "tags": ["a"], "views": 0}
    c.step("insert", {**TEXT, "where": 1, "pair": 1, "mixed": 1}, lambda: c.docs.insert_one({"_id": 1, **whole}))
    c.step("insert without input", {}, lambda: c.docs.insert_one({"_id": "empty", "views": 1}))
    c.step("insert of a null input", {}, lambda: c.docs.insert_one({"_id": "null", "text": None}))
    c.step("insert of many", {"plain": 3, "chain": 3, "where": 1}, lambda: c.docs.insert_many(
        [{"text": "x"}, {"text": "y", "lang": "de"}, {"text": "z", "lang": ["de", "en"]}]))
    c.step("kill and restart after inserts", {}, c.restart)


def inputs(c):
    text = {**TEXT, "where": 1}
    c.step("set the input", text, c.set({"text": "two"}))
    c.step("set it to what it is", {}, c.set({"text": "two"}))
    c.step("set an unrelated field", {}, c.set({"views": 7}))
    c.step("set an unrelated field and the input to what it is", {}, c.set({"views": 8, "text": "two"}))
    c.step("set an unrelated nested field", {}, c.set({"meta.pages": 2}))
    c.step("set an ancestor to one with an equal input", {}, c.set({"meta": {"pages": 5, "title": "t"}}))
    c.step("set an ancestor", {"pair": 1, "mixed": 1}, c.set({"meta": {"title": "u"}}))
    c.step("set a nested input", {"pair": 1, "mixed": 1}, c.set({"meta.title": "v"}))
    c.step("set an element", {"pair": 1, "mixed": 1}, c.set({"tags.0": "b"}))
    c.step("push", {"pair": 1, "mixed": 1}, lambda: c.docs.update_one({"_id": 1}, {"$push": {"tags": "c"}}))
    c.step("pop", {"pair": 1, "mixed": 1}, lambda: c.docs.update_one({"_id": 1}, {"$pop": {"tags": 1}}))
    c.step("null for one key of two", {"pair": 1, "mixed": 1}, c.set({"tags": None}))
    c.step("unset what was null", {}, c.unset("tags"))
    c.step("unset the other key, too", {"mixed": 1}, c.unset("meta"))
    c.step("set it again", {"pair": 1, "mixed": 1}, c.set({"meta": {"title": "v"}}))
    c.step("unset the input", {}, c.unset("text"))
    c.step("set the input anew", text, c.set({"text": "three"}))
    c.step("null", {}, c.set({"text": None}))
    c.step("a number", text, c.set({"text": 3}))
    c.step("the same number of another type", {"plain": 1, "where": 1}, c.set({"text": Int64(3)}))
    c.step("an array", text, c.set({"text": ["three"]}))
    c.step("a document", text, c.set({"text": {"a": 1, "b": 2}}))
    c.step("its fields in another order", text, c.set({"text": {"b": 2, "a": 1}}))
    c.step("a refused input", {"plain": 1, "where": 1}, c.set({"text": "refuse"}))
    c.step("an unrelated field beside a refused input", {}, c.set({"views": 9}))
    c.step("kill and restart with a refused input", {}, c.restart)
    c.step("another input after the refused one", text, c.set({"text": "four"}))
    c.step("upper case", text, c.set({"text": "FOUR"}))
    c.step("rename of an unrelated field", {}, lambda: c.docs.update_one({"_id": 1}, {"$rename": {"views": "seen"}}))
    c.step("rename onto the input", text,
           lambda: c.docs.update_one({"_id": 1}, {"$set": {"spare": "five"}}) and
           c.docs.update_one({"_id": 1}, {"$rename": {"spare": "text"}}))


def filters(c):
    c.step("leave one filter", {}, c.set({"lang": "de"}))
    c.step("a change outside the filter", TEXT, c.set({"text": "six"}))
    c.step("enter the filter", {"where": 1}, c.set({"lang": "en"}))
    c.step("enter it another way", {}, c.set({"lang": ["fr", "en"]}))
    c.step("change a key that is in a filter", {"mixed": 1}, c.set({"n": 6}))
    c.step("leave the filter on the key", {}, c.set({"n": 2}))
    c.step("change a key outside the filter", {"pair": 1}, c.set({"tags": ["d"]}))
    c.step("enter it again", {"mixed": 1}, c.set({"n": 4}))


def hands_on_outputs(c):
    text = {**TEXT, "where": 1, "pair": 1, "mixed": 1}
    c.step("replace with outputs kept", {}, lambda: c.rewrite(views=10))
    c.step("replace with outputs kept and another input", {**TEXT, "where": 1}, lambda: c.rewrite(text="seven"))

    def plain():
        document = c.docs.find_one({"_id": 1})
        c.docs.replace_one({"_id": 1}, {k: v for k, v in document.items() if k[0] != "_"})

    c.step("replace without outputs", text, plain)
    old = c.docs.find_one({"_id": 1})
    c.step("set the input beside a copy", {**TEXT, "where": 1}, c.set({"text": "eight"}))
    c.step("an old copy brought back", {}, lambda: c.docs.replace_one({"_id": 1}, old))
    c.step("old outputs with their provenance brought back", {},
           c.set({"_outputs": old["_outputs"], "_lockstep": old["_lockstep"]}))
    c.step("delete", {}, lambda: c.docs.delete_one({"_id": 1}))
    c.step("insert again with outputs", {}, lambda: c.docs.insert_one(old))
    c.step("an aborted transaction", {}, lambda: aborted(c))
    c.step("delete again", {}, lambda: c.docs.delete_one({"_id": 1}))
    fresh = {key: value for key, value in old.items() if key not in ("_outputs", "_lockstep")}
    c.step("insert again without outputs", text, lambda: c.docs.insert_one(fresh))


def aborted(c):
    with c.docs.database.client.start_session() as session:
        session.start_transaction()
        c.docs.update_one({"_id": 1}, {"$set": {"text": "never"}}, session=session)
        session.abort_transaction()


def others(c):
    nested = {"nested": 1, "again": 1}
    c.step("insert into another collection", nested, lambda: c.folded.insert_one({"_id": "f", "meta": {"title": "a"}}))
    c.step("a nested input", nested, lambda: c.folded.update_one({"_id": "f"}, {"$set": {"meta.title": "A"}}))
    c.step("the first of an array of documents", nested,
           lambda: c.folded.update_one({"_id": "f"}, {"$set": {"meta": [{"title": "a"}, {"title": "b"}]}}))
    c.step("one within the array", nested,
           lambda: c.folded.update_one({"_id": "f"}, {"$set": {"meta.1.title": "c"}}))
    c.step("an unrelated field within the array", {},
           lambda: c.folded.update_one({"_id": "f"}, {"$set": {"meta.1.pages": 5}}))
    c.step("pushed to the array", nested,
           lambda: c.folded.update_one({"_id": "f"}, {"$push": {"meta": {"title": "d"}}}))
