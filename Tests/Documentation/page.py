"""One page as its reader follows it: a folder, a shell, what was left running.

Ports of the pages stand for free ones. All else is done as it stands there.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import console
from markdown import ROOT
from servers import free_port

BINARY = Path(os.environ.get("LOCKSTEP_BINARY") or ROOT / ".build/release/lockstep").resolve()
PATIENCE = 90  # seconds for a command, or for a line of one that runs on

# Without an end of their own: the reader leaves them running and goes to another terminal.
STAYS = re.compile(r"(.* )?(\S*lockstep (run|dev)\b[^|;]*?|\S*lockstep status --watch\b.*?)\s*&?$")

# `make dev` builds first, which was done; what it runs then is this.
MAKE_DEV = "lockstep dev -c Examples/demo/lockstep.yaml"
assert re.search(r"^CONFIG \?= Examples/demo/lockstep.yaml$.*^dev: .*?\n\t@exec \$\(LOCKSTEP\) dev -c \$\(CONFIG\)$",
                 (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL), "`make dev` runs something else now"

# dev's MongoDB takes the port of this page, and is kept in the folder of this page.
WRAPPER = """#!/bin/sh
if [ "$1" = dev ]; then shift; set -- dev --port {mongo} "$@"; fi
exec '{binary}' "$@"
"""


class Wrong(AssertionError):
    """What a page says and what came."""


class Page:
    def __init__(self, name, mongo):
        self.name = name
        self.client = mongo.client
        self.folder = Path(tempfile.mkdtemp(prefix="lockstep-docs-")).resolve()
        self.ports = {"27017": str(mongo.port), "27117": str(free_port()), "7077": str(free_port())}
        self.jobs = []
        self.status = 0
        self._furnish()

    def _furnish(self):
        """What a checkout has: the tools of `make setup`, the examples, and the binary on PATH."""
        kept = self.folder / ".lockstep"
        kept.mkdir(mode=0o700)
        for name in ("models", "python", "mongodb"):
            (kept / name).symlink_to(ROOT / ".lockstep" / name)
        (self.folder / "models").symlink_to(ROOT / ".lockstep/models")
        bin = self.folder / ".build/release"
        bin.mkdir(parents=True)
        wrapper = bin / "lockstep"
        wrapper.write_text(WRAPPER.format(mongo=self.ports["27117"], binary=BINARY))
        wrapper.chmod(0o755)
        shutil.copytree(ROOT / "Examples", self.folder / "Examples", ignore=shutil.ignore_patterns(".build"))
        for path in [*(self.folder / "Examples").rglob("*.yaml"), *(self.folder / "Examples").rglob("*.py")]:
            text = path.read_text(encoding="utf-8")
            path.write_text(self.configuration(text) if path.suffix == ".yaml" else self.put(text), encoding="utf-8")
        environment = {
            "PATH": f"{bin}:{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8", "NO_COLOR": "1",
            "COLUMNS": "200", "PYTHONPATH": str(ROOT / ".lockstep/python"), "PYTHONUNBUFFERED": "1",
            "OPENVINO_DIR": str(ROOT / ".lockstep/python"),
        }
        quoted = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
        (self.folder / ".environment").write_text(quoted)
        (self.folder / ".place").write_text(str(self.folder))

    # ── Files ────────────────────────────────────────────────────────────────────────────────────

    def put(self, text):
        """The page's text with this run's ports."""
        for shown, real in self.ports.items():
            text = re.sub(rf"(?<!\d){shown}(?!\d)", real, text)
        return text

    def shown(self, text):
        for shown, real in self.ports.items():
            text = re.sub(rf"(?<!\d){real}(?!\d)", shown, text)
        return text.replace(str(self.folder), "/home/you/shop")

    def configuration(self, text):
        """With a port of its own for the server, as another Lockstep may run on this machine."""
        if not re.search(r"^server:", text, re.MULTILINE):
            text += "\nserver: {port: 7077}\n"
        elif re.search(r"^server:\s*(#.*)?$", text, re.MULTILINE) and not re.search(r"^ +port:", text, re.MULTILINE):
            text = re.sub(r"^server:.*$", r"\g<0>\n  port: 7077", text, flags=re.MULTILINE)
        return self.put(text)

    def save(self, name, text):
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder):
            raise ValueError(f"{name} lies outside of the page's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        is_ours = path.suffix == ".yaml" and re.search(r"^mongodb:", text, re.MULTILINE)
        path.write_text(self.configuration(text) if is_ours else self.put(text), encoding="utf-8")
        return path

    # ── Commands ─────────────────────────────────────────────────────────────────────────────────

    def run(self, command):
        """Does what the reader would do, and compares what comes with what is shown."""
        where = f"{self.name}:{command.line}: `{command.text}`"
        if command.text == "^C" or (sent := re.fullmatch(r"kill (?:-(\w+) )?%1", command.text)):
            name = "INT" if command.text == "^C" else sent[1] or "TERM"
            return self._signal(where, getattr(signal, f"SIG{name}"), command.expected)
        if STAYS.fullmatch(command.text) or command.text == "make dev":
            return self._leave_running(where, command)
        if command.text.endswith("python3") and command.expected[:1] and command.expected[0].startswith(">>>"):
            return self._interactive(where, command)
        code, lines = self._shell(command.text)
        if command.expected and not console.matches(command.expected, lines):
            raise Wrong(f"{where} shows\n{_indented(command.expected)}\nbut printed (exit {code})\n{_indented(lines)}")
        if code != 0 and not any(line.strip("… ") for line in command.expected):
            raise Wrong(f"{where} exits {code}:\n{_indented(lines)}")

    def script(self, where, text, *arguments):
        """A Python program, in the folder where the reader is."""
        path = self.folder / ".script.py"
        path.write_text(self.put(text), encoding="utf-8")
        code, lines = self._shell(f"python3 '{path}' {' '.join(arguments)}")
        if code != 0:
            raise Wrong(f"{where} exits {code}:\n{_indented(lines)}")
        return lines

    def _shell(self, text):
        state = f"'{self.folder}/.environment'"
        whole = (f"set -a; source {state}; cd \"$(cat '{self.folder}/.place')\"; (exit {self.status})\n{self.put(text)}\n"
                 f"status=$?; export -p >{state}; pwd >'{self.folder}/.place'; exit $status\n")
        try:
            done = subprocess.run(["bash", "-c", whole], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=PATIENCE)
        except subprocess.TimeoutExpired as late:
            said = (late.output or b"").decode(errors="replace")
            raise Wrong(f"{self.name}: `{text}` did not end in {PATIENCE} s:\n{said}") from None
        self.status = done.returncode
        return done.returncode, self.shown(done.stdout.decode(errors="replace")).splitlines()

    def _interactive(self, where, command):
        path = self.folder / ".session.txt"
        path.write_text(self.put("\n".join(command.expected) + "\n"), encoding="utf-8")
        code, printed = self._shell(f"{command.text} -m doctest -o ELLIPSIS '{path}'")
        if code != 0:
            raise Wrong(f"{where}:\n{_indented(printed)}")

    # ── What runs on ─────────────────────────────────────────────────────────────────────────────

    def _leave_running(self, where, command):
        text = self.put(MAKE_DEV if command.text == "make dev" else command.text.rstrip(" &"))
        if " dev" in text:
            self._end_jobs()  # on the same port: the reader has stopped the one before
        log = self.folder / f".job{len(self.jobs)}"
        whole = f"source '{self.folder}/.environment'; cd \"$(cat '{self.folder}/.place')\"; exec {text}"
        with open(log, "wb") as out:
            process = subprocess.Popen(["bash", "-c", whole], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        self.jobs.append((process, log))
        self._await(where, process, log, 0, command.expected)

    def _signal(self, where, number, expected):
        process, log = next((job for job in reversed(self.jobs) if job[0].poll() is None), (None, None))
        if process is None:
            raise Wrong(f"{where}: nothing runs that could be stopped")
        start = log.stat().st_size
        process.send_signal(number)
        self._await(where, process, log, start, expected)
        if number in (signal.SIGINT, signal.SIGTERM):
            process.wait(PATIENCE)

    def _await(self, where, process, log, start, expected):
        deadline = time.monotonic() + PATIENCE
        while True:
            has_ended = process.poll() is not None
            lines = self.shown(log.read_bytes()[start:].decode(errors="replace")).splitlines()
            if console.appears(expected, lines):
                return
            if has_ended or time.monotonic() > deadline:
                state = f"it ended with {process.returncode}" if has_ended else f"it runs for {PATIENCE} s"
                raise Wrong(f"{where} shows\n{_indented(expected)}\nbut {state} and said\n{_indented(lines)}")
            time.sleep(0.02)

    def close(self):
        self._end_jobs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_jobs(self):
        for process, _ in reversed(self.jobs):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _indented(lines):
    return "\n".join("    " + line for line in lines)
