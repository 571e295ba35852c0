"""Ollama's own API: /api/embed."""
from .behaviour import dumps
from .http import Answer
from .service import Api, Limits, Refused, Route


class Ollama(Api):
    limits = Limits(100_000, 2048)

    def routes(self):
        return [
            Route("POST", "/api/embed", self.embed),
            Route("POST", "/api/show", self.show, costs=False),
            Route("GET", "/api/tags", self.tags, costs=False),
            Route("GET", "/api/version", lambda *_: Answer(body={"version": "0.24.0"}), costs=False),
            Route("GET", "/", lambda *_: Answer(body="Ollama is running", headers={"content-type": "text/plain"}), costs=False),
        ]

    @property
    def overload(self):
        return "overloaded"

    def embed(self, service, request, found):
        body = request.json()
        model = body.get("model") or ""
        service.know(self, model)
        texts = body.get("input", [])
        texts = [texts] if isinstance(texts, str) else texts
        if texts in ([], [""]):
            return Answer(body={"model": model, "embeddings": []})
        numbers, counts = service.embed(self, model, texts, self.limits, cuts=body.get("truncate", True))
        asked = body.get("dimensions")
        # More than the model has is ignored.
        asked = asked if asked and asked <= service.behaviour.dimensions else None
        rendered = service.rendered(numbers, service.dimensions(asked))
        usage = b',"prompt_eval_count":%d' % sum(counts) if service.behaviour.usage else b""
        return Answer(body=[b'{"model":%b,"embeddings":[' % dumps(model), b",".join(rendered),
                            b'],"total_duration":14143917,"load_duration":1019500%b}' % usage])

    def show(self, service, request, found):
        body = request.json()
        name = body.get("model") or body.get("name") or ""
        service.know(self, name)
        return Answer(body={
            "details": {"family": "bert", "parameter_size": "23M", "quantization_level": "F16"},
            "model_info": {"general.architecture": "bert", "bert.context_length": self.limits.tokens,
                           "bert.embedding_length": service.behaviour.dimensions},
            "capabilities": ["embedding"]})

    def tags(self, service, request, found):
        names = service.behaviour.models or ["all-minilm:latest"]
        return Answer(body={"models": [{"name": name, "model": name, "size": 45_960_996, "details": {"family": "bert"}}
                                       for name in names]})

    def refusal(self, kind, **details):
        words = {
            "unauthorized": (401, "unauthorized"),
            "forbidden": (403, "forbidden"),
            "noModel": (404, f'model "{details.get("model")}" not found, try pulling it first'),
            "overloaded": (503, "server busy, please try again.  maximum pending requests exceeded"),
            "rate": (429, "too many requests"),
            "tokens": (429, "too many requests"),
            "quota": (402, "you have reached your weekly usage limit, please upgrade to continue"),
            "tooLong": (400, "the input length exceeds the context length"),
            "badInput": (details.get("status", 400), "invalid input type"),
            "empty": (400, "invalid input type"),
        }
        status, message = words.get(kind, (500, "do embedding request: Post \"http://127.0.0.1:41123/embedding\": EOF"))
        return Refused(status, {"error": message})
