"""Reads Swift text as far as scripts need it: what is code, what is a comment, what is a literal, which brackets match."""

import bisect
import re
from functools import cached_property

_TOKEN = re.compile(r'''//|/\*|(#*)("""(?=[ \t]*\n)|")|[()]|(?<![\w)\]}"'])/(?=[^\s/*])(?:\\.|[^/\n\\])+/''')
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_BRACKET = re.compile(r"[()\[\]{}]")
#: What a line ends or begins with when its statement goes on.
_GOES_ON_AFTER = re.compile(r"(?:[,=(\[{:]|\s(?:[-+*/%<>&|^?~=!.]+)|->|\b(?:else|in|where|return|try|await))$")
_GOES_ON_BEFORE = re.compile(r"(?:\.(?=\w)|[?:]\s|(?:&&|\|\||\?\?|==|!=|<=|>=|[-+*/%<>&|^])\s|else\b|catch\b|where\b|\{)")


class SwiftSource:
    def __init__(self, text: str):
        self.text = text
        #: The string literals: where each begins, and its text without what is interpolated.
        self.literals: list[tuple[int, str]] = []
        self.comments: list[tuple[int, int]] = []
        self._code = list(text)
        self._scan(0, inside=False)
        #: The text with comments and literals blanked: positions and lines are those of the text.
        self.code = "".join(self._code)

    # --- Places

    @cached_property
    def line_starts(self) -> list[int]:
        return [0] + [match.end() for match in re.finditer("\n", self.text)]

    def line(self, offset: int) -> int:
        """The number of the line, from 1."""
        return bisect.bisect_right(self.line_starts, offset)

    def offset(self, line: int, column: int) -> int:
        """Where a compiler's line and column (in bytes of UTF-8) are in the text."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column - 1].decode(errors="ignore"))

    # --- Brackets and statements

    def closing(self, offset: int) -> int:
        """Where the bracket at the offset is closed."""
        depth = 0
        for match in _BRACKET.finditer(self.code, offset):
            depth += 1 if match[0] in _PAIRS else -1
            if depth == 0:
                return match.start()
        raise ValueError(f"line {self.line(offset)}: the bracket is not closed")

    def statement_end(self, offset: int) -> int:
        """Where the statement ends that begins at the offset: behind its last character."""
        at = offset
        while True:
            end = self.code.find("\n", at)
            end = len(self.code) if end < 0 else end
            bracket = next((match for match in _BRACKET.finditer(self.code, at, end)), None)
            if bracket and bracket[0] in _PAIRS:
                at = self.closing(bracket.start()) + 1
                continue
            if bracket:
                # The end of the block around it.
                return len(self.code[:bracket.start()].rstrip())
            here = self.code[offset:end].rstrip()
            following = re.compile(r"\s*").match(self.code, end).end()
            if _GOES_ON_AFTER.search(here) or _GOES_ON_BEFORE.match(self.code, following):
                at = end + 1
                continue
            return offset + len(here)

    # --- Scanning

    def _scan(self, at: int, inside: bool) -> int:
        """Goes through code; inside an interpolation to the bracket that closes it."""
        depth = 0
        while match := _TOKEN.search(self.text, at):
            start, at = match.span()
            if match[0] == "(":
                depth += 1
            elif match[0] == ")":
                if inside and depth == 0:
                    return start
                depth -= 1
            elif match[0] == "//":
                end = self.text.find("\n", at)
                at = self._comment(start, len(self.text) if end < 0 else end)
            elif match[0] == "/*":
                at = self._comment(start, self._block_comment_end(at))
            elif match[0][0] == "/":
                self._blank_literal(start, at)
            else:
                at = self._string(start, at, match[1], match[2])
        return len(self.text)

    def _comment(self, start: int, end: int) -> int:
        self.comments.append((start, end))
        self._blank(start, end)
        return end

    def _block_comment_end(self, at: int) -> int:
        depth = 1
        for match in re.compile(r"/\*|\*/").finditer(self.text, at):
            depth += 1 if match[0] == "/*" else -1
            if depth == 0:
                return match.end()
        return len(self.text)

    def _string(self, start: int, at: int, hashes: str, quote: str) -> int:
        escape, closing = "\\" + hashes, quote + hashes
        pieces, index = [], len(self.literals)
        self.literals.append((start, ""))
        while True:
            escaped, closed = self.text.find(escape, at), self.text.find(closing, at)
            if closed < 0:
                raise ValueError(f"line {self.line(start)}: the literal is not closed")
            if escaped < 0 or closed < escaped:
                pieces.append(self.text[at:closed])
                break
            pieces.append(self.text[at:escaped])
            at = escaped + len(escape)
            if self.text[at] == "(":
                at = self._scan(at + 1, inside=True) + 1
            else:
                pieces.append(self.text[at])
                at += 1
        self.literals[index] = (start, "".join(pieces))
        end = closed + len(closing)
        self._blank_literal(start, end)
        return end

    def _blank_literal(self, start: int, end: int) -> None:
        self._blank(start, end)
        # Something must stand there: a statement that ends with a literal does not end before it.
        self._code[start] = self._code[end - 1] = "'"

    def _blank(self, start: int, end: int) -> None:
        self._code[start:end] = [character if character == "\n" else " " for character in self.text[start:end]]
