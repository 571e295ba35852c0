"""Tells the Swift suites that need a server from those that do not, by where they stand: under a folder Integration/."""

import re
from pathlib import Path

from swift_source import SwiftSource

_TYPE = re.compile(r"^(?:@Suite[^\n]*\s)?(?:(?:final|private|fileprivate)\s+)*(?:struct|class|actor|enum|extension)\s+(\w+)", re.MULTILINE)


def suites(root: Path) -> tuple[list[str], list[str]]:
    """The names of the suites without and with a server, as regular expressions for `swift test`."""
    units, integration = set(), set()
    for path in sorted((root / "Tests").glob("*Tests/**/*.swift")):
        source = SwiftSource(path.read_text())
        target = path.relative_to(root / "Tests").parts[0]
        for match in _TYPE.finditer(source.code):
            brace = source.code.find("{", match.end())
            if brace >= 0 and "@Test" in source.code[brace:source.closing(brace)]:
                (integration if "Integration" in path.parts else units).add(rf"{target}\.{match[1]}/")
    return sorted(units - integration), sorted(integration)
