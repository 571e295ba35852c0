"""Nothing is paid for twice."""
import json
import time
import unittest

from daemons import KEY, ProviderTest, each, wait_until


class Memo(ProviderTest):
    def paid(self):
        return self.imitation.tally()["inputs"]

    def test_equal_texts_are_asked_for_once(self):
        daemon = self.daemon(start=False)
        texts = [f"text {number % 10}" for number in range(500)]
        self.insert(daemon, texts)
        daemon.start()
        self.fresh(daemon)
        self.assertVectors(daemon, texts)
        self.assertEqual(self.paid(), 10)
        # Over time, too, and in another collection's listener after a restart.
        self.insert(daemon, texts, first=1000)
        self.fresh(daemon)
        self.assertEqual(self.paid(), 10)
        daemon.stop()
        daemon.configure(listeners=[{"model": "m", "on": "docs", "key": "text"}, {"model": "m", "on": "notes", "key": "body"}])
        daemon.db.notes.insert_many([{"body": text} for text in texts[:20]])
        daemon.start()
        self.fresh(daemon)
        self.assertEqual(daemon.db.notes.count_documents({"_outputs.body.m": {"$exists": True}}), 20)
        self.assertEqual(self.paid(), 10)

    def test_a_listener_that_is_renamed(self):
        daemon = self.daemon()
        self.insert(daemon, self.texts(100))
        self.fresh(daemon)
        daemon.stop()
        daemon.configure(listeners=[{"model": "m", "on": "docs", "key": "text", "as": "renamed"}])
        daemon.start()
        self.fresh(daemon)
        self.assertVectors(daemon, self.texts(100), path="renamed")
        self.assertEqual(self.paid(), 100)

    def test_a_return_to_an_earlier_version(self):
        daemon = self.daemon(model={"version": "1"})
        self.insert(daemon, self.texts(100))
        self.fresh(daemon)
        for version, paid in (("2", 200), ("1", 200), ("2", 200)):
            daemon.stop()
            daemon.configure(models={"m": {"http": self.http(), "version": version}})
            daemon.start()
            wait_until(lambda: daemon.docs.count_documents({"_lockstep.text.m.version": version}) == 100, "the other version")
            self.assertEqual(self.paid(), paid)

    def test_a_restored_backup(self):
        daemon = self.daemon()
        self.insert(daemon, self.texts(100))
        backup = list(daemon.docs.find({}, {"text": 1}))
        self.fresh(daemon)
        daemon.docs.drop()
        daemon.docs.insert_many(backup)
        wait_until(lambda: len(self.stored(daemon)) == 100, "all vectors")
        self.assertVectors(daemon, self.texts(100))
        self.assertEqual(self.paid(), 100)

    def test_a_text_that_comes_back(self):
        daemon = self.daemon()
        for text in ("one", "two", "one", "two", "one"):
            daemon.docs.replace_one({"_id": 0}, {"text": text}, upsert=True)
            self.fresh(daemon)
            self.assertVector(self.stored(daemon)[0], text)
        self.assertEqual(self.paid(), 2)

    def test_another_model_is_asked_again(self):
        daemon = self.daemon()
        self.insert(daemon, self.texts(10))
        self.fresh(daemon)
        daemon.stop()
        daemon.configure(models={"m": {"http": self.http(model="text-embedding-3-large")}})
        daemon.start()
        wait_until(lambda: self.paid() == 20, "asked again")

    def test_without_memo(self):
        daemon = self.daemon(model={"memo": False})
        for text in ("one", "two", "one"):
            daemon.docs.replace_one({"_id": 0}, {"text": text}, upsert=True)
            self.fresh(daemon)
        self.assertEqual(self.paid(), 3)

    def test_no_network_at_a_restart(self):
        daemon = self.daemon()
        self.insert(daemon, self.texts(300))
        self.fresh(daemon)
        requests = self.imitation.tally()["requests"]
        daemon.stop()
        daemon.start()
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally()["requests"], requests)

    def test_kill_costs_at_most_what_was_in_flight(self):
        concurrency, batch, count = 4, 10, 600
        self.imitation.control(latency=0.4)
        daemon = self.daemon(model={"batch": {"count": batch}, "limits": {"concurrency": concurrency}}, start=False)
        self.insert(daemon, self.texts(count))
        daemon.start()
        lost = 0
        for part in (0.2, 0.5, 0.8):
            wait_until(lambda: self.paid() >= part * count, "some are done")
            daemon.kill()
            # Asked for and not answered, and answered a moment ago and not yet kept.
            lost += 2 * concurrency * batch
            daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == count, "all vectors")
        self.assertVectors(daemon, self.texts(count))
        self.assertLessEqual(self.paid() - count, lost)

    def test_a_change_while_its_text_is_asked_for(self):
        self.imitation.control(latency=1.0)
        daemon = self.daemon()
        daemon.docs.insert_one({"_id": 0, "text": "first"})
        wait_until(lambda: "first" in self.imitation.tally("texts")["texts"], "asked for")
        daemon.docs.update_one({"_id": 0}, {"$set": {"text": "second"}})
        self.fresh(daemon)
        self.assertVector(self.stored(daemon)[0], "second")
        self.imitation.control(latency=0)
        daemon.docs.update_one({"_id": 0}, {"$set": {"text": "first"}})
        self.fresh(daemon)
        self.assertVector(self.stored(daemon)[0], "first")
        # The answer came too late to be stored, and was kept all the same.
        self.assertEqual(self.imitation.tally()["repeated"], {})

    def test_mongodb_away_for_a_moment(self):
        self.imitation.control(latency=0.5)
        daemon = self.daemon(model={"batch": {"count": 10}, "limits": {"concurrency": 4}}, start=False)
        self.insert(daemon, self.texts(200))
        daemon.start()
        wait_until(lambda: self.paid() >= 40, "some are done")
        # Every operation of the daemon fails for a moment, and its connections end.
        admin = daemon.mongod.client.admin
        killed = [operation["opid"] for operation in admin.command("currentOp")["inprog"]
                  if operation.get("ns", "").startswith(f"{daemon.database}.")]
        self.assertTrue(killed)
        for operation in killed:
            admin.command("killOp", op=operation)
        wait_until(lambda: len(self.stored(daemon)) == 200, "all vectors")
        self.assertEqual(self.imitation.tally()["repeated"], {})


class Budget(ProviderTest):
    def test_it_is_kept_and_told(self):
        # 10 tokens a text; 200 texts for the budget.
        texts = [f"{number:04} " + "x" * 35 for number in range(600)]
        self.imitation.control(latency=0.05)
        daemon = self.daemon(model={"price": 1000, "budget": "2/day", "batch": {"count": 10}, "limits": {"concurrency": 2}},
                             start=False)
        self.insert(daemon, texts)
        daemon.serve()
        self.await_words(daemon, "budget")
        time.sleep(2)
        tally = self.imitation.tally()
        self.assertLessEqual(tally["tokens"], 2000 + 2 * 100)
        self.assertGreaterEqual(tally["tokens"], 1800)
        self.assertEqual(daemon.failed(), [])
        # It lasts over a restart, and does not ask.
        daemon.kill()
        daemon.serve()
        self.await_words(daemon, "budget")
        time.sleep(2)
        self.assertLessEqual(self.imitation.tally()["tokens"], 2000 + 4 * 100)
        # More of it, and the rest is computed.
        daemon.stop()
        daemon.configure(models={"m": {"http": self.http(), "price": 1000, "budget": "20/day", "batch": {"count": 10}}})
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 600, "all vectors")

    def test_a_budget_that_is_raised_by_a_reload(self):
        texts = [f"{number:04} " + "x" * 35 for number in range(600)]
        model = {"http": self.http(), "price": 1000, "batch": {"count": 10}, "limits": {"concurrency": 2}}
        daemon = self.daemon(start=False)
        daemon.configure(models={"m": {**model, "budget": "2/month"}})
        self.insert(daemon, texts)
        daemon.serve()
        self.await_words(daemon, "the budget of `m`, 2/month, is spent")
        # Whoever waits for it hears why.
        done = daemon.command("wait", "--timeout", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not fresh after 2", done.stderr)
        self.assertIn("the budget of `m`, 2/month, is spent: it goes on at ", done.stderr)
        self.assertIn("raise `budget` and run `lockstep reload` to go on now", done.stderr)
        before = len(self.stored(daemon))
        self.assertLess(before, 250)
        daemon.configure(models={"m": {**model, "budget": "20/month"}})
        done = daemon.command("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: len(self.stored(daemon)) > before, "it goes on at once", 5)
        wait_until(lambda: len(self.stored(daemon)) == 600, "all vectors")
        done = daemon.command("wait", "--timeout", "20")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("budget", daemon.problems())

    def test_costs(self):
        daemon = self.daemon(model={"price": 0.02, "batch": {"count": 50}})
        texts = [f"{number:04} " + "x" * 35 for number in range(300)]
        self.insert(daemon, texts)
        self.fresh(daemon)
        tally = self.imitation.tally()

        def told():
            done = daemon.command("costs", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["rows"]
        wait_until(lambda: told() and told()[0]["inputs"] == 300, "the ledger is written")
        [row] = told()
        self.assertEqual((row["model"], row["inputs"], row["tokens"]), ("m", 300, tally["tokens"]))
        self.assertEqual(row["calls"], tally["requests"])
        self.assertAlmostEqual(row["price"], tally["tokens"] * 0.02 / 1e6, places=9)
        self.assertIn("lockstep_", daemon.get("/metrics").text)

    def test_retries_are_told(self):
        self.imitation.control(fail=[{"times": 3, "status": 500, "path": "/embed"}])
        daemon = self.daemon(model={"price": 0.02})
        self.insert(daemon, self.texts(10))
        wait_until(lambda: len(self.stored(daemon)) == 10, "all vectors")
        wait_until(lambda: [row for row in json.loads(daemon.command("costs", "--json").stdout)["rows"] if row["retries"] >= 3],
                   "the ledger has the retries")

    def test_a_plan_asks_nobody(self):
        daemon = self.daemon(model={"price": 0.02}, start=False)
        texts = [f"{number % 100:04} " + "x" * 35 for number in range(300)]
        self.insert(daemon, texts)
        done = daemon.command("plan", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        [row] = json.loads(done.stdout)["listeners"]
        self.assertEqual((row["documents"], row["toCompute"], row["distinct"]), (300, 300, 100))
        self.assertTrue(500 <= row["tokens"] <= 2000, row)
        self.assertAlmostEqual(row["price"], row["tokens"] * 0.02 / 1e6, places=9)
        self.assertEqual(self.imitation.tally()["requests"], 0)
        self.assertEqual(daemon.command("run", "--dry-run").returncode, 0)
        self.assertEqual(self.imitation.tally()["requests"], 0)


class Commands(ProviderTest):
    """What people ask themselves costs as much, and is in the ledger."""

    def rows(self, daemon):
        done = daemon.command("costs", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["rows"]

    def costly(self, budget):
        return {"m": {"http": self.http(), "price": 1000, "budget": budget, "batch": {"count": 10}}}

    def test_check_and_probe(self):
        daemon = self.daemon(start=False)
        # Spent by the first call, and no hindrance for a person.
        daemon.configure(models=self.costly("0.001/month"))
        self.insert(daemon, self.texts(5))
        for _ in range(2):
            done = daemon.command("check")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        tally = self.imitation.tally()
        [row] = self.rows(daemon)
        self.assertEqual((row["model"], row["calls"], row["inputs"], row["tokens"]), ("m", 2, 2, tally["tokens"]))
        self.assertAlmostEqual(row["price"], tally["tokens"] / 1000, places=9)
        done = daemon.command("probe", "m", "--max-tokens", "20000", "--max-time", "10", timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        tally = self.imitation.tally()
        [row] = self.rows(daemon)
        self.assertEqual(row["tokens"], tally["tokens"])
        self.assertGreater(row["calls"], 20)

    def test_probe_without_mongodb(self):
        daemon = self.daemon(start=False)
        daemon.configure(mongodb={"uri": "mongodb://127.0.0.1:1", "database": "nowhere"})
        done = daemon.command("probe", "m", "--max-tokens", "5000", "--max-time", "5", timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("mongo", (done.stdout + done.stderr).lower())

    def test_verify_recompute(self):
        daemon = self.daemon(start=False)
        daemon.configure(models=self.costly("100/month"))
        self.insert(daemon, self.texts(100))
        daemon.start()
        self.fresh(daemon)
        daemon.stop()
        [before] = self.rows(daemon)
        done = daemon.command("verify", "--recompute")
        self.assertEqual(done.returncode, 0, done.stderr)
        tally = self.imitation.tally()
        [after] = self.rows(daemon)
        self.assertEqual((after["inputs"] - before["inputs"], after["tokens"]), (100, tally["tokens"]))
        # What is left is for some thirty of them.
        left = (after["price"] - before["price"]) * 0.3
        daemon.configure(models=self.costly(f"{after['price'] + left:.4f}/month"))
        done = daemon.command("verify", "--recompute")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not all outputs were compared: the budget of `m`", done.stderr)
        self.assertIn("is spent: it goes on at", done.stderr)
        asked = self.imitation.tally()["inputs"] - tally["inputs"]
        self.assertTrue(10 <= asked <= 40, asked)
        self.assertEqual(self.rows(daemon)[0]["tokens"], self.imitation.tally()["tokens"])
        # The next one asks for nothing that does not fit.
        daemon.command("verify", "--recompute")
        self.assertLessEqual(self.imitation.tally()["inputs"] - tally["inputs"], 40)


class Probe(ProviderTest):
    @each("openai", "tei", "cohere", "ollama")
    def test_it_finds_what_holds(self, api):
        self.imitation.begin(keys=[KEY], truncateAt={"*": 200})
        daemon = self.daemon(self.http(api), start=False)
        done = daemon.command("probe", "m", "--json", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        found = found[0] if isinstance(found, list) else found
        self.assertEqual((found["dimensions"], found["keepsOrder"], found["keepsSingles"]), (384, True, True))
        self.assertAlmostEqual(found["norm"], 1.0, places=3)
        self.assertTrue(150 <= found["truncatesAt"] <= 250, found["truncatesAt"])
        limit = {"openai": 2048, "tei": 32, "cohere": 96}.get(api)
        if limit:
            self.assertTrue(0.5 * limit <= found["requestLimit"] <= limit, found["requestLimit"])
        self.assertTrue(found["throughput"])
        self.assertNotIn(KEY, done.stdout)


if __name__ == "__main__":
    unittest.main()
