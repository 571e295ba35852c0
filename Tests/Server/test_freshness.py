"""`/v1/freshness`: who waits for it reads what was predicted from their own write."""
import concurrent.futures
import time
import unittest

from support import LISTENER, TOKEN, ServerTest, wait_until


class Freshness(ServerTest):
    def test_after_it_the_prediction_is_there(self):
        for number in range(100):
            text = "word " * (number % 9 + 1)
            # One document in the whole class, so that a round cannot be right by the one before.
            time = self.daemon.write(lambda docs, session, text=text, number=number: docs.update_one(
                {"_id": "round"}, {"$set": {"text": text, "n": number}}, upsert=True, session=session))
            answer = self.daemon.fresh(time)
            self.assertEqual((answer.status, answer.json["operationTime"]), (200, time), answer)
            document = self.daemon.docs.find_one({"_id": "round"})
            self.assertEqual((document["n"], document["_outputs"]["text"]["words"]), (number, number % 9 + 1))

    def test_now_covers_what_was_acknowledged(self):
        for number in range(20):
            self.daemon.docs.insert_one({"_id": f"now{number}", "text": "one two three"})
            # The default is `now`.
            answer = self.daemon.get("/v1/freshness" if number % 2 else "/v1/freshness?after=now")
            self.assertEqual((answer.status, answer.json["fresh"]), (200, True), answer)
            document = self.daemon.docs.find_one({"_id": f"now{number}"})
            self.assertEqual(document["_outputs"]["text"]["words"], 3)

    def test_many_wait_at_once(self):
        def write_and_read(number):
            time = self.daemon.write(lambda docs, session: docs.insert_one(
                {"_id": f"many{number}", "text": "word " * (number + 1)}, session=session))
            answer = self.daemon.fresh(time)
            return answer.status, self.daemon.docs.find_one({"_id": f"many{number}"})["_outputs"]["text"]["words"]
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            self.assertEqual(list(pool.map(write_and_read, range(50))), [(200, number + 1) for number in range(50)])

    def test_the_distance_while_the_model_is_held(self):
        daemon = self.run_daemon({"token": TOKEN, "maxLag": "1s"}).start()
        self.behave(daemon, "hold")
        after = daemon.write(lambda docs, session: docs.insert_many(
            [{"text": f"a b {number}"} for number in range(5)], session=session))
        wait_until(lambda: daemon.status["listeners"][0]["waiting"] == 5, "five documents wait")
        wait_until(lambda: daemon.get("/health/ready").status == 503, "the lag shows")
        answer = daemon.fresh(after, timeout=0.2)
        self.assertEqual(answer.status, 504)
        distance = answer.json
        self.assertEqual((distance["fresh"], distance["operationTime"], distance["waiting"]), (False, after, 5))
        self.assertIn("lag", [reason["code"] for reason in distance["reasons"]])
        self.assertGreaterEqual(distance["behindSeconds"], 0)
        # A patient one gets its answer when the model answers again.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            patient = pool.submit(daemon.fresh, after)
            self.behave(daemon, "")
            self.assertEqual(patient.result().status, 200)
        self.assertEqual(daemon.docs.count_documents({"_outputs.text.words": 3}), 5)

    def test_one_listener_is_not_held_up_by_another(self):
        listeners = [{"model": "words", "on": "docs", "key": "text"}, {"model": "words", "on": "docs", "key": "title"},
                     {"model": "words", "on": "docs", "key": "_outputs.text.words", "as": "again", "where": {"again": True}}]
        daemon = self.run_daemon({"token": TOKEN}, listeners=listeners).start()
        daemon.docs.insert_one({"title": "a b", "text": "a"})
        self.assertEqual(daemon.get("/v1/freshness?timeout=30").status, 200)
        answer = daemon.post("/v1/listeners/docs%2Ftitle%2Fwords/pause", token=TOKEN)
        self.assertEqual(answer.status, 200, answer)
        document = daemon.docs.insert_one({"title": "a b", "text": "a b c"}).inserted_id
        one = daemon.get(f"/v1/freshness?listener={LISTENER}&timeout=30")
        self.assertEqual((one.status, one.json["fresh"]), (200, True), one)
        self.assertEqual(daemon.docs.find_one(document)["_outputs"]["text"]["words"], 3)
        paused = daemon.get(f"/v1/freshness?listener={LISTENER}&listener=docs%2Ftitle%2Fwords&timeout=0.1")
        self.assertEqual(paused.status, 504)
        self.assertEqual([reason["code"] for reason in paused.json["reasons"]], ["paused"])
        self.assertEqual(daemon.get("/v1/freshness?timeout=0.1").status, 504)
        unknown = daemon.get("/v1/freshness?listener=docs/none/words")
        self.assertEqual((unknown.status, unknown.code), (404, "notFound"))
        self.assertIn("`docs/title/words`", unknown.json["error"]["hint"])

    def test_a_reason_is_told_once(self):
        daemon = self.run_daemon({"token": TOKEN, "maxLag": "1s"}).start()
        self.behave(daemon, "hold")
        daemon.docs.insert_one({"text": "a b"})
        wait_until(lambda: daemon.get("/health/ready").status == 503, "the lag shows")
        codes = [reason["code"] for reason in daemon.fresh(timeout=0).json["reasons"]]
        self.assertEqual(len(codes), len(set(codes)), codes)

    def test_a_time_to_come_is_waited_for(self):
        began = time.monotonic()
        answer = self.daemon.fresh("4000000000.1", timeout=0.3)
        self.assertEqual((answer.status, answer.json["operationTime"]), (504, "4000000000.1"))
        self.assertGreater(answer.json["behindSeconds"], 1e9)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_times_as_clients_write_them(self):
        after = self.daemon.write(lambda docs, session: docs.insert_one({"text": "a"}, session=session))
        seconds, increment = after.split(".")
        for text in [after, f'{{"$timestamp":{{"t":{seconds},"i":{increment}}}}}'.replace('"', "%22"), "0.0", "1.1"]:
            with self.subTest(text):
                self.assertEqual(self.daemon.fresh(text).status, 200)

    def test_garbage_is_refused(self):
        for after in ["", "x", "1", "1.", ".1", "1.2.3", "-1.1", "4294967296.1", "1.4294967296", "1e3.1", "%201.1", "1.1%20",
                      "NOW", "{}", "%7B%22$timestamp%22:5%7D", "%7B%22$timestamp%22:%7B%22t%22:-1,%22i%22:1%7D%7D",
                      "%7B%22$date%22:5%7D", "%00", "%FF", "1" * 5000, "%D9%A1.%D9%A1", "1.1&after=1.1"]:
            with self.subTest(after[:40]):
                answer = self.daemon.get(f"/v1/freshness?after={after}&timeout=0")
                self.assertEqual((answer.status, answer.code), (400, "badRequest"))
        for timeout in ["", "x", "-1", "61", "60.1", "1e9", "nan", "inf", "-0.1", "1s", "0x10p9"]:
            with self.subTest(timeout):
                self.assertEqual(self.daemon.get(f"/v1/freshness?timeout={timeout}").status, 400)
        self.assertEqual(self.daemon.get("/v1/freshness?until=now").status, 400)


if __name__ == "__main__":
    unittest.main()
