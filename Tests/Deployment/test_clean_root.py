"""The package in clean Debian systems: installed, run under systemd, removed. `make deployment` runs these."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import CHECKOUT, CLEAN_ROOT, clean_root, needs, newest_package

TOOLS = CHECKOUT / ".lockstep"
INSIDE = """
[Service]
ExecStart=/usr/bin/python3 /root/inside.py {port}
StandardOutput=journal+console
"""


@unittest.skipUnless(CLEAN_ROOT, "takes a minute and root; DEPLOYMENT_CLEAN_ROOT=1, or make deployment")
@unittest.skipIf(clean_root.missing(), clean_root.missing())
@unittest.skipUnless(newest_package(), "no package in .build: make deb")
class CleanRootTest(unittest.TestCase):
    """Has a root; no tests of its own."""

    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="lockstep-root-"))
        self.addCleanup(shutil.rmtree, folder)
        self.root = clean_root.CleanRoot(folder / "root", "bookworm", CHECKOUT / ".build")

    def sh(self, script, code=0):
        done = self.root.run(["bash", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, code, f"{script}\n{done.stdout}")
        return done.stdout

    def install_package(self, *others):
        shutil.copy(newest_package(), self.root.folder / "root")
        self.sh(f"apt-get install -y --no-install-recommends /root/{newest_package().name} {' '.join(others)}")


class Package(CleanRootTest):
    def test_it_installs_works_and_goes_without_a_trace(self):
        self.sh("apt-get update")
        before, accounts = self.root.files(), self.accounts()
        self.install_package()
        self.assertRegex(self.sh("lockstep --version"), r"^\d+\.\d+\.\d+\n$")
        self.assertIn("there is no such file", self.sh("lockstep check", code=78))
        self.assertEqual(self.sh("stat -c '%U:%G %a' /etc/lockstep"), "root:lockstep 750\n")
        self.assertIn(":/var/lib/lockstep:/usr/sbin/nologin", self.sh("getent passwd lockstep"))

        # As an operator leaves it.
        self.sh("cp /usr/share/doc/lockstep/examples/* /etc/lockstep")
        wants = "/etc/systemd/system/multi-user.target.wants"  # where `systemctl enable` puts it
        self.sh(f"mkdir -p {wants}; ln -s /lib/systemd/system/lockstep.service {wants}")
        self.sh("install -d -o lockstep -g lockstep /var/lib/lockstep/.cache")
        self.sh(f"apt-get install -y --reinstall /root/{newest_package().name}")
        self.assertIn("lockstep.yaml", self.sh("ls /etc/lockstep"))
        self.sh("apt-get remove -y lockstep")
        self.assertIn("lockstep.yaml", self.sh("ls /etc/lockstep"))
        self.sh("apt-get purge -y lockstep")
        self.assertEqual(self.sh("ls /etc/lockstep"), "words.py\n")
        self.sh("rm -r /etc/lockstep; apt-get autoremove -y --purge")
        (self.root.folder / "root" / newest_package().name).unlink()
        self.assertEqual(self.root.files() - before, set())
        self.assertEqual(self.accounts(), accounts)

    def test_manual_and_completions_are_found(self):
        # A minimal Debian in a container leaves manuals out; a whole one has them.
        self.sh("apt-get update")
        self.install_package("man-db", "bash-completion", "zsh", "fish")
        self.assertIn("SEE ALSO", self.sh("man lockstep-run"))
        self.assertIn("lockstep (1)", self.sh("apropos 'predictions in step'"))
        loaded = self.sh("source /usr/share/bash-completion/bash_completion; _completion_loader lockstep; "
                         "complete -p lockstep", code=0)
        self.assertIn("-F _lockstep lockstep", loaded)
        self.assertEqual(self.sh("zsh -f -c 'autoload -Uz compinit; compinit -u -D; echo $_comps[lockstep]'"),
                         "_lockstep\n")
        self.assertIn("verify", self.sh("fish -c 'complete -C \"lockstep veri\"'"))

    def accounts(self):
        return [(self.root.folder / "etc" / name).read_text() for name in ("passwd", "group")]


@needs("systemd-nspawn")
@unittest.skipUnless((TOOLS / "mongodb/bin/mongod").exists() and (TOOLS / "models/all-MiniLM-L6-v2").exists(),
                     "no MongoDB or no model in .lockstep: make setup")
class Service(CleanRootTest):
    """One system is booted; inside.py uses the service in it, and each test judges some of what it saw."""
    facts = None

    def setUp(self):
        if Service.facts is None:
            super().setUp()
            self.sh("apt-get update")
            self.install_package("systemd", "dbus", "python3", "libcurl4")
            Service.facts = self.boot()
        self.assertNotIn("error", self.facts, self.facts.get("error", "") + self.facts["log"])

    def test_nothing_starts_without_a_configuration(self):
        self.assertEqual((self.facts["enabled"], self.facts["withoutConfiguration"]), ("disabled", 1))

    def test_a_bad_configuration_fails_once(self):
        self.assertEqual(self.facts["bad"], {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"})

    def test_both_kinds_of_models_predict_in_the_sandbox(self):
        self.assertEqual(self.facts["running"], {"ActiveState": "active", "User": "lockstep", "NRestarts": "0"})
        self.assertIn("ok     model minilm", self.facts["check"])
        self.assertEqual(self.facts["confined"], {"CapBnd": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"})
        self.assertEqual(self.facts["writable"], ["/var/lib/lockstep", "/tmp"])

    def test_a_reload_keeps_the_process(self):
        if self.facts["reload"] is None:
            self.skipTest("this lockstep has no `reload`")
        self.assertEqual((self.facts["reload"], self.facts["sameProcess"]), (0, True), self.facts["reloadSays"])

    def test_a_killed_one_is_started_again(self):
        self.assertEqual(self.facts["restarts"], 1)

    def test_a_stop_saves_the_position_and_leaves_no_program_of_a_model(self):
        stopped = {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}
        self.assertEqual((self.facts["stopped"], self.facts["left"]), (stopped, []))
        self.assertIn("stopped; position saved", self.facts["log"])

    def test_a_stop_leaves_the_programs_of_models_to_lockstep(self):
        self.assertNotIn("the model was told to stop", self.facts["log"])

    def boot(self):
        """Boots the root, lets inside.py work in it, and returns what it saw."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        folder = self.root.folder
        shutil.copy(Path(__file__).with_name("inside.py"), folder / "root")
        units = folder / "etc/systemd/system"
        (units / "inside.service").write_text(INSIDE.format(port=port))
        (units / "multi-user.target.wants").mkdir(exist_ok=True)
        (units / "multi-user.target.wants/inside.service").symlink_to("../inside.service")
        # The host's kind of control groups; systemd asks nobody in its own.
        environment = dict(os.environ)
        if Path("/sys/fs/cgroup/systemd").exists():
            environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "0"
        binds = [f"--bind-ro={TOOLS / name}:/opt/tools/{name}" for name in ("mongodb", "python", "models")]
        with tempfile.TemporaryFile("w+", errors="replace") as console:
            subprocess.run(["timeout", "--signal=KILL", "300", "systemd-nspawn", "--directory", str(folder), "--quiet",
                            "--register=no", "--keep-unit", *binds, "--boot"],
                           env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
            console.seek(0)
            found = folder / "facts.json"
            self.assertTrue(found.exists(), console.read()[-3000:])
        return json.loads(found.read_text())


if __name__ == "__main__":
    unittest.main()
