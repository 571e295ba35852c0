"""Gemini's embeddings: embedContent, batchEmbedContents."""
from .http import Answer
from .service import Api, Limits, Refused, Route

TASKS = {"SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING", "RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY", "CODE_RETRIEVAL_QUERY",
         "QUESTION_ANSWERING", "FACT_VERIFICATION", "TASK_TYPE_UNSPECIFIED"}


class Gemini(Api):
    limits = Limits(100, 2048)

    def routes(self):
        return [
            Route("POST", r"/v1beta/models/([^:]+):batchEmbedContents", self.batch),
            Route("POST", r"/v1beta/models/([^:]+):embedContent", self.single),
            Route("GET", r"/v1beta/models/([^:/]+)", self.model, costs=False),
        ]

    def key(self, request):
        return request.headers.get("x-goog-api-key") or request.query.get("key")

    def batch(self, service, request, found):
        requests = request.json().get("requests") or []
        rendered = self.embedded(service, found[1], requests)
        return Answer(body=[b'{"embeddings":[', b",".join(b'{"values":%b}' % vector for vector in rendered), b"]}"])

    def single(self, service, request, found):
        [vector] = self.embedded(service, found[1], [request.json()])
        return Answer(body=[b'{"embedding":{"values":%b}}' % vector])

    def embedded(self, service, model, requests, charged=True):
        """The vectors of requests to embed; the first one says how all are to be."""
        service.know(self, model)
        if not requests:
            raise self.refusal("badRequest", words="BatchEmbedContentsRequest.requests: at least one request is required")
        texts = []
        for request in requests:
            name = request.get("model")
            if name is not None and name != f"models/{model}":
                raise self.refusal("badRequest", words="model in the request must match the model in the URL")
            parts = (request.get("content") or {}).get("parts") or []
            texts.append("".join(part.get("text", "") for part in parts))
        first = requests[0]
        task = first.get("taskType") or ""
        if task and task not in TASKS:
            raise self.refusal("badRequest", words=f"Invalid value at 'task_type': \"{task}\"")
        if "embedding-2" in model:
            task = ""
        asked = first.get("outputDimensionality")
        # What is shorter than the whole is not brought to norm 1.
        norm = 0.7 if asked and asked < 3072 and "embedding-001" in model else 1.0
        numbers, _ = service.embed(self, model, texts, self.limits, task, cuts=True, empty=False, charged=charged)
        return service.rendered(numbers, service.dimensions(asked), norm=norm)

    def model(self, service, request, found):
        service.know(self, found[1])
        return Answer(body={"name": f"models/{found[1]}", "inputTokenLimit": self.limits.tokens, "outputTokenLimit": 1,
                            "supportedGenerationMethods": ["embedContent", "asyncBatchEmbedContent"]})

    def refusal(self, kind, **details):
        def error(code, status, message, *more):
            return Refused(code, {"error": {"code": code, "message": message, "status": status,
                                            **({"details": list(more)} if more else {})}})

        match kind:
            case "unauthorized" if not details.get("key"):
                return error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established "
                             "identity). Please use API Key or other form of API consumer identity to call this API.")
            case "unauthorized":
                return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}})
            case "forbidden":
                return error(403, "PERMISSION_DENIED", "Generative Language API has not been used in project 1 before or it is "
                             "disabled.")
            case "noModel":
                return error(404, "NOT_FOUND", f"models/{details['model']} is not found for API version v1beta, or is not "
                             "supported for embedContent. Call ListModels to see the list of available models and their "
                             "supported methods.")
            case "rate" | "tokens":
                wait = details.get("wait", 1)
                return error(
                    429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details. "
                    f"Please retry in {wait:.9f}s.",
                    {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
                        {"quotaMetric": "generativelanguage.googleapis.com/embed_content_requests",
                         "quotaId": "EmbedContentRequestsPerMinutePerProjectPerModel"}]},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:.3f}s"})
            case "quota":
                return error(
                    429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please go to AI Studio at "
                    "https://ai.studio/projects to manage your project and billing.")
            case "tooMany":
                return error(400, "INVALID_ARGUMENT", "* BatchEmbedContentsRequest.requests: at most "
                             f"{details['limit']} requests can be in one batch\n")
            case "empty":
                return error(400, "INVALID_ARGUMENT", f"* BatchEmbedContentsRequest.requests[{details['place']}].content: "
                             "contents is not specified\n")
            case "badInput":
                where = "" if details.get("place") is None else f"requests[{details['place']}].content: "
                return error(400, "INVALID_ARGUMENT", f"* BatchEmbedContentsRequest.{where}Request contains an invalid argument.\n")
            case "tooLong" | "tooManyTokens":
                return error(400, "INVALID_ARGUMENT", f"The input token count ({details['count']}) exceeds the maximum number of "
                             f"tokens allowed ({details['limit']}).")
            case "badRequest":
                return error(400, "INVALID_ARGUMENT", details["words"])
            case "overloaded":
                return error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        return error(details.get("status", 500), "INTERNAL", "An internal error has occurred. Please retry or report in "
                     "https://developers.generativeai.google/guide/troubleshooting")
