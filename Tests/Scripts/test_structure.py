"""What scripts/check-structure decides beside the index."""

import importlib.util
import sys
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check-structure"
spec = importlib.util.spec_from_loader("check_structure", SourceFileLoader("check_structure", str(SCRIPT)))
structure = importlib.util.module_from_spec(spec)
sys.modules["check_structure"] = structure
spec.loader.exec_module(structure)


class StructureTests(unittest.TestCase):
    def test_a_knot_is_what_reaches_itself(self):
        edges = {"a": "b", "b": "c", "c": "a", "d": "ae", "e": "", "f": "f"}
        graph = {Path(node): {Path(other): [] for other in others} for node, others in edges.items()}
        self.assertEqual(structure.knots(graph), [[Path("a"), Path("b"), Path("c")]])

    def test_a_type_reaches_to_its_brace(self):
        source = structure.SwiftSource("struct A {\n    let a = \"}\"\n    struct B {\n    }\n}\n")
        self.assertEqual(structure.Structure._span(source, 1, 8, "struct"), (1, 5))
        self.assertEqual(structure.Structure._span(source, 3, 12, "struct"), (3, 4))
        self.assertIsNone(structure.Structure._span(source, 2, 9, "struct"))

    def test_what_is_io(self):
        for usr in ["c:@F@shim_command", "c:@F@stat", "s:5Glibc4openys5Int32VSPys4Int8VG_ADtF",
                    "s:20FoundationEssentials11FileManagerC10fileExists6atPathSbSS_tF", "s:10Foundation7ProcessC3runyyKF",
                    "s:SS20FoundationEssentialsE14contentsOfFile8encodingS2Sh_SSAAE8EncodingVtKcfc"]:
            self.assertTrue(structure.IO.match(usr), usr)
        for usr in ["c:@F@shim_append_bool", "c:@F@statistics", "s:Sa6append10contentsOfyqd__n_t7ElementQyd__RszSTRd__lF",
                    "s:20FoundationEssentials11FileManagerC7defaultACvgZ"]:
            self.assertFalse(structure.IO.match(usr), usr)

    def test_a_closure_that_is_kept_runs_later(self):
        for code in ["call = { a() }", "Thread { a() }", "source.setEventHandler { a() }", "f(onBlocked: { a() })"]:
            self.assertTrue(structure.KEPT_CLOSURE.search(code), code)
        for code in ["list.map { a() }", "if a == b { c() }", "while a >= b { c() }"]:
            self.assertFalse(structure.KEPT_CLOSURE.search(code), code)


if __name__ == "__main__":
    unittest.main()
