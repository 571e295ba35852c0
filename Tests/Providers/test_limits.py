"""Limits of an account, refusals that pass, and those that do not."""
import time
import unittest

from daemons import KEY, ProviderTest, each, wait_until


class Rates(ProviderTest):
    @each("seconds", "float", "date", "ms", "reset")
    def test_retry_after_in_all_its_forms(self, form):
        self.imitation.begin(keys=[KEY], requests={"limit": 5, "per": 2, "kind": "window"}, retryAfter=form)
        daemon = self.daemon(model={"batch": {"count": 10}}, start=False)
        self.insert(daemon, self.texts(120))
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 120, "all vectors", 90)
        self.assertVectors(daemon, self.texts(120))
        log = self.requests()
        refused = [at for at, status, _ in log if status == 429]
        self.assertLess(len(refused), 12, log)
        self.assertEqual(daemon.failed(), [])
        self.assertEqual(self.imitation.tally()["repeated"], {})

    def test_gemini_says_it_in_the_body(self):
        self.imitation.control(requests={"limit": 3, "per": 3, "kind": "window"}, retryAfter="none")
        daemon = self.daemon(self.http("gemini"), {"batch": {"count": 10}}, start=False)
        self.insert(daemon, self.texts(100))
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 100, "all vectors", 60)
        self.assertLess(self.imitation.tally()["refused"], 12)

    def test_nothing_is_asked_before_the_time_that_was_told(self):
        self.imitation.control(fail=[{"times": 1, "status": 429, "headers": {"retry-after": "4"}, "path": "/embed"}])
        daemon = self.daemon(start=False)
        self.insert(daemon, self.texts(30))
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 30, "all vectors")
        log = self.requests()
        told = next(at for at, status, _ in log if status == 429)
        after = [at for at, status, _ in log if at > told]
        self.assertGreaterEqual(min(after) - told, 3.95, log)
        self.assertLess(min(after) - told, 8)

    def test_the_rate_is_found_below_what_is_refused(self):
        self.imitation.control(latency=0.1, concurrency=4)
        daemon = self.daemon(model={"batch": {"count": 10}}, start=False)
        self.insert(daemon, self.texts(6000))
        daemon.start()
        wait_until(lambda: self.imitation.tally()["inputs"] >= 6000, "all asked for", 120)
        tally = self.imitation.tally()
        self.assertLess(tally["refused"], 30, tally)
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally()["repeated"], {})

    def test_ceilings_hold(self):
        self.imitation.control(latency=0.2)
        daemon = self.daemon(model={"batch": {"count": 5}, "limits": {"concurrency": 2, "requests": "300/m"}}, start=False)
        self.insert(daemon, self.texts(150))
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 150, "all vectors", 90)
        log = [at for at, _, _ in self.requests()]
        self.assertLessEqual(self.imitation.tally()["mostActive"], 2 + 1)
        for at in log:
            # 300 a minute are 5 a second; what is saved up is spent at the start.
            self.assertLessEqual(len([other for other in log if at <= other < at + 3]), 15 + 5)

    def test_tokens_a_minute(self):
        daemon = self.daemon(model={"batch": {"count": 1}, "limits": {"tokens": "6000/m"}}, start=False)
        self.insert(daemon, [f"{number:04} " + "x" * 395 for number in range(60)])
        began = time.monotonic()
        daemon.start()
        wait_until(lambda: self.imitation.tally()["tokens"] >= 500, "some are asked for")
        # 100 tokens a text, 100 tokens a second, and little ahead.
        self.assertLessEqual(self.imitation.tally()["tokens"], 100 * (time.monotonic() - began) + 300)

    def test_two_listeners_share_an_account(self):
        self.imitation.control(latency=0.1, concurrency=3)
        daemon = self.daemon(model={"batch": {"count": 10}}, listeners=[
            {"model": "m", "on": "docs", "key": "text"}, {"model": "m", "on": "notes", "key": "text"}], start=False)
        self.insert(daemon, self.texts(1500))
        self.insert(daemon, self.texts(1500, "note"), "notes")
        daemon.start()
        wait_until(lambda: self.imitation.tally()["inputs"] >= 3000, "all asked for", 90)
        self.assertLess(self.imitation.tally()["refused"], 20)

    @each(408, 409, 429, 500, 502, 503, 504)
    def test_errors_that_pass(self, status):
        self.imitation.begin(keys=[KEY], fail=[{"times": 2, "status": status, "path": "/embed"}])
        daemon = self.daemon()
        self.insert(daemon, self.texts(20))
        wait_until(lambda: len(self.stored(daemon)) == 20, "all vectors")
        self.assertEqual(daemon.failed(), [])

    @each(("ollama", "openai"), ("tei", "openai"), ("openai", "llamacpp"))
    def test_busy_servers(self, api, dialect):
        self.imitation.begin(keys=[KEY], dialect=dialect, latency=0.05, concurrency=2, retryAfter="none")
        daemon = self.daemon(self.http(api), {"batch": {"count": 5}}, start=False)
        self.insert(daemon, self.texts(300))
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 300, "all vectors")
        self.assertEqual(daemon.failed(), [])


class Outages(ProviderTest):
    def outage(self, api="openai", words=(), mended=None, most=8, dialect=None, **settings):
        """Something that does not pass by itself: said in words, and asked for rarely; it goes on once it is mended."""
        self.imitation.begin(**{"keys": [KEY], "dialect": dialect or ("voyage" if api == "voyage" else "openai"), **settings})
        daemon = self.daemon(self.http(api), start=False)
        self.insert(daemon, self.texts(100))
        daemon.serve()
        self.await_words(daemon, *words)
        before = self.imitation.tally()["requests"]
        time.sleep(5)
        self.assertLessEqual(self.imitation.tally()["requests"] - before, most)
        self.assertEqual(daemon.failed(), [], "nothing is parked for it")
        self.assertEqual(self.stored(daemon), {})
        self.imitation.control(**(mended or {"keys": [KEY], "forbidden": [], "models": [], "quota": False}))
        wait_until(lambda: len(self.stored(daemon)) == 100, "it goes on", 120)

    @each("openai", "cohere", "gemini")
    def test_no_money_left(self, api):
        self.outage(api, quota=True, words=["billing" if api != "cohere" else "payment"])

    @each("openai", "cohere", "voyage", "gemini", "ollama")
    def test_a_wrong_key(self, api):
        self.outage(api, keys=["another"], words=["key"])

    def test_a_key_without_rights(self):
        self.outage(forbidden=[KEY], words=["403"])

    @each("openai", "ollama", "gemini")
    def test_a_model_that_is_not_there(self, api):
        self.outage(api, models=["another"], words=["model"])

    def test_nobody_answers(self):
        http = self.http()
        http["url"] = "http://127.0.0.1:9/v1"
        daemon = self.daemon(http, start=False)
        self.insert(daemon, self.texts(10))
        daemon.serve()
        self.await_words(daemon, "127.0.0.1:9")
        self.assertEqual(daemon.failed(), [])

    @each(({"keys": ["another"]}, "key"), ({"models": ["another"]}, "model"), ({"quota": True}, "billing"))
    def test_check_says_what_to_do(self, settings, word):
        self.imitation.begin(**{"keys": [KEY], **settings})
        daemon = self.daemon(start=False)
        done = daemon.command("check")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(word, (done.stdout + done.stderr).lower())
        self.assertLess(self.imitation.tally()["requests"], 5)

    def test_check_of_one_that_answers(self):
        self.assertEqual(self.daemon(start=False).command("check").returncode, 0)


if __name__ == "__main__":
    unittest.main()
