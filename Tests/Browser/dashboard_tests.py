"""What a person sees and does on the dashboard, on a real Lockstep in a real Chromium."""
import contextlib
import pathlib
import re
import shutil
import tempfile
import unittest

import accessibility
from chromium import Keys, Page, missing
from daemon import Lockstep

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "a-token-for-the-tests-0123456789"
CONFIGURATION = f"""
mongodb:
  uri: mongodb://127.0.0.1:27017
  database: shop
server:
  host: HOST
  port: {{port}}
  token: {TOKEN}
models:
  words:
    exec: [python3, {HERE}/models/moody.py, mood-of-words]
    version: "1"
  moody:
    exec: [python3, {HERE}/models/moody.py, mood-of-moody]
    version: "1"
listeners:
  - model: words
    on: docs
    key: text
  - model: moody
    on: notes
    key: text
"""
DOCS, NOTES = "docs/text/words", "notes/text/moody"

binary = None  # set by run.py
folder = lockstep = page = None


def setUpModule():
    global folder, lockstep, page
    if why := missing():
        raise unittest.SkipTest(why)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-browser-"))
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    lockstep = Lockstep(binary, folder / "dev", CONFIGURATION.replace("HOST", "127.0.0.1"))
    unittest.addModuleCleanup(lockstep.stop)
    lockstep.start()
    page = Page()
    unittest.addModuleCleanup(page.close)


def collection(name):
    return lockstep.client.shop[name]


def fresh(name, id):
    """Whether the document has its prediction."""
    return (collection(name).find_one({"_id": id}) or {}).get("_outputs") is not None


class DashboardTests(unittest.TestCase):
    """Every test begins with all models in a good mood, empty collections, and a page that knows the token."""

    maxDiff = None
    tolerated = ()  # patterns of console entries that belong to what the test does

    def setUp(self):
        self.tolerated = ()
        self.mood("")
        for name in ("docs", "notes"):
            collection(name).delete_many({})
        page.size(1280, 900)
        page.scheme("light")
        self.heal()
        page.open(lockstep.url, TOKEN)
        page.wait(lambda: page.text("#link") == "● page connected", "the connection")
        page.wait(lambda: "There are no documents" in page.sentence(), "the state without documents")
        page.complaints()

    def heal(self):
        """A model that a test left out of order is found to work again."""
        for name in ("docs", "notes"):
            collection(name).insert_one({"_id": "heals", "text": "one"})
            page.wait(lambda: fresh(name, "heals"), f"a working model for {name}", 60)
            collection(name).delete_many({})

    def tearDown(self):
        complaints = [c for c in page.complaints() if not any(re.search(p, c) for p in self.tolerated)]
        self.assertEqual(complaints, [], "the console is not silent")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"--- {self.id()}: the end of Lockstep's log\n{lockstep.tail()}")

    def mood(self, mood, model="moody"):
        (lockstep.folder / f"mood-of-{model}").write_text(mood)

    def insert(self, name, *documents):
        collection(name).insert_many(list(documents))

    def wait_for(self, text, selector="#sentence", seconds=30):
        page.wait(lambda: text in page.text(selector), f"{text!r} in {selector}", seconds)

    def wait_for_card(self, id, *texts):
        page.wait(lambda: all(re.search(text, page.card(id)) for text in texts), f"{texts} at {id}")


class Watching(DashboardTests):
    def test_documents_that_arrive_are_counted_and_pass_by(self):
        stored = int(page.js("return document.getElementById('count-outputs').textContent").replace(",", ""))
        self.insert("docs", *({"_id": f"d{i}", "text": "one two three"} for i in range(20)))
        self.wait_for("Everything is fresh.")
        self.wait_for_card(DOCS, r"\b20 fresh", "0 stale", "0 missing")
        self.wait_for("20 of 20 predictions are fresh (100 %)", "#sum")
        self.assertRegex(page.driver.title, "^● fresh – Lockstep$")
        self.insert("docs", {"_id": "last", "text": "one"})
        page.wait(lambda: '"last"' in page.rows("changes")[0], "the last document on top of the changes")
        self.assertRegex(page.rows("changes")[0], r"^\d\d:\d\d:\d\d ✓ stored [\d.,]+ ms \"last\" docs\.text → words$")
        self.assertTrue(any('"d19"' in row for row in page.rows("changes")))
        now = lambda: int(page.js("return document.getElementById('count-outputs').textContent").replace(",", ""))
        page.wait(lambda: now() == stored + 21, "21 predictions stored in the counts")
        page.wait(lambda: page.js("return document.querySelector('#rates .predictions').getAttribute('d')"),
                  "a line in the chart")
        page.wait(lambda: "at most" in page.js("return document.getElementById('rates').getAttribute('aria-label')"),
                  "the chart in words")

    def test_the_chart_is_a_table_too(self):
        self.insert("docs", *({"_id": i, "text": "one"} for i in range(50)))
        page.driver.find_element("css selector", "#minutes summary").click()
        page.wait(lambda: any(re.match(r"\d\d:\d\d\s+0?\.?[1-9]", row) for row in page.texts("#minutes tbody tr")),
                  "a minute with predictions in the table")

    def test_what_is_in_documents_is_text_and_never_markup(self):
        self.insert("docs", {"_id": "<img src=x onerror=alert(1)>", "text": "one"})
        page.wait(lambda: any("<img src=x onerror=alert(1)>" in row for row in page.rows("changes")), "the markup as text")
        self.assertEqual(page.js("return document.querySelectorAll('img').length"), 0)

    def test_changes_stand_still_while_they_are_held(self):
        self.insert("docs", {"_id": "first", "text": "one"})
        page.wait(lambda: '"first"' in "".join(page.rows("changes")[:1]), "the first change on top")
        page.press("Hold")
        before = page.rows("changes")
        self.insert("docs", {"_id": "second", "text": "two"})
        self.wait_for("1 new", "#held")
        self.assertEqual(page.rows("changes"), before)
        page.press("Go on")
        page.wait(lambda: '"second"' in page.rows("changes")[0], "the second change on top")

    def test_an_empty_database_says_what_to_do(self):
        self.assertIn("There are no documents", page.sentence())
        code = page.js("return document.getElementById('empty-code').textContent")
        self.assertIn(f"127.0.0.1:{lockstep.mongod_port}", code)
        exec(compile(code, "the example on the page", "exec"), {})  # it works as it stands
        self.wait_for("Everything is fresh.")
        self.assertFalse(page.shown("#empty"))

    def test_the_token_leaves_the_address_bar(self):
        self.assertEqual(page.driver.current_url, lockstep.url + "/")
        page.driver.refresh()
        page.wait(lambda: page.text("#link") == "● page connected", "the connection")
        page.press("Pause docs")
        self.wait_for_card(DOCS, "paused")  # without being asked
        page.press("Resume docs")
        self.wait_for_card(DOCS, "following")


class Failing(DashboardTests):
    def test_a_failing_model_is_said_in_words_until_it_is_mended(self):
        self.insert("notes", {"_id": "good", "text": "one two"})
        page.wait(lambda: fresh("notes", "good"), "a prediction while the model works")
        self.mood("exit")
        self.insert("notes", *({"_id": f"n{i}", "text": f"number {i}"} for i in range(12)))
        page.wait(lambda: re.search(r"The model moody .+ nothing is lost", page.sentence()), "what fails, in words")
        self.assertEqual(page.text("#word"), "✕ Not current")
        self.assertTrue(page.text("#hint"), "nothing says what to do")
        self.wait_for_card(NOTES, "unavailable", r"\b12 missing")
        self.wait_for_card(DOCS, "following")
        page.wait(lambda: page.driver.title == "✕ not current – Lockstep", "the title")
        self.assertIn("Not current. The model moody", page.text("#voice"))  # what a screen reader says
        self.mood("")
        self.wait_for("Everything is fresh.", seconds=60)
        self.wait_for_card(NOTES, r"\b13 fresh", "following")

    def test_a_refused_document_is_shown_and_retried(self):
        self.mood("strict")
        self.insert("notes", {"_id": "refused", "text": "bad text"}, {"_id": "fine", "text": "good text"})
        page.wait(lambda: len(page.rows("failures")) == 1, "one failure")
        row = page.rows("failures")[0]
        self.assertIn("a text that begins with bad is refused", row)
        self.assertIn('"refused"', row)
        self.assertIn("notes.text → moody", row)
        self.wait_for_card(NOTES, r"\b1 parked", r"\b1 fresh")

        page.press('Retry "refused"')  # too early: nothing was mended
        page.wait(lambda: any("it failed again" in row for row in page.rows("failures")), "that it failed again")
        self.assertFalse(fresh("notes", "refused"))

        self.mood("")
        page.press('Retry "refused"')
        self.wait_for('"refused" is no failure any more.', "#failures-said")
        self.assertEqual(collection("notes").find_one({"_id": "refused"})["_outputs"]["text"]["moody"], 2)
        self.wait_for("Everything is fresh.")

    def test_all_failures_of_one_listener_are_retried_together(self):
        self.mood("strict")
        self.mood("strict", "words")
        self.insert("notes", *({"_id": i, "text": "bad"} for i in range(30)))
        self.insert("docs", {"_id": "other", "text": "bad"})
        self.wait_for("30 a text that begins with bad is refused notes.text → moody", "#reasons li")
        page.press("Show the 31 documents")
        self.wait_for("1–10 of 31", "#page")
        page.press("Next")
        self.wait_for("11–20 of 31", "#page")
        page.press("Show 30 failures")
        self.wait_for("1–10 of 30", "#page")
        self.assertFalse(any("docs.text" in row for row in page.rows("failures")))
        self.mood("")
        self.mood("", "words")
        page.press("Retry all 30")
        self.wait_for("30 documents are retried", "#failures-said")
        self.wait_for_card(NOTES, r"\b30 fresh", "0 parked")
        self.wait_for_card(DOCS, r"\b1 parked")  # it was not asked for
        self.wait_for("None of this listener.", "#no-failures")

    def test_the_failures_of_one_reason_are_retried_together(self):
        self.mood("strict")
        self.insert("notes", *({"_id": i, "text": "bad"} for i in range(3)))
        self.insert("docs", {"_id": "other", "text": "one"})
        self.wait_for("3 a text that begins with bad is refused", "#reasons li")
        self.mood("")
        page.press("Retry 3 documents of notes.text → moody")
        self.wait_for_card(NOTES, r"\b3 fresh", "0 parked")
        page.wait(lambda: not page.shown("#reasons"), "that no reason is left")

    def test_an_id_beyond_what_javascript_counts_is_retried_as_it_is(self):
        self.mood("strict")
        odd = 9007199254740993
        self.insert("notes", {"_id": odd, "text": "bad"})
        page.wait(lambda: any(str(odd) in row for row in page.rows("failures")), "the id, digit for digit")
        self.mood("")
        page.press(f"Retry {odd}")
        page.wait(lambda: fresh("notes", odd), "its prediction")


class Changing(DashboardTests):
    def test_a_listener_is_paused_and_resumed(self):
        page.press("Pause notes")
        self.wait_for_card(NOTES, "paused", "Resume")
        page.wait(lambda: "paused" in page.text("#state").lower(), "the pause in the state")
        self.insert("notes", {"_id": "waits", "text": "one"})
        self.insert("docs", {"_id": "goes on", "text": "one"})
        page.wait(lambda: fresh("docs", "goes on"), "the other listener's prediction")
        self.assertFalse(fresh("notes", "waits"))
        page.press("Resume notes")
        page.wait(lambda: fresh("notes", "waits"), "the prediction of what came meanwhile")
        self.wait_for_card(NOTES, "following", r"\b1 fresh")

    def test_documents_are_looked_through_again(self):
        self.insert("docs", *({"_id": i, "text": "one"} for i in range(10)))
        self.wait_for_card(DOCS, r"\b10 fresh")
        page.press("Scan again: docs")
        self.wait_for_card(DOCS, "All its documents are scanned.")
        self.wait_for("Everything is fresh.")

    def test_a_wrong_token_is_asked_for_again(self):
        self.tolerated = ("401",)
        page.open(lockstep.url)
        page.wait(lambda: page.card(NOTES), "the listener")
        page.press("Pause notes")
        page.wait(lambda: page.shown("#ask-token"), "the question for the token")
        page.key("not-the-token-at-all", Keys.ENTER)
        self.wait_for("The token was refused.", "#ask-why")
        page.key(TOKEN, Keys.ENTER)
        self.wait_for_card(NOTES, "paused")
        page.press("Resume notes")
        self.wait_for_card(NOTES, "following")
        page.wait(lambda: "paused" not in page.card(NOTES), "the end of the pause")

    def test_a_question_that_is_not_answered_changes_nothing(self):
        page.open(lockstep.url)
        page.wait(lambda: page.card(NOTES), "the listener")
        page.press("Pause notes")
        page.wait(lambda: page.shown("#ask-token"), "the question for the token")
        page.key(Keys.ESCAPE)
        self.wait_for_card(NOTES, "Nothing was changed: there is no token.", "following")

    def test_a_task_is_done_with_the_keyboard_alone(self):
        way, unseen = page.tab_to("Pause notes")
        self.assertEqual(unseen, [], "controls whose focus is not seen")
        order = page.js("return [...arguments].every((n, i, all) => !i || all[i - 1].compareDocumentPosition(n) & 4)", *way)
        self.assertTrue(order, "the focus does not follow the page")
        page.key(Keys.ENTER)
        self.wait_for_card(NOTES, "paused")
        self.assertEqual(page.focused().accessible_name, "Resume notes.text → moody")  # the focus stays
        page.key(Keys.SPACE)
        self.wait_for_card(NOTES, "following")


class Connection(DashboardTests):
    def test_a_restart_is_said_and_survived(self):
        self.tolerated = (r"/v1/\w+.*(ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE)",)
        self.insert("docs", {"_id": "before", "text": "one"})
        self.wait_for("Everything is fresh.")
        process = lockstep.process.pid
        lockstep.stop()
        page.wait(lambda: re.search(r"No connection to Lockstep since \d\d:\d\d:\d\d", page.text("#lost")), "the banner")
        self.assertEqual(page.driver.title, "○ page disconnected – Lockstep")
        self.wait_for("old", "#lost")
        self.assertIn("grayscale", page.js("return getComputedStyle(document.getElementById('state')).filter"))
        self.assertRegex(page.text("#word"), "until .* fresh")
        self.assertFalse(page.button("Pause docs").is_enabled())
        self.assertEqual(accessibility.everything(page), [])
        lockstep.start()
        self.assertNotEqual(lockstep.process.pid, process)
        page.wait(lambda: page.text("#link") == "● page connected" and not page.shown("#lost"), "the new connection")
        self.wait_for(f"process {lockstep.process.pid}", "#about")
        self.insert("docs", {"_id": "after", "text": "two"})
        self.wait_for_card(DOCS, r"\b2 fresh")
        self.wait_for("Everything is fresh.")
        self.assertTrue(page.button("Pause docs").is_enabled())

    def test_beyond_loopback_the_page_asks_for_the_token(self):
        self.tolerated = ("401",)
        other = Lockstep(binary, folder / "beyond", CONFIGURATION.replace("HOST", "0.0.0.0"), mongodb=None)
        with contextlib.closing(Stopping(other)):
            other.start()
            page.open(other.url)
            page.wait(lambda: page.shown("#ask-token"), "the question for the token")
            self.assertFalse(page.shown("#state"))
            self.assertEqual(accessibility.everything(page), [])
            page.key("not-the-token-at-all", Keys.ENTER)
            self.wait_for("The token was refused.", "#ask-why")
            page.key(TOKEN, Keys.ENTER)
            self.wait_for("There are no documents")
            self.assertFalse(page.shown("#ask"))
            page.open(lockstep.url)  # before the other one is gone

    def test_without_a_token_of_the_server_the_buttons_are_off(self):
        text = CONFIGURATION.replace("HOST", "127.0.0.1").replace("database: shop", "database: other")
        text = re.sub(r"(?m)^  token: .*\n", "", text).replace("mongodb://127.0.0.1:27017", lockstep.uri)
        other = Lockstep(binary, folder / "locked", text, mongodb=lockstep.uri)
        with contextlib.closing(Stopping(other)):
            other.start()
            page.open(other.url)
            page.wait(lambda: page.card(NOTES), "the listener")
            self.assertIn("server: {token:", page.text("#locked"))
            for name in ("Pause notes", "Scan again: docs", "Retry all"):
                button = page.button(name)
                self.assertFalse(button.is_enabled(), name)
                self.assertEqual(button.get_attribute("aria-describedby"), "locked", name)
            page.open(lockstep.url)


class Stopping:
    def __init__(self, process):
        self.close = process.stop


class Looking(DashboardTests):
    def fill(self):
        """Something of everything: failures, changes, odd and long identifiers, a pause."""
        self.mood("strict")
        self.insert("docs", *({"_id": "x" * 120 if i == 9 else i, "text": "one two"} for i in range(10)))
        self.insert("notes", {"_id": "a-failure-" + "y" * 90, "text": "bad"}, {"_id": {"shop": 1, "sku": "z" * 60}, "text": "bad"})
        page.wait(lambda: len(page.rows("failures")) == 2 and page.rows("changes"), "failures and changes")
        page.press("Pause docs")
        self.wait_for_card(DOCS, "Resume", "paused")
        self.addCleanup(self.undo)

    def undo(self):
        page.press("Resume docs")
        self.wait_for_card(DOCS, "following")

    def test_nothing_reaches_beyond_a_phone(self):
        page.size(360, 740)
        self.assertEqual(accessibility.overflow(page), [])  # empty
        self.fill()
        page.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        self.assertEqual(accessibility.overflow(page), [])
        self.assertEqual(accessibility.everything(page), [])

    def test_the_light_and_the_dark_page_are_accessible(self):
        self.fill()
        page.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        ground = "return getComputedStyle(document.body).backgroundColor"
        self.assertEqual(accessibility.everything(page), [])
        light = page.js(ground)
        page.scheme("dark", reduced_motion=True)
        dark = page.js(ground)
        self.assertGreater(min(map(int, re.findall(r"\d+", light))), 200)
        self.assertLess(max(map(int, re.findall(r"\d+", dark))), 60)
        self.assertEqual(accessibility.everything(page), [])
        self.assertEqual(page.js("return document.getAnimations().length"), 0)

    def test_the_judges_of_accessibility_see_what_is_wrong(self):
        page.js("""const b = document.createElement('button'); document.getElementById('state').append(b);
                   const p = document.createElement('p'); p.textContent = 'pale'; p.style.color = '#bbb';
                   document.getElementById('state').append(p);
                   const t = document.createElement('table'); t.append(document.createElement('tbody'));
                   document.getElementById('state').append(t); t.style.width = '3000px'""")
        self.assertIn("pale", " ".join(accessibility.contrast(page)))
        self.assertIn("button", " ".join(accessibility.names(page)))
        self.assertIn("a table has no headers", accessibility.structure(page))
        self.assertTrue(accessibility.overflow(page))


class Many(DashboardTests):
    """Forty listeners on twelve collections."""

    def setUp(self):
        super().setUp()
        models = {name: f"  {name}:\n    exec: [python3, {HERE}/models/moody.py, mood-of-{name}]\n    version: '1'\n"
                  for name in ("words", "moody")}
        listeners = "".join(
            f"  - {{model: {'moody' if i % 4 == 1 else 'words'}, on: c{i % 12:02}, key: k{i // 12}"
            f"{', where: {lang: en}' if i == 5 else ''}}}\n" for i in range(40))
        text = CONFIGURATION.replace("HOST", "127.0.0.1").replace("database: shop", "database: many")
        text = text[:text.index("models:")] + "models:\n" + "".join(models.values()) + "listeners:\n" + listeners
        text = text.replace("mongodb://127.0.0.1:27017", lockstep.uri)
        self.other = Lockstep(binary, folder / "many", text, mongodb=lockstep.uri)
        (self.other.folder / "mood-of-moody").write_text("")
        self.other.start()
        self.addCleanup(self.other.stop)
        self.addCleanup(page.open, lockstep.url)
        self.collections = [self.other.client.many[f"c{i:02}"] for i in range(12)]
        for collection in self.collections:
            collection.delete_many({})
            collection.insert_many({"_id": i, "lang": "en", **{f"k{k}": f"one {i}" for k in range(4)}} for i in range(20))
        page.open(self.other.url, TOKEN)
        self.wait_for("Everything is fresh.", seconds=60)

    def rows(self):
        return [row for row in page.texts("#dense tbody tr") if row]

    def fail(self):
        (self.other.folder / "mood-of-moody").write_text("exit")
        for collection in self.collections:
            collection.update_many({}, {"$set": {f"k{k}": "two words" for k in range(4)}})
        page.wait(lambda: "The model moody" in page.sentence() and "10 listeners" in page.text("#state"), "one problem of ten listeners", 60)

    def test_they_are_a_line_each_and_the_wrong_ones_come_first(self):
        self.assertEqual(page.text("#listeners-sum"), "40 on 12 collections")
        self.assertEqual(len(self.rows()), 12)  # all is well: the collections alone
        page.press("c05")
        page.wait(lambda: len(self.rows()) == 15, "the three of that collection")
        page.press("k0 → moody")
        self.wait_for_card("c05/k0/moody", "_outputs.k0.moody", r'where \{ "lang" : "en" \}', "Pause")
        self.fail()
        self.assertEqual(page.text("#state").count("nothing is lost"), 1)
        self.assertRegex(self.rows()[0], "unavailable")
        self.assertRegex(self.rows()[-1], "following")

    def test_they_are_searched_and_grouped_by_model(self):
        page.driver.find_element("css selector", "#search").send_keys("k3 words")
        page.wait(lambda: len([row for row in self.rows() if "k3 → words" in row]) == 3, "those of the key and model")
        page.driver.find_element("css selector", "#search").clear()
        page.driver.find_element("css selector", "#search").send_keys("no such")
        self.wait_for("No listener matches.", "#no-match")
        page.driver.find_element("css selector", "#search").clear()
        page.driver.find_element("css selector", "#group").send_keys("model")
        page.wait(lambda: len(self.rows()) == 2, "the two models")
        self.assertRegex(" ".join(self.rows()), r"moody 10 listeners .* words 30 listeners")

    def test_the_page_stays_short_and_accessible(self):
        self.fail()
        for width, most in ((1280, 1800), (360, 5000)):
            page.size(width, 900)
            for scheme in ("light", "dark"):
                page.scheme(scheme, reduced_motion=True)
                self.assertEqual(accessibility.everything(page) + accessibility.overflow(page), [])
            self.assertLess(page.js("return document.documentElement.scrollHeight"), most)


class Serving(DashboardTests):
    def test_the_page_is_served_with_a_policy_that_lets_nothing_else_run(self):
        page.js("const s = document.createElement('script'); s.textContent = 'window.intruder = 1'; document.head.append(s)")
        self.assertIsNone(page.js("return window.intruder ?? null"))
        self.assertTrue([c for c in page.complaints() if "Content Security Policy" in c])
