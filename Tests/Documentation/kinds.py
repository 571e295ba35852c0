"""What is done with a block, by its language and by the comment before it; None for a kind that nobody knows.

The comments, which readers do not see:
    <!-- file: NAME -->   the reader saves the block under that name
    <!-- same: PATH -->   the block is that file of the repository
    <!-- output -->       what the Python program before it prints
    <!-- sample -->       shown alone; it stands in SHOWN of not_run.py, with the reason
    <!-- given: JSON -->  a document that shop.docs must hold before the block
"""
import configparser
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from bson import json_util

import yaml_files
from markdown import ROOT
from page import Wrong
import console
import mongo_shell
import not_run


def perform(page, block):
    """Does the block, or raises what is wrong with it."""
    if block.name == "file":
        page.save(block.value, block.text)
    elif block.name == "same":
        if (ROOT / block.value).read_text(encoding="utf-8") != block.text:
            raise Wrong(f"{block.place}: differs from {block.value}")
        return
    elif block.name == "output":
        if not console.matches(block.text.splitlines(), page.printed):
            raise Wrong(f"{block.place}: the program printed\n" + "\n".join(page.printed))
        return
    elif block.name == "sample":
        return not_run.require_shown(block)
    elif block.name == "given":
        page.client.shop.docs.insert_one(json_util.loads(block.value))
    elif block.name:
        raise Wrong(f"{block.place}: nobody knows the comment `{block.name}`")
    action = KINDS.get(block.language)
    if action is None:
        raise Wrong(f"{block.place}: nobody knows how to try a block of `{block.language or 'no language'}`")
    action(page, block)


def _console(page, block):
    for command in console.commands(block):
        if not_run.is_left_out(command.text):
            not_run.require_exists(f"{block.page}:{command.line}", command.text)
        else:
            page.run(command)


def _python(page, block):
    compile(block.text, block.place, "exec")
    if block.name != "file":
        page.printed = page.script(block.place, block.text)


def _yaml(page, block):
    if yaml_files.is_ours(block.text):
        yaml_files.check_ours(page, block)
    else:
        yaml_files.check_other(block)


def _json(page, block):
    try:
        json.loads(block.text)
    except ValueError:
        for line in block.text.splitlines():
            json.loads(line)


def _ini(page, block):
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#", ";"))
    parser.optionxform = str
    parser.read_string(block.text)
    if not parser.sections():
        raise Wrong(f"{block.place}: there is no section")


def _nginx(page, block):
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if block.text.count("{") != block.text.count("}"):
        raise Wrong(f"{block.place}: braces do not match")
    if not nginx:
        return
    with tempfile.TemporaryDirectory(prefix="lockstep-docs-") as folder:
        for name in ("key", "crt"):
            if f"lockstep.{name}" in block.text:
                _certificate(folder)
        text = re.sub(r"/etc/\S*?/(lockstep\.(?:key|crt))", rf"{folder}/\1", block.text)
        whole = (f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; "
                 + "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in
                           ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) + text + "}")
        Path(folder, "nginx.conf").write_text(whole)
        done = subprocess.run([nginx, "-t", "-c", f"{folder}/nginx.conf"], capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"{block.place}: {done.stderr}")


def _certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
                    f"{folder}/lockstep.key", "-out", f"{folder}/lockstep.crt"], check=True, capture_output=True)


def _protocol(page, block):
    """`→` and `←` before lines of the exec protocol."""
    lines = block.text.splitlines()
    if not all(line[:2] in ("→ ", "← ") for line in lines):
        raise Wrong(f"{block.place}: a block without a language, and no conversation of the exec protocol: "
                    "mark what it is")
    for line in lines:
        json.loads(line[2:])


KINDS = {
    "console": _console, "python": _python, "yaml": _yaml, "json": _json, "ini": _ini, "nginx": _nginx, "": _protocol,
    "js": mongo_shell.perform,
    # All of a page are compiled at once, see swift_snippets.py.
    "swift": lambda page, block: None,
}
