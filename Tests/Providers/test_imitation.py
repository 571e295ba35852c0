"""The imitation against the official clients, which judge it: what they send is understood, what they get is what they expect.

A client that the real provider would serve must be served here, and fail here with the same kind of error.
"""
import email.utils
import http.client
import io
import json
import math
import socket
import time
import unittest
import urllib.error
import urllib.request
import warnings

from imitated import PACKAGES, Imitation, direct, tokens, vector

if not (PACKAGES / "openai").is_dir():
    raise unittest.SkipTest("there are no clients of providers: run scripts/setup tests")

import cohere  # noqa: E402
import google.genai  # noqa: E402
import ollama  # noqa: E402
import openai  # noqa: E402
import voyageai  # noqa: E402
from google.genai import errors as google_errors  # noqa: E402
from google.genai import types as google_types  # noqa: E402
from mistralai.client import Mistral  # noqa: E402
from mistralai.client.errors import SDKError  # noqa: E402

KEY = "sk-imitated-1234567890"


class ImitationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.imitation = Imitation()
        cls.addClassCleanup(cls.imitation.stop)

    def setUp(self):
        # Clients that leave their connections to the collector, and one that calls its batches an experiment.
        warnings.simplefilter("ignore")
        self.imitation.begin(keys=[KEY])

    def assertVectors(self, found, texts, model, dimensions=384, kind="", norm=1.0):
        self.assertEqual(len(found), len(texts))
        for values, text in zip(found, texts):
            expected = vector(text, model, dimensions, kind, norm)
            self.assertEqual(len(values), dimensions)
            self.assertLess(max(abs(a - b) for a, b in zip(values, expected)), 1e-6, text)
            self.assertAlmostEqual(math.sqrt(sum(value * value for value in values)), norm, places=5)

    def ask(self, path, body=None, headers=None):
        """As no client would: status, headers, body."""
        request = urllib.request.Request(self.imitation.url + path, None if body is None else json.dumps(body).encode(),
                                         {"Authorization": f"Bearer {KEY}", **(headers or {})})
        try:
            with direct.open(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


class OpenAI(ImitationTest):
    model = "text-embedding-3-small"

    def client(self, **options):
        client = openai.OpenAI(**{"api_key": KEY, "base_url": self.imitation.url + "/v1", "max_retries": 0, **options})
        self.addCleanup(client.close)
        return client

    def embed(self, texts, **options):
        return self.client().embeddings.create(**{"model": self.model, "input": texts, **options})

    def test_a_list_of_inputs(self):
        texts = ["first", "second", "größer", "first"]
        answer = self.embed(texts)
        self.assertVectors([each.embedding for each in answer.data], texts, self.model)
        self.assertEqual([each.index for each in answer.data], [0, 1, 2, 3])
        self.assertEqual(answer.usage.prompt_tokens, sum(tokens(text.encode()) for text in texts))
        tally = self.imitation.tally("texts", "last")
        self.assertEqual(tally["texts"], {"first": 2, "second": 1, "größer": 1})
        self.assertEqual((tally["inputs"], tally["repeated"], tally["keys"]), (4, {"first": 2}, {KEY: 1}))

    def test_one_input_and_floats(self):
        answer = self.embed("alone", encoding_format="float", dimensions=7)
        self.assertVectors([answer.data[0].embedding], ["alone"], self.model, 7)
        # The client asks for base64 by itself, and both are the same.
        self.assertVectors([self.embed("alone", dimensions=7).data[0].embedding], ["alone"], self.model, 7)

    def test_each_number_of_dimensions(self):
        for dimensions in (1, 2, 3, 4, 5, 256, 1536):
            for form in ("float", "base64"):
                with self.subTest(dimensions=dimensions, form=form):
                    status, _, body = self.ask("/v1/embeddings", {
                        "model": self.model, "input": "x", "dimensions": dimensions, "encoding_format": form})
                    self.assertEqual(status, 200)
                    self.assertVectors([self.embed("x", dimensions=dimensions).data[0].embedding], ["x"], self.model, dimensions)

    def test_dimensions_of_an_old_model(self):
        with self.assertRaisesRegex(openai.BadRequestError, "does not support specifying dimensions"):
            self.embed("x", model="text-embedding-ada-002", dimensions=8)

    def test_the_largest_request(self):
        self.assertEqual(len(self.embed([f"text {number}" for number in range(2048)]).data), 2048)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed(["x"] * 2049)
        self.assertEqual(caught.exception.code, "array_above_max_length")
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed(["x" * 4 * 8000] * 38)
        self.assertEqual((caught.exception.code, caught.exception.type), ("max_tokens_per_request",) * 2)
        with self.assertRaisesRegex(openai.BadRequestError, "maximum context length is 8192 tokens"):
            self.embed(["short", "x" * 4 * 8193])
        with self.assertRaises(openai.BadRequestError):
            self.embed(["short", ""])
        with self.assertRaises(openai.BadRequestError):
            self.embed([])
        self.assertEqual(self.imitation.tally()["inputs"], 2048)

    def test_keys(self):
        with self.assertRaisesRegex(openai.AuthenticationError, "Incorrect API key provided"):
            self.client(api_key="sk-other-key-0000").embeddings.create(model=self.model, input="x")
        self.imitation.control(forbidden=[KEY])
        with self.assertRaises(openai.PermissionDeniedError):
            self.embed("x")
        self.assertEqual(self.ask("/v1/embeddings", {"model": "m", "input": "x"}, {"Authorization": ""})[0], 401)

    def test_a_model_that_is_not_there(self):
        self.imitation.control(models=[self.model])
        self.assertEqual([each.id for each in self.client().models.list()], [self.model])
        with self.assertRaises(openai.NotFoundError) as caught:
            self.embed("x", model="text-embedding-9")
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_no_money_left(self):
        self.imitation.control(quota=True)
        with self.assertRaises(openai.RateLimitError) as caught:
            self.embed("x")
        self.assertEqual(caught.exception.code, "insufficient_quota")

    def test_the_client_waits_as_it_is_told(self):
        # By itself it waits half a second.
        for headers, least in (
                ({"retry-after-ms": "1300"}, 1.25), ({"retry-after": "1.3"}, 1.25), ({"retry-after": "2"}, 1.95),
                ({"retry-after": lambda: email.utils.formatdate(time.time() + 3, usegmt=True)}, 1.5)):
            headers = {name: value if isinstance(value, str) else value() for name, value in headers.items()}
            with self.subTest(headers):
                self.imitation.begin(keys=[KEY], fail=[{"status": 429, "headers": headers, "times": 1}])
                began = time.monotonic()
                self.client(max_retries=2).embeddings.create(model=self.model, input="x")
                self.assertGreater(time.monotonic() - began, least)
                self.assertEqual(self.imitation.tally()["statuses"], {"429": 1, "200": 1})

    def test_what_the_client_tries_again(self):
        for status, tries in ((400, 1), (401, 1), (403, 1), (404, 1), (422, 1), (408, 3), (409, 3), (429, 3), (500, 3), (503, 3)):
            with self.subTest(status):
                self.imitation.begin(keys=[KEY], fail=[
                    {"status": status, "headers": {"retry-after-ms": "1"}, "times": 9}])
                with self.assertRaises(openai.APIStatusError) as caught:
                    self.client(max_retries=2).embeddings.create(model=self.model, input="x")
                self.assertEqual(caught.exception.status_code, status)
                self.assertEqual(self.imitation.tally()["requests"], tries)

    def test_requests_a_minute(self):
        for kind in ("bucket", "window"):
            with self.subTest(kind):
                self.imitation.begin(keys=[KEY], requests={"limit": 2, "per": 2, "kind": kind}, retryAfter="ms")
                self.embed("x"), self.embed("x")
                with self.assertRaises(openai.RateLimitError) as caught:
                    self.embed("x")
                self.assertEqual(caught.exception.code, "rate_limit_exceeded")
                wait = int(caught.exception.response.headers["retry-after-ms"]) / 1000
                self.assertTrue(0 < wait <= 2)
                time.sleep(wait + 0.01)
                raw = self.client().embeddings.with_raw_response.create(model=self.model, input="x")
                self.assertRegex(raw.headers["x-ratelimit-reset-requests"], r"^(\d+m)?[\d.]+m?s$")
                self.assertEqual(self.imitation.tally()["refused"], 1)

    def test_tokens_a_minute(self):
        self.imitation.control(tokens={"limit": 100, "per": 60, "kind": "window"}, retryAfter="reset")
        self.embed("x" * 396)
        with self.assertRaises(openai.RateLimitError) as caught:
            self.embed("x" * 8)
        self.assertRegex(caught.exception.response.headers["x-ratelimit-reset-requests"], r"^(1m)?\d*(\.\d+)?s$")
        self.embed("x")

    def test_each_form_of_coming_again(self):
        forms = {"seconds": r"^\d+$", "float": r"^\d+\.\d{3}$", "date": r"GMT$", "ms": r"^\d+$"}
        for form, pattern in forms.items():
            with self.subTest(form):
                self.imitation.begin(requests={"limit": 1, "per": 60}, retryAfter=form)
                self.ask("/v1/embeddings", {"model": "m", "input": "x"})
                status, headers, _ = self.ask("/v1/embeddings", {"model": "m", "input": "x"})
                self.assertEqual(status, 429)
                self.assertRegex(headers["retry-after-ms" if form == "ms" else "retry-after"], pattern)

    def test_requests_at_once(self):
        import concurrent.futures
        self.imitation.control(latency=0.3, concurrency=3)
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            statuses = list(pool.map(
                lambda _: self.ask("/v1/embeddings", {"model": self.model, "input": "x"})[0], range(5)))
        self.assertEqual(sorted(statuses), [200, 200, 200, 429, 429])
        tally = self.imitation.tally()
        self.assertEqual((tally["active"], tally["inputs"]), (0, 3))
        self.assertGreaterEqual(tally["seconds"], 0.3)

    def test_what_is_wrong_with_answers(self):
        texts = [f"text {number}" for number in range(8)]
        self.imitation.control(shuffle=True)
        answer = self.embed(texts)
        self.assertNotEqual([each.index for each in answer.data], list(range(8)))
        self.assertVectors([each.embedding for each in sorted(answer.data, key=lambda each: each.index)], texts, self.model)
        self.imitation.begin(wrongDimensions=5)
        self.assertEqual(len(self.embed("x").data[0].embedding), 5)
        self.imitation.begin(wrongCount=-1)
        self.assertEqual(len(self.embed(texts).data), 7)
        self.imitation.begin(wrongIndex=True)
        self.assertEqual(len({each.index for each in self.embed(texts).data}), 7)
        self.imitation.begin(nan=["text 3"])
        found = [each.embedding for each in self.embed(texts).data]
        self.assertEqual([number for number, values in enumerate(found) if any(map(math.isnan, values))], [3])
        self.assertIn(b"null", self.ask("/v1/embeddings", {"model": self.model, "input": texts})[2])

    def test_a_text_that_is_refused(self):
        self.imitation.control(poison=["bad"])
        with self.assertRaisesRegex(openai.BadRequestError, "input' is invalid"):
            self.embed(["good", "bad one"])
        self.imitation.control(poisonNamed=True)
        with self.assertRaisesRegex(openai.BadRequestError, r"input\[1\]"):
            self.embed(["good", "bad one"])
        self.assertEqual(self.imitation.tally()["inputs"], 0)

    def test_texts_that_are_cut(self):
        self.imitation.control(truncateAt={"*": 4})
        answer = self.embed(["x" * 16 + "tail", "x" * 16 + "another"])
        self.assertEqual(answer.data[0].embedding, answer.data[1].embedding)
        self.assertEqual(answer.usage.total_tokens, 8)

    def test_connections_that_break(self):
        self.imitation.control(cut=[{"times": 1, "after": 50}])
        with self.assertRaises(openai.APIConnectionError):
            self.embed("x")
        self.imitation.control(slow=[{"times": 1, "pace": 2000}])
        with self.assertRaises(openai.APITimeoutError):
            self.client(timeout=0.02).embeddings.create(model=self.model, input=["x"] * 20)
        self.imitation.control(huge=[{"times": 1, "megabytes": 3}])
        self.assertGreater(len(self.ask("/v1/embeddings", {"model": self.model, "input": "x"})[2]), 3 * 2**20)

    def test_a_redirect(self):
        self.imitation.control(redirect=[{"to": self.imitation.url + "/elsewhere", "status": 308}])
        request = urllib.request.Request(self.imitation.url + "/v1/embeddings", b"{}")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect).open(request)
        self.assertEqual(caught.exception.headers["location"], self.imitation.url + "/elsewhere")
        caught.exception.close()

    def test_what_is_not_set(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.imitation.control(latencies=3)
        self.assertIn(b"latencies", caught.exception.read())

    def test_chat_follows_a_schema(self):
        schema = {"type": "object", "properties": {"mood": {"type": "string", "enum": ["good", "bad"]}, "sure": {"type": "number"}},
                  "required": ["mood", "sure"], "additionalProperties": False}
        form = {"type": "json_schema", "json_schema": {"name": "mood", "schema": schema, "strict": True}}

        def ask(**options):
            answer = self.client().chat.completions.create(
                model="m", messages=[{"role": "system", "content": "You label."}, {"role": "user", "content": "fine"}], **options)
            return answer.choices[0].message.content
        found = json.loads(ask(response_format=form))
        self.assertIn(found["mood"], ["good", "bad"])
        self.assertEqual(found, json.loads(ask(response_format=form)))
        self.imitation.control(chat=["no JSON"])
        self.assertEqual(ask(response_format=form), "no JSON")
        self.assertEqual(found, json.loads(ask(response_format=form)))
        form["json_schema"]["schema"] = {"type": "string", "enum": ["good"]}
        with self.assertRaisesRegex(openai.BadRequestError, "must be a JSON Schema of 'type: \"object\"'"):
            ask(response_format=form)

    # Batches

    def batch(self, requests, client=None, **options):
        client = client or self.client()
        lines = "".join(json.dumps({"custom_id": id, "method": "POST", "url": "/v1/embeddings", "body": body}) + "\n"
                        for id, body in requests)
        file = client.files.create(file=("in.jsonl", io.BytesIO(lines.encode())), purpose="batch")
        self.assertEqual(client.files.retrieve(file.id).bytes, len(lines.encode()))
        return client.batches.create(**{
            "input_file_id": file.id, "endpoint": "/v1/embeddings", "completion_window": "24h",
            "metadata": {"by": "test"}, **options})

    def ended(self, batch):
        seen = [batch.status]
        while batch.status in ("validating", "in_progress", "finalizing", "cancelling"):
            time.sleep(0.05)
            batch = self.client().batches.retrieve(batch.id)
            if batch.status != seen[-1]:
                seen.append(batch.status)
        return batch, seen

    def results(self, id):
        return {line["custom_id"]: line for line in map(json.loads, self.client().files.content(id).text.splitlines())}

    def test_a_batch(self):
        requests = [(f"r{number}", {"model": self.model, "input": [f"a{number}", f"b{number}"]}) for number in range(20)]
        self.imitation.control(batch={"seconds": 0.6})
        batch, seen = self.ended(self.batch(requests))
        self.assertEqual((seen[0], seen[-1]), ("validating", "completed"))
        self.assertIn("in_progress", seen)
        self.assertEqual((batch.request_counts.completed, batch.request_counts.failed, batch.error_file_id), (20, 0, None))
        found = self.results(batch.output_file_id)
        self.assertNotEqual(list(found), [id for id, _ in requests])
        for id, body in requests:
            data = found[id]["response"]["body"]["data"]
            self.assertVectors([each["embedding"] for each in data], body["input"], self.model)
        tally = self.imitation.tally()
        self.assertEqual((tally["batches"], tally["batchInputs"], tally["repeated"]), (1, 40, {}))
        [listed] = self.client().batches.list().data
        self.assertEqual((listed.id, listed.metadata), (batch.id, {"by": "test"}))
        self.assertEqual({file.purpose for file in self.client().files.list()}, {"batch", "batch_output"})
        self.client().files.delete(batch.output_file_id)
        with self.assertRaises(openai.NotFoundError):
            self.client().files.content(batch.output_file_id)

    def test_a_batch_with_a_request_that_fails(self):
        self.imitation.control(batch={"seconds": 0.1, "refuse": "bad"})
        requests = [(text, {"model": self.model, "input": text}) for text in ("good", "bad", "fine")]
        batch, _ = self.ended(self.batch(requests))
        self.assertEqual((batch.status, batch.request_counts.completed, batch.request_counts.failed), ("completed", 2, 1))
        self.assertEqual(set(self.results(batch.output_file_id)), {"good", "fine"})
        self.assertEqual(self.results(batch.error_file_id)["bad"]["response"]["status_code"], 400)

    def test_batches_that_do_not_end_well(self):
        requests = [(f"r{number}", {"model": self.model, "input": f"t{number}"}) for number in range(10)]
        self.imitation.control(batch={"seconds": 0.1, "outcome": "expired", "part": 0.7})
        batch, _ = self.ended(self.batch(requests))
        self.assertEqual((batch.status, len(self.results(batch.output_file_id))), ("expired", 7))
        self.assertEqual({line["error"]["code"] for line in self.results(batch.error_file_id).values()}, {"batch_expired"})
        self.imitation.control(batch={"seconds": 0.1, "outcome": "failed", "words": "out of luck"})
        batch, _ = self.ended(self.batch(requests))
        self.assertEqual((batch.status, batch.output_file_id, batch.errors.data[0].message), ("failed", None, "out of luck"))
        self.imitation.control(batch={"seconds": 3})
        batch = self.client().batches.cancel(self.batch(requests).id)
        self.assertEqual(batch.status, "cancelling")
        batch, _ = self.ended(batch)
        self.assertEqual((batch.status, len(self.results(batch.output_file_id))), ("cancelled", 5))
        batch, _ = self.ended(self.batch([("same", requests[0][1])] * 2))
        self.assertEqual((batch.status, batch.errors.data[0].code), ("failed", "duplicate_custom_id"))

    def test_an_answer_that_is_held_back(self):
        self.imitation.control(hold=[{"path": "/v1/batches", "method": "POST", "seconds": 5}])
        with self.assertRaises(openai.APITimeoutError):
            self.batch([("r", {"model": self.model, "input": "x"})], self.client(timeout=0.3))
        # It was made all the same.
        self.assertEqual(len(self.client().batches.list().data), 1)


class HTTP(ImitationTest):
    """Requests in all the forms that clients send them in."""

    body = json.dumps({"model": "m", "input": ["x"]}).encode()

    def connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.imitation.port, timeout=30)
        self.addCleanup(connection.close)
        return connection

    def test_in_chunks(self):
        connection = self.connection()
        for parts in ([self.body], [bytes([byte]) for byte in self.body]):
            connection.request("POST", "/v1/embeddings", iter(parts), {"Authorization": f"Bearer {KEY}"}, encode_chunked=True)
            answer = connection.getresponse()
            self.assertEqual((answer.status, len(json.loads(answer.read())["data"])), (200, 1))
        self.assertEqual(self.imitation.tally()["connections"], 1)

    def test_in_pieces_and_ahead_of_the_answer(self):
        head = (f"POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                f"Content-Length: {len(self.body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.imitation.port), timeout=30) as connection:
            for byte in head + self.body + head[:20]:
                connection.sendall(bytes([byte]))
            connection.sendall(head[20:] + self.body + head + self.body)
            text = b""
            while text.count(b"HTTP/1.1 200 OK") < 3 or not text.endswith(b"]}"):
                data = connection.recv(65536)
                self.assertTrue(data, text)
                text += data

    def test_one_that_waits_for_a_word(self):
        with socket.create_connection(("127.0.0.1", self.imitation.port), timeout=30) as connection:
            connection.sendall(f"POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nExpect: 100-continue\r\n"
                               f"Content-Length: {len(self.body)}\r\n\r\n".encode())
            self.assertEqual(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(self.body)
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200 OK"))

    def test_who_hangs_up_is_not_counted_as_there(self):
        self.imitation.control(latency=30)
        with socket.create_connection(("127.0.0.1", self.imitation.port), timeout=30) as connection:
            connection.sendall(f"POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                               f"Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body)
            while self.imitation.tally()["active"] != 1:
                time.sleep(0.01)
        while self.imitation.tally()["active"]:
            time.sleep(0.01)
        # It was done all the same, and would be billed.
        self.assertEqual(self.imitation.tally()["inputs"], 1)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Azure(ImitationTest):
    def setUp(self):
        super().setUp()
        self.imitation.begin(keys=[KEY], dialect="azure")

    def client(self, key=KEY):
        client = openai.AzureOpenAI(azure_endpoint=self.imitation.url, api_key=key, api_version="2024-10-21", max_retries=0)
        self.addCleanup(client.close)
        return client

    def test_a_deployment(self):
        answer = self.client().embeddings.create(model="my-deployment", input=["a", "b"])
        self.assertVectors([each.embedding for each in answer.data], ["a", "b"], "my-deployment")
        tally = self.imitation.tally("last")
        self.assertEqual(list(tally["paths"]), ["POST /openai/deployments/my-deployment/embeddings"])
        self.assertEqual((tally["last"]["headers"]["api-key"], tally["last"]["query"]), (KEY, {"api-version": "2024-10-21"}))

    def test_refusals(self):
        with self.assertRaisesRegex(openai.AuthenticationError, "invalid subscription key"):
            self.client("other").embeddings.create(model="my-deployment", input="x")
        self.imitation.control(models=["my-deployment"])
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client().embeddings.create(model="none", input="x")
        self.assertEqual(caught.exception.code, "DeploymentNotFound")
        status, _, _ = self.ask("/openai/deployments/my-deployment/embeddings", {"input": "x"}, {"api-key": KEY})
        self.assertEqual(status, 404)
        # The bearer's form is for other tokens.
        status, _, _ = self.ask("/openai/deployments/my-deployment/embeddings?api-version=2024-10-21", {"input": "x"})
        self.assertEqual(status, 401)

    def test_the_limit_is_told_in_words_and_headers(self):
        self.imitation.control(requests={"limit": 1, "per": 60})
        self.client().embeddings.create(model="d", input="x")
        with self.assertRaisesRegex(openai.RateLimitError, "Please retry after 60 seconds") as caught:
            self.client().embeddings.create(model="d", input="x")
        self.assertEqual(caught.exception.response.headers["retry-after"], "60")


class Dialects(ImitationTest):
    """Servers that speak OpenAI's form, by what the `openai` client gets of them."""

    def embed(self, dialect, texts, model="m", **options):
        self.imitation.control(dialect=dialect)
        with openai.OpenAI(api_key=KEY, base_url=self.imitation.url + "/v1", max_retries=0) as client:
            return client.embeddings.create(model=model, input=texts, **options)

    def test_each_answers(self):
        for dialect in ("openai", "mistral", "jina", "vllm", "llamacpp", "lmstudio", "ollama", "voyage"):
            with self.subTest(dialect):
                answer = self.embed(dialect, ["a", "b"])
                self.assertVectors([each.embedding for each in answer.data], ["a", "b"], "m")

    def test_dimensions(self):
        with self.assertRaisesRegex(openai.BadRequestError, "matryoshka"):
            self.embed("vllm", "x", dimensions=8)
        self.assertEqual(len(self.embed("vllm", "x", "m-matryoshka", dimensions=8).data[0].embedding), 8)
        with self.assertRaises(openai.UnprocessableEntityError):
            self.embed("mistral", "x", dimensions=8)
        with self.assertRaises(openai.BadRequestError):
            self.embed("voyage", "x", dimensions=8)
        for dialect in ("llamacpp", "lmstudio"):
            self.assertEqual(len(self.embed(dialect, "x", dimensions=8).data[0].embedding), 384)

    def test_long_texts(self):
        long = "x" * 4 * 600
        with self.assertRaisesRegex(openai.InternalServerError, "increase the physical batch size"):
            self.embed("llamacpp", ["short", long])
        with self.assertRaisesRegex(openai.BadRequestError, "maximum context length is 512 tokens. However"):
            self.embed("vllm", long)
        cut = self.embed("lmstudio", [long, long + "tail"])
        self.assertEqual(cut.data[0].embedding, cut.data[1].embedding)

    def test_large_requests(self):
        with self.assertRaisesRegex(openai.BadRequestError, "Too many inputs in request"):
            self.embed("mistral", ["x"] * 513)
        with self.assertRaisesRegex(openai.BadRequestError, "Too many tokens overall"):
            self.embed("mistral", ["x" * 4 * 6000] * 3)
        with self.assertRaises(openai.UnprocessableEntityError):
            self.embed("jina", ["x"] * 513)
        with self.assertRaises(openai.BadRequestError):
            self.embed("voyage", ["x"] * 1001)


class MistralAI(ImitationTest):
    def setUp(self):
        super().setUp()
        self.imitation.begin(keys=[KEY], dialect="mistral", batch={"seconds": 0.4})

    def client(self, key=KEY):
        return Mistral(api_key=key, server_url=self.imitation.url)

    def test_embeddings(self):
        answer = self.client().embeddings.create(model="mistral-embed", inputs=["a", "b"])
        self.assertVectors([each.embedding for each in answer.data], ["a", "b"], "mistral-embed")
        answer = self.client().embeddings.create(model="codestral-embed", inputs=["a"], output_dimension=64)
        self.assertVectors([answer.data[0].embedding], ["a"], "codestral-embed", 64)

    def test_refusals(self):
        for key, inputs, status in (("none", ["x"], 401), (KEY, ["x"] * 513, 400)):
            with self.assertRaises(SDKError) as caught:
                self.client(key).embeddings.create(model="mistral-embed", inputs=inputs)
            self.assertEqual(caught.exception.status_code, status)

    def test_a_job(self):
        lines = "".join(json.dumps({"custom_id": f"r{number}", "body": {"input": [f"t{number}"]}}) + "\n" for number in range(6))
        client = self.client()
        file = client.files.upload(file={"file_name": "in.jsonl", "content": lines.encode()}, purpose="batch")
        job = client.batch.jobs.create(
            input_files=[file.id], model="mistral-embed", endpoint="/v1/embeddings", metadata={"by": "test"})
        self.assertEqual(job.status, "QUEUED")
        while job.status in ("QUEUED", "RUNNING"):
            time.sleep(0.05)
            job = client.batch.jobs.get(job_id=job.id)
        self.assertEqual((job.status, job.succeeded_requests, job.metadata), ("SUCCESS", 6, {"by": "test"}))
        results = client.files.download(file_id=job.output_file).read().decode().splitlines()
        found = {line["custom_id"]: line["response"]["body"]["data"][0]["embedding"] for line in map(json.loads, results)}
        self.assertVectors([found[f"r{number}"] for number in range(6)], [f"t{number}" for number in range(6)], "mistral-embed")
        self.assertEqual([each.id for each in client.batch.jobs.list().data], [job.id])


class Ollama(ImitationTest):
    def setUp(self):
        super().setUp()
        self.imitation.begin()

    def client(self):
        return ollama.Client(host=self.imitation.url)

    def test_embed(self):
        answer = self.client().embed("all-minilm", ["a", "bcdefg"])
        self.assertVectors(answer.embeddings, ["a", "bcdefg"], "all-minilm")
        self.assertEqual(answer.prompt_eval_count, 3)
        self.assertEqual(len(self.client().embed("all-minilm", "x", dimensions=9999).embeddings[0]), 384)
        self.assertEqual([model.model for model in self.client().list().models], ["all-minilm:latest"])
        self.assertEqual(self.client().show("all-minilm").modelinfo["bert.context_length"], 2048)

    def test_what_is_too_long(self):
        long = "x" * 4 * 3000
        self.assertEqual(self.client().embed("m", long).prompt_eval_count, 2048)
        with self.assertRaisesRegex(ollama.ResponseError, "exceeds the context length") as caught:
            self.client().embed("m", ["short", long], truncate=False)
        self.assertEqual(caught.exception.status_code, 400)

    def test_refusals(self):
        self.imitation.control(models=["other"])
        with self.assertRaisesRegex(ollama.ResponseError, "try pulling it first") as caught:
            self.client().embed("m", "x")
        self.assertEqual(caught.exception.status_code, 404)
        self.imitation.begin(concurrency=0)
        with self.assertRaisesRegex(ollama.ResponseError, "maximum pending requests exceeded") as caught:
            self.client().embed("m", "x")
        self.assertEqual(caught.exception.status_code, 503)


class Cohere(ImitationTest):
    def client(self, key=KEY):
        return cohere.ClientV2(api_key=key, base_url=self.imitation.url)

    def embed(self, texts, **options):
        return self.client().embed(**{"model": "embed-english-v3.0", "texts": texts, "input_type": "search_document",
                                      "embedding_types": ["float"], **options})

    def test_embed(self):
        answer = self.embed(["a", "b"])
        self.assertVectors(answer.embeddings.float_, ["a", "b"], "embed-english-v3.0", kind="search_document")
        self.assertEqual(answer.meta.billed_units.input_tokens, 2)
        query = self.embed(["a"], input_type="search_query")
        self.assertVectors(query.embeddings.float_, ["a"], "embed-english-v3.0", kind="search_query")
        self.assertEqual(len(self.embed(["a"], model="embed-v4.0", output_dimension=256).embeddings.float_[0]), 256)

    def test_refusals(self):
        with self.assertRaises(cohere.BadRequestError) as caught:
            self.embed(["x"], input_type="nonsense")
        self.assertIn("input_type", str(caught.exception.body))
        with self.assertRaises(cohere.BadRequestError) as caught:
            self.embed(["x"] * 97)
        self.assertEqual(caught.exception.body["message"],
                         "invalid request: total number of texts must be at most 96 - received 97")
        with self.assertRaises(cohere.UnauthorizedError):
            cohere.ClientV2(api_key="other", base_url=self.imitation.url).embed(
                model="m", texts=["x"], input_type="search_document", embedding_types=["float"])
        long = "x" * 4 * 600
        self.assertEqual(self.embed([long]).meta.billed_units.input_tokens, 512)
        with self.assertRaises(cohere.BadRequestError):
            self.embed([long], truncate="NONE")
        self.imitation.control(models=["other"])
        with self.assertRaises(cohere.NotFoundError):
            self.embed(["x"])


class Voyage(ImitationTest):
    def setUp(self):
        super().setUp()
        self.imitation.begin(keys=[KEY], dialect="voyage")

    def client(self, key=KEY):
        return voyageai.Client(api_key=key, base_url=self.imitation.url + "/v1", max_retries=0)

    def test_embed(self):
        answer = self.client().embed(["a", "b"], model="voyage-4", input_type="document")
        self.assertVectors(answer.embeddings, ["a", "b"], "voyage-4", kind="document")
        self.assertEqual(answer.total_tokens, 2)
        answer = self.client().embed(["a"], model="voyage-4", output_dimension=256)
        self.assertVectors(answer.embeddings, ["a"], "voyage-4", 256)

    def test_refusals(self):
        with self.assertRaises(voyageai.error.AuthenticationError):
            self.client("other").embed(["x"], model="voyage-4")
        with self.assertRaisesRegex(voyageai.error.InvalidRequestError, "batch size limit is 1000"):
            self.client().embed(["x"] * 1001, model="voyage-4")
        long = "x" * 4 * 31_000
        with self.assertRaisesRegex(voyageai.error.InvalidRequestError, "max allowed tokens per submitted batch is 120000"):
            self.client().embed([long] * 4, model="voyage-code-3")
        self.client().embed([long] * 4, model="voyage-4")
        with self.assertRaisesRegex(voyageai.error.InvalidRequestError, "example at index 1"):
            self.client().embed(["x", "x" * 4 * 32_001], model="voyage-4", truncation=False)
        self.client().embed(["x" * 4 * 32_001], model="voyage-4")
        self.imitation.control(requests={"limit": 0, "per": 60})
        with self.assertRaises(voyageai.error.RateLimitError):
            self.client().embed(["x"], model="voyage-4")

    def test_a_batch(self):
        self.imitation.control(batch={"seconds": 0.1})
        with openai.OpenAI(api_key=KEY, base_url=self.imitation.url + "/v1") as client:
            line = json.dumps({"custom_id": "r", "body": {"input": ["a"]}}) + "\n"
            file = client.files.create(file=("in.jsonl", line.encode()), purpose="batch")
            batch = client.batches.create(
                input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h",
                extra_body={"completion_window": "12h", "request_params": {"model": "voyage-4", "input_type": "document"}})
            while batch.status != "completed":
                time.sleep(0.05)
                batch = client.batches.retrieve(batch.id)
            found = json.loads(client.files.content(batch.output_file_id).text)
            self.assertVectors([found["response"]["body"]["data"][0]["embedding"]], ["a"], "voyage-4", kind="document")


class Gemini(ImitationTest):
    model = "gemini-embedding-001"

    def client(self, key=KEY):
        client = google.genai.Client(api_key=key, http_options=google_types.HttpOptions(
            base_url=self.imitation.url, api_version="v1beta"))
        # It closes itself once nobody holds it, in the middle of a call of one of its parts too.
        self.addCleanup(client.close)
        return client

    def embed(self, texts, key=KEY, **config):
        return self.client(key).models.embed_content(model=self.model, contents=texts, config=config or None)

    def test_embed(self):
        found = self.embed(["a", "b"], task_type="RETRIEVAL_DOCUMENT")
        self.assertVectors([each.values for each in found.embeddings], ["a", "b"], self.model, kind="RETRIEVAL_DOCUMENT")
        found = self.embed(["a"], output_dimensionality=768)
        self.assertVectors([found.embeddings[0].values], ["a"], self.model, 768, norm=0.7)

    def test_refusals(self):
        with self.assertRaises(google_errors.ClientError) as caught:
            self.embed(["x"], "other")
        self.assertEqual((caught.exception.code, caught.exception.details["error"]["details"][0]["reason"]),
                         (400, "API_KEY_INVALID"))
        with self.assertRaisesRegex(google_errors.ClientError, "at most 100 requests can be in one batch"):
            self.embed(["x"] * 101)
        self.imitation.control(requests={"limit": 0, "per": 60})
        with self.assertRaises(google_errors.ClientError) as caught:
            self.embed(["x"])
        self.assertEqual(caught.exception.details["error"]["status"], "RESOURCE_EXHAUSTED")
        self.imitation.begin(models=["other"])
        with self.assertRaises(google_errors.ClientError) as caught:
            self.embed(["x"])
        self.assertEqual(caught.exception.code, 404)

    def ended(self, job):
        while job.state.name in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"):
            time.sleep(0.05)
            job = self.client().batches.get(name=job.name)
        return job

    def test_a_batch_inline(self):
        self.imitation.control(batch={"seconds": 0.4})
        job = self.client().batches.create_embeddings(
            model=self.model, src={"inlined_requests": {"contents": ["a", "b"]}}, config={"display_name": "named"})
        self.assertEqual((job.state.name, job.display_name), ("JOB_STATE_PENDING", "named"))
        job = self.ended(job)
        self.assertEqual(job.state.name, "JOB_STATE_SUCCEEDED")
        found = [each.response.embedding.values for each in job.dest.inlined_embed_content_responses]
        self.assertVectors(found, ["a", "b"], self.model)
        self.assertEqual([each.name for each in self.client().batches.list()], [job.name])

    def test_a_batch_of_a_file(self):
        self.imitation.control(batch={"seconds": 0.1, "refuse": "bad"})
        lines = "".join(json.dumps({"key": text, "request": {"content": {"parts": [{"text": text}]}}}) + "\n"
                        for text in ("a", "bad", "c"))
        client = self.client()
        file = client.files.upload(file=io.BytesIO(lines.encode()), config={"mime_type": "application/jsonl"})
        job = self.ended(client.batches.create_embeddings(model=self.model, src={"file_name": file.name}))
        lines = client.files.download(file=job.dest.file_name).decode().splitlines()
        found = {line["key"]: line for line in map(json.loads, lines)}
        self.assertVectors([found[text]["response"]["embedding"]["values"] for text in "ac"], ["a", "c"], self.model)
        self.assertIn("error", found["bad"])
        self.imitation.control(batch={"seconds": 0.1, "outcome": "failed"})
        job = self.ended(client.batches.create_embeddings(model=self.model, src={"file_name": file.name}))
        self.assertEqual(job.state.name, "JOB_STATE_FAILED")


class TEI(ImitationTest):
    """There is no client of its own for text-embeddings-inference."""

    def test_embed(self):
        status, headers, body = self.ask("/embed", {"inputs": ["a", "b"]})
        self.assertEqual((status, headers["x-compute-tokens"]), (200, "2"))
        self.assertVectors(json.loads(body), ["a", "b"], "tei")
        self.assertEqual(json.loads(self.ask("/info")[2])["max_client_batch_size"], 32)

    def test_refusals(self):
        long = "x" * 4 * 600
        for body, status, kind in (
                ({"inputs": ["x"] * 33}, 422, "Validation"), ({"inputs": [long], "truncate": False}, 422, "Validation"),
                ({"inputs": []}, 400, "Empty"), ({"inputs": ["x", ""]}, 400, "Empty")):
            found = self.ask("/embed", body)
            self.assertEqual((found[0], json.loads(found[2])["error_type"]), (status, kind))
        self.assertEqual(self.ask("/embed", {"inputs": [long]})[0], 200)
        self.imitation.control(concurrency=0)
        self.assertEqual(json.loads(self.ask("/embed", {"inputs": "x"})[2])["error_type"], "Overloaded")


if __name__ == "__main__":
    unittest.main()
