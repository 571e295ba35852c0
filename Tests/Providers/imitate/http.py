"""HTTP/1.1 in as few steps as it takes: thousands of inputs a request, dozens of requests a second, on a part of a core."""
import asyncio
import dataclasses
import json
import urllib.parse

REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Payload Too Large",
    422: "Unprocessable Entity", 424: "Failed Dependency", 429: "Too Many Requests", 498: "Invalid Token",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 529: "Overloaded",
}


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    #: How many requests came over this connection before.
    reused: int = 0

    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: object = b""
    headers: dict = dataclasses.field(default_factory=dict)
    #: Seconds until it is sent.
    delay: float = 0.0
    #: Bytes of the body after which the connection is closed.
    cut: int | None = None
    #: Bytes a second.
    pace: int | None = None
    #: Called once it is sent or cannot be sent any more.
    done: object = None

    def parts(self):
        body = self.body
        if isinstance(body, (dict, list)) and not (isinstance(body, list) and body and isinstance(body[0], bytes)):
            body = json.dumps(body).encode()
        return body if isinstance(body, list) else [body.encode() if isinstance(body, str) else body]


class Connection(asyncio.Protocol):
    def __init__(self, handle):
        self.handle = handle
        self.buffer, self.served, self.busy, self.task = bytearray(), 0, False, None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        if self.task:
            self.task.cancel()

    def data_received(self, data):
        self.buffer += data
        if not self.busy:
            self.next()

    def next(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        start = end + 4
        if headers.get("transfer-encoding", "").lower() == "chunked":
            found = self.chunks(start)
            if found is None:
                return
            body, after = found
        else:
            after = start + int(headers.get("content-length", 0))
            if len(self.buffer) < after:
                if headers.get("expect", "").lower() == "100-continue" and not self.busy and len(self.buffer) == start:
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self.buffer[start:after])
        del self.buffer[:after]
        method, target, _ = lines[0].split(" ", 2)
        parts = urllib.parse.urlsplit(target)
        request = Request(method, urllib.parse.unquote(parts.path), dict(urllib.parse.parse_qsl(parts.query)), headers, body,
                          self.served)
        self.served += 1
        self.busy = True
        answer = self.handle(request)
        if answer.delay or answer.pace:
            self.task = asyncio.ensure_future(self.later(request, answer))
        else:
            self.send(request, answer)

    def chunks(self, place):
        body = bytearray()
        while True:
            end = self.buffer.find(b"\r\n", place)
            if end < 0:
                return None
            size = int(self.buffer[place:end].split(b";")[0], 16)
            place = end + 2
            if len(self.buffer) < place + size + 2:
                return None
            body += self.buffer[place:place + size]
            place += size + 2
            if size == 0:
                return bytes(body), place

    async def later(self, request, answer):
        try:
            if answer.delay:
                await asyncio.sleep(answer.delay)
            if answer.pace:
                head, parts = self.encoded(request, answer)
                self.transport.write(head)
                body = b"".join(parts)
                step = max(1, answer.pace // 20)
                for place in range(0, len(body), step):
                    self.transport.write(body[place:place + step])
                    await asyncio.sleep(step / answer.pace)
                self.finish(answer)
            else:
                self.send(request, answer)
        except asyncio.CancelledError:
            if answer.done:
                answer.done()
            raise

    def encoded(self, request, answer):
        parts = answer.parts()
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}"]
        headers = {"content-type": "application/json", **answer.headers,
                   "content-length": str(sum(len(part) for part in parts))}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), [] if request.method == "HEAD" else parts

    def send(self, request, answer):
        head, parts = self.encoded(request, answer)
        if answer.cut is not None:
            self.transport.write(head + b"".join(parts)[:answer.cut])
            self.transport.close()
        else:
            self.transport.writelines([head, *parts])
        self.finish(answer)

    def finish(self, answer):
        self.busy, self.task = False, None
        if answer.done:
            answer.done()
        if self.buffer and not self.transport.is_closing():
            self.next()


async def serve(handle, port=0, host="127.0.0.1", tls=None):
    return await asyncio.get_running_loop().create_server(lambda: Connection(handle), host, port, ssl=tls)
