"""Against servers that others wrote: llama.cpp's with a real model, and llmock, which judges its clients."""
import json
import unittest

import servers
from daemons import ProviderTest, each, floats, wait_until
from imitated import ROOT

WORDS = (ROOT / "Benchmarks" / "words.txt").read_text().split()


def sentence(number, words=12):
    return " ".join(WORDS[(number * 7919 + place * 104729) % len(WORDS)] for place in range(words))


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


class LlamaServer(ProviderTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = servers.llama_server()
        cls.addClassCleanup(cls.server.stop)

    def served(self, **options):
        return {"api": "openai", "url": self.server.url + "/v1", "model": "all-MiniLM-L6-v2", **options}

    def test_the_same_vectors_as_in_process(self):
        """The same weights by llama.cpp over HTTP and by OpenVINO in Lockstep."""
        model = ROOT / ".lockstep" / "models" / "all-MiniLM-L6-v2"
        if not model.is_dir():
            self.skipTest("all-MiniLM-L6-v2 is not there: run scripts/setup model")
        daemon = self.daemon(self.served(), start=False, listeners=[
            {"model": "m", "on": "docs", "key": "text"}, {"model": "here", "on": "docs", "key": "text"}])
        daemon.configure(models=daemon.written["models"] | {"here": {"openvino": str(model)}})
        texts = [sentence(number, 1 + number % 60) for number in range(300)]
        texts += ["größer und schöner als je", "日本語のテキスト", "😀", "Wait, what?! It's $5.00 (or more)…", "a"]
        self.insert(daemon, texts)
        daemon.start()
        self.fresh(daemon, 60)
        for document in daemon.docs.find():
            outputs = document["_outputs"]["text"]
            self.assertGreater(cosine(floats(outputs["m"]), floats(outputs["here"])), 0.999, document["text"])

    @each("truncate", "refuse")
    def test_a_text_that_is_too_long_for_it(self, overlong):
        """It answers 500 and says how many tokens it takes; the neighbours get their vectors, and this one is cut or set aside."""
        texts = [sentence(number) for number in range(40)]
        texts[11] = sentence(11, 2000)
        daemon = self.daemon(self.served(), {"overlong": overlong})
        self.insert(daemon, texts)
        wait_until(lambda: len(self.stored(daemon)) + len(daemon.failed()) == 40, "all are done", 90)
        if overlong == "truncate":
            self.assertEqual(daemon.failed(), [])
            self.assertTrue(daemon.docs.find_one({"_id": 11})["_lockstep"]["text"]["m"]["truncated"])
        else:
            self.assertEqual([failure["document"] for failure in daemon.failed()], [11])

    def test_it_goes_away_and_comes_back(self):
        daemon = self.daemon(self.served())
        self.insert(daemon, [sentence(number) for number in range(50)])
        self.fresh(daemon)
        self.server.process.kill()
        self.server.process.wait()
        self.insert(daemon, [sentence(number) for number in range(50, 100)], first=50)
        self.await_words(daemon, str(self.server.port))
        self.assertEqual(daemon.failed(), [])
        # Where it was.
        again = servers.llama_server(port=self.server.port)
        type(self).server = again
        self.addClassCleanup(again.stop)
        wait_until(lambda: len(self.stored(daemon)) == 100, "all vectors", 90)

    def test_probe(self):
        daemon = self.daemon(self.served(), start=False)
        done = daemon.command("probe", "m", "--json", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        found = found[0] if isinstance(found, list) else found
        self.assertEqual((found["dimensions"], found["keepsOrder"]), (384, True))
        self.assertAlmostEqual(found["norm"], 1.0, places=3)
        if found["truncatesAt"] is not None:
            self.assertTrue(400 <= found["truncatesAt"] <= 520, found)


class LLMock(ProviderTest):
    """It answers floats whatever was asked for, 1,536 of them."""

    def judged(self, *arguments, count=400, batch=10):
        server = servers.llmock(*arguments)
        self.addCleanup(server.stop)
        daemon = self.daemon({"api": "openai", "url": server.url + "/v1", "model": "text-embedding-3-small", "key": "sk-any"},
                             {"batch": {"count": batch}}, start=False)
        self.insert(daemon, [sentence(number) for number in range(count)])
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == count, "all vectors", 120)
        self.assertEqual({len(found) for found in self.stored(daemon).values()}, {1536})
        self.assertEqual(daemon.failed(), [])
        status, verdict = server.ask("/_llmock/verdict")
        self.assertEqual((status, verdict["passed"]), (200, True), verdict["findings"][:5])
        return verdict

    def test_without_faults(self):
        verdict = self.judged()
        self.assertEqual((verdict["errors"], verdict["warnings"], verdict["faults_injected"]), (0, 0, 0))

    @each(429, 500, 503)
    def test_faults_that_pass(self, status):
        verdict = self.judged("--error-rate", f"{status}=0.2")
        self.assertGreater(verdict["faults_injected"], 0)

    def test_a_batch(self):
        server = servers.llmock()
        self.addCleanup(server.stop)
        daemon = self.daemon({"api": "openai", "url": server.url + "/v1", "model": "text-embedding-3-small", "key": "sk-any"},
                             {"batchApi": {"above": 50, "poll": "200ms"}}, start=False)
        self.insert(daemon, [sentence(number) for number in range(200)])
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 200, "all vectors", 90)
        paths = [request["path"] for request in server.ask("/_llmock/requests")[1]["requests"]]
        self.assertEqual(paths.count("/v1/batches"), 1, paths)

    def test_requests_a_minute(self):
        # 20 at once, then one every three seconds.
        self.judged("--rpm", "20", count=230)


if __name__ == "__main__":
    unittest.main()
