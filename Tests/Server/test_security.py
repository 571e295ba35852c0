"""What strangers, other web pages and broken clients may not do."""
import base64
import hashlib
import re
import resource
import socket
import unittest

from support import LISTENER, PASSWORD, TOKEN, ServerTest, wait_until

READS = ["/v1/status", "/v1/history", "/v1/failures", "/v1/failures/reasons", "/v1/freshness"]
OPEN = ["/", "/health/live", "/health/ready", "/metrics", "/openapi.json"]
CHANGES = ["/v1/failures/retry", *(f"/v1/listeners/docs%2Ftext%2Fwords/{what}" for what in
                                   ["pause", "resume", "reconcile"])]


def ask(daemon, request):
    """Sends bytes; the status, and all that comes until the server is done with this connection."""
    with daemon.connect() as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It has answered before all was sent.
        return read(connection)


def read(connection):
    """The status of the answer that comes, or None when the connection is closed without one."""
    answer = b""
    while b"\r\n" not in answer:
        try:
            part = connection.recv(4096)
        except ConnectionResetError:
            break
        if not part:
            break
        answer += part
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None


class Token(ServerTest):
    def test_changes_need_it(self):
        wrong = [None, "", "wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper()]
        for path in CHANGES:
            for token in wrong:
                with self.subTest(path=path, token=token):
                    answer = self.daemon.post(path, token=token)
                    self.assertEqual((answer.status, answer.code), (401, "unauthorized"))
                    self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Bearer"))
            with self.subTest(path):
                self.assertEqual(self.daemon.post(path).status, 200)

    def test_other_schemes_are_refused(self):
        for value in [TOKEN, f"Basic {TOKEN}", f"Token {TOKEN}", "Bearer", f"Bearer{TOKEN}", f"Bearer {TOKEN},x"]:
            with self.subTest(value):
                answer = self.daemon.request("POST", CHANGES[0], headers={"Authorization": value})
                self.assertEqual(answer.status, 401)
        basic = base64.b64encode(f":{TOKEN}".encode()).decode()
        answer = self.daemon.request("POST", CHANGES[0], headers={"Authorization": f"Basic {basic}"})
        self.assertEqual(answer.status, 401)

    def test_a_token_in_the_address_counts_for_nothing(self):
        for path in [f"{CHANGES[1]}?token=x", f"{CHANGES[1]}?access_token=x"]:
            self.assertEqual(self.daemon.request("POST", path).status, 401)

    def test_a_refused_change_changes_nothing(self):
        self.daemon.request("POST", CHANGES[1], token="wrong-token-of-nobody")
        self.assertEqual(self.daemon.status["listeners"][0]["state"], "ok")
        self.assertEqual(self.daemon.db["lockstep.pauses"].count_documents({}), 0)

    def test_reading_on_loopback_needs_none(self):
        for path in READS + OPEN:
            with self.subTest(path):
                self.assertEqual(self.daemon.get(path).status, 200)


class NoToken(ServerTest):
    server = {}

    def test_nothing_can_be_changed(self):
        for path in CHANGES:
            for token in [None, TOKEN]:
                with self.subTest(path=path, token=token):
                    answer = self.daemon.post(path, token=token)
                    self.assertEqual((answer.status, answer.code), (403, "noToken"))
        self.assertFalse(self.daemon.status["canChange"])


class BeyondLoopback(ServerTest):
    server = {"host": "0.0.0.0", "token": TOKEN}

    def test_reading_documents_needs_the_token(self):
        for path in READS + ["/v1/events"]:
            with self.subTest(path):
                self.assertEqual(self.daemon.get(path).status, 401)
                self.assertEqual(self.daemon.get(path, token="wrong-token-of-nobody").status, 401)
        for path in READS:
            with self.subTest(path):
                self.assertEqual(self.daemon.get(path, token=TOKEN).status, 200)

    def test_health_metrics_and_the_page_do_not(self):
        for path in OPEN:
            with self.subTest(path):
                self.assertEqual(self.daemon.get(path).status, 200)


class OtherPages(ServerTest):
    """Pages of others in the browser of somebody who can reach the server."""

    server = {"token": TOKEN, "hosts": ["lockstep.example.com"]}

    def test_other_names_are_refused(self):
        for host in ["evil.example", "evil.example:7077", "127.0.0.1.evil.example", "localhost.evil.example",
                     "evil.localhost", "lockstep.example.com.evil", "xlockstep.example.com", "127.0.0.1@evil.example",
                     "evil.example@127.0.0.1", "0x7f000001", "2130706433", "127.1", "", "[evil]", ":7077"]:
            for path in ["/", "/health/live", "/metrics", "/openapi.json", "/v1/status", "/nothing"]:
                with self.subTest(host=host, path=path):
                    answer = self.daemon.get(path, headers={"Host": host})
                    self.assertIn(answer.status, [400, 421])
                    if answer.status == 421:
                        self.assertEqual(answer.code, "wrongHost")
        status = ask(self.daemon, b"GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertIn(status, [400, 421])

    def test_two_hosts_do_not_pass(self):
        for hosts in [("evil.example", "127.0.0.1"), ("127.0.0.1", "evil.example")]:
            lines = "".join(f"Host: {host}\r\n" for host in hosts)
            status = ask(self.daemon, f"GET /v1/status HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
            self.assertIn(status, [400, 421], hosts)

    def test_own_names_and_addresses_pass(self):
        for host in ["localhost", "LOCALHOST:7077", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:7077", "192.168.3.4:80",
                     "lockstep.example.com", "Lockstep.Example.com:443"]:
            with self.subTest(host):
                self.assertEqual(self.daemon.get("/v1/status", headers={"Host": host}).status, 200)

    def test_no_answer_allows_other_origins(self):
        origin = {"Origin": "https://evil.example"}
        preflight = {**origin, "Access-Control-Request-Method": "POST",
                     "Access-Control-Request-Headers": "authorization"}
        answers = [self.daemon.get(path, headers=origin) for path in READS + OPEN + ["/nothing"]]
        answers += [self.daemon.request("POST", path, headers=origin) for path in CHANGES]
        refused = [self.daemon.request("OPTIONS", path, headers=preflight) for path in READS + OPEN + CHANGES]
        for answer in answers + refused:
            names = [name for name in answer.headers if name.lower().startswith("access-control-")]
            self.assertEqual(names, [], answer)
        self.assertEqual({answer.status for answer in refused}, {405})

    def test_every_answer_has_the_headers(self):
        answers = [self.daemon.get(path) for path in READS + OPEN + ["/nothing", "/v1/failures?limit=x"]]
        answers += [self.daemon.request("POST", CHANGES[0]), self.daemon.request("PUT", "/"),
                    self.daemon.get("/", headers={"Host": "evil.example"})]
        for answer in answers:
            with self.subTest(answer):
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
                self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "same-origin")
                self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])

    def test_what_tells_of_documents_is_not_kept(self):
        for path in READS:
            with self.subTest(path):
                self.assertEqual(self.daemon.get(path).headers["Cache-Control"], "no-store")

    def test_the_page_runs_its_own_script_and_style_alone(self):
        answer = self.daemon.get("/")
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        page = answer.text
        for tag, directive in [("script", "script-src"), ("style", "style-src")]:
            with self.subTest(tag):
                self.assertEqual(len(re.findall(rf"<{tag}\b", page)), 1)
                [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
                digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                self.assertEqual(policy[directive], f"'sha256-{digest}'")
        self.assertEqual((policy["default-src"], policy["connect-src"]), ("'none'", "'self'"))
        markup = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
        # The policy stops these; a page that has them is broken.
        self.assertEqual(re.findall(r"<[^>]+\s(?:on\w+|style)\s*=", markup), [])
        self.assertEqual(re.findall(r"""(?:src|href)=["'](?:https?:)?//""", markup), [])


class Hostile(ServerTest):
    """Requests that no honest client sends. The server answers or hangs up, and lives."""

    def tearDown(self):
        self.assertEqual(self.daemon.get("/health/live").status, 200)
        self.assertIsNone(self.daemon.process.poll())

    def head(self, length, path=CHANGES[0]):
        return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/json\r\n{length}\r\n\r\n").encode()

    def test_a_large_body_is_refused(self):
        self.assertEqual(self.daemon.post(CHANGES[0], b" " * (64 << 10) + b"{}").status, 413)
        self.assertEqual(self.daemon.post(CHANGES[0], b" " * ((64 << 10) - 2) + b"{}").status, 200)

    def test_a_large_body_is_refused_before_it_is_there(self):
        # Each waits for an answer while the body has not ended.
        for length, body in [("Content-Length: 1000000000", b" " * (65 << 10)),
                             ("Transfer-Encoding: chunked", b"1040\r\n" + b" " * 0x1040 + b"\r\n")]:
            with self.subTest(length):
                body *= 17 if body.startswith(b"1040") else 1
                self.assertEqual(ask(self.daemon, self.head(length) + body), 413)

    def test_bodies_that_are_no_order(self):
        refused = [b"{", b"[]", b"5", b'"x"', b"null", b"\x00", b"\xff\xfe", b"{} {}", b'{"listener": 5}',
                   b'{"document": 1}', b'{"nothing": 1}', b'{"listener": "\xff"}', b"[" * 60_000,
                   b'{"listener":' + b'{"a":' * 9000, b'{"listener": "x", "document": {"$oid": "short"}}',
                   b'{"listener": null}']
        for body in refused:
            with self.subTest(body[:40]):
                self.assertEqual(self.daemon.post(CHANGES[0], body).status, 400)
        answer = self.daemon.post(CHANGES[0], b"{}", headers={"Content-Type": "text/plain"})
        self.assertEqual((answer.status, answer.code), (415, "unsupportedMediaType"))

    def test_operators_in_an_order_reach_no_query(self):
        self.daemon.docs.insert_one({"_id": "op", "text": "refuse"})
        self.daemon.fresh()
        self.assertEqual(self.daemon.get("/v1/failures").json["total"], 1)
        for document in [{"$ne": 1}, {"$gt": ""}, {"$exists": True}, {"$regex": ".*"}, {"$in": ["op"]},
                         {"$not": {"$eq": 1}}]:
            with self.subTest(document):
                answer = self.daemon.post(CHANGES[0], {"listener": LISTENER, "document": document})
                if answer.status == 200:
                    self.assertEqual(answer.json["retried"], 0)
                else:
                    self.assertEqual(answer.status, 400)

    def test_ids_of_no_listener(self):
        names = ["%2e%2e%2f", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "docs%2Ftext%2Fwords%00", "%FF%FE", "%C0%AF",
                 "%", "%zz", "%2", "a" * 2000, "%25%32%46", "docs%252Ftext%252Fwords", "*", "$ne", "{}", "%7B%22$ne%22:1%7D",
                 "%0d%0aX-Evil:%201", "docs%2Ftext%2Fword", "docs%2Ftext%2Fwords%20", "%E2%80%AE"]
        for name in names:
            with self.subTest(name):
                status = ask(self.daemon, self.head("Content-Length: 0", f"/v1/listeners/{name}/pause"))
                self.assertIn(status, [400, 404])
        for path in ["/v1/listeners//pause", "/v1/listeners/pause", "/v1/listeners/docs/text/words/pause",
                     "/../etc/passwd", "//", "/v1/../metrics", "/v1/status/", "/metrics/../v1/status", "/%2e%2e/"]:
            with self.subTest(path):
                # What is the same path in another form is the same; nothing else is there.
                status = ask(self.daemon, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                self.assertIn(status, [200, 400, 404, 405] if path in ["//", "/v1/status/"] else [400, 404, 405])
        self.assertEqual(self.daemon.status["listeners"][0]["state"], "ok")

    def test_raw_bytes_in_an_address(self):
        for name in [b"\xff\xfe", b"\x00", b"a b", b"\x7f"]:
            with self.subTest(name):
                request = (b"POST /v1/listeners/" + name + b"/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                           + TOKEN.encode() + b"\r\nContent-Length: 0\r\n\r\n")
                self.assertIn(ask(self.daemon, request), [400, 404, None])

    def test_requests_that_are_too_long(self):
        for request in [b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                        b"GET /v1/failures?after=" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n"]:
            with self.subTest(request[:30]):
                status = ask(self.daemon, request)
                self.assertTrue(status is None or 400 <= status < 500, status)

    def test_what_is_no_request(self):
        for request in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 50 + b"x", b"HELO\r\n\r\n",
                        b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]:
            with self.subTest(request[:30]):
                with self.daemon.connect() as connection:
                    connection.sendall(request)
                    connection.shutdown(socket.SHUT_WR)
                    status = read(connection)
                    self.assertTrue(status is None or 400 <= status < 500, status)

    def test_what_comes_slowly_holds_nobody_up(self):
        slow = []
        for some in [b"", b"GET / HT", b"GET /health/live HTTP/1.1\r\nHost: 127", self.head("Content-Length: 10") + b"{"]:
            for _ in range(10):
                connection = self.daemon.connect()
                self.addCleanup(connection.close)
                connection.sendall(some)
                slow.append(connection)
        for path in READS + OPEN:
            self.assertEqual(self.daemon.get(path).status, 200)
        # A body that does not come is given up after some seconds, and told.
        self.assertEqual(read(slow[-1]), 408)

    def test_many_idle_connections_stop_no_prediction(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
        idle = []
        for _ in range(600):
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.setblocking(False)
            # Those beyond its line may never be accepted.
            connection.connect_ex(("127.0.0.1", self.daemon.port))
            idle.append(connection)
        self.daemon.docs.insert_many([{"_id": f"idle{number}", "text": "among many"} for number in range(50)])
        wait_until(lambda: self.daemon.docs.count_documents({"_id": {"$regex": "^idle"}, "_outputs.text.words": 2}) == 50,
                   "it predicts beside 600 connections")
        for connection in idle:
            connection.close()
        wait_until(lambda: self.daemon.tried("/health/live") == 200, "it answers again")


class Secrets(ServerTest):
    """Each daemon of these tests looks, when it stops, whether it told the password or the token; here it is tempted."""

    def test_mistakes_do_not_tell_them(self):
        daemon = self.run_daemon({"token": TOKEN})
        text = daemon.configuration.read_text()
        daemon.configuration.write_text(text.replace("lockstep:", "nobody:"))
        daemon.launch()
        code = daemon.process.wait(60)
        self.assertEqual(code, 69, daemon.log.read_text())
        self.assertIn("***", daemon.log.read_text())
        daemon.configuration.write_text(text.replace('"port": 0', '"port": "x"'))
        daemon.launch()
        self.assertEqual(daemon.process.wait(60), 78)

    def test_nothing_tells_them(self):
        for path in READS + OPEN + ["/nothing"]:
            self.daemon.get(path, token=TOKEN)
        self.assertIn("***", self.daemon.status["uri"])
        self.assertNotIn(PASSWORD, self.daemon.status["uri"])
        self.assertEqual(self.daemon.order("pause").status, 200)
        self.assertEqual(self.daemon.order("resume").status, 200)


if __name__ == "__main__":
    unittest.main()
