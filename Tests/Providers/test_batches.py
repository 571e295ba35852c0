"""The provider's batch API: half the price, one job, one bill, whatever happens in between."""
import json
import time
import unittest
import urllib.request

from daemons import KEY, NAMES, ProviderTest, wait_until
from imitated import direct
from proxy import Proxy

COUNT = 200


class EachAPI:
    """What every provider's jobs have to come through."""
    files, jobs = "/v1/files", "/v1/batches"
    #: What a token costs in a job, of its price in a call.
    share = 0.5

    def begin(self, **batch):
        self.imitation.begin(keys=[KEY], dialect=self.dialect, batch={"seconds": 1.5, **batch})

    def model(self, **more):
        return {"batchApi": {"above": 50, "poll": "200ms"}, "price": 0.02, **more}

    def waiting(self, texts=None, **options):
        """A daemon that is not started yet, and documents that are to go by a batch."""
        daemon = self.daemon(self.service(), self.model(), start=False, **options)
        self.insert(daemon, texts or self.texts(COUNT))
        return daemon

    def with_a_job(self, **batch):
        """A daemon whose documents went by a batch that has not ended yet."""
        self.begin(**batch)
        daemon = self.waiting()
        daemon.start()
        wait_until(lambda: self.imitation.tally()["batches"] == 1, "the job is there")
        return daemon

    def service(self):
        return self.http(self.api)

    def complete(self, daemon, texts=None, batches=1, seconds=90):
        texts = texts or self.texts(COUNT)
        wait_until(lambda: len(self.stored(daemon)) == len(texts), "all vectors", seconds)
        self.assertVectors(daemon, texts, self.api)
        tally = self.imitation.tally()
        self.assertEqual(tally["repeated"], {}, "paid for twice")
        self.assertEqual(tally["batches"], batches)
        self.assertEqual(daemon.failed(), [])
        return tally

    def test_a_backfill_goes_by_it(self):
        self.begin()
        daemon = self.waiting()
        daemon.start()
        tally = self.complete(daemon)
        self.assertGreaterEqual(tally["batchInputs"], COUNT - 1)
        # What comes later and is little is asked for at once.
        daemon.docs.insert_one({"_id": "live", "text": "a live one"})
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally()["batches"], 1)
        costs = json.loads(daemon.command("costs", "--json").stdout)
        self.assertEqual(len(costs["batches"]), 1)

    def test_one_of_them_is_refused(self):
        self.begin(refuse="number 77\"")
        daemon = self.waiting()
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == COUNT - 1 and daemon.failed() or len(self.stored(daemon)) == COUNT,
                   "the others", 90)
        found = self.stored(daemon)
        for number in (76, 78):
            self.assertVector(found[number], f"text number {number}", self.api)
        self.assertEqual(self.imitation.tally()["repeated"], {})

    def paths(self, text):
        return sum(count for path, count in self.imitation.tally()["paths"].items() if text in path)

    def killed_while_held(self, path):
        """Killed after the provider has done it and before the daemon hears of it."""
        self.begin()
        self.imitation.control(hold=[{"path": path, "method": "POST", "seconds": 600, "times": 1}])
        daemon = self.waiting()
        daemon.start()
        wait_until(lambda: self.paths(f"POST {path}") >= 1, "it asks", 60)
        time.sleep(0.2)
        daemon.kill()
        return daemon

    def test_killed_when_the_file_is_there(self):
        daemon = self.killed_while_held(self.files)
        daemon.start()
        self.complete(daemon)

    def test_killed_when_the_job_is_there(self):
        daemon = self.killed_while_held(self.jobs)
        daemon.start()
        self.complete(daemon)

    def made_up_for(self, **batch):
        """The first job does not give everything; all vectors are there in the end."""
        self.begin(**batch)
        daemon = self.waiting()
        daemon.serve()
        wait_until(lambda: self.imitation.tally()["batches"] >= 1, "the job is there")
        self.imitation.control(batch={"seconds": 0.5})
        wait_until(lambda: len(self.stored(daemon)) == COUNT, "all vectors", 120)
        self.assertVectors(daemon, self.texts(COUNT), self.api)
        return daemon

    def test_an_expired_one_gives_what_it_has(self):
        self.made_up_for(outcome="expired", part=0.5)
        # What it had is not asked for again; the rest is.
        self.assertLessEqual(len(self.imitation.tally()["repeated"]), 100)

    def test_a_failed_one_is_told_and_made_up_for(self):
        daemon = self.made_up_for(outcome="failed", words=f"bad key {KEY} in the line of text number 5")
        self.assertEqual(self.imitation.tally()["repeated"], {})
        self.assertIn("(it is failed: ", daemon.told())
        self.assertIn("asked for by calls, at the full price", daemon.told())
        self.assertNotIn(KEY, daemon.told())
        self.assertNotIn("text number 5", daemon.told())

    def budgeted(self, budget, **more):
        return {"m": {"http": self.service(), **self.model(price=1000, budget=budget, **more)}}

    def test_a_budget_that_is_smaller_than_the_backfill(self):
        self.begin()
        # 200 tokens each, which are thought to be 201.25: the rest of the budget is for less than one more.
        texts = [f"{number:04} " + "x" * 795 for number in range(COUNT)]
        budget = f"{79.3 * 201.25 / 1000 * self.share:.4f}/month"
        daemon = self.waiting(texts)
        daemon.configure(models=self.budgeted(budget))
        daemon.serve()
        self.await_words(daemon, f"the budget of `m`, {budget}, is spent", "raise `budget` and run `lockstep reload`")
        # One job of what it affords, whose answers are stored though the model waits.
        wait_until(lambda: len(self.stored(daemon)) == 79, "what was paid for", 60)
        time.sleep(3)
        tally = self.imitation.tally()
        self.assertEqual((tally["batches"], tally["batchInputs"], tally["inputs"]), (1, 79, 79))
        self.assertEqual(len(self.stored(daemon)), 79)
        self.assertAlmostEqual(self.price(daemon), 79 * 0.2 * self.share, delta=0.2)
        said = daemon.command("wait", "--timeout", "2")
        self.assertEqual(said.returncode, 1)
        self.assertIn(f"the budget of `m`, {budget}, is spent", said.stderr)
        # So it is after a restart, too.
        daemon.kill()
        daemon.serve()
        self.await_words(daemon, f"the budget of `m`, {budget}, is spent")
        time.sleep(2)
        self.assertEqual(self.imitation.tally()["batches"], 1)
        self.assertEqual(daemon.failed(), [])
        # More of it, and it goes on at once.
        daemon.configure(models=self.budgeted("200/month"))
        done = daemon.command("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: len(self.stored(daemon)) == COUNT, "all vectors", 60)
        self.assertVectors(daemon, texts, self.api)
        tally = self.imitation.tally()
        self.assertEqual(tally["batches"], 2)
        # The reload has tried the model with the first document.
        self.assertEqual(tally["repeated"], {texts[0]: 2})

    def price(self, daemon):
        """Of all that was asked, by `lockstep costs`."""
        costs = json.loads(daemon.command("costs", "--json").stdout)
        return sum(row["price"] for row in costs["rows"] + costs["batches"])


class Batches(EachAPI, ProviderTest):
    """OpenAI's; and what is the same for all of them."""
    api, dialect = "openai", "openai"

    def test_positions_move_on_and_live_changes_win(self):
        daemon = self.with_a_job(seconds=8)
        daemon.docs.update_one({"_id": 7}, {"$set": {"text": "changed meanwhile"}})
        daemon.docs.insert_one({"_id": COUNT, "text": "come meanwhile"})
        daemon.docs.delete_one({"_id": 9})
        wait_until(lambda: {7, COUNT} <= set(self.stored(daemon)), "the live ones do not wait", 6)
        self.assertVector(self.stored(daemon)[7], "changed meanwhile", self.api)
        wait_until(lambda: len(self.stored(daemon)) == COUNT, "all vectors", 60)
        found = self.stored(daemon)
        self.assertVector(found[7], "changed meanwhile", self.api)
        self.assertVector(found[8], "text number 8", self.api)
        self.assertNotIn(9, found)

    def kill_when(self, condition, what, **batch):
        self.begin(**batch)
        daemon = self.waiting()
        daemon.start()
        wait_until(condition, what, 60)
        daemon.kill()
        return daemon

    def test_killed_while_it_runs(self):
        daemon = self.kill_when(lambda: self.imitation.tally()["batches"] == 1, "the job is there", seconds=4)
        daemon.start()
        self.complete(daemon)

    def test_killed_again_and_again(self):
        self.begin(seconds=3)
        daemon = self.waiting()
        for pause in (0.4, 0.9, 1.7, 0.2, 1.2):
            daemon.serve()
            time.sleep(pause)
            daemon.kill()
        daemon.start()
        self.complete(daemon)

    def test_a_job_that_the_provider_has_forgotten(self):
        self.begin(seconds=60)
        daemon = self.waiting()
        daemon.serve()
        wait_until(lambda: self.imitation.tally()["batches"] == 1, "the job is there")
        self.imitation.control(fail=[{"path": self.jobs + "/", "status": 404, "times": 1_000_000}])
        wait_until(lambda: len(self.stored(daemon)) == COUNT, "all vectors", 60)
        self.assertVectors(daemon, self.texts(COUNT), self.api)
        self.assertIn("its provider does not know it any more", daemon.told())

    def test_it_ended_while_nobody_looked(self):
        daemon = self.kill_when(lambda: self.imitation.tally()["batches"] == 1, "the job is there", seconds=1)
        time.sleep(2)
        daemon.start()
        self.complete(daemon)

    def test_a_budget_that_does_not_cover_one_input(self):
        self.begin()
        daemon = self.waiting()
        daemon.configure(models=self.budgeted("0.0001/month"))
        daemon.serve()
        self.await_words(daemon, "the budget of `m`, 0.0001/month, does not cover its next call")
        time.sleep(2)
        tally = self.imitation.tally()
        self.assertEqual((tally["batches"], tally["inputs"], self.stored(daemon)), (0, 0, {}))

    def test_a_listener_that_has_another_name_when_it_ends(self):
        daemon = self.with_a_job(seconds=3)
        daemon.configure(listeners=[{"model": "m", "on": "docs", "key": "text", "as": "renamed"}])
        done = daemon.command("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: len(self.stored(daemon, path="renamed")) == COUNT, "all vectors", 60)
        self.assertVectors(daemon, self.texts(COUNT), self.api, path="renamed")
        tally = self.imitation.tally()
        self.assertEqual((tally["batches"], tally["repeated"]), (1, {}))
        self.assertEqual([job["phase"] for job in daemon.db["lockstep.batches"].find()], ["done"])

    def test_a_model_that_begins_no_more_jobs_when_it_ends(self):
        daemon = self.with_a_job(seconds=3)
        daemon.configure(models={"m": {"http": self.http(self.api), "price": 0.02}})
        daemon.stop()
        daemon.start()
        self.complete(daemon)
        self.assertEqual([job["phase"] for job in daemon.db["lockstep.batches"].find()], ["done"])

    def test_a_listener_that_is_gone_when_it_ends(self):
        daemon = self.with_a_job(seconds=3)
        daemon.stop()
        daemon.configure(listeners=[{"model": "m", "on": "other", "key": "text"}])
        time.sleep(3)
        daemon.start()
        daemon.db.other.insert_one({"_id": 0, "text": "text number 5"})
        self.fresh(daemon)
        self.assertEqual(self.stored(daemon), {})


class VoyageBatches(EachAPI, ProviderTest):
    api, dialect, share = "voyage", "voyage", 0.67


class GeminiBatches(EachAPI, ProviderTest):
    api, dialect = "gemini", "openai"
    files, jobs = "/upload/v1beta/files", "/v1beta/models/.*:asyncBatchEmbedContent"

    def paths(self, text):
        return super().paths(text.replace("/v1beta/models/.*:", "/v1beta/models/gemini-embedding-001:"))


class MistralBatches(EachAPI, ProviderTest):
    """Known by its host, which is reached by a proxy."""
    api, dialect = "openai", "mistral"
    jobs = "/v1/batch/jobs"

    def waiting(self, texts=None):
        proxy = Proxy(self.imitation.port)
        self.addCleanup(proxy.stop)
        return super().waiting(texts, environment={"http_proxy": proxy.url})

    def service(self):
        return {**self.http(), "url": "http://api.mistral.ai/v1"}

    def test_its_job_stands_behind_many_others(self):
        daemon = self.killed_while_held(self.jobs)
        for number in range(120):
            asked = {"endpoint": "/v1/embeddings", "model": NAMES["openai"],
                     "requests": [{"custom_id": "0", "body": {"input": f"of somebody else {number}"}}]}
            request = urllib.request.Request(self.imitation.url + self.jobs, json.dumps(asked).encode(),
                                             {"Authorization": f"Bearer {KEY}"})
            direct.open(request).close()
        daemon.start()
        self.complete(daemon, batches=1 + 120)


class SmallOnes(ProviderTest):
    def test_what_is_little_goes_at_once(self):
        daemon = self.daemon(model={"batchApi": {"above": 10_000}}, start=False)
        self.insert(daemon, self.texts(100))
        daemon.start()
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally()["batches"], 0)


if __name__ == "__main__":
    unittest.main()
