"""Cohere's API of the second version: /v2/embed."""
from .behaviour import dumps
from .http import Answer
from .service import Api, Limits, Refused, Route

KINDS = ("search_document", "search_query", "classification", "clustering", "image")


class Cohere(Api):
    limits = Limits(96, 512)

    def routes(self):
        return [Route("POST", "/v2/embed", self.embed)]

    def length(self, model):
        return 128_000 if "v4" in model else 512

    def embed(self, service, request, found):
        body = request.json()
        model = body.get("model")
        if not model:
            raise self.refusal("badRequest", words="model is required")
        service.know(self, model)
        kind = body.get("input_type")
        if not kind:
            raise self.refusal("badRequest", words="valid input_type must be provided with the provided model")
        if kind not in KINDS:
            raise self.refusal("badRequest", words=f"invalid input_type: {kind}")
        forms = body.get("embedding_types") or ["float"]
        texts = body.get("texts")
        if not texts:
            raise self.refusal("badRequest", words="at least one of texts, images or inputs must be provided")
        cut = body.get("truncate", "END")
        asked = body.get("output_dimension")
        if asked is not None and asked not in (256, 512, 1024, 1536):
            raise self.refusal("badRequest", words="output_dimension must be one of 256, 512, 1024, 1536")
        limits = Limits(self.limits.inputs, self.length(model))
        numbers, counts = service.embed(self, model, texts, limits, kind, cuts=cut != "NONE", empty=False)
        dimensions = service.dimensions(asked)
        parts = []
        for form in forms:
            if form not in ("float", "base64"):
                raise self.refusal("badRequest", words=f"embedding_types: {form} is not imitated")
            parts.append(b'"%b":[%b]' % (form.encode(), b",".join(service.rendered(numbers, dimensions, form == "base64"))))
        billed = b',"billed_units":{"input_tokens":%d}' % sum(counts) if service.behaviour.usage else b""
        return Answer(body=[b'{"id":"imitated","embeddings":{', b",".join(parts), b'},"texts":', dumps(texts),
                            b',"meta":{"api_version":{"version":"2"}%b},"response_type":"embeddings_by_type"}' % billed])

    def refusal(self, kind, **details):
        words = {
            "unauthorized": (401, "no api key supplied" if not details.get("key") else "invalid api token"),
            "forbidden": (403, "your api key does not have access to this model"),
            "noModel": (404, f"model '{details.get('model')}' not found, make sure the correct model ID was used and that you "
                        "have access to the model."),
            "rate": (429, "You are using a Trial key, which is limited to 40 API calls / minute. You can continue to use the "
                     "Trial key for free or upgrade to a Production key with higher rate limits at "
                     "'https://dashboard.cohere.com/api-keys'."),
            "tokens": (429, "trial token rate limit exceeded, limit is 100000 tokens per minute"),
            "quota": (402, "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to "
                      "continue"),
            "tooMany": (400, f"invalid request: total number of texts must be at most {details.get('limit')} - received "
                        f"{details.get('count')}"),
            "tooLong": (400, f"invalid request: all texts must be at most {details.get('limit')} tokens long, but the text at "
                        f"index {details.get('place')} is {details.get('count')} tokens long"),
            "empty": (400, f"invalid request: text at index {details.get('place')} is empty"),
            "badInput": (400, "invalid request: text is not acceptable" if details.get("place") is None else
                         f"invalid request: text at index {details.get('place')} {details.get('words')}"),
            "badRequest": (400, f"invalid request: {details.get('words')}"),
            "overloaded": (503, "service unavailable"),
        }
        status, message = words.get(kind, (500, "internal server error, this has been reported to our developers"))
        return Refused(status, {"id": "imitated", "message": message})
