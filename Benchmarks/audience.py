"""Those who look at a Lockstep that works: a dashboard that is open, and a Prometheus."""
import socket
import threading
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Audience:
    """While it lasts: reads the live stream, history and failures as the page does, and the metrics each second."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self.ends = threading.Event()
        self.events = self.scrapes = 0
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._follow, self._scrape)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join(10)

    def require_seen(self):
        if not self.events or not self.scrapes:
            raise RuntimeError(f"nobody looked: {self.events} events and {self.scrapes} scrapes")

    def _follow(self):
        while not self.ends.is_set():
            try:
                for path in ("/", "/v1/history", "/v1/failures?limit=25"):
                    urllib.request.urlopen(self.address + path, timeout=5).read()
                with urllib.request.urlopen(self.address + "/v1/events", timeout=5) as stream:
                    for line in stream:
                        self.events += line.startswith(b"event:")
                        if self.ends.is_set():
                            return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)

    def _scrape(self):
        while not self.ends.is_set():
            try:
                urllib.request.urlopen(self.address + "/metrics", timeout=5).read()
                self.scrapes += 1
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
                continue
            self.ends.wait(1)
