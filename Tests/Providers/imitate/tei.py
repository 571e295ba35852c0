"""Text Embeddings Inference: /embed and /info."""
from .http import Answer
from .service import Api, Limits, Refused, Route


class TEI(Api):
    limits = Limits(32, 512)

    def routes(self):
        return [
            Route("POST", "/embed", self.embed),
            Route("GET", "/info", self.info, costs=False),
            Route("GET", "/health", lambda *_: Answer(body=b""), costs=False),
        ]

    @property
    def overload(self):
        return "overloaded"

    def embed(self, service, request, found):
        body = request.json()
        texts = body.get("inputs")
        if texts is None:
            raise Refused(422, "Failed to deserialize the JSON body into the target type: missing field `inputs`",
                          {"content-type": "text/plain; charset=utf-8"})
        texts = [texts] if isinstance(texts, str) else texts
        if not texts:
            raise self.refusal("empty")
        cuts = body.get("truncate")
        norm = 1.0 if body.get("normalize", True) else 3.0
        numbers, counts = service.embed(self, "tei", texts, self.limits, body.get("prompt_name") or "",
                                        cuts=True if cuts is None else cuts, empty=False)
        rendered = service.rendered(numbers, service.dimensions(body.get("dimensions")), norm=norm)
        headers = {"x-compute-type": "cpu", "x-compute-time": "3", "x-compute-characters": str(sum(map(len, texts)))}
        if service.behaviour.usage:
            headers["x-compute-tokens"] = str(sum(counts))
        return Answer(body=[b"[", b",".join(rendered), b"]"], headers=headers)

    def info(self, service, request, found):
        return Answer(body={
            "model_id": "imitated", "model_sha": None, "model_dtype": "float32",
            "model_type": {"embedding": {"pooling": "mean"}}, "max_concurrent_requests": 512,
            "max_input_length": service.behaviour.limit("contextLength", "tei") or self.limits.tokens,
            "max_batch_tokens": 16_384, "max_batch_requests": None,
            "max_client_batch_size": service.behaviour.maxInputs or self.limits.inputs, "auto_truncate": True,
            "tokenization_workers": 2, "version": "1.9.0", "sha": None, "docker_label": None})

    def refusal(self, kind, **details):
        limit, count = details.get("limit"), details.get("count")
        words = {
            "unauthorized": (401, None, None),
            "forbidden": (403, None, None),
            "rate": (429, "Model is overloaded", "Overloaded"),
            "tokens": (429, "Model is overloaded", "Overloaded"),
            "overloaded": (429, "Model is overloaded", "Overloaded"),
            "quota": (402, "Payment required", None),
            "tooMany": (422, f"batch size {count} > maximum allowed batch size {limit}", "Validation"),
            "tooManyTokens": (422, f"`inputs` must have less than {limit} tokens. Given: {count}", "Validation"),
            "tooLong": (422, f"Input validation error: `inputs` must have less than {limit} tokens. Given: {count}", "Validation"),
            "empty": (400, "`inputs` cannot be empty", "Empty"),
            "badInput": (422, "Tokenization error: not acceptable", "Tokenizer"),
            "backend": (424, "Inference error: backend failed", "Backend"),
            "unhealthy": (503, "unhealthy", "Unhealthy"),
        }
        status, message, kind = words.get(kind, words["backend"])
        return Refused(status, {"error": message, "error_type": kind} if message else b"")
