"""What a provider refuses, and answers that are wrong: one bad input costs one output, and nothing wrong is stored."""
import unittest

from daemons import KEY, ProviderTest, each, wait_until


class OneBadInput(ProviderTest):
    def park_one(self, api, named, status=400, dialect=None):
        self.imitation.begin(keys=[KEY], poison=["unacceptable"], poisonNamed=named, poisonStatus=status,
                             dialect=dialect or ("voyage" if api == "voyage" else "openai"))
        daemon = self.daemon(self.http(api), start=False)
        texts = self.texts(1000)
        texts[617] = "an unacceptable text"
        self.insert(daemon, texts)
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 999, "999 vectors")
        [failed] = wait_until(daemon.failed, "one is parked")
        self.assertEqual(failed["document"], 617)
        found = self.stored(daemon)
        for number in (0, 616, 618, 999):
            self.assertVector(found[number], texts[number], api)
        tally = self.imitation.tally()
        # What was answered was not asked for again, but for one text, which tells an outage from a refusal.
        self.assertLessEqual(len(tally["repeated"]), 1)
        self.assertLessEqual(tally["inputs"], 999 + 3)
        # The text is no word of a log.
        self.assertNotIn("an unacceptable text", daemon.told())
        return daemon, failed, tally

    @each("openai", "ollama", "cohere", "voyage", "gemini", "tei")
    def test_of_a_thousand(self, api):
        daemon, _, tally = self.park_one(api, named=False)
        # Halving 1,000 takes 2 · log₂ 1,000 requests, and each request of the rest one.
        self.assertLess(tally["refused"], 24)

    @each("openai", "cohere", "gemini")
    def test_the_words_name_it(self, api):
        daemon, failed, tally = self.park_one(api, named=True)
        self.assertLess(tally["refused"], 5)

    def test_it_is_tried_again_when_it_changes(self):
        daemon, _, _ = self.park_one("openai", named=False)
        daemon.docs.update_one({"_id": 617}, {"$set": {"text": "a good text"}})
        self.fresh(daemon)
        self.assertVector(self.stored(daemon)[617], "a good text")
        self.assertEqual(daemon.failed(), [])


class WrongAnswers(ProviderTest):
    @each("openai", "azure", "voyage")
    def test_the_index_pairs_answers_with_inputs(self, api):
        self.imitation.begin(keys=[KEY], shuffle=True, dialect=api)
        daemon = self.daemon(self.http(api))
        self.insert(daemon, self.texts(300))
        self.fresh(daemon)
        self.assertVectors(daemon, self.texts(300), api)

    def test_an_index_twice_is_refused(self):
        self.imitation.control(wrongIndex=True)
        daemon = self.daemon(start=False)
        self.insert(daemon, self.texts(40))
        daemon.start()
        wait_until(lambda: self.imitation.tally()["requests"] > 2, "it asks")
        self.imitation.control(wrongIndex=False)
        wait_until(lambda: len(self.stored(daemon)) == 40, "all are right once the answers are", 90)
        self.assertVectors(daemon, self.texts(40))

    @each(("openai", -1), ("ollama", 1), ("cohere", -1), ("gemini", -1), ("tei", 1))
    def test_a_wrong_count_is_stored_nowhere(self, api, wrong):
        self.imitation.begin(keys=[KEY], wrongCount=wrong)
        daemon = self.daemon(self.http(api), start=False)
        self.insert(daemon, self.texts(20))
        daemon.start()
        wait_until(lambda: self.imitation.tally()["requests"] >= 2, "it asks")
        self.assertEqual(self.stored(daemon), {})
        self.imitation.control(wrongCount=0)
        wait_until(lambda: len(self.stored(daemon)) + len(daemon.failed()) == 20, "the rest is computed", 90)
        found = self.stored(daemon)
        for number, text in enumerate(self.texts(20)):
            if number in found:
                self.assertVector(found[number], text, api)

    @each(("openai", "null"), ("ollama", "null"), ("ollama", "NaN"), ("tei", "null"))
    def test_a_vector_with_nan_is_parked_alone(self, api, nan):
        self.imitation.begin(keys=[KEY], nan=["number 7 "], nanAs=nan)
        daemon = self.daemon(self.http(api))
        texts = [text + " ." for text in self.texts(50)]
        self.insert(daemon, texts)
        wait_until(lambda: len(self.stored(daemon)) == 49, "49 vectors")
        [failed] = wait_until(daemon.failed, "one is parked")
        self.assertEqual(failed["document"], 7)
        self.assertRegex(failed["reason"].lower(), "nan|finite|number")

    def test_another_length_is_refused(self):
        daemon = self.daemon()
        self.insert(daemon, self.texts(10))
        self.fresh(daemon)
        self.imitation.control(wrongDimensions=5)
        self.insert(daemon, self.texts(3, "later"), first=10)
        wait_until(lambda: daemon.failed() or len(daemon.status["problems"]) > 0, "it says so")
        self.assertEqual(len(self.stored(daemon)), 10)
        reasons = " ".join(failure["reason"] for failure in daemon.failed()) + daemon.problems()
        self.assertRegex(reasons, r"\b5\b")
        self.assertRegex(reasons, r"\b384\b")

    def test_a_connection_that_ends_in_the_answer(self):
        self.imitation.control(cut=[{"times": 3, "after": 200}])
        daemon = self.daemon()
        self.insert(daemon, self.texts(50))
        wait_until(lambda: len(self.stored(daemon)) == 50, "all vectors")
        self.assertVectors(daemon, self.texts(50))
        self.assertEqual(daemon.failed(), [])

    def test_an_answer_that_is_too_slow(self):
        self.imitation.control(slow=[{"times": 1, "pace": 2000}])
        daemon = self.daemon(model={"timeout": "2s"})
        self.insert(daemon, self.texts(50))
        wait_until(lambda: len(self.stored(daemon)) == 50, "all vectors", 30)
        self.assertVectors(daemon, self.texts(50))

    def test_an_answer_that_is_huge(self):
        daemon = self.daemon()
        self.insert(daemon, ["first"])
        self.fresh(daemon)
        before = daemon.megabytes()
        self.imitation.control(huge=[{"times": 1, "megabytes": 600}])
        self.insert(daemon, ["second"], first=1)
        wait_until(lambda: 1 in self.stored(daemon) or daemon.failed() or daemon.status["problems"], "it goes on")
        self.assertLess(daemon.megabytes() - before, 300)

    def test_what_is_no_json(self):
        self.imitation.control(fail=[{"times": 2, "status": 200, "body": "<html>a gateway greets you</html>"}])
        daemon = self.daemon()
        self.insert(daemon, self.texts(5))
        wait_until(lambda: len(self.stored(daemon)) == 5, "all vectors")
        self.assertEqual(daemon.failed(), [])


class LongTexts(ProviderTest):
    long = "word " * 20_000

    @each(("openai", "openai"), ("openai", "vllm"), ("openai", "llamacpp"), ("openai", "mistral"))
    def test_refused_and_cut(self, api, dialect):
        """The limit is learned from the refusal."""
        self.imitation.begin(keys=[KEY], dialect=dialect)
        daemon = self.daemon(self.http(api))
        texts = self.texts(20)
        texts[5] = self.long
        self.insert(daemon, texts)
        wait_until(lambda: len(self.stored(daemon)) == 20, "all vectors", 90)
        document = daemon.docs.find_one({"_id": 5})
        self.assertTrue(document["_lockstep"]["text"]["m"]["truncated"])
        self.assertNotIn("truncated", daemon.docs.find_one({"_id": 4})["_lockstep"]["text"]["m"])
        wait_until(lambda: daemon.status["listeners"][0]["truncated"] == 1, "it is counted")
        sent = max(self.imitation.tally("texts")["texts"], key=len)
        # Cut not much shorter than it must be.
        limit = 8192 if dialect in ("openai", "mistral") else 512
        self.assertTrue(0.7 * limit * 4 <= len(sent) <= limit * 4, len(sent))
        self.assertTrue(self.long.startswith(sent))

    @each("openai", "ollama", "cohere", "voyage", "tei")
    def test_refused_and_set_aside(self, api):
        self.imitation.begin(keys=[KEY], dialect="voyage" if api == "voyage" else "openai")
        daemon = self.daemon(self.http(api), {"overlong": "refuse"})
        texts = self.texts(20)
        texts[5] = self.long * (2 if api == "voyage" else 1)
        self.insert(daemon, texts)
        wait_until(lambda: len(self.stored(daemon)) == 19, "19 vectors", 90)
        [failed] = wait_until(daemon.failed, "one is parked")
        self.assertEqual(failed["document"], 5)

    @each("ollama", "cohere", "voyage", "tei")
    def test_what_the_provider_cuts_is_marked(self, api):
        """By the count of tokens that it answers, or because the limit is known."""
        self.imitation.begin(keys=[KEY], dialect="voyage" if api == "voyage" else "openai")
        daemon = self.daemon(self.http(api))
        self.insert(daemon, ["short", self.long * 2])
        self.fresh(daemon)
        self.assertEqual(len(self.stored(daemon)), 2)
        self.assertTrue(daemon.docs.find_one({"_id": 1})["_lockstep"]["text"]["m"].get("truncated"), api)
        self.assertNotIn("truncated", daemon.docs.find_one({"_id": 0})["_lockstep"]["text"]["m"])

    def test_max_tokens(self):
        daemon = self.daemon(model={"maxTokens": 100})
        self.insert(daemon, ["short", self.long])
        self.fresh(daemon)
        sent = max(self.imitation.tally("texts")["texts"], key=len)
        self.assertLessEqual(len(sent), 600)
        self.assertTrue(daemon.docs.find_one({"_id": 1})["_lockstep"]["text"]["m"]["truncated"])

    def test_tokens_of_a_request(self):
        """A hundred long texts are more than one request takes."""
        daemon = self.daemon(start=False)
        texts = [f"{number} " + "word " * 5000 for number in range(100)]
        self.insert(daemon, texts)
        daemon.start()
        wait_until(lambda: len(self.stored(daemon)) == 100, "all vectors")
        self.assertVectors(daemon, texts)
        tally = self.imitation.tally()
        self.assertLess(tally["refused"], 5)
        self.assertEqual(tally["repeated"], {})


if __name__ == "__main__":
    unittest.main()
