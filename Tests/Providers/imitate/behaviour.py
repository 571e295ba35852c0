"""What the control endpoint sets, what it tells, and the limits of an account."""
import collections
import dataclasses
import email.utils
import json
import re
import time


@dataclasses.dataclass
class Behaviour:
    """Set by `POST /control`, a JSON object of these names; `{"reset": true}` goes back to this."""
    #: How the API at /v1/embeddings behaves: openai, azure, mistral, jina, vllm, llamacpp, lmstudio, voyage.
    dialect: str = "openai"
    #: The keys that are good; none: no key is asked for.
    keys: list = dataclasses.field(default_factory=list)
    #: A key that is good for nothing: 403.
    forbidden: list = dataclasses.field(default_factory=list)
    #: The models that are there; none: any.
    models: list = dataclasses.field(default_factory=list)
    dimensions: int = 384
    #: Seconds until a good answer is sent, in all.
    latency: float = 0.0
    #: Requests at once; more are refused.
    concurrency: int | None = None
    #: {"limit": 3000, "per": 60, "kind": "bucket" | "window", "burst": 50}
    requests: dict | None = None
    #: The same for tokens.
    tokens: dict | None = None
    #: How a refusal for a passing limit says when to come again: seconds, float, date, ms, reset, body, none.
    retryAfter: str = "seconds"
    #: No money left: 429 for good.
    quota: bool = False
    #: [{"times": 3, "status": 500, "headers": {}, "body": …, "path": "regex", "kind": "rate"}]: the next so many requests.
    fail: list = dataclasses.field(default_factory=list)
    #: A text that contains one of these is refused, and its request with it.
    poison: list = dataclasses.field(default_factory=list)
    #: The refusal names the place of the text.
    poisonNamed: bool = False
    poisonStatus: int = 400
    #: Answers in another order than the inputs, each with its index.
    shuffle: bool = False
    #: The vectors have so many dimensions, whatever was asked for.
    wrongDimensions: int | None = None
    #: Texts that contain one of these get a vector with NaN in it.
    nan: list = dataclasses.field(default_factory=list)
    #: How NaN is written in JSON: null or NaN.
    nanAs: str = "null"
    #: So many vectors more than there are inputs.
    wrongCount: int = 0
    #: The answer uses an index twice.
    wrongIndex: bool = False
    #: [{"times": 1, "after": 100, "path": …}]: the connection ends in the middle of the body.
    cut: list = dataclasses.field(default_factory=list)
    #: [{"times": 1, "pace": 1000, "path": …}]: so many bytes a second.
    slow: list = dataclasses.field(default_factory=list)
    #: [{"times": 1, "megabytes": 500, "path": …}]
    huge: list = dataclasses.field(default_factory=list)
    #: [{"times": 1, "to": "http://…", "status": 307, "path": …}]
    redirect: list = dataclasses.field(default_factory=list)
    #: [{"times": 1, "seconds": 30, "path": …, "method": "POST"}]: what was asked for is done, and the answer held back.
    hold: list = dataclasses.field(default_factory=list)
    #: Silently cut after so many tokens, by model; "*" is any.
    truncateAt: dict = dataclasses.field(default_factory=dict)
    #: Refused above so many tokens, by model; "*" is any; over what the API does by itself.
    contextLength: dict = dataclasses.field(default_factory=dict)
    #: Over those of the API.
    maxInputs: int | None = None
    maxRequestTokens: int | None = None
    #: No count of tokens in the answers.
    usage: bool = True
    #: Headers of every good answer, over those of the API.
    headers: dict = dataclasses.field(default_factory=dict)
    #: What the next chat answers are, in place of what fits the schema.
    chat: list = dataclasses.field(default_factory=list)
    #: How batches run: {"seconds": 0.5, "outcome": "completed" | "failed" | "expired" | "cancelled", "part": 0.5,
    #: "refuse": "texts that contain this fail alone", "words": "why it failed"}
    batch: dict = dataclasses.field(default_factory=dict)
    #: Keeps how often each text was asked for.
    remember: bool = True

    def set(self, values):
        unknown = set(values) - {field.name for field in dataclasses.fields(self)}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self, name, value)

    def take(self, name, request):
        """The next entry of a script that holds for this request."""
        script = getattr(self, name)
        for entry in script:
            if entry.get("times", 1) <= 0 or not re.search(entry.get("path", ""), request.path):
                continue
            if entry.get("method", request.method) != request.method:
                continue
            entry["times"] = entry.get("times", 1) - 1
            if entry["times"] <= 0:
                script.remove(entry)
            return entry
        return None

    def limit(self, name, model):
        found = getattr(self, name)
        return found.get(model, found.get("*"))


class Tally:
    """What `GET /control` tells."""

    def __init__(self):
        self.began = time.monotonic()
        self.requests = self.inputs = self.refused = self.tokens = self.active = self.mostActive = self.connections = 0
        self.batches = self.batchInputs = 0
        self.served = 0
        self.paths, self.statuses = collections.Counter(), collections.Counter()
        self.keys, self.agents = collections.Counter(), collections.Counter()
        self.texts = collections.Counter()
        self.log = collections.deque(maxlen=20_000)
        self.last = {}
        self.first = self.final = None

    def told(self, query):
        found = {name: getattr(self, name) for name in (
            "requests", "inputs", "served", "refused", "tokens", "active", "mostActive", "connections", "batches", "batchInputs")}
        found["paths"], found["statuses"] = dict(self.paths), dict(self.statuses)
        found["keys"], found["agents"] = dict(self.keys), dict(self.agents)
        found["distinct"] = len(self.texts)
        found["repeated"] = dict([(text, count) for text, count in self.texts.items() if count > 1][:100])
        found["seconds"] = (self.final or time.monotonic()) - self.first if self.first is not None else 0
        if "texts" in query:
            found["texts"] = dict(self.texts)
        if "log" in query:
            found["log"] = list(self.log)
        if "last" in query:
            found["last"] = self.last
        return found


class Allowance:
    """So many a time: a bucket that fills steadily, or a window that begins anew."""

    def __init__(self, settings):
        self.settings = dict(settings)
        self.limit, self.per = settings["limit"], settings.get("per", 60)
        self.kind = settings.get("kind", "bucket")
        self.capacity = settings.get("burst", self.limit)
        self.left, self.at = self.capacity, time.monotonic()

    def refill(self):
        now = time.monotonic()
        if self.kind == "window":
            if now - self.at >= self.per:
                self.at += (now - self.at) // self.per * self.per
                self.left = self.limit
        else:
            self.left = min(self.capacity, self.left + (now - self.at) * self.limit / self.per)
            self.at = now
        return now

    def wait(self, count):
        """Seconds until there is room for so many."""
        now = self.refill()
        if self.left >= count:
            return 0.0
        if self.kind == "window":
            return max(0.001, self.at + self.per - now)
        return (min(count, self.capacity) - self.left) * self.per / self.limit if self.limit else self.per

    def take(self, count):
        self.left -= count

    def reset(self):
        """Seconds until it is full again."""
        now = self.refill()
        if self.kind == "window":
            return self.at + self.per - now
        return (self.capacity - self.left) * self.per / self.limit if self.limit else self.per


def duration(seconds):
    """As OpenAI writes it: 6m0s, 1s, 12ms."""
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))}ms"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    tail = f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + tail


def when(seconds, form):
    """The headers that say so."""
    if form == "seconds":
        return {"retry-after": str(max(1, int(-(-seconds // 1))))}
    if form == "float":
        return {"retry-after": f"{seconds:.3f}"}
    if form == "date":
        # Whole seconds: up, so that it is not too early.
        return {"retry-after": email.utils.formatdate(int(-(-(time.time() + seconds) // 1)), usegmt=True)}
    if form == "ms":
        return {"retry-after-ms": str(max(1, round(seconds * 1000)))}
    if form == "reset":
        return {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": duration(seconds)}
    return {}


def chosen(text, patterns):
    return any(pattern in text for pattern in patterns)


def dumps(value):
    return json.dumps(value, separators=(",", ":")).encode()
