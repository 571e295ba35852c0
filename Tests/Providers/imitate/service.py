"""One account at one provider: who may ask, how much, and what happens instead."""
import dataclasses
import json
import math
import random
import re
import struct
import time
import traceback

from . import vectors
from .behaviour import Allowance, Behaviour, Tally, chosen, when
from .http import Answer


class Refused(Exception):
    def __init__(self, status, body, headers=None):
        super().__init__(str(body)[:200])
        self.status, self.body, self.headers = status, body, headers or {}


@dataclasses.dataclass(frozen=True)
class Limits:
    """Of one request."""
    inputs: int = 2048
    #: Of one input.
    tokens: int | None = None
    #: Of all inputs.
    total: int | None = None


@dataclasses.dataclass(frozen=True)
class Route:
    method: str
    pattern: str
    answer: object
    #: It is work of the model: limits of the account hold.
    costs: bool = True
    #: The address is secret enough: no key.
    open: bool = False


class Api:
    """What each API brings: its routes, and its own words for each kind of refusal."""

    def routes(self):
        raise NotImplementedError

    def key(self, request):
        value = request.headers.get("authorization", "")
        return value[7:] if value.startswith("Bearer ") else value or None

    def refusal(self, kind, **details):
        raise NotImplementedError

    def success_headers(self, service):
        return {}

    @property
    def overload(self):
        """The kind of refusal when too many ask at once."""
        return "rate"


class Service:
    def __init__(self, apis):
        self.apis = apis
        self.reset()

    def reset(self):
        self.behaviour, self.tally = Behaviour(), Tally()
        self.allowances = {}
        for api in self.apis:
            if hasattr(api, "reset"):
                api.reset()

    # The control endpoint

    def control(self, request):
        if request.method == "GET":
            return Answer(body=self.tally.told(request.query))
        try:
            self.configure(json.loads(request.body or b"{}"))
        except ValueError as problem:
            return Answer(400, {"error": str(problem)})
        return Answer(body={"ok": True})

    def configure(self, values):
        values = dict(values)
        if values.pop("reset", False):
            active = self.tally.active
            self.reset()
            self.tally.active = active
        if values.pop("resetTally", False):
            self.tally = Tally()
        self.behaviour.set(values)
        for name in ("requests", "tokens"):
            if name in values:
                self.allowances[name] = Allowance(values[name]) if values[name] else None

    # Requests

    def find(self, request):
        for api in self.apis:
            for route in api.routes():
                if route.method == request.method and (found := re.fullmatch(route.pattern, request.path)):
                    return api, route, found
        return None, None, None

    def handle(self, request):
        if request.path.startswith("/control"):
            return self.control(request)
        tally, behaviour = self.tally, self.behaviour
        now = time.monotonic()
        tally.first = tally.first if tally.first is not None else now
        tally.requests += 1
        if request.reused == 0:
            tally.connections += 1
        tally.paths[f"{request.method} {request.path}"] += 1
        tally.agents[request.headers.get("user-agent", "")] += 1
        tally.last = {"path": request.path, "query": request.query, "headers": request.headers}
        tally.active += 1
        tally.mostActive = max(tally.mostActive, tally.active)
        before = tally.inputs
        api, route, found = self.find(request)
        try:
            answer = self.answered(request, api, route, found)
        except Refused as refused:
            answer = Answer(refused.status, refused.body, refused.headers)
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as problem:
            traceback.print_exc()
            answer = Answer(400, {"error": f"the imitation does not understand this request: {problem!r}"})
        tally.statuses[str(answer.status)] += 1
        if answer.status >= 400:
            tally.refused += 1
        tally.log.append((round(now - tally.began, 4), f"{request.method} {request.path}", answer.status, tally.inputs - before))
        if answer.status < 400 and route and route.costs:
            answer.delay = max(0.0, behaviour.latency - (time.monotonic() - now))
        if answer.status < 300 and (held := behaviour.take("hold", request)):
            answer.delay += held["seconds"]
        if answer.status < 300 and (cut := behaviour.take("cut", request)):
            answer.cut = cut.get("after", 40)
        if answer.status < 300 and (slow := behaviour.take("slow", request)):
            answer.pace = slow["pace"]
        if answer.status < 300 and (huge := behaviour.take("huge", request)):
            answer.body = [b" " * 2**20] * huge["megabytes"] + answer.parts()

        def done():
            tally.active -= 1
            tally.final = time.monotonic()
        answer.done = done
        return answer

    def answered(self, request, api, route, found):
        behaviour = self.behaviour
        if redirect := behaviour.take("redirect", request):
            return Answer(redirect.get("status", 307), b"", {"location": redirect["to"]})
        if api is None:
            return Answer(404, {"error": {"message": f"Invalid URL ({request.method} {request.path})",
                                          "type": "invalid_request_error", "param": None, "code": None}})
        if scripted := behaviour.take("fail", request):
            if "kind" in scripted:
                refused = api.refusal(scripted["kind"], **scripted.get("details", {}))
                refused.headers |= scripted.get("headers", {})
                raise refused
            return Answer(scripted.get("status", 500), scripted.get("body", {"error": {"message": "scripted"}}),
                          scripted.get("headers", {}))
        key = api.key(request)
        self.tally.keys[str(key)] += 1
        if behaviour.keys and key not in behaviour.keys and not route.open:
            raise api.refusal("unauthorized", key=key)
        if key in behaviour.forbidden:
            raise api.refusal("forbidden")
        if route.costs:
            self.admit(api)
        answer = route.answer(self, request, found)
        if route.costs and answer.status < 300:
            answer.headers = {**api.success_headers(self), **answer.headers, **behaviour.headers}
        return answer

    def admit(self, api):
        """Refuses what the account may not ask now."""
        behaviour = self.behaviour
        if behaviour.quota:
            raise api.refusal("quota")
        if behaviour.concurrency is not None and self.tally.active > behaviour.concurrency:
            raise self.not_now(api, api.overload, max(0.05, behaviour.latency / 2))
        if allowance := self.allowances.get("requests"):
            if wait := allowance.wait(1):
                raise self.not_now(api, "rate", wait)
            allowance.take(1)

    def not_now(self, api, kind, wait):
        refused = api.refusal(kind, wait=wait)
        refused.headers |= when(wait, self.behaviour.retryAfter)
        return refused

    def charge(self, api, count):
        """Tokens of a request that is about to be answered."""
        if allowance := self.allowances.get("tokens"):
            if wait := allowance.wait(count):
                raise self.not_now(api, "tokens", wait)
            allowance.take(count)
        self.tally.tokens += count

    # The model

    def know(self, api, model):
        if self.behaviour.models and model not in self.behaviour.models:
            raise api.refusal("noModel", model=model)

    def embed(self, api, model, texts, limits, kind="", cuts=False, empty=True, charged=True):
        """The checksums of the texts as the model sees them, and their tokens; refuses the request as the API does.

        `cuts`: what is too long is cut and not refused. `empty`: an empty text is taken.
        """
        behaviour, tally = self.behaviour, self.tally
        if charged and len(texts) > (most := behaviour.maxInputs or limits.inputs):
            raise api.refusal("tooMany", count=len(texts), limit=most)
        of = vectors.seed(model, kind)
        silently = behaviour.limit("truncateAt", model)
        longest = behaviour.limit("contextLength", model) or limits.tokens
        poison, nan, remember = behaviour.poison, behaviour.nan, behaviour.remember
        numbers, counts, count_of = [], [], tally.texts
        for place, text in enumerate(texts):
            if not isinstance(text, str):
                raise api.refusal("badInput", place=place, words="must be a string")
            if poison and chosen(text, poison):
                raise api.refusal("badInput", place=place if behaviour.poisonNamed else None, words="is not acceptable")
            data = text.encode()
            count = (len(data) + 3) // 4
            if not data and not empty:
                raise api.refusal("empty", place=place)
            if longest and count > longest:
                if not cuts:
                    raise api.refusal("tooLong", place=place, count=count, limit=longest, named=len(texts) > 1)
                data, count = data[:4 * longest], longest
            if silently and count > silently:
                data, count = data[:4 * silently], silently
            number = vectors.checksum(data, of)
            if nan and chosen(text, nan):
                number = -1 - number
            numbers.append(number)
            counts.append(count)
        total = sum(counts)
        if charged and (most := behaviour.maxRequestTokens or limits.total) and total > most:
            raise api.refusal("tooManyTokens", count=total, limit=most)
        if charged:
            self.charge(api, total)
        tally.inputs += len(texts)
        tally.served += len(texts)
        if remember:
            count_of.update(texts)
        return numbers, counts

    def dimensions(self, asked=None):
        return self.behaviour.wrongDimensions or asked or self.behaviour.dimensions

    def rendered(self, numbers, dimensions, base64=False, norm=1.0):
        """Each vector in JSON, as a list of numbers or a text."""
        behaviour = self.behaviour
        encode = vectors.in_base64 if base64 else vectors.in_json
        found = []
        for number in numbers:
            if number >= 0:
                found.append(b'"%b"' % encode(number, dimensions, norm) if base64 else encode(number, dimensions, norm))
            else:
                found.append(self.with_nan(-1 - number, dimensions, base64, norm))
        if behaviour.wrongCount > 0:
            found += found[:1] * behaviour.wrongCount
        elif behaviour.wrongCount < 0:
            del found[behaviour.wrongCount:]
        return found

    def with_nan(self, number, dimensions, base64, norm):
        if base64:
            import base64 as encoding
            data = bytearray(encoding.b64decode(vectors.in_base64(number, dimensions, norm)))
            data[:4] = struct.pack("<f", math.nan)
            return b'"%b"' % encoding.b64encode(data)
        text = vectors.in_json(number, dimensions, norm)
        return b"[" + self.behaviour.nanAs.encode() + text[text.index(b","):]

    def indexed(self, rendered):
        """The `data` of OpenAI's answers, in the order that was set."""
        order = list(range(len(rendered)))
        if self.behaviour.shuffle:
            random.Random(len(order)).shuffle(order)
        parts = [b'{"object":"embedding","index":%d,"embedding":%b}' % (place, rendered[place]) for place in order]
        if self.behaviour.wrongIndex and len(parts) > 1:
            parts[-1] = parts[-1].replace(b'"index":%d' % order[-1], b'"index":%d' % order[0], 1)
        return b",".join(parts)
