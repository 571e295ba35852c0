"""The Dockerfile: what can be tried without its image, and the image's steps in a clean Debian system."""
import http.server
import importlib.machinery
import importlib.util
import json
import re
import socket
import subprocess
import threading
import unittest

from support import CHECKOUT, CLEAN_ROOT, clean_root, newest_package, run


def load():
    loader = importlib.machinery.SourceFileLoader("try_dockerfile", str(CHECKOUT / "packaging/try-dockerfile"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def steps():
    return load().steps((CHECKOUT / "packaging/Dockerfile").read_text())


class HealthCheck(unittest.TestCase):
    def check(self, port):
        health = next(rest for word, rest in steps() if word == "HEALTHCHECK")
        command = json.loads(re.search(r"CMD (\[.*\])", health)[1])
        return run(*(word.replace("7077", str(port)) for word in command)).returncode

    def answer(self, code):
        """The exit code of the check when the server answers with this status."""
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["Host"]))
                self.send_response(code)
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = server.server_address[1]
            try:
                status = self.check(port)
            finally:
                server.shutdown()
        self.assertEqual(asked, [("/health/live", f"127.0.0.1:{port}")])
        return status

    def test_a_server_that_lives_is_healthy(self):
        self.assertEqual(self.answer(200), 0)

    def test_one_that_answers_with_an_error_is_not(self):
        self.assertEqual(self.answer(503), 1)

    def test_none_is_not(self):
        with socket.socket() as bound:  # and does not listen
            bound.bind(("127.0.0.1", 0))
            self.assertEqual(self.check(bound.getsockname()[1]), 1)


class Image(unittest.TestCase):
    def test_it_does_not_run_as_root(self):
        self.assertEqual([rest for word, rest in steps() if word == "USER"][-1:], ["lockstep"])

    def test_what_is_sent_to_the_build_is_what_the_build_needs(self):
        ignore = load().ignored(CHECKOUT, (CHECKOUT / ".dockerignore").read_text())
        names = ["Sources", "Tests", "packaging", "Package.swift", "CHANGELOG.md", ".git", ".build", ".lockstep", "docs"]
        self.assertEqual(ignore(CHECKOUT, names), [".git", ".build", ".lockstep", "docs"])
        self.assertEqual(ignore(CHECKOUT / "Sources", ["Lockstep"]), [])

    @unittest.skipUnless(CLEAN_ROOT, "takes a minute and root; DEPLOYMENT_CLEAN_ROOT=1, or make deployment")
    @unittest.skipIf(clean_root.missing(), clean_root.missing())
    @unittest.skipUnless(newest_package(), "no package in .build: make deb")
    def test_every_step_of_the_image_works(self):
        done = subprocess.run([CHECKOUT / "packaging/try-dockerfile", "--package", newest_package()],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("every step worked", done.stdout)


if __name__ == "__main__":
    unittest.main()
