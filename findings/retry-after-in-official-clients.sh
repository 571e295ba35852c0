#!/usr/bin/env bash
# openai 3.57.0, cohere 7.3.1, voyageai 0.5.0: what the official clients make of `Retry-After` on a 429.
#
# One would guess: a client that retries waits as long as the server says, or longer, and then asks again.
# What happens: openai waits, but if it is told more than two minutes it does not ask again at all, however many retries it
# may make: the first 429 is an exception, where it would have retried without the header. cohere waits 60 seconds at most,
# and asks before the time. voyageai does not read the header: with max_retries it asks again after a second or two.
# A job that relies on `max_retries` behind an account whose window is an hour fails at once with the first, and hammers the
# provider with the others.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet openai==3.57.0 cohere==7.3.1 voyageai==0.5.0

"$folder/python/bin/python" - <<'PYTHON'
import http.server, json, threading, time
import cohere, openai, voyageai

seen, told = [], []


class Server(http.server.BaseHTTPRequestHandler):
    """429 at first, with the header that is to be tried; then an answer."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        seen.append(time.monotonic())
        first = len(seen) == 1
        body = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}, "message": "slow down", "detail": "slow down"} \
            if first else {
                "object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}],
                "usage": {"prompt_tokens": 1, "total_tokens": 1}, "id": "1", "embeddings": {"float": [[1.0]]}, "texts": ["x"]}
        data = json.dumps(body).encode()
        self.send_response(429 if first else 200)
        if first:
            self.send_header("retry-after", told[-1])
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
clients = {
    f"openai {openai.__version__}": lambda: openai.OpenAI(api_key="k", base_url=url + "/v1", max_retries=5)
    .embeddings.create(model="m", input="x"),
    f"cohere {cohere.__version__}": lambda: cohere.ClientV2(api_key="k", base_url=url)
    .embed(model="m", texts=["x"], input_type="search_document", embedding_types=["float"]),
    f"voyageai {voyageai.__version__}": lambda: voyageai.Client(api_key="k", base_url=url + "/v1", max_retries=5)
    .embed(["x"], model="voyage-4"),
}


def requests(name, seconds):
    """How many it made, and how long it waited before the second."""
    seen.clear()
    told.append(str(seconds))
    try:
        clients[name]()
    except Exception as error:
        print(f"{name}, Retry-After: {seconds}: {type(error).__name__} after {len(seen)} request(s)")
    else:
        print(f"{name}, Retry-After: {seconds}: asked again after {seen[1] - seen[0]:.1f} s")
    return len(seen), seen[1] - seen[0] if len(seen) > 1 else None


ours, theirs, voyage = clients
assert 3.9 < requests(ours, 4)[1] < 8
assert requests(ours, 121) == (1, None)
assert 3.9 < requests(theirs, 4)[1] < 8
assert requests(voyage, 8)[1] < 6
assert 59 < requests(theirs, 75)[1] < 70
print("as described")
PYTHON
