"""Metrics as Prometheus itself reads them."""
import collections
import json
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request

from support import LISTENER, TOKEN, ServerTest, end, free_port, wait_until, workspace

# Name and labels of what there is after a workload. `headroom_seconds` and `oplog_window_seconds` come when the user may
# read the oplog; all gauges of listeners a second after the start.
METRICS = {
    "lockstep_events_total": ["operation"], "lockstep_lag_seconds": [], "lockstep_headroom_seconds": [],
    "lockstep_oplog_window_seconds": [], "lockstep_queue_documents": [], "lockstep_queue_bytes": [],
    "lockstep_queue_limit_bytes": [], "lockstep_model_calls_total": ["model"], "lockstep_model_inputs_total": ["model"],
    "lockstep_model_failures_total": ["model"], "lockstep_model_batch_inputs_bucket": ["le", "model"],
    "lockstep_model_batch_inputs_sum": ["model"], "lockstep_model_batch_inputs_count": ["model"],
    "lockstep_model_call_seconds_bucket": ["le", "model"], "lockstep_model_call_seconds_sum": ["model"],
    "lockstep_model_call_seconds_count": ["model"], "lockstep_outputs_written_total": ["listener"],
    "lockstep_outputs_removed_total": ["listener"],
    "lockstep_outputs_superseded_total": ["listener"], "lockstep_outputs_skipped_fresh_total": ["listener"],
    "lockstep_documents_parked_total": ["listener"], "lockstep_retries_total": ["listener"],
    "lockstep_change_latency_seconds_bucket": ["le", "listener"], "lockstep_change_latency_seconds_sum": ["listener"],
    "lockstep_change_latency_seconds_count": ["listener"], "lockstep_listener_documents": ["listener", "state"],
    "lockstep_listener_documents_without_input": ["listener"], "lockstep_listener_up": ["listener"], "lockstep_listener_paused": ["listener"],
    "lockstep_reconcile_documents_total": ["collection"], "lockstep_reconcile_progress_ratio": ["listener"],
    "lockstep_positions_saved_total": [], "lockstep_ready": [], "lockstep_build_info": ["version"],
    "process_resident_memory_bytes": [], "process_cpu_seconds_total": [], "process_start_time_seconds": [],
    "process_open_fds": [],
}


def samples(text):
    """The values by name and labels."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            found[series] = float(value)
    return found


def counters(text):
    """The values that may only grow."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))

    def grows(series):
        name = series.split("{")[0]
        return kinds.get(name) == "counter" or kinds.get(re.sub("_(bucket|sum|count)$", "", name)) == "histogram"
    return {series: value for series, value in samples(text).items() if grows(series)}


def needs(program):
    found = shutil.which(program)
    if not found:
        raise unittest.SkipTest(f"there is no {program} (Debian: apt-get install --no-install-recommends prometheus)")
    return found


def complaints(text):
    """What `promtool check metrics` says of it, and how it ends."""
    result = subprocess.run([needs("promtool"), "check", "metrics"], input=text, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


class Prometheus:
    """One that reads from a daemon each second."""

    def __init__(self, daemon):
        folder = tempfile.mkdtemp(prefix="prometheus-", dir=workspace())
        self.port = free_port()
        with open(f"{folder}/prometheus.yml", "w") as file:
            # JSON is YAML.
            json.dump({
                "global": {"scrape_interval": "1s"},
                "scrape_configs": [{
                    "job_name": "lockstep", "static_configs": [{"targets": [f"127.0.0.1:{daemon.port}"]}]}]}, file)
        with open(f"{folder}/log", "wb") as log:
            self.process = subprocess.Popen(
                [needs("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log, start_new_session=True)

    def ask(self, what, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{what}?{query}", timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.URLError:
            return None

    def value(self, query):
        """Of the one series that answers; None while there is none."""
        data = self.ask("query", query=query)
        if not data or not data["result"]:
            return None
        [series] = data["result"]
        return float(series["value"][1])

    def stop(self):
        end(self.process)


class Metrics(ServerTest):
    def workload(self, daemon):
        """Something of everything."""
        daemon.docs.insert_many([{"_id": number, "text": f"a text {number}"} for number in range(20)])
        daemon.fresh()
        daemon.docs.update_one({"_id": 1}, {"$set": {"text": "another"}})
        daemon.docs.replace_one({"_id": 2}, {"text": "a new one"})
        daemon.docs.delete_one({"_id": 3})
        daemon.docs.insert_one({"_id": 99, "text": "refuse"})
        self.assertEqual(daemon.order("reconcile").status, 200)
        daemon.fresh()

    def test_promtool_has_no_complaint(self):
        self.workload(self.daemon)
        self.assertEqual(complaints(self.daemon.get("/metrics").text), (0, ""))

    def test_names_with_quotes_and_backslashes_are_legal(self):
        name = 'a "b" \\c'
        daemon = self.run_daemon(listeners=[{"model": "words", "on": name, "key": "text"}]).start()
        daemon.db[name].insert_one({"text": "a text"})
        daemon.fresh()
        text = daemon.get("/metrics").text
        self.assertEqual(complaints(text), (0, ""))
        self.assertIn('lockstep_outputs_written_total{listener="a \\"b\\" \\\\c/text/words"} 1', text)

    def test_every_metric_is_there_with_its_labels(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        self.workload(daemon)

        def found():
            labels = collections.defaultdict(set)
            for series in samples(daemon.get("/metrics").text):
                name, _, rest = series.partition("{")
                labels[name].add(tuple(sorted(re.findall(r'(\w+)="', rest))))
            return {name: [list(some) for some in sorted(known)] for name, known in labels.items()}
        expected = {name: [labels] for name, labels in METRICS.items()}
        wait_until(lambda: found().keys() >= expected.keys(), "all metrics are told")
        self.assertEqual(found(), expected)

    def test_values_are_what_happened(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        self.workload(daemon)
        wait_until(lambda: daemon.status["listeners"][0]["failed"] == 1, "the refused document is counted")
        of = f'{{listener="{LISTENER}"'
        wait_until(
            lambda: samples(daemon.get("/metrics").text).get(f'lockstep_listener_documents{of},state="failed"}}') == 1,
            "the gauges follow")
        found = samples(daemon.get("/metrics").text)
        expected = {
            'lockstep_events_total{operation="insert"}': 21, 'lockstep_events_total{operation="update"}': 1,
            'lockstep_events_total{operation="replace"}': 1, 'lockstep_events_total{operation="delete"}': 1,
            f"lockstep_outputs_written_total{of}}}": 22, f"lockstep_documents_parked_total{of}}}": 1,
            f'lockstep_listener_documents{of},state="fresh"}}': 19, f"lockstep_listener_up{of}}}": 1,
            f"lockstep_listener_paused{of}}}": 0, f"lockstep_reconcile_progress_ratio{of}}}": 1,
            "lockstep_ready": 1, "lockstep_queue_documents": 0,
        }
        self.assertEqual({series: (found.get(series), value) for series, value in expected.items()
                          if found.get(series) != value}, {})
        for series, words in [("lockstep_model_inputs_total", "batch_inputs_sum"),
                              ("lockstep_model_calls_total", "call_seconds_count")]:
            self.assertEqual(found[f'{series}{{model="words"}}'], found[f'lockstep_model_{words}{{model="words"}}'])
        daemon.order("pause")
        wait_until(
            lambda: samples(daemon.get("/metrics").text)[f"lockstep_listener_paused{of}}}"] == 1, "the pause shows")
        # What is new waits for an answer that never comes: the model is unavailable.
        daemon.order("resume")
        self.behave(daemon, "broken")
        daemon.docs.insert_one({"text": "one more"})
        wait_until(
            lambda: samples(daemon.get("/metrics").text)['lockstep_model_failures_total{model="words"}'] > 0,
            "the failed call is counted")

    def test_counters_never_go_down(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        texts = [daemon.get("/metrics").text]
        done = threading.Event()

        def look():
            while not done.is_set():
                texts.append(daemon.get("/metrics").text)
                done.wait(0.05)
        looker = threading.Thread(target=look)
        looker.start()
        try:
            for order in ["pause", "resume", "reconcile"]:
                daemon.docs.insert_many([{"text": f"{order} {number}"} for number in range(100)])
                daemon.order(order)
                daemon.docs.update_many({}, {"$set": {"text": order}})
                if order != "pause":  # What is paused does not become fresh.
                    self.assertEqual(daemon.fresh().status, 200)
        finally:
            done.set()
            looker.join()
        before = {}
        for text in texts:
            now = counters(text)
            self.assertLessEqual(before.keys(), now.keys())
            self.assertEqual({key: (old, now[key]) for key, old in before.items() if now[key] < old}, {})
            before = now
        self.assertEqual(before['lockstep_events_total{operation="insert"}'], 300)
        self.assertGreater(len(texts), 3)

    def test_prometheus_reads_it(self):
        needs("prometheus")
        # A document that the first scan finds before its event does has no latency.
        daemon = self.run_daemon().start_and_scan()
        prometheus = Prometheus(daemon)
        self.addCleanup(prometheus.stop)
        daemon.docs.insert_many([{"text": f"a text {number}"} for number in range(50)])
        self.assertEqual(daemon.fresh().status, 200)
        for query in ['lockstep_events_total{operation="insert"}',
                      f'lockstep_outputs_written_total{{listener="{LISTENER}"}}',
                      f'sum(lockstep_listener_documents{{listener="{LISTENER}"}})']:
            wait_until(lambda query=query: prometheus.value(query) == 50, f"Prometheus says 50 for {query}")
        for name in ["change_latency_seconds", "model_call_seconds", "model_batch_inputs"]:
            query = f"histogram_quantile(0.5, lockstep_{name}_bucket)"
            # NaN until there is an observation: what Prometheus read last may be older than the end of the round.
            wait_until(lambda query=query: (prometheus.value(query) or 0) > 0, f"Prometheus has a median for {query}")
        self.assertEqual(prometheus.value('up{job="lockstep"}'), 1)
        [target] = prometheus.ask("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        help = prometheus.ask("metadata", metric="lockstep_events_total")["lockstep_events_total"][0]
        self.assertEqual((help["type"], bool(help["help"])), ("counter", True))


if __name__ == "__main__":
    unittest.main()
