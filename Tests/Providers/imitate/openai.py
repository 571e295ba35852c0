"""OpenAI's embeddings, and the servers that speak its form, each with its own limits and words."""
from .behaviour import dumps, duration
from .http import Answer
from .service import Api, Limits, Refused, Route


class OpenAI(Api):
    """/v1/embeddings, /v1/models; the dialect decides what holds."""

    def __init__(self):
        self.dialects = {kind.name: kind() for kind in (Own, Azure, Mistral, Jina, VLLM, LlamaCpp, LMStudio, Voyage, Ollama)}
        self.service = None

    @property
    def dialect(self):
        return self.dialects[self.service.behaviour.dialect]

    def key(self, request):
        if "api-key" in request.headers:
            return request.headers["api-key"]
        return super().key(request)

    def refusal(self, kind, **details):
        status, body = self.dialect.refusal(kind, **details)
        return Refused(status, body, dict(self.dialect.refusal_headers(kind)))

    @property
    def overload(self):
        return self.dialect.overload

    def success_headers(self, service):
        return self.dialect.headers(service)

    def routes(self):
        return [
            Route("POST", r"/v1/embeddings", self.embeddings),
            Route("POST", r"/openai/v1/embeddings", self.embeddings),
            Route("POST", r"/openai/deployments/([^/]+)/embeddings", self.deployment),
            Route("GET", r"(?:/openai)?/v1/models", self.models, costs=False),
            Route("GET", r"/v1/models/(.+)", self.model, costs=False),
        ]

    def models(self, service, request, found):
        names = service.behaviour.models or ["imitated"]
        return Answer(body={"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "imitation"}
                                                       for name in names]})

    def model(self, service, request, found):
        service.know(self, found[1])
        return Answer(body={"id": found[1], "object": "model", "created": 0, "owned_by": "imitation"})

    def deployment(self, service, request, found):
        if "api-version" not in request.query:
            raise Refused(404, {"error": {"code": "404", "message": "Resource not found"}})
        if "api-key" not in request.headers and service.behaviour.keys:
            raise self.refusal("unauthorized", key=None)
        body = {**request.json(), "model": found[1]}
        return self.answer(service, body)

    def embeddings(self, service, request, found):
        return self.answer(service, request.json())

    def answer(self, service, body, charged=True):
        """`charged`: by the rates of the account; a batch is not."""
        dialect = self.dialect
        model = body.get("model")
        if not model:
            raise self.refusal("badRequest", words="you must provide a model parameter")
        service.know(self, model)
        texts = body.get("input")
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(texts, list) or not texts:
            raise self.refusal("badRequest", words="'$.input' is invalid. Please check the API reference: "
                               "https://platform.openai.com/docs/api-reference.")
        dimensions = dialect.dimensions(self, body)
        numbers, counts = service.embed(
            self, model, texts, dialect.limits(model), dialect.kind(body), dialect.cuts(body), dialect.takes_empty,
            charged)
        base64 = dialect.base64(body)
        data = service.indexed(service.rendered(numbers, service.dimensions(dimensions), base64))
        usage = dialect.usage(sum(counts)) if service.behaviour.usage else None
        head = b'{"id":"imitated","object":"list","model":%b,' % dumps(model) + (b'"usage":%b,' % dumps(usage) if usage else b"")
        return Answer(body=[head, b'"data":[', data, b"]}"])


class Own:
    """OpenAI itself."""
    name = "openai"
    takes_empty = False
    overload = "rate"
    words = {
        "quota": "You exceeded your current quota, please check your plan and billing details. For more information on this "
                 "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
    }

    def limits(self, model):
        return Limits(2048, 8192, 300_000)

    def kind(self, body):
        return ""

    def cuts(self, body):
        return False

    def dimensions(self, api, body):
        asked = body.get("dimensions")
        if asked is not None and "-3-" not in body["model"]:
            raise api.refusal("badRequest", words="This model does not support specifying dimensions.")
        return asked

    def base64(self, body):
        return body.get("encoding_format") == "base64"

    def usage(self, total):
        return {"prompt_tokens": total, "total_tokens": total}

    def headers(self, service):
        found = {"openai-processing-ms": "12", "x-request-id": "req_imitated"}
        for name in ("requests", "tokens"):
            if allowance := service.allowances.get(name):
                found[f"x-ratelimit-limit-{name}"] = str(allowance.limit)
                found[f"x-ratelimit-remaining-{name}"] = str(int(allowance.left))
                found[f"x-ratelimit-reset-{name}"] = duration(allowance.reset())
        return found

    def refusal_headers(self, kind):
        return {}

    def error(self, status, message, type, code=None, param=None):
        return status, {"error": {"message": message, "type": type, "param": param, "code": code}}

    def refusal(self, kind, **details):
        bad = "invalid_request_error"
        match kind:
            case "unauthorized":
                if not details.get("key"):
                    return self.error(401, "You didn't provide an API key. You need to provide your API key in an "
                                      "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).", bad)
                shown = details["key"][:8] + "*" * 8 + details["key"][-4:]
                return self.error(401, f"Incorrect API key provided: {shown}. You can find your API key at "
                                  "https://platform.openai.com/account/api-keys.", bad, "invalid_api_key")
            case "forbidden":
                return self.error(403, "Project does not have access to this model.", bad, "model_not_found")
            case "noModel":
                return self.error(404, f"The model `{details['model']}` does not exist or you do not have access to it.", bad,
                                  "model_not_found")
            case "quota":
                return self.error(429, self.words["quota"], "insufficient_quota", "insufficient_quota")
            case "rate" | "tokens":
                unit, short = ("requests", "RPM") if kind == "rate" else ("tokens", "TPM")
                return self.error(
                    429, f"Rate limit reached for imitated in organization org-imitated on {unit} per min ({short}): Limit "
                    f"3000, Used 3000, Requested 1. Please try again in {duration(details.get('wait', 1))}. Visit "
                    "https://platform.openai.com/account/rate-limits to learn more.", unit, "rate_limit_exceeded")
            case "tooMany":
                return self.error(
                    400, f"Invalid 'input': array too long. Expected an array with maximum length {details['limit']}, but got "
                    f"an array with length {details['count']} instead.", bad, "array_above_max_length", "input")
            case "tooManyTokens":
                return self.error(400, f"Requested {details['count']} tokens, max {details['limit']} tokens per request",
                                  "max_tokens_per_request", "max_tokens_per_request")
            case "tooLong":
                return self.error(
                    400, f"This model's maximum context length is {details['limit']} tokens, however you requested "
                    f"{details['count']} tokens ({details['count']} in your prompt; 0 for the completion). Please reduce your "
                    "prompt; or completion length.", bad)
            case "empty":
                return self.error(400, f"Invalid 'input[{details['place']}]': input cannot be an empty string.", bad,
                                  "invalid_value", f"input[{details['place']}]")
            case "badInput":
                if details.get("place") is None:
                    return self.error(400, "'$.input' is invalid. Please check the API reference: "
                                      "https://platform.openai.com/docs/api-reference.", bad)
                place = details["place"]
                return self.error(400, f"Invalid 'input[{place}]': this input {details['words']}.", bad, "invalid_value",
                                  f"input[{place}]")
            case "badRequest":
                return self.error(400, details.get("words", "bad request"), bad)
            case "overloaded":
                return self.error(503, "That model is currently overloaded with other requests.", "server_error")
        return self.error(details.get("status", 500), "The server had an error while processing your request. Sorry about that!",
                          "server_error")


class Azure(Own):
    name = "azure"

    def dimensions(self, api, body):
        # The name is that of a deployment, and tells nothing of the model.
        return body.get("dimensions")

    def headers(self, service):
        # As users report them: there, and of no use.
        return {"x-ratelimit-remaining-requests": "-1", "x-ratelimit-remaining-tokens": "0", "x-ms-region": "Imitation"}

    def refusal(self, kind, **details):
        plain = {
            "unauthorized": (401, "401", "Access denied due to invalid subscription key or wrong API endpoint. Make sure to "
                             "provide a valid key for an active subscription and use a correct regional API endpoint for your "
                             "resource."),
            "forbidden": (403, "403", "Public access is disabled. Please configure private endpoint."),
            "noModel": (404, "DeploymentNotFound", "The API deployment for this resource does not exist. If you created the "
                        "deployment within the last 5 minutes, please wait a moment and try again."),
        }
        if kind in plain:
            status, code, message = plain[kind]
            return status, {"error": {"code": code, "message": message}}
        if kind in ("rate", "tokens"):
            seconds = max(1, round(details.get("wait", 1)))
            return 429, {"error": {"code": "429", "message": "Requests to the Embeddings_Create Operation under Azure OpenAI API "
                                   "have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after "
                                   f"{seconds} seconds."}}
        return super().refusal(kind, **details)


class Mistral(Own):
    name = "mistral"

    def limits(self, model):
        return Limits(512, 8192, 16_384)

    def dimensions(self, api, body):
        if "dimensions" in body:
            raise Refused(422, {"object": "error", "message": {"detail": [
                {"type": "extra_forbidden", "loc": ["body", "dimensions"], "msg": "Extra inputs are not permitted",
                 "input": body["dimensions"]}]}, "type": "invalid_request_error", "param": None, "code": None})
        asked = body.get("output_dimension")
        if asked is not None and not body["model"].startswith("codestral-embed"):
            raise api.refusal("badRequest", words="This model does not support output_dimension")
        return asked

    def usage(self, total):
        return {"prompt_tokens": total, "total_tokens": total, "completion_tokens": 0, "request_count": 1}

    def error(self, status, message, type, code=None, param=None):
        return status, {"object": "error", "message": message, "type": type, "param": param, "code": code}

    def refusal(self, kind, **details):
        match kind:
            case "unauthorized":
                return 401, {"detail": "Unauthorized"}
            case "rate" | "tokens":
                return self.error(429, "Requests rate limit exceeded" if kind == "rate" else "Rate limit exceeded",
                                  "rate_limited", "1300")
            case "quota":
                return 402, {"detail": "You have reached your monthly spending limit. Raise it to go on."}
            case "tooMany":
                return self.error(400, "Too many inputs in request, split into more batches.", "invalid_request_prompt", "3210")
            case "tooManyTokens":
                return self.error(400, "Too many tokens overall, split into more batches.", "invalid_request_prompt", "3210")
            case "tooLong":
                return self.error(400, f"Input id {details['place']} has {details['count']} tokens, exceeding max "
                                  f"{details['limit']} tokens.", "invalid_request_prompt", "3051")
            case "noModel":
                return self.error(400, f"Invalid model: {details['model']}", "invalid_model", "1500")
        return super().refusal(kind, **details)


class Jina(Own):
    name = "jina"

    def limits(self, model):
        return Limits(512, 8192)

    def dimensions(self, api, body):
        return body.get("dimensions")

    def kind(self, body):
        return body.get("task", "")

    def cuts(self, body):
        return body.get("truncate", False)

    def base64(self, body):
        return "base64" in (body.get("embedding_type"), body.get("encoding_format"))

    def error(self, status, message, type, code=None, param=None):
        return status, {"detail": message}

    def refusal(self, kind, **details):
        match kind:
            case "quota":
                return 402, {"detail": "Insufficient balance. Please recharge at https://jina.ai"}
            case "rate" | "tokens":
                return 429, {"detail": "Rate limit exceeded", "code": "RATE_TOKEN_LIMIT_EXCEEDED"}
            case "tooMany":
                return 422, {"detail": f"[input] List should have at most {details['limit']} items after validation, not "
                             f"{details['count']}"}
            case "tooLong":
                return 400, {"detail": f"Input text exceeds maximum length of {details['limit']} tokens"}
        return super().refusal(kind, **details)


class VLLM(Own):
    name = "vllm"
    takes_empty = True

    def limits(self, model):
        return Limits(100_000, 512)

    def dimensions(self, api, body):
        asked = body.get("dimensions")
        if asked is not None and "matryoshka" not in body["model"]:
            raise api.refusal("badRequest", words=f"Model \"{body['model']}\" does not support matryoshka representation, "
                              "changing output dimensions will lead to poor results.")
        return asked

    def headers(self, service):
        return {}

    def error(self, status, message, type, code=None, param=None):
        kinds = {400: "BadRequestError", 404: "NotFoundError", 500: "InternalServerError", 503: "ServiceUnavailableError"}
        return status, {"error": {"message": message, "type": kinds.get(status, type), "param": param, "code": status}}

    def refusal(self, kind, **details):
        match kind:
            case "unauthorized":
                return 401, {"error": "Unauthorized"}
            case "noModel":
                return self.error(404, f"The model `{details['model']}` does not exist.", "")
            case "tooLong":
                return self.error(400, f"This model's maximum context length is {details['limit']} tokens. However, you requested "
                                  f"{details['count']} tokens in the input for embedding generation. Please reduce the length of "
                                  "the input.", "")
        return super().refusal(kind, **details)


class LlamaCpp(Own):
    """An input must fit the micro batch."""
    name = "llamacpp"
    takes_empty = True
    overload = "overloaded"

    def limits(self, model):
        return Limits(100_000, 512)

    def dimensions(self, api, body):
        return None

    def headers(self, service):
        return {"server": "llama.cpp"}

    def error(self, status, message, type, code=None, param=None):
        return status, {"error": {"code": status, "message": message, "type": type}}

    def refusal(self, kind, **details):
        match kind:
            case "unauthorized":
                return self.error(401, "Invalid API Key", "authentication_error")
            case "tooLong":
                return self.error(500, f"input ({details['count']} tokens) is too large to process. increase the physical batch "
                                  f"size (current batch size: {details['limit']})", "server_error")
            case "overloaded":
                return self.error(503, "Loading model", "unavailable_error")
        return super().refusal(kind, **details)


class LMStudio(Own):
    """Cuts silently, answers floats whatever is asked for, and with the model that is loaded."""
    name = "lmstudio"
    takes_empty = True

    def limits(self, model):
        return Limits(100_000, 512)

    def cuts(self, body):
        return True

    def base64(self, body):
        return False

    def dimensions(self, api, body):
        return None

    def usage(self, total):
        return {"prompt_tokens": 0, "total_tokens": 0}

    def headers(self, service):
        return {}

    def refusal(self, kind, **details):
        if kind == "noModel":
            return 404, {"error": {"message": f"Model \"{details['model']}\" not found. Please specify a valid model.",
                                   "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}
        return super().refusal(kind, **details)


class Ollama(Own):
    """Ollama's /v1/embeddings: no `truncate` there; it cuts."""
    name = "ollama"
    takes_empty = True
    overload = "overloaded"

    def limits(self, model):
        return Limits(100_000, 2048)

    def cuts(self, body):
        return True

    def dimensions(self, api, body):
        asked = body.get("dimensions")
        return asked if asked and asked <= api.service.behaviour.dimensions else None

    def headers(self, service):
        return {}

    def refusal(self, kind, **details):
        if kind == "noModel":
            return self.error(404, f'model "{details["model"]}" not found, try pulling it first', "api_error")
        if kind == "overloaded":
            return self.error(503, "server busy, please try again.  maximum pending requests exceeded", "api_error")
        return super().refusal(kind, **details)


class Voyage(Own):
    """Voyage's /v1/embeddings."""
    name = "voyage"

    def limits(self, model):
        large = {"voyage-4-lite": 1_000_000, "voyage-3.5-lite": 1_000_000, "voyage-4": 320_000, "voyage-3.5": 320_000}
        return Limits(1000, 32_000, large.get(model, 120_000))

    def kind(self, body):
        return body.get("input_type") or ""

    def cuts(self, body):
        return body.get("truncation", True)

    def dimensions(self, api, body):
        if "dimensions" in body:
            raise Refused(400, {"detail": "Argument 'dimensions' is not supported by our API"})
        asked = body.get("output_dimension")
        if asked is not None and asked not in (256, 512, 1024, 2048):
            raise Refused(400, {"detail": f"Value '{asked}' supplied for argument 'output_dimension' is not valid -- accepted "
                                "values are [256, 512, 1024, 2048]."})
        if (kind := body.get("input_type")) not in (None, "query", "document"):
            raise Refused(400, {"detail": f"Value '{kind}' supplied for argument 'input_type' is not valid -- accepted values "
                                "are [None, 'query', 'document']."})
        return asked

    def usage(self, total):
        return {"total_tokens": total}

    def headers(self, service):
        return {}

    def error(self, status, message, type, code=None, param=None):
        return status, {"detail": message}

    def refusal(self, kind, **details):
        match kind:
            case "unauthorized":
                return 401, {"detail": "Provided API key is invalid."}
            case "quota":
                return 402, {"detail": "You have not yet added your payment method in the billing page and will have reduced "
                             "rate limits. Please add your payment method."}
            case "rate" | "tokens":
                return 429, {"detail": "You have exceeded your rate limit of requests per minute. Please slow down."}
            case "tooMany":
                return 400, {"detail": f"The batch size limit is {details['limit']}. Your batch size is {details['count']}."}
            case "tooManyTokens":
                return 400, {"detail": "Request to model 'imitated' failed. The max allowed tokens per submitted batch is "
                             f"{details['limit']}. Your batch has {details['count']} tokens after truncation. Please lower the "
                             "number of tokens in the batch."}
            case "tooLong":
                return 400, {"detail": f"Request to model 'imitated' failed. The example at index {details['place']} in your "
                             "batch has too many tokens and does not fit into the model's context window of "
                             f"{details['limit']} tokens. Please lower the number of tokens in the listed example(s) or use "
                             "truncation."}
            case "noModel":
                return 400, {"detail": f"Model {details['model']} is not supported. Supported models are ['voyage-4', "
                             "'voyage-4-lite', 'voyage-4-large', 'voyage-code-3']."}
            case "empty":
                return 400, {"detail": "Input cannot contain empty strings or empty lists"}
        return super().refusal(kind, **details)
