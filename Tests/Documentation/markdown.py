"""Fenced blocks, links and inline code of Markdown pages and of Swift's doc comments."""
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<language>\S*)\s*$")
NOTE = re.compile(r"^\s*<!-- *(?P<name>[a-z]+)(?:: *(?P<value>.*?))? *-->\s*$")


@dataclass(frozen=True)
class Block:
    """One fenced block; `name` and `value` are those of the comment on the line before it."""
    page: str
    line: int
    language: str
    text: str
    name: str = ""
    value: str = ""

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def first_line(self):
        return self.text.split("\n", 1)[0]


def pages():
    """Everything that people read, as paths from the root."""
    found = [path for path in ROOT.glob("*.md")]
    found += (ROOT / "docs").rglob("*.md")
    found += (ROOT / "Sources").glob("*/*.docc/**/*.md")
    found += (ROOT / "Examples").rglob("*.md")
    return sorted(str(path.relative_to(ROOT)) for path in found if ".build" not in path.parts)


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    return parse(page, text_of(page).split("\n"))


def parse(page, lines):
    found, opened, note, body = [], None, None, []
    for number, line in enumerate(lines, start=1):
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, body = (number, fence, note), []
            elif line.strip():
                note = NOTE.match(line)
        elif fence and not fence["language"] and len(fence["fence"]) >= len(opened[1]["fence"]):
            start, head, comment = opened
            indent = len(head["indent"])
            text = "".join(one[indent:] + "\n" for one in body)
            found.append(Block(page, start, head["language"], text,
                               comment["name"] if comment else "", (comment["value"] or "") if comment else ""))
            opened = note = None
        else:
            body.append(line)
    if opened:
        raise ValueError(f"{page}:{opened[0]}: the block is not closed")
    return found


def doc_comment_blocks():
    """Blocks in the `///` comments of the library and of the modules that it re-exports."""
    found = []
    exports = text_of("Sources/Lockstep/Exports.swift")
    modules = ["Lockstep"] + re.findall(r"^@_exported public import (\w+)", exports, re.MULTILINE)
    for path in sorted(path for module in modules for path in (ROOT / "Sources" / module).rglob("*.swift")):
        lines = [re.sub(r"^\s*/// ?", "", line) if re.match(r"\s*///", line) else ""
                 for line in path.read_text(encoding="utf-8").split("\n")]
        found += parse(str(path.relative_to(ROOT)), lines)
    return found


def prose(page):
    """The lines outside of blocks, with their numbers."""
    inside = None
    for number, line in enumerate(text_of(page).split("\n"), start=1):
        fence = FENCE.match(line)
        if inside is None and fence:
            inside = fence["fence"]
        elif inside and fence and not fence["language"] and len(fence["fence"]) >= len(inside):
            inside = None
        elif inside is None:
            yield number, line


def inline_code(page):
    """Spans of code in prose, which may run over the end of a line."""
    whole = "\n".join(line for _, line in prose(page))
    for span in re.finditer(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", whole, re.DOTALL):
        if "\n\n" not in span[2]:
            yield re.sub(r"\s+", " ", span[2]).strip()


def links(page):
    for number, line in prose(page):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            yield number, target


def anchors(page):
    """What `#…` may name on a page, as GitHub makes it of the headings."""
    found = set()
    for _, line in prose(page):
        if heading := re.match(r"#{1,6} +(.*)", line):
            words = re.sub(r"[^\w\- ]", "", heading[1].replace("`", "").lower())
            found.add(words.strip().replace(" ", "-"))
    return found
