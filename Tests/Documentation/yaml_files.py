"""YAML of the pages: configurations of Lockstep are loaded by `lockstep check`, others are read."""
import json
import re

from page import Wrong

# What a page that shows one section leaves out.
REST = {
    "mongodb": "mongodb: {uri: 'mongodb://127.0.0.1:27017/?replicaSet=rs0', database: shop}\n",
    "models": "models: {words: {exec: [python3, words.py]}}\n",
    "listeners": "listeners: [{model: words, on: docs, key: text}]\n",
}
OURS = re.compile(r"^(mongodb|models|listeners|server|reconcileEvery):", re.MULTILINE)


def is_ours(text):
    return OURS.search(text) is not None


def check_ours(page, block):
    if block.first_line == "# wrong on purpose":
        return  # what is said of it is shown below it, and compared
    text = block.text
    given = set(OURS.findall(text))
    if "models" in given and "listeners" not in given:
        names = re.findall(r"^  (\w+):", text.split("models:", 1)[1], re.MULTILINE)
        text += "listeners:\n" + "".join(f"  - {{model: {name}, on: docs, key: {name}}}\n" for name in names)
        given.add("listeners")
    if "listeners" in given and "models" not in given:
        names = sorted(set(re.findall(r"model: *(\w+)", text)))
        text += "models:\n" + "".join(f"  {name}: {{exec: [cat]}}\n" for name in names)
        given.add("models")
    text += "".join(part for key, part in REST.items() if key not in given)
    page.save("try/lockstep.yaml", text)
    if not (page.folder / "try/models").exists():
        (page.folder / "try/models").symlink_to(page.folder / "models")
        (page.folder / "try/.lockstep").symlink_to(page.folder / ".lockstep")
    # Variables without a default are set by whoever runs it.
    uri = page.put("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    given = "".join(f"export {name}='{uri if name.endswith('URI') else 'a-value-of-some-length'}'; "
                    for name in set(re.findall(r"\$\{(\w+)\}", text)))
    code, lines = page._shell(f"(cd '{page.folder}/try'; {given} lockstep check --json 2>/dev/null)")
    try:
        checks = json.loads("\n".join(lines))["checks"]
    except (ValueError, KeyError):
        raise Wrong(f"{block.place}: `lockstep check` said\n" + "\n".join(lines)) from None
    found = [check for check in checks if check["what"] == "configuration"]
    if not found or not all(check["ok"] for check in found):
        raise Wrong(f"{block.place}: {found or checks}")


def check_other(block):
    """Read by whatever reads YAML here: PyYAML, or promtool for what is Prometheus's."""
    try:
        import yaml
    except ImportError:
        if "\t" in block.text:
            raise Wrong(f"{block.place}: tabs are no YAML") from None
        return
    if not all(isinstance(document, dict) for document in yaml.safe_load_all(block.text)):
        raise Wrong(f"{block.place}: is no mapping")
