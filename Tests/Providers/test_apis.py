"""Each API end to end: a document comes, its vector stands there, and it is the right one."""
import json
import unittest

from daemons import KEY, ProviderTest, each, wait_until

EMBEDDING = ("openai", "azure", "ollama", "cohere", "voyage", "gemini", "tei")


class EachAPI(ProviderTest):
    def begin(self, api, **settings):
        dialect = api if api in ("azure", "voyage") else "openai"
        self.imitation.begin(keys=[KEY], dialect=dialect, **settings)

    @each(*EMBEDDING)
    def test_documents_get_their_vectors(self, api):
        self.begin(api)
        daemon = self.daemon(self.http(api))
        texts = self.texts(250) + ["größer und schöner", "日本語のテキスト", "😀 emoji", "line\nbreak \"quoted\" \\ and \u0000?"]
        self.insert(daemon, texts)
        self.fresh(daemon)
        self.assertVectors(daemon, texts, api)
        self.assertEqual(self.imitation.tally()["refused"], 0)
        self.assertEqual(set(self.imitation.tally()["keys"]), {KEY})
        daemon.docs.update_one({"_id": 3}, {"$set": {"text": "changed"}})
        self.fresh(daemon)
        self.assertVectors(daemon, texts[:3] + ["changed"] + texts[4:], api)
        self.assertEqual(self.imitation.tally()["inputs"], len(texts) + 1)

    @each("openai", "azure", "ollama", "cohere", "voyage", "gemini")
    def test_dimensions_only_when_they_are_given(self, api):
        self.begin(api)
        http = self.http(api, dimensions=256)
        if api == "cohere":
            http["model"] = "embed-v4.0"
        daemon = self.daemon(http)
        daemon.docs.insert_one({"_id": 0, "text": "some text"})
        self.fresh(daemon)
        [found] = self.stored(daemon).values()
        self.assertEqual(len(found), 256)

    @each("vllm", "llamacpp", "lmstudio", "mistral", "jina", "ollama")
    def test_dialects(self, dialect):
        """A model that refuses the field for dimensions gets none; base64 and floats give the same."""
        self.imitation.begin(keys=[KEY], dialect=dialect)
        daemon = self.daemon()
        self.insert(daemon, self.texts(20))
        self.fresh(daemon)
        self.assertVectors(daemon, self.texts(20))

    def test_vectors_of_norm_one_where_the_model_gives_others(self):
        self.begin("gemini")
        daemon = self.daemon(self.http("gemini", dimensions=768))
        self.insert(daemon, ["some text"])
        self.fresh(daemon)
        [found] = self.stored(daemon).values()
        self.assertAlmostEqual(sum(value * value for value in found), 1.0, places=4)

    def test_the_second_generation_of_gemini_takes_words_for_tasks(self):
        self.begin("gemini")
        daemon = self.daemon(self.http("gemini", model="gemini-embedding-2"))
        self.insert(daemon, ["some text"])
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally("texts")["texts"], {"title: none | text: some text": 1})

    def test_headers_are_sent(self):
        daemon = self.daemon(self.http(headers={"X-Team": "search"}))
        self.insert(daemon, ["some text"])
        self.fresh(daemon)
        headers = self.imitation.tally("last")["last"]["headers"]
        self.assertEqual(headers["x-team"], "search")
        self.assertIn("lockstep", headers["user-agent"].lower())

    @each(("openai", 2048), ("cohere", 96), ("voyage", 1000), ("gemini", 100), ("tei", 32))
    def test_many_inputs_are_few_requests(self, api, most):
        self.begin(api, latency=0.05)
        daemon = self.daemon(self.http(api), start=False)
        count = 3 * most
        self.insert(daemon, self.texts(count))
        daemon.start()
        self.fresh(daemon)
        tally = self.imitation.tally()
        self.assertEqual((tally["inputs"], tally["refused"]), (count, 0))
        # A first one of one input, to learn what the model gives; others that are not full, while calls are free.
        self.assertLess(tally["requests"], 60)

    def test_connections_are_kept(self):
        daemon = self.daemon(model={"batch": {"count": 5}})
        self.insert(daemon, self.texts(500))
        self.fresh(daemon)
        tally = self.imitation.tally()
        self.assertGreaterEqual(tally["requests"], 100)
        self.assertLess(tally["connections"], 30)

    def test_blank_texts_have_no_vector(self):
        daemon = self.daemon()
        daemon.docs.insert_many([{"_id": number, "text": text} for number, text in enumerate(["", "  \n ", None, "text"])])
        self.fresh(daemon)
        self.assertEqual(set(self.stored(daemon)), {3})
        self.assertEqual(self.imitation.tally("texts")["texts"], {"text": 1})
        self.assertEqual(daemon.failed(), [])

    def test_lists_of_keys_are_joined(self):
        daemon = self.daemon(listeners=[{"model": "m", "on": "docs", "key": ["title", "text"], "as": "both"}])
        daemon.docs.insert_many([{"title": "head", "text": "body"}, {"text": "alone"}, {"title": ["a", "b"], "text": "c"}])
        self.fresh(daemon)
        self.assertEqual(set(self.imitation.tally("texts")["texts"]), {"head\n\nbody", "alone", "a\n\nb\n\nc"})

    def test_prefixes(self):
        daemon = self.daemon(model={"prefix": "passage: ", "queryPrefix": "query: "})
        daemon.docs.insert_one({"text": "some text"})
        self.fresh(daemon)
        self.assertEqual(self.imitation.tally("texts")["texts"], {"passage: some text": 1})


class Chat(ProviderTest):
    mood = {"type": "string", "enum": ["good", "bad", "mixed"]}
    stars = {"type": "object", "properties": {"mood": mood, "stars": {"type": "integer", "minimum": 1, "maximum": 5}},
             "required": ["mood", "stars"], "additionalProperties": False}

    def start(self, schema, **options):
        return self.daemon(self.http("chat", system="You label reviews.", prompt="{{input}}", schema=schema), options)

    def outputs(self, daemon):
        return {document["_id"]: document.get("_outputs", {}).get("text", {}).get("m") for document in daemon.docs.find()}

    @each(mood, stars, {"type": "array", "items": {"type": "string"}}, {"type": "boolean"})
    def test_answers_follow_the_schema(self, schema):
        daemon = self.start(schema)
        self.insert(daemon, self.texts(20, "review"))
        self.fresh(daemon)
        found = self.outputs(daemon)
        self.assertEqual(len([value for value in found.values() if value is not None]), 20)
        for value in found.values():
            match schema["type"]:
                case "string":
                    self.assertIn(value, self.mood["enum"])
                case "object":
                    self.assertEqual(set(value), {"mood", "stars"})
                case "array":
                    self.assertIsInstance(value, list)
                case "boolean":
                    self.assertIsInstance(value, bool)
        self.assertEqual(self.imitation.tally()["repeated"], {})

    def test_an_answer_that_does_not_fit_is_asked_for_once_more(self):
        self.imitation.control(chat=[json.dumps({"value": "splendid"})])
        daemon = self.start(self.mood)
        daemon.docs.insert_one({"_id": 0, "text": "fine"})
        self.fresh(daemon)
        self.assertIn(self.outputs(daemon)[0], self.mood["enum"])
        self.assertEqual(self.imitation.tally()["requests"], 2)

    def test_one_that_never_fits_is_parked(self):
        self.imitation.control(chat=["no JSON at all"] * 2)
        daemon = self.start(self.mood)
        daemon.docs.insert_one({"_id": 0, "text": "fine"})
        [failed] = wait_until(daemon.failed, "parked")
        self.assertEqual(failed["document"], 0)
        self.assertEqual(self.imitation.tally()["requests"], 2)
        self.assertIsNone(self.outputs(daemon)[0])

    def test_a_refusal_is_parked_in_its_words(self):
        self.imitation.control(chat=[{"message": {"refusal": "I will not label this."}}] * 2)
        daemon = self.start(self.mood)
        daemon.docs.insert_one({"_id": 0, "text": "fine"})
        [failed] = wait_until(daemon.failed, "parked")
        self.assertIn("I will not label this", failed["reason"])

    def test_an_answer_that_is_cut_off_is_parked(self):
        self.imitation.control(chat=[{"message": {"content": '{"value": "go'}, "finish_reason": "length"}] * 2)
        daemon = self.start(self.mood)
        daemon.docs.insert_one({"_id": 0, "text": "fine"})
        [failed] = wait_until(daemon.failed, "parked")
        self.assertIn("length", failed["reason"])


if __name__ == "__main__":
    unittest.main()
