"""Swift of the pages, checked by the compiler against the modules that were built: a function for each block."""
import re
import subprocess
import tempfile
from pathlib import Path

from markdown import ROOT

# What a block may use without making it; a block's own names hide them.
GIVEN = "db: Database, watcher: DatabaseWatcher, token: BSONDocument"
PRELUDE = """struct TextLength: Model {
    let name = "length"
    func predict(_ texts: [String]) async throws -> [Int] { texts.map(\\.count) }
}
"""


def modules():
    """The folder with Lockstep.swiftmodule of the newest build."""
    found = [ROOT / ".build" / kind for kind in ("debug", "release")]
    found = [path for path in found if (path / "Modules/Lockstep.swiftmodule").exists()]
    return max(found, key=lambda path: (path / "Modules/Lockstep.swiftmodule").stat().st_mtime, default=None)


def source(blocks):
    """One file; errors name the page and the line, by #sourceLocation."""
    imports, functions = {"import Foundation", "import Lockstep"}, []
    for number, block in enumerate(blocks):
        lines = []
        for line in block.text.splitlines():
            if re.match(r"(@\w+ )?import \w+$", line.strip()):
                imports.add(line.strip())
                line = ""
            lines.append(line)
        functions.append(
            f"func snippet{number}({GIVEN}) async throws {{\n"
            f'#sourceLocation(file: "{block.page}", line: {block.line + 1})\n' + "\n".join(lines)
            + "\n#sourceLocation()\n}\n")
    return "\n".join(sorted(imports)) + "\n\n" + PRELUDE + "\n".join(functions)


def errors(blocks, build):
    with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
        file = Path(folder, "Snippets.swift")
        file.write_text(source(blocks), encoding="utf-8")
        done = subprocess.run(
            ["swiftc", "-typecheck", "-swift-version", "6", "-module-cache-path", folder, *flags(build), str(file)],
            capture_output=True, text=True, timeout=300)
    found = [line for line in done.stderr.splitlines() if re.search(r": error: ", line)]
    return found or ([done.stderr] if done.returncode else [])


def flags(build):
    """Where the modules are, those of C among them."""
    return ["-I", str(build / "Modules"), "-I", str(ROOT / "Sources/CMongoShim/include"),
            "-Xcc", f"-fmodule-map-file={build}/CMongoShim.build/module.modulemap"]
