"""Swift that the pages show, and the library's guide."""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import markdown
import swift_snippets


@unittest.skipUnless(shutil.which("swiftc"), "there is no swiftc on PATH")
@unittest.skipUnless(swift_snippets.modules(), "the library is not built: `swift build --target Lockstep`")
class SwiftTests(unittest.TestCase):
    def setUp(self):
        self.build = swift_snippets.modules()

    def test_every_snippet_compiles(self):
        blocks = [block for page in markdown.pages() for block in markdown.blocks(page)]
        blocks = [block for block in blocks + markdown.doc_comment_blocks() if block.language == "swift"]
        self.assertGreater(len(blocks), 5)
        self.assertEqual(swift_snippets.errors(blocks, self.build), [])

    def test_a_snippet_that_is_wrong_is_found(self):
        wrong = markdown.Block("page.md", 41, "swift", "let options = WatcherOptions(nonsense: 1)\n")
        self.assertIn("page.md:42", "".join(swift_snippets.errors([wrong], self.build)))

    def test_the_guide_builds_without_a_warning(self):
        with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
            done = subprocess.run([markdown.ROOT / "scripts/docs", "--output", folder + "/guide"],
                                  capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            pages = {path.stem for path in Path(folder, "guide/data/documentation/lockstep").glob("*.json")}
        # One of each module that `import Lockstep` brings along.
        self.assertGreaterEqual(
            pages, {"database", "bsonvalue", "mongoerror", "listener", "model", "watcherstatus", "watcheroptions",
                    "parkeddocument"})


if __name__ == "__main__":
    unittest.main()
