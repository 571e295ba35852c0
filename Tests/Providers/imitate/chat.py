"""/v1/chat/completions with answers that follow a schema."""
import json
import zlib

from .http import Answer
from .service import Api, Limits, Route
from . import vectors


def fitting(schema, number):
    """A value that the schema allows, chosen by a number."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        kind = kind[0]
    if "anyOf" in schema:
        return fitting(schema["anyOf"][number % len(schema["anyOf"])], number)
    match kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: fitting(part, zlib.crc32(name.encode(), number)) for name, part in properties.items()}
        case "array":
            least, most = schema.get("minItems", 1), schema.get("maxItems", 3)
            return [fitting(schema.get("items", {}), number + place) for place in range(max(least, min(most, 1 + number % 3)))]
        case "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 100)
            return int(low + number % (high - low + 1))
        case "number":
            low, high = schema.get("minimum", 0), schema.get("maximum", 1)
            return low + (number % 1000) / 1000 * (high - low)
        case "boolean":
            return bool(number & 1)
        case "null":
            return None
    return f"word{number % 1000}"


class Chat(Api):
    limits = Limits(1, 128_000)

    def __init__(self, openai):
        self.openai = openai

    def routes(self):
        return [Route("POST", r"(?:/openai)?/v1/chat/completions", self.complete)]

    def key(self, request):
        return self.openai.key(request)

    def refusal(self, kind, **details):
        return self.openai.refusal(kind, **details)

    def complete(self, service, request, found):
        body = request.json()
        model = body.get("model") or ""
        service.know(self, model)
        messages = body.get("messages") or []
        asked = next((message["content"] for message in reversed(messages) if message["role"] == "user"), "")
        if isinstance(asked, list):
            asked = "".join(part.get("text", "") for part in asked)
        form = body.get("response_format") or {}
        schema = (form.get("json_schema") or {}).get("schema")
        if schema is not None and schema.get("type") != "object":
            raise self.refusal("badRequest", words="Invalid schema for response_format "
                               f"'{form['json_schema'].get('name')}': schema must be a JSON Schema of 'type: \"object\"', got "
                               f"'type: \"{schema.get('type')}\"'.")
        if form.get("type") == "json_schema" and not (form.get("json_schema") or {}).get("name"):
            raise self.refusal("badRequest", words="Missing required parameter: 'response_format.json_schema.name'.")
        [number], [count] = service.embed(self, model, [asked], self.limits)
        tokens = sum(vectors.tokens(str(message.get("content")).encode()) for message in messages)
        message, reason = {"role": "assistant", "content": None, "refusal": None}, "stop"
        scripted = service.behaviour.chat.pop(0) if service.behaviour.chat else None
        if isinstance(scripted, dict):
            message |= scripted.get("message", {})
            reason = scripted.get("finish_reason", reason)
        elif scripted is not None:
            message["content"] = scripted
        elif schema is not None:
            message["content"] = json.dumps(fitting(schema, number))
        else:
            message["content"] = f"word{number % 1000}"
        usage = {"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": tokens + 5}
        return Answer(body={
            "id": "chatcmpl-imitated", "object": "chat.completion", "created": 0, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
            **({"usage": usage} if service.behaviour.usage else {})})
