#!/usr/bin/env bash
# google-genai 3.6.1: `genai.Client(…).models.embed_content(…)` in one expression fails before anything is sent.
#
# One would guess: the part of a client that a call is made of keeps what it needs alive, as with the clients of other
# providers; without a name for the client the call works, and its connections are closed some time later.
# What happens: the client closes its connections when it is collected, and `client.models` holds what it sends by, but not
# the client. In `Client(…).models.embed_content(…)` nobody holds the client any more when the call begins, and it ends with
# "Cannot send a request, as the client has been closed." The same two steps with a name for the client work.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet google-genai==3.6.1

"$folder/python/bin/python" - <<'PYTHON'
import http.server, json, threading
import google.genai
from google.genai import types

seen = []


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        seen.append(self.path)
        data = json.dumps({"embeddings": [{"values": [1.0, 0.0]}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("google-genai", google.genai.__version__)


def client():
    return google.genai.Client(api_key="k", http_options=types.HttpOptions(base_url=f"http://127.0.0.1:{server.server_port}"))


named = client()
print("with a name:   ", named.models.embed_content(model="gemini-embedding-001", contents="x").embeddings[0].values)
assert len(seen) == 1
try:
    client().models.embed_content(model="gemini-embedding-001", contents="x")
except RuntimeError as error:
    print("without a name:", error)
    assert "closed" in str(error)
else:
    raise SystemExit("it works without a name now")
assert len(seen) == 1
print("as described")
PYTHON
