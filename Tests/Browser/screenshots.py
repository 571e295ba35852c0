"""Pictures of the real dashboard for the documentation, with the packages of the demo and traffic that rises and falls."""
import json
import math
import pathlib
import random
import shutil
import tempfile
import time

from chromium import Page
from daemon import ROOT, Lockstep

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "a-token-for-the-pictures-0123456789"
CONFIGURATION = f"""
mongodb:
  uri: mongodb://127.0.0.1:27017
  database: shop
server:
  port: {{port}}
  token: {TOKEN}
models:
  minilm:
    openvino: {ROOT}/.lockstep/models/all-MiniLM-L6-v2
  words:
    exec: [python3, words.py, mood]
    version: "1"
listeners:
  - model: minilm
    on: packages
    key: description
  - model: words
    on: packages
    key: description
"""


def take(binary, target, minutes):
    target.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-pictures-"))
    lockstep, page = Lockstep(binary, folder, CONFIGURATION), None
    try:
        shutil.copy(HERE / "models/moody.py", folder / "words.py")  # its path will be seen
        lockstep.start()
        page = Page()
        page.open(lockstep.url, TOKEN)
        packages = lockstep.client.shop.packages
        kinds = [json.loads(line) for line in (ROOT / "Examples/demo/packages.jsonl").read_text().splitlines()]
        packages.insert_many([dict(kind, _id=kind["name"]) for kind in kinds])
        write(packages, kinds, minutes * 60)
        calm(page)
        for name, width, height, scheme in (("light", 1280, 900, "light"), ("dark", 1280, 900, "dark"), ("phone", 360, 780, "light")):
            shoot(page, target / f"dashboard-{name}.png", width, height, scheme)
        (folder / "mood").write_text("exit")
        write(packages, kinds, 8)
        page.wait(lambda: "Not current" in page.text("#word"), "the failing model")
        shoot(page, target / "dashboard-failing.png", 1280, 900, "light")
    finally:
        if page:
            page.close()
        lockstep.stop()
        shutil.rmtree(folder, ignore_errors=True)


def write(packages, kinds, seconds):
    """Between 10 and 50 changes a second, up and down over three minutes."""
    start, chance = time.monotonic(), random.Random(1)
    while (passed := time.monotonic() - start) < seconds:
        kind = chance.choice(kinds)
        packages.update_one({"_id": kind["name"]}, {"$set": {"description": f"{kind['description']} {chance.randrange(10_000)}"}})
        time.sleep(1 / (30 + 20 * math.sin(passed / 180 * 2 * math.pi)))


def calm(page):
    page.wait(lambda: "Everything is fresh." in page.sentence(), "everything fresh")


def shoot(page, path, width, height, scheme):
    page.size(width, height)
    page.scheme(scheme, reduced_motion=True)
    page.js("scrollTo(0, 0)")
    page.wait(lambda: page.js("return document.getElementById('rates').viewBox.baseVal.width === document.getElementById('rates').clientWidth"),
              "the chart in its new size")
    page.screenshot(path, height)
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    if size > 200_000:
        raise SystemExit(f"{path} is larger than 200 kB")
