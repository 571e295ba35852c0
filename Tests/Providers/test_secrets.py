"""The key shows nowhere, and requests go only where the configuration says."""
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import unittest

from daemons import BINARY, KEY, ProviderTest, each, wait_until
from imitated import HERE, Imitation
from proxy import Proxy


class Key(ProviderTest):
    def everything(self, daemon):
        """All that the daemon tells by HTTP, and what lies in MongoDB beside the documents."""
        found = [daemon.get(path).text for path in ("/", "/v1/status", "/metrics", "/v1/failures", "/health/ready", "/openapi.json")]
        for name in daemon.db.list_collection_names():
            found += [str(document) for document in daemon.db[name].find()]
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return "\n".join(found)

    @each({}, {"keys": ["another"]}, {"quota": True}, {"poison": ["number 3"]})
    def test_it_shows_nowhere(self, settings):
        environment = {"PROVIDER_KEY": KEY}
        self.imitation.begin(**{"keys": [KEY], **settings})
        daemon = self.daemon(self.http(key="${PROVIDER_KEY}"), environment=environment, start=False)
        self.insert(daemon, self.texts(20))
        daemon.serve()
        wait_until(lambda: self.imitation.tally()["requests"] >= 1, "it asks")
        if "keys" not in settings and "quota" not in settings:
            wait_until(lambda: len(self.stored(daemon)) >= 19, "vectors")
        self.assertNotIn(KEY, self.everything(daemon))
        for command in (["check"], ["status"], ["status", "--json"], ["plan"], ["costs"], ["failures", "list"], ["probe", "m"],
                        ["check", "--log-level", "trace"]):
            done = daemon.command(*command)
            self.assertNotIn(KEY, done.stdout + done.stderr, command)

    @each({"api": "opanai"}, {"modle": "x"}, {"dimensions": "many"}, {"key": {"of": KEY}})
    def test_a_bad_configuration_does_not_show_it(self, broken):
        daemon = self.daemon(self.http() | broken, start=False)
        done = daemon.command("check")
        self.assertEqual(done.returncode, 78)
        self.assertNotIn(KEY, done.stdout + done.stderr)

    def test_a_provider_that_repeats_it(self):
        """An error that quotes the whole key."""
        words = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}
        self.imitation.begin(fail=[{"times": 1000, "status": 401, "body": words}])
        daemon = self.daemon(start=False)
        self.insert(daemon, self.texts(3))
        daemon.serve()
        self.await_words(daemon, "key")
        self.assertNotIn(KEY, self.everything(daemon))


class OnlyThere(ProviderTest):
    @each(301, 302, 307, 308)
    def test_no_redirect_is_followed(self, status):
        other = Imitation()
        self.addCleanup(other.stop)
        self.imitation.begin(keys=[KEY], redirect=[{"times": 1000, "status": status, "to": other.url + "/v1/embeddings"}])
        daemon = self.daemon(start=False)
        self.insert(daemon, self.texts(3))
        daemon.serve()
        self.await_words(daemon, "redirect")
        self.assertEqual(other.tally()["requests"], 0)
        self.assertEqual(self.stored(daemon), {})

    @each("http_proxy", "HTTP_PROXY")
    def test_the_proxy_of_the_environment(self, name):
        proxy = Proxy(self.imitation.port)
        self.addCleanup(proxy.stop)
        http = self.http()
        http["url"] = "http://provider.test/v1"
        daemon = self.daemon(http, environment={name: proxy.url})
        self.insert(daemon, self.texts(3))
        self.fresh(daemon)
        self.assertVectors(daemon, self.texts(3))
        self.assertTrue(any("provider.test" in line for line in proxy.asked), proxy.asked)

    def test_what_is_to_go_past_the_proxy(self):
        proxy = Proxy(self.imitation.port)
        self.addCleanup(proxy.stop)
        daemon = self.daemon(environment={"http_proxy": proxy.url, "no_proxy": "localhost,127.0.0.1"})
        self.insert(daemon, self.texts(3))
        self.fresh(daemon)
        self.assertEqual(proxy.asked, [])

    def test_a_certificate_that_nobody_vouches_for(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key", "-out", folder / "cert"], check=True, capture_output=True)
        process = subprocess.Popen(
            ["python3", str(HERE / "imitation.py"), "--certificate", folder / "cert", "--key", folder / "key"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        url = process.stdout.readline().strip()
        http = self.http()
        http["url"] = url + "/v1"
        daemon = self.daemon(http, start=False)
        self.insert(daemon, self.texts(3))
        daemon.serve()
        self.await_words(daemon, "certificate")
        self.assertEqual(self.stored(daemon), {})
        # Nothing was said before it was trusted.
        context = ssl.create_default_context(cafile=folder / "cert")
        import urllib.request
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(url + "/control") as answer:
            self.assertEqual(json.load(answer)["requests"], 0)

    def test_nothing_is_sent_where_nothing_is_configured(self):
        """`init` looks for servers and keys, and sends no data."""
        folder = tempfile.mkdtemp()
        daemon = self.daemon()
        self.insert(daemon, self.texts(3))
        self.fresh(daemon)
        before = self.imitation.tally()["inputs"]
        environment = {**os.environ, "OPENAI_API_KEY": KEY, "MONGODB_URI": daemon.mongod.uri("lockstep")}
        begun = subprocess.run([BINARY, "init", "--database", daemon.database], cwd=folder, capture_output=True,
                               text=True, env=environment, timeout=60)
        self.assertEqual(begun.returncode, 0, begun.stderr)
        self.assertNotIn(KEY, (pathlib.Path(folder) / "lockstep.yaml").read_text() + begun.stdout + begun.stderr)
        self.assertEqual(self.imitation.tally()["inputs"], before)


if __name__ == "__main__":
    unittest.main()
