"""The few statements for mongosh that the pages show, done with pymongo: there is no mongosh among the tools."""
import json
import re

from page import Wrong

STATEMENT = re.compile(
    r'db(?:\.getSiblingDB\("(?P<database>[^"]+)"\))?\.(?P<function>adminCommand|createUser)\((?P<argument>\{.*?\})\)'
    r"(?=;|\s*$)", re.DOTALL | re.MULTILINE)


def perform(page, block):
    text = re.sub(r"\s+//.*$", "", block.text, flags=re.MULTILINE).strip()
    database = "admin"
    if use := re.match(r"use (\w+)\n", text):
        database, text = use[1], text[use.end():]
    position = 0
    while position < len(text):
        statement = STATEMENT.match(text, position)
        if not statement:
            raise Wrong(f"{block.place}: nobody knows how to do `{text[position:].splitlines()[0]}`")
        _do(page.client, statement["database"] or database, statement["function"], _object(statement["argument"]))
        position = statement.end()
        position += len(text[position:]) - len(text[position:].lstrip("; \n"))


def _object(text):
    text = text.replace("passwordPrompt()", '"secret"')
    return json.loads(re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', text))


def _do(client, database, function, argument):
    if function == "adminCommand":
        client.admin.command(argument)
        return
    name = argument.pop("user")
    client[database].command("createUser", name, **argument)
    client[database].command("dropUser", name)
