"""Starts the imitation, sets what it does and asks what it saw."""
import json
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = ROOT / ".lockstep" / "providers"
sys.dont_write_bytecode = True
if str(PACKAGES) not in sys.path:
    # Before .lockstep/python, where other versions of some packages lie.
    sys.path.insert(0, str(PACKAGES))

from imitate.vectors import tokens, vector  # noqa: E402, F401

#: Past the proxy of the environment, whatever the tests set there.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Imitation:
    def __init__(self, **settings):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "imitation.py"), "--set", json.dumps(settings)], stdout=subprocess.PIPE,
            text=True, start_new_session=True)
        self.settings = settings
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise AssertionError(f"the imitation ended with {self.process.wait()}")
        self.port = int(self.url.rsplit(":", 1)[1])

    def control(self, **values):
        request = urllib.request.Request(self.url + "/control", json.dumps(values).encode(), method="POST")
        with direct.open(request) as answer:
            return json.load(answer)

    def begin(self, **values):
        """From the start: nothing seen, and only this set."""
        self.control(reset=True, **values)

    def tally(self, *parts):
        with direct.open(f"{self.url}/control?" + "&".join(f"{part}=1" for part in parts)) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()
