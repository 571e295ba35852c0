"""What the pages show and the test does not do, each with its reason. Keep it short.

Of commands it is checked that there is such a thing.
"""
import re
import subprocess

from markdown import ROOT
from page import BINARY, Wrong

COMMANDS = [
    (r"(DEMO_DOCS=\d+ )?make (setup|build|demo|unit|integration|test|torture|mechanisms|sanitize|soak|models|fuzz"
     r"|bench|bench-quick|bench-peers|format-check|format|docs|deb|deployment|install|uninstall)\b.*", "builds or tests for minutes; other tests do it"),
    (r"\.ci/run|python3 -m unittest discover --start-directory Tests/Documentation.*", "is what runs this test"),
    (r"(export \w+=\S+ )?sudo .*", "changes the system"),
    (r"(systemctl|journalctl|kubectl|docker|systemd-analyze) .*", "needs a system of its own"),
    (r"cd Examples/consumer|swift (run|build|test) .*", "builds for minutes; the tests of the library do it"),
    (r"pip install \"optimum-intel.*|optimum-cli export openvino .*", "downloads a model from a hub"),
    (r"python3 -m venv convert|convert/bin/.*", "installs a gigabyte and a model; `make models` does it"),
    (r"git clone .*|cd lockstep", "this is the checkout"),
]

# Blocks by page and first line.
SHOWN = {
    ("README.md", "setup: libmongoc 1.23.1, Swift 6.3.1, Python 3.11.7 … present"): "what `make demo` prints, shortened",
    ("README.md", "✔ Test run with 484 tests in 91 suites passed after 212.445 seconds."): "what `make test` prints",
    ("docs/operations.md", "mongodb://db1,db2,db3/?replicaSet=rs0&tlsCAFile=/etc/lockstep/ca.pem&tlsCertificateKeyFile="
     "/etc/lockstep/client.pem&authMechanism=MONGODB-X509"): "needs certificates; TLSTests log in with such a URI",
    ("docs/architecture.md", "MongoDB ──▶ Capture ──▶ WorkQueue ──▶ Round ──▶ Provider ──▶ Sink ──▶ MongoDB"):
        "a picture",
    ("docs/configuration.md", "warning: docs/text/words: no document of `docs` has a value at `txet`. Did you mean `text`?"):
        "needs mistakes in a configuration; MistakeTests make them",
    ("README.md", "_outputs.text.words   : 4"): "fields as a picture; the tests of the daemon compare them",
}


def is_left_out(command):
    return any(re.fullmatch(pattern, command, re.DOTALL) for pattern, _ in COMMANDS)


def require_exists(place, command):
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", command):
        if not re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE):
            raise Wrong(f"{place}: there is no `make {target}`")
    for name in re.findall(r"(?:^| )((?:\.ci|scripts)/[\w.-]+\w)", command):
        if not (ROOT / name).exists():
            raise Wrong(f"{place}: there is no {name}")
    for variable in re.findall(r"\bmake .*?\b([A-Z_]+)=", command):
        if variable not in (ROOT / "Makefile").read_text() + (ROOT / "scripts/demo").read_text():
            raise Wrong(f"{place}: nothing reads {variable}")


def require_shown(block):
    if (block.page, block.first_line) not in SHOWN:
        raise Wrong(f"{block.place}: a `{block.language}` block beginning with `{block.first_line}` is not in "
                    "SHOWN of not_run.py; name it there with the reason why it is not run")


_helps = {}


def help_of(*command):
    if command not in _helps:
        done = subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True, timeout=60)
        # Of a command that it does not know it shows the help of all.
        is_its_own = re.search(rf"^USAGE: lockstep {' '.join(command)}( |$)", done.stdout, re.MULTILINE)
        _helps[command] = done.stdout if is_its_own else None
    return _helps[command]


def output_of(*command):
    return subprocess.run([BINARY, *command], capture_output=True, text=True, timeout=60, check=True).stdout


def problem_of_inline(code):
    """What is wrong with `lockstep …` or `make …` in a sentence."""
    words = code.split()
    if words[:1] == ["make"] and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]):
        known = re.search(rf"^{re.escape(words[1])}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return None if known else f"there is no `make {words[1]}`"
    if words[:1] != ["lockstep"] or len(words) < 2 or not re.fullmatch("[a-z]+", words[1]):
        return None
    command = [words[1]]
    if help_of(*command) is None:
        return f"there is no command `{' '.join(command)}`"
    if len(words) > 2 and re.fullmatch("[a-z]+", words[2]) and "SUBCOMMANDS" in help_of(*command):
        command.append(words[2])
        if help_of(*command) is None or f"{words[2]} " not in help_of(words[1]):
            return f"there is no command `{' '.join(command)}`"
    for option in re.findall(r"(?<![\w-])--[a-z-]+", code):
        if option not in help_of(*command):
            return f"`lockstep {' '.join(command)}` has no {option}"
    return None
