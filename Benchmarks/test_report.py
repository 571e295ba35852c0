"""Tests of the report, on made-up results: python3 -m unittest discover -s Benchmarks"""
import contextlib
import copy
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import plots  # noqa: E402
import report  # noqa: E402


def row(name, title, unit, lockstep, limit=None, goal=("shown", None), better="higher", **others):
    found = {"name": name, "title": title, "what": f"what {title} is", "unit": unit, "better": better,
             "lockstep": lockstep, "goal": {"kind": goal[0], "value": goal[1]}}
    if limit is not None:
        found["limit"] = limit
    if others:
        found["others"] = {{"pymongo": "pymongo loop", "superduper": "SuperDuperDB 0.0.13"}[key]: values
                           for key, values in others.items()}
    return found


RESULTS = {
    "date": "2030-01-02",
    "machine": {"cpu": "Example CPU @ 2.00GHz", "cores": 2, "memory": "24 GiB", "kernel": "6.1.0", "load_before": 0.1},
    "versions": {"lockstep": "0.1.0 (abc1234)", "mongodb": "6.0.5", "libmongoc": "1.23.1", "openvino": "2024.0",
                 "swift": "6.3.1", "python": "3.11", "pymongo": "4.6"},
    "runs": 5,
    "rows": [
        row("capture", "capture, catching up", "events/s", [62110.0, 64020.0, 60500.0, 63300.0, 61900.0],
            [63000.0, 66100.0, 63800.0, 65000.0, 64200.0], ("ratio_min", 0.95), pymongo=[21000.0, 20500.0, 22000.0,
                                                                                        20900.0, 21800.0]),
        row("end-to-end", "end to end", "documents/s", [10100.0, 9800.0, 10400.0, 9900.0, 10000.0],
            [12100.0, 11900.0, 12000.0, 12300.0, 11800.0], ("ratio_min", 0.9),
            pymongo=[9300.0, 9100.0, 9500.0, 9200.0, 9250.0], superduper=[61.0, 59.5, 60.2, 60.0, 62.1]),
        row("end-to-end-updates", "end to end, updates", "documents/s", [8800.0, 9000.0, 9100.0, 8700.0, 8900.0],
            [9600.0, 9700.0, 9500.0, 9650.0, 9900.0], ("ratio_min", 0.9)),
        row("embedding-16", "embedding, texts of 16 words", "texts/s", [410.0, 405.0, 412.0, 409.0, 401.0],
            [402.0, 404.0, 400.0, 399.0, 401.0], ("ratio_min", 0.95)),
        row("embedding-64", "embedding, texts of 64 words", "texts/s", [104.0, 103.0, 105.0, 104.5, 102.0],
            [107.0, 108.0, 106.0, 107.5, 107.2], ("ratio_min", 0.95)),
        row("reconcile", "reconcile, everything fresh", "documents/s", [151e3, 149e3, 155e3, 150e3, 148e3],
            [201000.0, 199000.0, 203000.0, 200500.0, 198000.0], ("ratio_min", 0.7)),
        row("latency-20-p50", "latency p50, 20 writes/s", "ms", [4.4, 4.3, 4.5, 4.6, 4.2], [3.9, 3.8, 4.0, 4.1, 3.7],
            ("ratio_max", 1.3), "lower", pymongo=[4.0, 3.9, 4.6, 4.2, 4.3]),
        row("latency-20-p99", "latency p99, 20 writes/s", "ms", [6.7, 6.9, 6.5, 7.1, 6.6], [5.2, 5.1, 5.5, 5.4, 5.0],
            ("ratio_max", 2), "lower", pymongo=[5.5, 5.6, 5.9, 5.8, 5.4]),
        row("latency-200-p50", "latency p50, 200 writes/s", "ms", [3.4, 3.3, 3.5, 3.6, 3.2], [2.4, 2.5, 2.3, 2.6, 2.2],
            ("ratio_max", 1.3), "lower"),
        row("latency-200-p99", "latency p99, 200 writes/s", "ms", [9.7, 9.9, 9.5, 9.1, 9.6], [6.2, 6.1, 6.5, 6.4, 6.0],
            ("ratio_max", 2), "lower"),
        row("coalescing", "coalescing, model calls for 100,000 updates", "calls", [1040, 1031, 1022, 1011, 1055],
            better="lower"),
        row("irrelevant", "irrelevant updates, CPU for 100,000", "s", [1.4, 1.5, 1.3, 1.45, 1.38],
            [0.9, 0.92, 0.88, 0.91, 0.9], ("ratio_max", 2), "lower"),
        row("memory", "memory, 1,000,000 events waiting", "MB", [71.2, 72.4, 71.9, 73.0, 70.8], goal=("max", 120),
            better="lower"),
        row("listeners-16", "end to end, 16 listeners", "documents/s", [820.0, 830.0, 815.0, 822.0, 825.0]),
    ],
    "series": [
        {"name": "memory", "title": "Memory over events waiting", "x_label": "events waiting", "y_label": "MB",
         "lines": {"lockstep": [[0, 34.1], [100000, 70.2], [1000000, 71.9]]}},
        {"name": "listeners", "title": "Throughput over listeners", "x_label": "listeners on one collection",
         "y_label": "outputs/s", "lines": {"lockstep": [[1, 10000], [4, 11800], [16, 12900]],
                                           "limit": [[1, 12000], [4, 13000], [16, 13100]],
                                           "pymongo loop": [[1, 9300], [4, 9350], [16, 9200]]}},
        {"name": "idle-collections", "title": "CPU of idle collections", "x_label": "collections", "y_label": "% CPU",
         "lines": {}},
    ],
    "instructions": [{"name": "decode", "per": "event", "count": 1234, "bound": 1500},
                     {"name": "fingerprint", "per": "event", "count": 912, "bound": 900}],
    "profile": [{"title": "Storing 50,000 outputs", "columns": ["CPU of MongoDB"],
                 "rows": [["by `_id`", 57.53], ["with a guard", 95.1]]}],
}


def changed(**rows):
    """The results with keys of rows replaced: `changed(capture={"limit": None})`."""
    found = copy.deepcopy(RESULTS)
    for one in found["rows"]:
        one.update(rows.get(one["name"], {}))
    return found


def line(results, title):
    return next(text for text in report.page(results).splitlines() if text.startswith(f"| {title} |"))


def judged(results, name):
    return next(one for one in report.rows_of(results) if one.name == name).judgement()


class Numbers(unittest.TestCase):
    def test_have_three_digits_and_separators(self):
        for value, text in [(0, "0"), (12345.6, "12,300"), (9.996, "10.0"), (0.9549, "0.955"), (999.6, "1,000"),
                            (-4.05, "-4.05"), (1e-5, "0.0000100"), (1234567, "1,230,000"), (34, "34.0")]:
            self.assertEqual(plots.number(value), text)
        for value, text in [(0.9, "0.9"), (1000000, "1,000,000"), (100.0, "100"), (2, "2"), (1e6, "1,000,000")]:
            self.assertEqual(plots.plain(value), text)

    def test_never_round_a_miss_into_the_goal(self):
        results = changed(capture={"lockstep": [94.96] * 3, "limit": [100.0] * 3})
        self.assertIn("| 0.9496 |", line(results, "capture, catching up"))
        self.assertIn("missed", line(results, "capture, catching up"))
        self.assertIn(">0.9496<", report.throughput_plot(results))

    def test_the_ratio_is_the_median_of_the_ratios_of_each_run(self):
        # The ratio of the medians would be 1.
        results = changed(capture={"lockstep": [10.0, 20.0, 30.0], "limit": [20.0, 10.0, 40.0]})
        self.assertIn("| 0.750 | 0.500–2.00 (3 runs) | ≥ 0.95 | **✗ missed** by 21 %; met in 1 of 3 runs |",
                      line(results, "capture, catching up"))


class Verdicts(unittest.TestCase):
    def test_a_missed_goal_says_missed_wherever_it_shows(self):
        self.assertIn("**✗ missed** by 7.3 %", line(RESULTS, "end to end"))
        self.assertIn("**Missed: end to end; ", report.page(RESULTS))
        self.assertIn("goal ≥ 0.9: missed", report.throughput_plot(RESULTS))
        self.assertIn("goal ≥ 0.9: missed", report.readme_lines(RESULTS)[0])
        self.assertIn("p50 ≤ 1.3 ×: missed, p99 ≤ 2 ×: met", report.latency_plot(RESULTS))
        self.assertIn("| fingerprint, per event | 912 | ≤ 900 | **✗ missed** by 1.3 % |", report.page(RESULTS))
        self.assertIn("11 of 14 goals are met", report.page(RESULTS))

    def test_a_met_goal_says_in_how_many_runs(self):
        self.assertIn("✓ met |", line(RESULTS, "memory, 1,000,000 events waiting"))
        self.assertIn("✓ met, in 4 of 5 runs", line(RESULTS, "capture, catching up"))

    def test_each_kind_of_goal_is_judged(self):
        for kind, value, lockstep, limit, what in [
                ("ratio_min", 0.5, [1.0], [2.0], "met"), ("ratio_min", 0.6, [1.0], [2.0], "missed"),
                ("ratio_max", 2, [2.0], [1.0], "met"), ("ratio_max", 1.9, [2.0], [1.0], "missed"),
                ("max", 120, [120.0], None, "met"), ("max", 0, [1.0], None, "missed"),
                ("max", 1, [2.0], [4.0], "missed"),
                ("shown", None, [1.0], None, "shown"), ("ratio_min", 0.5, [1.0], None, "unknown"),
                ("ratio_min", 0.5, [1.0], [0.0], "unknown"), ("max", 1, [], None, "unknown")]:
            with self.subTest(kind=kind, value=value, limit=limit):
                results = changed(capture={"lockstep": lockstep, "limit": limit,
                                           "goal": {"kind": kind, "value": value}})
                self.assertEqual(judged(results, "capture").what, what)
                report.page(results), report.throughput_plot(results)

    def test_a_row_without_limit_has_no_ratio_and_its_goal_is_not_called_met(self):
        results = changed(capture={"limit": None})
        self.assertIn("| – | – | 60,500–64,000 events/s | ≥ 0.95 | **? not judged**: no limit measured |",
                      line(results, "capture, catching up"))
        self.assertIn("**Not judged: capture, catching up.**", report.page(results))
        self.assertIn("no limit measured", report.throughput_plot(results))

    def test_a_peer_that_leads_is_said_to_lead(self):
        page = report.page(RESULTS)
        self.assertRegex(page, r"\| capture, catching up \| pymongo loop \|.*\| Lockstep \|")
        self.assertRegex(page, r"\| latency p99, 20 writes/s \| pymongo loop \|.*\| the other \|")
        self.assertRegex(page, r"\| latency p50, 20 writes/s \| pymongo loop \|.*\| too close to call \|")


class Page(unittest.TestCase):
    def write(self, results, **more):
        with tempfile.TemporaryDirectory() as folder:
            return {path.name: path.read_text() for path in report.write(results, pathlib.Path(folder), **more)}

    def test_every_plot_is_xml_with_words_and_nothing_from_outside(self):
        files = self.write(RESULTS)
        self.assertEqual(sorted(files), ["README.md", "latency.svg", "series-idle-collections.svg",
                                         "series-listeners.svg", "series-memory.svg", "throughput.svg"])
        for name, text in files.items():
            if not name.endswith(".svg"):
                continue
            with self.subTest(name):
                root = ElementTree.fromstring(text)
                space = "{http://www.w3.org/2000/svg}"
                self.assertEqual(root.get("width"), "760")
                self.assertTrue(root.find(f"{space}title").text and root.find(f"{space}desc").text)
                self.assertIn("prefers-color-scheme: dark", text)
                self.assertEqual(re.findall(r"https?://[^\"]+", text), ["http://www.w3.org/2000/svg"])
                self.assertNotRegex(text, r"nan|inf\b|href")

    def test_the_same_results_give_the_same_bytes(self):
        self.assertEqual(self.write(RESULTS), self.write(json.loads(json.dumps(RESULTS))))

    def test_every_picture_of_the_page_is_written(self):
        files = self.write(RESULTS)
        for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", files["README.md"]):
            self.assertIn(name, files)

    def test_every_row_of_a_table_has_all_its_cells(self):
        results = changed(capture={"title": "a | b\nc <d>"})
        for block in re.findall(r"(?:^\|.*\n)+", report.page(results), re.M):
            self.assertEqual(len({len(re.findall(r"(?<!\\)\|", text)) for text in block.splitlines()}), 1, block)

    def test_the_page_of_the_peers_is_linked_where_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            for there in (False, True):
                page = next(path for path in report.write(RESULTS, out) if path.name == "README.md").read_text()
                self.assertEqual("[peers.md](peers.md)" in page, there)
                (out / "peers.md").write_text("")

    def test_an_empty_series_says_so(self):
        files = self.write(RESULTS)
        self.assertIn("No numbers in these results.", files["README.md"])
        self.assertIn("no numbers in these results", files["series-idle-collections.svg"])

    def test_one_run_only(self):
        results = copy.deepcopy(RESULTS)
        results["runs"] = 1
        for one in results["rows"]:
            one["lockstep"] = one["lockstep"][:1]
            one["limit"] = one["limit"][:1] if one.get("limit") else None
            one["others"] = {name: values[:1] for name, values in (one.get("others") or {}).items()}
        files = self.write(results)
        self.assertIn("| one run |", files["README.md"])
        self.assertIn("the median of one run", files["README.md"])
        ElementTree.fromstring(files["throughput.svg"])

    def test_a_row_with_fewer_runs_than_the_rest_says_so(self):
        self.assertIn("| 1.00–2.00 MB (2 runs) |", line(changed(memory={"lockstep": [1.0, 2.0]}),
                                                        "memory, 1,000,000 events waiting"))
        self.assertIn("| one run |", line(changed(memory={"lockstep": [1.0]}), "memory, 1,000,000 events waiting"))

    def test_nothing_measured_is_still_a_page(self):
        files = self.write({"date": "2030-01-02", "rows": []})
        self.assertIn("no rate was measured", files["throughput.svg"])
        self.assertIn("no latency was measured", files["latency.svg"])
        self.assertEqual(len(report.readme_lines({"date": "2030-01-02", "rows": []})), 3)

    def test_the_notes_stand_as_they_were_written(self):
        notes = "Half of it is `bson_iter`.\n\n| a | b |\n| - | - |\n"
        self.assertIn("## Where the distance goes\n\n" + notes, report.page(RESULTS, notes))
        self.assertIn("Not explained yet: end to end", report.page(RESULTS))

    def test_the_profile_is_part_of_the_explanation(self):
        page = report.page(RESULTS, "So it goes.\n")
        self.assertIn("So it goes.\n\n### Storing 50,000 outputs\n\n|  | CPU of MongoDB |", page)
        self.assertIn("| by `_id` | 57.5 |", page)

    def test_the_lines_for_the_readme(self):
        ends, latency, embedding = report.readme_lines(RESULTS)
        self.assertEqual(ends, "- **End to end**: 0.835 of the limit in the same run (10,000 documents/s; goal ≥ 0.9: "
                               "missed)")
        self.assertEqual(latency, "- **Latency** (latency p50, 20 writes/s): 4.40 ms, the loop in pymongo 4.20 ms; "
                                  "goal ≤ 1.3 ×: met")
        self.assertIn("1.02 of the limit in the same run (embedding, texts of 16 words; goal ≥ 0.95: met)", embedding)


class Command(unittest.TestCase):
    def run_with(self, results, *more):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "results.json"
            path.write_text(results if isinstance(results, str) else json.dumps(results))
            out, errors = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), \
                    unittest.mock.patch.object(sys, "argv", ["report.py", str(path), *(
                        text.replace("FOLDER", folder) for text in more)]):
                try:
                    report.main()
                    code = 0
                except SystemExit as exit:
                    code = exit.code
            page = pathlib.Path(folder) / "README.md"
            return code, out.getvalue(), errors.getvalue(), page.read_text() if page.exists() else ""

    def test_writes_and_prints(self):
        code, out, errors, page = self.run_with(RESULTS, "--out", "FOLDER", "--readme")
        self.assertEqual((code, len(out.splitlines())), (0, 3))
        self.assertIn("Missed: end to end", errors)
        self.assertIn("[results.json](results.json)", page)

    def test_says_everything_that_is_wrong_with_the_results(self):
        results = changed(capture={"limit": [1.0]}, reconcile={"goal": {"kind": "most"}},
                          memory={"lockstep": [float("nan")]})
        code, _, errors, _ = self.run_with(results, "--readme")
        self.assertEqual(code, 2)
        self.assertEqual(len(errors.splitlines()), 3, errors)
        self.assertEqual(self.run_with("{", "--readme")[0], 2)


if __name__ == "__main__":
    unittest.main()
