"""A console block as commands with the output shown, and the loose comparison of that output.

What may differ: times, hashes, decimal numbers, numbers of four digits and more, numbers before a unit, ids of
processes, the host `db1`, the width of gaps. `…` stands for anything, on a line of its own for any lines. Other
numbers, so all counts of a few documents, must be as shown. A line of JSON is compared as JSON.
"""
import json
import re
from dataclasses import dataclass, field

LOOSE = re.compile(
    r"(?P<any>…)"
    r"|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)"
    r"|(?P<process>(?<=process )\d+|(?<=\"pid\": )\d+)"
    r"|(?P<version>(?<![\w.])\d+\.\d+(?:\.\d+)+)"
    r"|(?P<decimal>(?<![\w.])\d+\.\d+(?:e[-+]?\d+)?)"
    r"|(?P<hash>\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b)"
    r"|(?P<large>\b\d[\d,]{3,}\b)"
    r"|(?P<quantity>\b\d+(?= ?(?:s|ms|min|h|d|m|%|[KMG]B|bytes|seconds?|minutes?|hours?|days?)\b))"
    r"|(?P<host>\bdb1\b)"
    r"|(?P<gap>\s+)")
PATTERNS = {
    "any": ".*", "time": r"\d{4}-\d\d-\d\dT[\d:.]+Z", "hash": "[0-9a-f]+", "process": r"\d+",
    "version": r"\d+(?:\.\d+)+",
    "decimal": r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", "large": r"[\d,]+(?:\.\d+)?", "quantity": r"[\d,]+(?:\.\d+)?",
    "host": r"[\w.-]+", "gap": r"\s+",
}


@dataclass
class Command:
    line: int
    text: str
    expected: list = field(default_factory=list)


def commands(block):
    """`$` begins a command, `> ` continues it; `^C` is the key; `>>>` is Python's prompt after `python3`."""
    found = []
    for offset, line in enumerate(block.text.rstrip("\n").split("\n"), start=1):
        number = block.line + offset
        if line.startswith("$ "):
            found.append(Command(number, re.sub(r"\s+# .*$", "", line[2:])))
        elif line == "^C":
            found.append(Command(number, line))
        elif not found:
            raise ValueError(f"{block.page}:{number}: output without a command before it")
        elif line.startswith("> ") and not found[-1].expected:
            found[-1].text += "\n" + line[2:]
        else:
            found[-1].expected.append(line)
    for command in found:
        while command.expected and not command.expected[-1]:
            command.expected.pop()
    return found


def pattern(line):
    line = _canonical(line)
    parts, end = [], 0
    for match in LOOSE.finditer(line):
        parts += [re.escape(line[end:match.start()]), PATTERNS[match.lastgroup]]
        end = match.end()
    return re.compile("".join(parts) + re.escape(line[end:]) + r"\s*")


def _canonical(line):
    """JSON in one form, whatever its spaces and the order of its keys."""
    if line[:1] not in "{[" or not line:
        return line
    try:
        return json.dumps(json.loads(line), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return line


def matches(expected, actual):
    """Every line in its place, but for those that a line `…` stands for."""
    actual = [line.rstrip() for line in actual]
    while actual and not actual[-1]:
        actual.pop()
    return _matches([line.rstrip() for line in expected], actual)


def _matches(expected, actual):
    if not expected:
        return not actual
    if expected[0].strip() == "…":
        return any(_matches(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    if not actual or not pattern(expected[0]).fullmatch(_canonical(actual[0])):
        return False
    return _matches(expected[1:], actual[1:])


def appears(expected, actual):
    """The lines in their order, whatever stands between them: for what runs on and logs meanwhile."""
    rest = iter(actual)
    return all(any(pattern(line).fullmatch(_canonical(one.rstrip())) for one in rest)
               for line in expected if line.strip() not in ("", "…"))
