#!/usr/bin/env python3
"""A server that behaves as the embedding APIs of several providers do, for tests and benchmarks; no package needed.

    imitation.py [--port N] [--dialect NAME] [--set JSON] [--certificate FILE --key FILE]

    /v1/embeddings, /v1/models          OpenAI, or as --dialect says: azure mistral jina vllm llamacpp lmstudio voyage ollama
    /openai/deployments/NAME/embeddings Azure            /api/embed                       Ollama
    /v2/embed                           Cohere           /v1beta/models/NAME:batchEmbed…  Gemini
    /embed, /info                       TEI              /v1/chat/completions             chat, with a schema
    /v1/files, /v1/batches              OpenAI, Voyage   /v1/batch/jobs                   Mistral
    /v1beta/batches, /upload/v1beta     Gemini's batches

Vectors follow from model, kind of input and text (`imitate/vectors.py`); a token is four bytes. `POST /control` sets what is
to happen (`imitate/behaviour.py` names all of it), `GET /control` tells what was asked: `?texts` how often each text,
`?log` each request, `?last` the headers of the last one. Prints its address once it serves.
"""
import argparse
import asyncio
import contextlib
import gc
import json
import signal
import ssl

from imitate.batches import Batches
from imitate.chat import Chat
from imitate.cohere import Cohere
from imitate.gemini import Gemini
from imitate.gemini_batches import GeminiBatches
from imitate.http import serve
from imitate.ollama import Ollama
from imitate.openai import OpenAI
from imitate.service import Service
from imitate.tei import TEI


def service():
    openai, gemini = OpenAI(), Gemini()
    found = Service([openai, Chat(openai), Batches(openai), Ollama(), Cohere(), gemini, GeminiBatches(gemini), TEI()])
    openai.service = found
    return found


async def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--dialect", default="openai")
    options.add_argument("--set", default="{}", help="what POST /control takes")
    options.add_argument("--certificate")
    options.add_argument("--key")
    options = options.parse_args()
    imitated = service()
    imitated.configure({"dialect": options.dialect, **json.loads(options.set)})
    tls = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate, options.key)

    server = await serve(imitated.handle, options.port, tls=tls)
    gc.freeze()
    print(f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
