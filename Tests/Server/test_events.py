"""The stream of events that the dashboard reads."""
import json
import pathlib
import socket
import threading
import time
import unittest

import jsonschema

from support import LISTENER, PATIENCE, ROOT, TOKEN, ServerTest

DESCRIPTION = ROOT / "Sources" / "LockstepServer" / "API" / "openapi.json"


def validator(name):
    description = json.loads(pathlib.Path(DESCRIPTION).read_text())
    return jsonschema.Draft202012Validator(
        {**description, "$ref": f"#/components/schemas/{name}"},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


class Stream:
    """Reads server-sent events as they come."""

    def __init__(self, daemon, token=None):
        self.connection = daemon.connect()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self.connection.sendall(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}\r\n".encode())
        self.file = self.connection.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while line := self.file.readline().strip():
            name, value = line.decode().split(": ", 1)
            self.headers[name.lower()] = value

    def chunks(self):
        """The body; ends when the server ends it, and fails when it breaks off."""
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError("the stream broke off")
            size = int(line, 16)
            data = self.file.read(size)
            self.file.readline()
            if not size:
                return
            yield data

    def events(self):
        """(name, data) of each."""
        text = b""
        for chunk in self.chunks():
            text += chunk
            while b"\n\n" in text:
                event, text = text.split(b"\n\n", 1)
                lines = [line.split(": ", 1) for line in event.decode().split("\n") if not line.startswith(":")]
                if lines:
                    fields = dict(lines)
                    yield fields["event"], json.loads(fields["data"])

    def next(self, name, condition=lambda data: True):
        for event, data in self.events():
            if event == name and condition(data):
                return data
        raise AssertionError(f"the stream ended without {name}")

    def close(self):
        self.file.close()
        self.connection.close()


class Events(ServerTest):
    def stream(self, daemon=None):
        stream = Stream(daemon or self.daemon)
        self.addCleanup(stream.close)
        self.assertEqual((stream.status, stream.headers["content-type"]), (200, "text/event-stream"))
        self.assertEqual(stream.headers["cache-control"], "no-store")
        return stream

    def test_a_status_each_second(self):
        check = validator("Status")
        events = self.stream().events()
        times = []
        while len(times) < 3:
            name, data = next(events)
            if name == "status":
                check.validate(data)
                times.append(data["at"])
        self.assertEqual(len(set(times)), 3)
        self.assertEqual(times, sorted(times))

    def test_each_change_with_its_time(self):
        stream = self.stream()
        check = validator("Changes")
        outcomes = {}
        events = stream.events()

        def wait_for(document, outcome):
            for name, data in events:
                if name != "changes":
                    continue
                check.validate(data)
                for change in data["changes"]:
                    if change["document"] == document:
                        outcomes[document] = change
                if outcomes.get(document, {}).get("outcome") == outcome:
                    return outcomes[document]
            raise AssertionError("the stream ended")
        self.daemon.docs.insert_one({"_id": "shown", "text": "one two"})
        stored = wait_for("shown", "stored")
        self.assertEqual(stored["listener"], LISTENER)
        self.assertGreater(stored["milliseconds"], 0)
        self.daemon.docs.update_one({"_id": "shown"}, {"$unset": {"text": 1}})
        removed = wait_for("shown", "removed")
        self.assertGreater(removed["seq"], stored["seq"])
        self.daemon.docs.insert_one({"_id": "refused", "text": "refuse"})
        wait_for("refused", "parked")

    def test_a_storm_of_changes_is_counted_not_told(self):
        stream = self.stream()
        self.daemon.docs.insert_many([{"text": f"storm {number}"} for number in range(3000)])
        self.assertEqual(self.daemon.fresh().status, 200)
        seen, skipped, last = 0, 0, 0
        check = validator("Changes")
        for name, data in stream.events():
            if name == "changes":
                check.validate(data)
                self.assertLessEqual(len(data["changes"]), 20)
                numbers = [change["seq"] for change in data["changes"]]
                self.assertEqual(numbers, sorted(set(numbers)))
                self.assertGreater(numbers[0], last)
                last = numbers[-1]
                seen += len(data["changes"])
                skipped += data["skipped"]
            if seen + skipped >= 3000:
                break
        self.assertGreater(skipped, 0)

    def test_who_leaves_is_forgotten(self):
        daemon = self.run_daemon().start()

        def held():
            return int(next(line for line in daemon.get("/metrics").text.splitlines()
                            if line.startswith("process_open_fds")).split()[1])
        before = held()
        streams = [self.stream(daemon) for _ in range(30)]
        # Some that belong to MongoDB come and go.
        self.assertGreater(held(), before + 20)
        for stream in streams:
            stream.close()
        deadline = time.monotonic() + PATIENCE
        while held() > before + 5:
            self.assertLess(time.monotonic(), deadline, "connections of those who left stay open")
            time.sleep(0.1)

    def test_one_who_does_not_read_holds_nobody_up(self):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", self.daemon.port))
            deaf.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            reader = self.stream()
            for number in range(5):
                self.daemon.docs.insert_one({"_id": f"deaf{number}", "text": "one two three"})
                self.assertEqual(self.daemon.fresh().status, 200)
            reader.next("status", lambda status: status["counts"]["inserts"] >= 5)

    def test_all_of_it_ends_with_the_daemon(self):
        daemon = self.run_daemon({"token": TOKEN}).start()
        streams = [self.stream(daemon) for _ in range(20)]
        for stream in streams:
            stream.next("status")
        answers = []

        def wait():
            try:
                answers.append(daemon.fresh("4000000000.1", timeout=60).status)
            except OSError:
                answers.append(None)
        waits = [threading.Thread(target=wait) for _ in range(20)]
        for thread in waits:
            thread.start()
        daemon.docs.insert_one({"_id": 1, "text": "one two"})
        self.assertEqual(daemon.fresh().status, 200)
        # It has 5 s to drain, and gives up after 20 with another code.
        self.assertEqual(daemon.stop(), 0)
        self.assertIn("stopped; position saved", daemon.log.read_text())
        for stream in streams:
            # Ended as it should be, not broken off.
            list(stream.events())
        for thread in waits:
            thread.join(PATIENCE)
        self.assertEqual(len(answers), 20)
        self.assertEqual(set(answers) - {503, 504, None}, set())


if __name__ == "__main__":
    unittest.main()
