"""Parked documents, and what can be done about listeners, with the effects in MongoDB."""
import datetime
import re
import unittest
import urllib.parse
import uuid

from support import LISTENER, TOKEN, ServerTest, wait_until

import bson  # Found by way of support.
from bson import json_util

OTHER = "notes/text/words"


def ids():
    """Of many BSON types; no two are the same to MongoDB."""
    some = [
        None, True, False, 0, -7, 3.5, -1e300, float("inf"), float("-inf"), float("nan"), bson.Int64(1 << 53), bson.Int64(-(1 << 62)),
        bson.Decimal128("1.10"), bson.Decimal128("-9E+30"), "", "text", "a/b?c=d&e%2F", "ünïcödé 😀", 'quote " and \\',
        "line\nbreak", bson.ObjectId("0123456789abcdef01234567"), datetime.datetime(2026, 11, 23, 3, 0, 0, 123000),
        datetime.datetime(1, 1, 1), bson.Timestamp(5, 6), bson.Binary(b""), bson.Binary(b"\x00\xff" * 40),
        bson.Binary(b"user", 128), bson.Binary.from_uuid(uuid.UUID(int=5)), bson.MinKey(), bson.MaxKey(),
        bson.Code("x"), bson.Code("x", {"a": 1}), {"a": 1, "b": {"c": [1, "2"]}}, {"a": 1, "b": {"c": [1, "3"]}}, {},
        {"b": 1, "a": 2},
    ]
    return some + [f"number {number:03}" for number in range(80)] + list(range(100, 104))


def canonical(value):
    return bson.encode({"": value})


class Failures(ServerTest):
    listeners = [{"model": "words", "on": "docs", "key": "text"}, {"model": "words", "on": "notes", "key": "text"}]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = ids()
        assert len(cls.ids) == 120
        cls.daemon.docs.insert_many([{"_id": id, "text": "refuse this"} for id in cls.ids])
        cls.daemon.db.notes.insert_many([{"_id": number, "text": "refuse that"} for number in range(9)])
        answer = cls.daemon.fresh()
        assert answer.status == 200, answer

    def pages(self, limit, listener=None):
        """All failures, a page at a time; what each says of the total and the size is checked."""
        found, after = [], None
        while True:
            query = {"limit": limit, **({"listener": listener} if listener else {}), **({"after": after} if after else {})}
            page = self.daemon.get(f"/v1/failures?{urllib.parse.urlencode(query)}")
            self.assertEqual(page.status, 200, page)
            found += page.json["failures"]
            after = page.json["next"]
            if not after:
                self.assertEqual(len(found), page.json["total"])
                return found
            self.assertEqual(len(page.json["failures"]), limit)

    def documents(self, failures):
        """Their ids, as MongoDB writes them."""
        return [canonical(json_util.loads(json_util.dumps(failure["document"]), json_options=json_util.JSONOptions(
            tz_aware=False, uuid_representation=bson.binary.UuidRepresentation.UNSPECIFIED)))
            for failure in failures]

    def expected(self, *listeners):
        """The entries as MongoDB orders them."""
        entries = self.daemon.db["lockstep.failures"].with_options(
            bson.CodecOptions(document_class=bson.raw_bson.RawBSONDocument)).find().sort("_id", 1)
        entries = [entry["_id"] for entry in entries]
        return [canonical(entry["document"]) for entry in entries if entry["listener"] in listeners]

    def test_each_is_on_one_page(self):
        failures = self.pages(7)
        self.assertEqual(len(failures), 129)
        self.assertEqual([failure["listener"] for failure in failures], [LISTENER] * 120 + [OTHER] * 9)
        for failure in failures:
            self.assertEqual((failure["reason"], failure["attempts"]), ("this text is to be refused", 1))
            for when in [failure["since"], failure["at"]]:
                self.assertLess(abs(datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(when)),
                                datetime.timedelta(hours=1))

    def test_they_come_in_the_order_of_their_ids(self):
        got, expected = self.documents(self.pages(7)), self.expected(LISTENER, OTHER)
        # Relaxed JSON does not tell 3 as Int64 from 3 as Int32, so numbers are compared as MongoDB does.
        def plain(documents):
            values = [bson.decode(document)[""] for document in documents]
            return [repr(float(value) if type(value) in (bson.Int64, int, float) else value) for value in values]
        self.assertEqual(plain(got), plain(expected))

    def test_numbers_beyond_all_doubles_are_told_apart(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        daemon.docs.insert_many([{"_id": id, "text": "refuse"} for id in [
            float("inf"), bson.Decimal128("9E+6000"), bson.Decimal128("8E+6000")]])
        daemon.fresh()
        self.assertEqual(daemon.get("/v1/failures").json["total"], 3)

    def test_pages_of_any_size_are_the_same(self):
        whole = self.daemon.get("/v1/failures?limit=500").json
        self.assertIsNone(whole["next"])
        for limit in [1, 50, 128, 129]:
            with self.subTest(limit):
                self.assertEqual(self.pages(limit), whole["failures"])

    def test_one_listener_alone(self):
        self.assertEqual({failure["listener"] for failure in self.pages(7, LISTENER)}, {LISTENER})
        self.assertEqual([failure["document"] for failure in self.pages(4, OTHER)], list(range(9)))
        answer = self.daemon.get("/v1/failures?listener=docs%2Ftext%2Fnobody").json
        self.assertEqual(answer, {"failures": [], "total": 0, "next": None})

    def test_they_are_counted_by_reason_and_listener(self):
        answer = self.daemon.get("/v1/failures/reasons").json
        self.assertEqual([(group["listener"], group["reason"], group["count"]) for group in answer["groups"]],
                         [(LISTENER, "this text is to be refused", 120), (OTHER, "this text is to be refused", 9)])
        self.assertFalse(answer["hasMore"])
        one = self.daemon.get("/v1/failures/reasons?limit=1").json
        self.assertEqual((len(one["groups"]), one["hasMore"]), (1, True))
        other = self.daemon.get(f"/v1/failures/reasons?listener={OTHER}").json
        self.assertEqual([group["count"] for group in other["groups"]], [9])
        self.assertEqual(self.daemon.get("/v1/failures/reasons?after=x").status, 400)

    def test_wrong_questions(self):
        for query in ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=1.5", "limit=", "after=x", "after=%00", "after=",
                      "after=e30=", "after=" + "A" * 3000, "order=1", "limit=1&limit=2", "after=bnVsbA==",
                      "after=eyJwbGFjZSI6NX0="]:
            with self.subTest(query[:30]):
                answer = self.daemon.get(f"/v1/failures?{query}")
                self.assertEqual((answer.status, answer.code), (400, "badRequest"), answer)


class Retry(ServerTest):
    listeners = Failures.listeners

    def setUp(self):
        self.daemon.behaviour.write_text("")
        for name in ["docs", "notes"]:
            self.daemon.db[name].delete_many({})
        self.daemon.fresh()
        wait_until(lambda: self.total() == 0, "nothing is parked any more")
        self.daemon.docs.insert_many([{"_id": id, "text": "refuse this"} for id in ids()])
        self.daemon.db.notes.insert_many([{"_id": number, "text": "refuse that"} for number in range(9)])
        self.daemon.fresh()
        self.assertEqual(self.total(), 129)

    def total(self, listener=None):
        query = f"&listener={urllib.parse.quote(listener, safe='')}" if listener else ""
        return self.daemon.get(f"/v1/failures?limit=1{query}").json["total"]

    def retry(self, order):
        answer = self.daemon.post("/v1/failures/retry", order)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["retried"]

    def predicted(self):
        return [self.daemon.db[name].count_documents({"_outputs.text.words": 2}) for name in ["docs", "notes"]]

    def test_one(self):
        self.behave(self.daemon, "mended")
        first, *rest = self.daemon.get("/v1/failures?limit=500").json["failures"]
        self.assertEqual(self.retry({"listener": first["listener"], "document": first["document"]}), 1)
        wait_until(lambda: self.total() == 128, "one is predicted")
        self.assertEqual(self.predicted(), [1, 0])
        # Each as it was told: what a person copies from the list is what is tried.
        for failure in rest:
            with self.subTest(failure["document"]):
                self.assertEqual(self.retry({"listener": failure["listener"], "document": failure["document"]}), 1)
        wait_until(lambda: self.total() == 0, "the others are predicted", 20)

    def test_a_listener(self):
        self.behave(self.daemon, "mended")
        self.assertEqual(self.retry({"listener": OTHER}), 9)
        wait_until(lambda: self.total(OTHER) == 0, "those of the listener are predicted")
        self.assertEqual((self.total(), self.predicted()), (120, [0, 9]))

    def test_a_reason(self):
        self.behave(self.daemon, "mended")
        self.assertEqual(self.retry({"listener": OTHER, "reason": "another reason"}), 0)
        self.assertEqual(self.retry({"listener": OTHER, "reason": "this text is to be refused"}), 9)
        wait_until(lambda: self.total(OTHER) == 0, "those of the reason are predicted")
        self.assertEqual(self.total(), 120)
        wrong = self.daemon.post("/v1/failures/retry", {"reason": {"$ne": ""}})
        self.assertEqual((wrong.status, wrong.code), (400, "badRequest"))

    def test_all(self):
        self.behave(self.daemon, "mended")
        self.assertEqual(self.retry({}), 129)
        wait_until(lambda: self.total() == 0, "all are predicted")
        self.assertEqual(self.predicted(), [120, 9])

    def test_what_is_refused_again_stays(self):
        first = self.daemon.get("/v1/failures?limit=500").json["failures"]
        self.assertEqual(self.daemon.post("/v1/failures/retry").json, {"retried": 129})
        latest = max(failure["at"] for failure in first)
        wait_until(lambda: min(failure["at"] for failure in self.daemon.get("/v1/failures?limit=500").json["failures"])
                   > latest, "each was tried again")
        again = self.daemon.get("/v1/failures?limit=500").json["failures"]
        self.assertEqual([failure["since"] for failure in again], [failure["since"] for failure in first])
        self.assertEqual((self.total(), self.predicted()), (129, [0, 0]))

    def test_what_is_not_there(self):
        for order in [{"listener": "nobody"}, {"listener": LISTENER, "document": "nobody"},
                      {"listener": OTHER, "document": {"$oid": "0123456789abcdef01234567"}}]:
            with self.subTest(order):
                self.assertEqual(self.retry(order), 0)


class Listeners(ServerTest):
    listeners = Failures.listeners

    def tearDown(self):
        self.daemon.order("resume")

    def words(self, id, collection="docs"):
        return (self.daemon.db[collection].find_one({"_id": id}) or {}).get("_outputs", {}).get("text", {}).get("words")

    def state(self):
        return {listener["id"]: listener["state"] for listener in self.daemon.status["listeners"]}

    def test_pause_lets_changes_go_and_resume_catches_up(self):
        self.assertEqual(self.daemon.order("pause").json, {"id": LISTENER, "state": "paused"})
        self.assertEqual(self.state(), {LISTENER: "paused", OTHER: "ok"})
        self.daemon.docs.insert_one({"_id": "paused", "text": "one two"})
        self.daemon.db.notes.insert_one({"_id": "beside", "text": "one two three"})
        wait_until(lambda: self.words("beside", "notes") == 3, "the other listener goes on")
        # What is paused is not reflected, and that is said.
        answer = self.daemon.fresh(timeout=0.2)
        self.assertEqual((answer.status, [reason["code"] for reason in answer.json["reasons"]]), (504, ["paused"]))
        self.assertIsNone(self.words("paused"))
        self.assertEqual(self.daemon.order("resume").json, {"id": LISTENER, "state": "resumed"})
        wait_until(lambda: self.words("paused") == 2, "what came meanwhile is predicted")
        self.assertEqual(self.state(), {LISTENER: "ok", OTHER: "ok"})

    def test_twice_is_once(self):
        for order in ["pause", "pause", "resume", "resume", "reconcile", "reconcile"]:
            self.assertEqual(self.daemon.order(order).status, 200)
        self.assertEqual(self.state()[LISTENER], "ok")

    def test_a_pause_holds_over_a_restart(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        daemon.order("pause")
        daemon.kill()
        daemon.port = 0
        daemon.docs.insert_one({"_id": 1, "text": "one two"})
        daemon.start()
        self.assertEqual(daemon.status["listeners"][0]["state"], "paused")
        self.assertNotIn("_outputs", daemon.docs.find_one())
        daemon.order("resume")
        wait_until(lambda: daemon.docs.find_one({"_outputs.text.words": 2}), "it is predicted")

    def test_reconcile_mends_what_no_change_told_of(self):
        self.daemon.docs.insert_one({"_id": "behind", "text": "one two"})
        self.daemon.fresh()
        looked = self.looked()
        self.assertEqual(self.daemon.order("reconcile").json, {"id": LISTENER, "state": "reconciling"})
        wait_until(lambda: self.looked() > looked, "it scans the documents")
        self.assertEqual(self.words("behind"), 2)

    def looked(self):
        found = re.search(r'^lockstep_reconcile_documents_total{collection="docs"} (\d+)$', self.daemon.get("/metrics").text, re.MULTILINE)
        return int(found[1]) if found else 0

    def test_listeners_that_are_not_there(self):
        for order in ["pause", "resume", "reconcile"]:
            answer = self.daemon.order(order, "docs/text/nobody")
            self.assertEqual((answer.status, answer.code), (404, "notFound"))
        self.assertEqual(self.daemon.order("stop").status, 404)


if __name__ == "__main__":
    unittest.main()
