"""The server does what its OpenAPI description says, and nothing else."""
import json
import os
import re
import subprocess
import sys
import unittest

from support import HERE, ROOT, TOKEN, ServerTest, workspace

DESCRIPTION = ROOT / "Sources" / "LockstepServer" / "API" / "openapi.json"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD"]


class Description(ServerTest):
    """Of a daemon with a token; some documents are there, and some are parked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.docs.insert_many(
            [{"_id": number, "text": "refuse" if number % 3 else "a few words"} for number in range(30)])
        cls.daemon.fresh()
        cls.description = json.loads(DESCRIPTION.read_text())

    def operations(self):
        for path, item in self.description["paths"].items():
            for method in item:
                yield method.upper(), path

    def ask(self, method, path):
        path = path.replace("{id}", "docs%2Ftext%2Fwords")
        if path == "/v1/events" and method == "GET":
            with self.daemon.connect() as connection:
                connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                return int(connection.recv(4096).split(b" ")[1])
        return self.daemon.request(method, path, token=TOKEN).status

    def test_the_description_is_served(self):
        self.assertEqual(self.daemon.get("/openapi.json").json, self.description)

    def test_each_operation_is_served(self):
        operations = list(self.operations())
        self.assertGreaterEqual(len(operations), 14)
        for method, path in operations:
            with self.subTest(f"{method} {path}"):
                self.assertEqual(self.ask(method, path), 200)

    def test_no_other_method_is_served(self):
        described = set(self.operations())
        # HEAD of what can be read is the same without the body.
        described |= {("HEAD", path) for method, path in described if method == "GET"}
        for path in self.description["paths"]:
            for method in METHODS:
                if (method, path) in described:
                    continue
                with self.subTest(f"{method} {path}"):
                    answer = self.daemon.request(method, path.replace("{id}", "docs%2Ftext%2Fwords"), token=TOKEN)
                    self.assertEqual(answer.status, 405)
                    allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
                    self.assertEqual(allowed, {name for name, other in described if other == path})

    def test_what_the_page_asks_for_is_described(self):
        page = self.daemon.get("/").text
        asked = set(re.findall(r"""["'`](/(?:v1|health|metrics|openapi)[A-Za-z0-9/._]*)""", page))
        self.assertTrue(asked, "the dashboard asks for nothing that this test finds")
        paths = self.description["paths"]
        for path in asked:
            with self.subTest(path):
                # The rest of it is put together in the page.
                self.assertTrue(any(known.startswith(path.rstrip("/")) for known in paths))

    def test_heads_have_no_body(self):
        for path in ["/", "/health/live", "/metrics", "/v1/status", "/v1/failures"]:
            with self.subTest(path):
                answer = self.daemon.request("HEAD", path)
                self.assertEqual((answer.status, answer.body), (200, b""))


class Conformance(ServerTest):
    """schemathesis makes up requests, right and wrong ones, and judges the answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.docs.insert_many(
            [{"_id": number, "text": "refuse" if number % 3 else "a few words"} for number in range(30)])
        cls.daemon.fresh()

    def schemathesis(self, daemon, *arguments, operations=14):
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks",
                       "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
        result = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
             # A stream without end is looked at elsewhere.
             "--exclude-path", "/v1/events", "--url", daemon.url, *arguments, str(DESCRIPTION)],
            capture_output=True, text=True, cwd=workspace(), env=environment, timeout=300)
        self.assertEqual(result.returncode, 0, result.stdout[-12_000:] + result.stderr[-4000:])
        # It has asked.
        self.assertRegex(result.stdout, rf"Operations:\s+{operations} selected")
        self.assertEqual(daemon.get("/health/live").status, 200)

    def test_with_the_token(self):
        self.schemathesis(self.daemon, "--header", f"Authorization: Bearer {TOKEN}")

    def test_without_the_token(self):
        self.schemathesis(self.daemon)

    def test_where_there_is_none(self):
        self.schemathesis(self.run_daemon().start(), "--include-tag", "listeners", "--include-tag", "failures",
                          # 403 with the reason, in place of 401.
                          "--exclude-checks", "missing_required_header,ignored_auth", operations=6)


if __name__ == "__main__":
    unittest.main()
