"""The completions, in the shells themselves."""
import os
import pty
import select
import time
import unittest

from support import installed, needs, run

BASH = """
source "$1"
complete -p lockstep
COMP_WORDS=(lockstep "${@:2}") COMP_CWORD=$(($# - 1)) COMP_LINE="lockstep ${*:2}" COMP_POINT=${#COMP_LINE}
_lockstep lockstep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def share(name):
    return installed() / "usr/local/share" / name


class Bash(unittest.TestCase):
    def complete(self, *words):
        done = run("bash", "--norc", "-c", BASH, "bash", share("bash-completion/completions/lockstep"), *words)
        first, *offered = done.stdout.splitlines()
        self.assertIn("-F _lockstep lockstep", first)
        return offered

    def test_commands_are_completed(self):
        self.assertEqual(self.complete("veri"), ["verify"])

    def test_options_of_a_command_are_completed(self):
        self.assertEqual(self.complete("verify", "--re"), ["--repair", "--recompute"])

    def test_values_are_completed(self):
        self.assertEqual(self.complete("run", "--log-level", "n"), ["notice"])


@needs("zsh")
class Zsh(unittest.TestCase):
    def test_a_command_is_completed_as_one_types(self):
        folder = share("zsh/site-functions")
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "> "})
        try:
            os.write(terminal, f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; echo re''ady\n".encode())
            self.read_until(terminal, "ready")
            os.write(terminal, b"lockstep veri\t --recom\t")
            self.read_until(terminal, "verify  --recompute")
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(terminal)

    def read_until(self, terminal, words):
        seen, deadline = "", time.monotonic() + 60
        while words not in seen:
            if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                self.fail(f"zsh does not show {words!r}, but {seen!r}")
            seen += os.read(terminal, 4096).decode(errors="replace").replace("\r", "").replace("\b", "")


@needs("fish")
class Fish(unittest.TestCase):
    def complete(self, line):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_DATA_DIRS": str(share(""))}
        done = run("fish", "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]',
                   share("fish/vendor_completions.d/lockstep.fish"), line, env=environment)
        return [offer.split("\t")[0] for offer in done.stdout.splitlines()]

    def test_commands_are_completed(self):
        self.assertEqual(self.complete("lockstep veri"), ["verify"])

    def test_options_of_a_command_are_completed(self):
        self.assertEqual(set(self.complete("lockstep verify --re")), {"--repair", "--recompute"})


if __name__ == "__main__":
    unittest.main()
