"""Where the server listens, and what becomes of a port that is taken."""
import os
import socket
import subprocess
import unittest

from support import BINARY, TOKEN, Daemon, ServerTest, free_port, wait_until


def listening(pid):
    """How many TCP sockets a process listens on."""
    held = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            held.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except OSError:
            pass
    count = 0
    for table in ["tcp", "tcp6"]:
        with open(f"/proc/{pid}/net/{table}") as rows:
            fields = [row.split() for row in list(rows)[1:]]
            count += sum(row[3] == "0A" and f"socket:[{row[9]}]" in held for row in fields)
    return count


class Port(ServerTest):
    def test_it_listens_once_and_only_on_loopback(self):
        self.assertEqual(listening(self.daemon.process.pid), 1)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.2", self.daemon.port), timeout=10).close()

    def test_off_means_that_nothing_listens(self):
        daemon = self.run_daemon("off").launch()
        self.assertIsNone(daemon.greeting["server"])
        self.assertEqual(listening(daemon.process.pid), 0)
        daemon.docs.insert_one({"_id": 1, "text": "still at work"})
        wait_until(lambda: daemon.docs.find_one({"_outputs.text.words": 3}), "it predicts without a server")
        self.assertEqual(daemon.stop(), 0)

    def test_a_port_that_is_taken_stops_nothing(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            daemon = self.run_daemon(port=other.getsockname()[1]).launch()
            self.assertIsNone(daemon.greeting["server"])
            daemon.docs.insert_one({"_id": 1, "text": "still at work"})
            wait_until(lambda: daemon.docs.find_one({"_outputs.text.words": 3}), "it predicts without its port")
            log = daemon.log.read_text()
            self.assertEqual(log.count(f"127.0.0.1:{daemon.port} is taken"), 1, log)
        daemon.wait_ready()
        self.assertEqual(daemon.status["pid"], daemon.process.pid)

    def test_one_that_stands_by_takes_over_the_port(self):
        port = free_port()
        first = self.run_daemon(port=port).start()
        second = self.run_daemon(database=first.database, port=port).launch()
        wait_until(lambda: "is taken" in second.log.read_text(), "the second one finds the port taken")
        self.assertEqual(first.status["pid"], first.process.pid)
        first.kill()
        wait_until(lambda: second.tried("/health/ready") == 200, "the second one serves")
        self.assertEqual(second.status["pid"], second.process.pid)

    def test_a_server_for_others_needs_a_token(self):
        daemon = self.run_daemon({"host": "0.0.0.0"})
        result = subprocess.run(
            [BINARY, "run", "-c", str(daemon.configuration)], capture_output=True, text=True, timeout=60)
        line = 1 + daemon.configuration.read_text().splitlines().index('  "host": "0.0.0.0",')
        self.assertEqual(result.returncode, 78)
        self.assertRegex(result.stderr, rf"lockstep\.yaml:{line}: .*`0\.0\.0\.0`.*`token`")

    def test_it_can_be_started_again_at_once(self):
        daemon = Daemon({"token": TOKEN}).start()
        self.addCleanup(daemon.stop)
        held = daemon.connect()
        self.addCleanup(held.close)
        port = daemon.port
        self.assertEqual(daemon.stop(), 0)
        again = self.run_daemon(database=daemon.database, port=port).start()
        self.assertEqual(again.port, port)


if __name__ == "__main__":
    unittest.main()
