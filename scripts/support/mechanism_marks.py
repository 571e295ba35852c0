"""Finds the marks of mechanisms in Swift sources, and makes switches of them.

A mark is a comment on lines of its own, above the statement that it is about. There are three:

    // mechanism NAME
        Without the mechanism the statement is left out.
    // mechanism NAME, off: STATEMENT
        Without it, STATEMENT is done instead. One that leaves (return, throw, break, continue) or is a `guard` comes
        before the statement, which may then declare something.
    // mechanism NAME, off: EXPRESSION becomes EXPRESSION
        Without it, the first expression, which stands once in the statement, has the value of the second. Spaces and
        line breaks do not count.

What is too long for a line goes on in the next, as a comment that is indented by three spaces or more. Several marks can
stand above one statement.
"""

import re
from dataclasses import dataclass

from swift_source import SwiftSource

_MARK = re.compile(r"^[ \t]*// mechanism ([\w-]+)(?:, off:(.*(?:\n[ \t]*//   .*)*))?$", re.MULTILINE)
_ALMOST = re.compile(r"^[ \t]*//+ *mechanism\b.*$", re.MULTILINE | re.IGNORECASE)
_LEAVES = re.compile(r"(?:return|throw|break|continue|guard)\b")
_DECLARES = re.compile(r"(?:(?:private|static|nonisolated)\s+)*(?:let|var|func)\b|case\b")


class MarkProblem(Exception):
    pass


@dataclass(frozen=True)
class Mark:
    name: str
    off: str
    #: Where its comment begins and ends in the text.
    start: int
    end: int


def marks(text: str) -> list[Mark]:
    found = []
    for match in _MARK.finditer(text):
        off = re.sub(r"\s*\n[ \t]*//\s+", " ", match[2] or "").strip()
        found.append(Mark(match[1], off, match.start(), match.end()))
    starts = {mark.start for mark in found}
    for match in _ALMOST.finditer(text):
        if match.start() not in starts:
            line = text.count("\n", 0, match.start()) + 1
            raise MarkProblem(f"line {line}: no mark of a mechanism, but almost: {match[0].strip()}")
    return found


def switched(text: str) -> str:
    """The text with a switch at each mark, `without("NAME")`."""
    # From the end to the beginning: a statement may hold others that are marked.
    for mark in reversed(marks(text)):
        try:
            text = _switched(text, mark)
        except (MarkProblem, ValueError) as problem:
            raise MarkProblem(f"the mark of {mark.name}: {problem}") from problem
    return text


def _switched(text: str, mark: Mark) -> str:
    source = SwiftSource(text)
    start = re.compile(r"[\s}]*").match(source.code, mark.end).end()
    if start == len(text):
        raise MarkProblem("no statement follows")
    end = source.statement_end(start)
    statement = text[start:end]
    old, becomes, new = mark.off.partition(" becomes ")
    if becomes:
        done = _replaced(statement, old.strip(), f'(without("{mark.name}") ? ({new.strip()}) : (', "))")
    elif "}" in source.code[mark.end:start]:
        raise MarkProblem("the block ends here: no statement follows")
    elif _LEAVES.match(mark.off):
        done = f'if without("{mark.name}") {{ {mark.off} }}; {statement}'
    elif _DECLARES.match(statement):
        raise MarkProblem("what follows is a declaration, which cannot be left out")
    elif mark.off:
        done = f'if without("{mark.name}") {{ {mark.off} }} else {{ {statement} }}'
    else:
        done = f'if !without("{mark.name}") {{ {statement} }}'
    return text[:start] + done + text[end:]


def _replaced(statement: str, old: str, before: str, after: str) -> str:
    """The statement with something before and after the expression in it."""
    spaced = r"\s*".join(re.escape(character) for character in old if not character.isspace())
    pattern = (r"(?<![\w.])" if re.match(r"\w", old) else "") + spaced + (r"(?!\w)" if re.search(r"\w$", old) else "")
    found = list(re.finditer(pattern, statement))
    if len(found) != 1:
        raise MarkProblem(f"`{old}` stands {len(found)} times in the statement below, not once:\n{statement}")
    match = found[0]
    return statement[:match.start()] + before + match[0] + after + statement[match.end():]
