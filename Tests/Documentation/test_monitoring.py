"""What docs/monitoring gives to Prometheus and Grafana: it loads, alerts fire when they should and only then."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from markdown import ROOT, anchors, text_of

sys.path.insert(0, str(ROOT / ".lockstep/python"))

import servers
from console import Command
from page import Page

FOLDER = ROOT / "docs/monitoring"
RULES = (FOLDER / "alerts.yaml").read_text(encoding="utf-8")
PROMTOOL = shutil.which("promtool")

# One process at rest, sampled each minute.
LISTENER = 'listener="docs/text/words"'
GOOD = {
    "up": "1x2000",
    "lockstep_ready": "1x2000",
    "lockstep_lag_seconds": "0.5x2000",
    "lockstep_headroom_seconds": "86000x2000",
    "lockstep_oplog_window_seconds": "86001x2000",
    "lockstep_queue_bytes": "1000x2000",
    "lockstep_queue_limit_bytes": "33554432x2000",
    "lockstep_positions_saved_total": "0+6x2000",
    'lockstep_model_calls_total{model="words"}': "0+60x2000",
    'lockstep_model_failures_total{model="words"}': "0+0x2000",
    f"lockstep_listener_up{{{LISTENER}}}": "1x2000",
    f"lockstep_listener_paused{{{LISTENER}}}": "0x2000",
    f"lockstep_documents_parked_total{{{LISTENER}}}": "0+0x2000",
    f'lockstep_listener_documents{{{LISTENER}, state="fresh"}}': "1000x2000",
    f'lockstep_listener_documents{{{LISTENER}, state="stale"}}': "0x2000",
    f'lockstep_listener_documents{{{LISTENER}, state="missing"}}': "2x2000",
    f'lockstep_listener_documents{{{LISTENER}, state="failed"}}': "1x2000",
}
STALE = {f'lockstep_listener_documents{{{LISTENER}, state="stale"}}': "500x2000"}

# Alert: what makes it fire, and after how many minutes it does.
BAD = {
    "LockstepDown": ({"up": "1 1 0x2000"}, 10),
    "LockstepNotReady": ({"lockstep_ready": "1 1 0x2000"}, 15),
    "LockstepLag": ({"lockstep_lag_seconds": "0+30x2000"}, 20),
    "LockstepHistoryRunsOut": ({"lockstep_headroom_seconds": "86000 40000 3000x2000"}, 10),
    "LockstepOplogShort": (
        {"lockstep_headroom_seconds": "7200x2000", "lockstep_oplog_window_seconds": "7200x2000"}, 500),
    "LockstepModelUnavailable": ({f"lockstep_listener_up{{{LISTENER}}}": "1 1 0x2000"}, 10),
    "LockstepModelFails": ({'lockstep_model_failures_total{model="words"}': "0+30x2000"}, 40),
    "LockstepDocumentsParked": ({f"lockstep_documents_parked_total{{{LISTENER}}}": "0+1x2000"}, 60),
    "LockstepNotFresh": (STALE, 60),
    "LockstepPaused": ({f"lockstep_listener_paused{{{LISTENER}}}": "1x2000"}, 1500),
    "LockstepQueueFull": ({"lockstep_queue_bytes": "33000000x2000"}, 20),
    "LockstepPositionStands": ({"lockstep_positions_saved_total": "0+6x10 60x2000"}, 40),
}

# What looks bad to a careless rule, and is not.
GOOD_TOO = {
    "one works and one stands by": {
        'lockstep_ready{instance="b"}': "0x2000", 'up{instance="b"}': "1x2000",
        'lockstep_positions_saved_total{instance="b"}': "0x2000",
        f'lockstep_listener_up{{{LISTENER}, instance="b"}}': "1x2000",
    },
    "one of two is down": {'up{instance="b"}': "0x2000"},
    "a scan is under way": {
        **STALE, f"lockstep_reconcile_progress_ratio{{{LISTENER}}}": "0.4x2000"},
    "a new server's oplog grows": {
        "lockstep_headroom_seconds": "0+60x2000", "lockstep_oplog_window_seconds": "0+60x2000"},
    "no right on the oplog": {"lockstep_headroom_seconds": "_x2000", "lockstep_oplog_window_seconds": "_x2000"},
    "a restart begins every counter anew": {
        "lockstep_positions_saved_total": "0+6x50 0+6x2000",
        'lockstep_model_calls_total{model="words"}': "0+60x50 0+60x2000"},
}


def series(name):
    """With the labels that a scrape adds."""
    metric, _, labels = name.rstrip("}").partition("{")
    labels = [label for label in labels.split(", ") if label] + ['job="lockstep"']
    if "instance=" not in name:
        labels.append('instance="a"')
    return f"{metric}{{{', '.join(labels)}}}"


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def fires_exactly(alerts, changed, minutes, rules=FOLDER / "alerts.yaml"):
    """Runs promtool's unit test; what it says when the alerts that fire are others than these."""
    names = json.dumps(sorted(alerts))
    found = "sort(count by (alertname) (ALERTS{alertstate=\"firing\"}))"
    test = {
        "rule_files": [str(rules)], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": series(name), "values": values}
                             for name, values in {**GOOD, **changed}.items()],
            "promql_expr_test": [{
                "expr": found, "eval_time": f"{minutes}m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in json.loads(names)],
            }],
        }],
    }
    with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
        path = Path(folder, "test.yaml")
        path.write_text(json.dumps(test))  # JSON is YAML
        code, said = promtool("test", "rules", path)
    return "" if code == 0 else said or "failed"


@unittest.skipUnless(PROMTOOL, "there is no promtool on PATH: it is in Debian's package prometheus")
class PrometheusTests(unittest.TestCase):
    def test_rules_and_configuration_load(self):
        for kind, name in [("rules", "alerts.yaml"), ("config", "prometheus.yaml")]:
            code, said = promtool("check", kind, FOLDER / name)
            self.assertEqual(code, 0, said)

    def test_each_alert_fires_on_bad_series_and_no_other_does(self):
        self.assertEqual(sorted(BAD), sorted(re.findall(r"alert: (\w+)", RULES)))
        for alert, (changed, minutes) in BAD.items():
            self.assertEqual(fires_exactly({alert}, changed, minutes), "", alert)

    def test_none_fires_while_all_is_well(self):
        for name, changed in {"at rest": {}, **GOOD_TOO}.items():
            self.assertEqual(fires_exactly(set(), changed, 520), "", name)

    def test_an_alert_that_never_fires_is_found(self):
        rules = RULES.replace("lockstep_ready) == 0", "lockstep_ready) == 7")
        with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
            Path(folder, "alerts.yaml").write_text(rules)
            changed, minutes = BAD["LockstepNotReady"]
            said = fires_exactly({"LockstepNotReady"}, changed, minutes, Path(folder, "alerts.yaml"))
        self.assertIn("FAILED", said)

    def test_every_expression_of_grafana_is_promql(self):
        rules = [{"record": f"expression:{number}", "expr": expression.replace("$__rate_interval", "5m")}
                 for number, expression in enumerate(expressions())]
        self.assertGreater(len(rules), 20)
        with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
            path = Path(folder, "rules.yaml")
            path.write_text(json.dumps({"groups": [{"name": "grafana", "rules": rules}]}))
            code, said = promtool("check", "rules", path)
        self.assertEqual(code, 0, said)


def dashboard():
    return json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))


def expressions():
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def documented():
    """The metrics in the table of docs/operations.md, with their labels."""
    table = {}
    row = re.compile(r"^\| `((?:lockstep|process)_\w+)(?:\{([\w, ]*)\})?` \|", re.MULTILINE)
    for name, labels in row.findall(text_of("docs/operations.md")):
        table[name] = set(filter(None, re.split(r", *", labels)))
    return table


class NamesTests(unittest.TestCase):
    def test_what_is_asked_for_is_in_the_table_of_metrics(self):
        table = documented()
        self.assertGreater(len(table), 25)
        # What a rule says in words is no expression.
        rules = re.sub(r"^ *(summary|description|runbook):.*$", "", RULES, flags=re.MULTILINE)
        for text in [*expressions(), rules]:
            for name in re.findall(r"\b(?:lockstep|process)_\w+", text):
                base = re.sub(r"_(bucket|sum|count)$", "", name)
                self.assertIn(base if base in table else name, table, text)
            for group, name in re.findall(r"by \(([\w, ]+)\) \(?(?:rate|increase|)\(?(lockstep_\w+)", text):
                labels = set(re.split(r", *", group)) - {"job", "instance", "le"}
                known = table.get(re.sub(r"_(bucket|sum|count)$", "", name), table.get(name))
                self.assertLessEqual(labels, known, text)

    def test_every_metric_has_its_place_on_the_dashboard(self):
        shown = " ".join(expressions())
        self.assertEqual([name for name in documented() if name not in shown], [])

    def test_every_alert_leads_to_a_heading(self):
        wanted = re.findall(r'runbook: "docs/operations.md#(\w+)"', RULES)
        self.assertEqual(wanted, [name.lower() for name in re.findall(r"alert: (\w+)", RULES)])
        self.assertLessEqual(set(wanted), anchors("docs/operations.md"))


CONFIGURATION = """
mongodb: {{uri: "{uri}", database: shop}}
models: {{words: {{exec: [python3, -c, "{program}"], version: "1"}}}}
listeners: [{{model: words, on: docs, key: text}}]
server: {{port: 7077}}
"""
PROGRAM = ("import json, sys\\nfor line in sys.stdin:\\n request = json.loads(line)\\n print(json.dumps({'id': request['id'], "
           "'predictions': [len(text) for text in request['inputs']]}), flush=True)")


#: Of models that cost something by the call, which the daemon here has none of.
COSTS = {"lockstep_model_tokens_total", "lockstep_model_requests_refused_total", "lockstep_model_price_total",
         "lockstep_model_budget_spent_ratio"}


class DaemonTests(unittest.TestCase):
    def test_the_table_names_what_a_daemon_exposes(self):
        server = servers.ReplicaSet(guarded=False)
        self.addCleanup(server.stop)
        server.client.shop.docs.insert_many([{"text": "a text"}, {"text": "another"}])
        page = Page("metrics", server)
        self.addCleanup(page.close)
        page.save("lockstep.yaml", CONFIGURATION.format(
            uri=f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0", program=PROGRAM))
        page.run(Command(0, "lockstep run", ["lockstep: caught up (2 outputs written); following changes"]))
        expected = set(documented()) - COSTS
        exposed, deadline = set(), time.monotonic() + 30
        while exposed != expected and time.monotonic() < deadline:
            time.sleep(0.2)
            with urllib.request.urlopen(f"http://127.0.0.1:{page.ports['7077']}/metrics", timeout=30) as answer:
                exposed = set(re.findall(r"^# TYPE (\w+) ", answer.read().decode(), re.MULTILINE))
        self.assertEqual(exposed, expected)


class GrafanaTests(unittest.TestCase):
    def test_the_data_source_is_chosen_in_grafana(self):
        board = dashboard()
        self.assertGreaterEqual(board["schemaVersion"], 39)
        variables = {one["name"]: one["type"] for one in board["templating"]["list"]}
        self.assertEqual(variables["datasource"], "datasource")
        sources = {json.dumps(part["datasource"]) for panel in board["panels"] if panel["type"] != "row"
                   for part in [panel, *panel["targets"]]}
        self.assertEqual(sources, {json.dumps({"type": "prometheus", "uid": "${datasource}"})})

    def test_panels_have_a_name_a_number_and_a_place_of_their_own(self):
        panels = dashboard()["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            self.assertTrue(panel["title"])
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(place["x"] + column, place["y"] + row)
                     for column in range(place["w"]) for row in range(place["h"])}
            self.assertFalse(taken & cells, panel["title"])
            taken |= cells


if __name__ == "__main__":
    unittest.main()
