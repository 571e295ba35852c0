"""A headless Chromium on the dashboard, asked as a person would look at it: by words and by names."""
import base64
import shutil
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def missing():
    """Why there is no browser to test with, or None."""
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if not shutil.which(program):
            return f"there is no {program}: run `scripts/setup browser` (Debian: apt-get install {package})"
    return None


class Page:
    def __init__(self, width=1280, height=900, scheme="light", reduced_motion=False):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--hide-scrollbars", "--lang=en-GB"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.size(width, height)
        self.scheme(scheme, reduced_motion)

    def close(self):
        self.driver.quit()

    def size(self, width, height):
        self.width, self.height = width, height
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def scheme(self, name, reduced_motion=False):
        self.look = name, reduced_motion
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": name},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"}]})

    def open(self, url, token=None):
        """In a new tab, which has no token of before; it looks as the one before."""
        old = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        new = self.driver.current_window_handle
        self.driver.switch_to.window(old)
        self.driver.close()
        self.driver.switch_to.window(new)
        self.size(self.width, self.height)
        self.scheme(*self.look)
        self.driver.get(url + "/" + (f"#token={token}" if token else ""))

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        """What is to be read there, in one line: nothing when it is hidden."""
        return " ".join(self.texts(selector)[:1])

    def texts(self, selector):
        return self.js("""return [...document.querySelectorAll(arguments[0])]
            .map(n => n.checkVisibility() ? n.innerText.replace(/\\s+/g, ' ').trim() : '')""", selector)

    def shown(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].some(n => n.checkVisibility())", selector)

    def sentence(self):
        return self.text("#sentence")

    def card(self, id):
        """The words of one listener's card; its id as in the status."""
        return self.text(f'[id="listener-{id}"]')

    def rows(self, section):
        return self.texts(f"#{section} tbody tr")

    def button(self, name):
        """The one button whose accessible name begins so."""
        found = [b for b in self.driver.find_elements(By.CSS_SELECTOR, "button")
                 if b.is_displayed() and b.accessible_name.startswith(name)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} buttons are named {name!r}")
        return found[0]

    def press(self, name):
        button = self.button(name)
        self.js("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def key(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    def tab_to(self, name, most=80):
        """With the Tab key to a control of this name; gives those on the way, and which of them do not show the focus."""
        way, unseen = [], []
        for _ in range(most):
            self.key(Keys.TAB)
            way.append(self.focused())
            if self.js("return getComputedStyle(arguments[0]).outlineStyle", way[-1]) == "none":
                unseen.append(way[-1].accessible_name)
            if way[-1].accessible_name.startswith(name):
                return way, unseen
        raise AssertionError(f"{most} times Tab did not lead to {name!r}")

    def wait(self, condition, what, seconds=30):
        """Until the condition holds; it is asked again and again."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"within {seconds} s not seen: {what}\nlast: {value!r}\nthe page:\n"
                                     + self.js("return document.title + '\\n' + document.body.innerText")[:3000])
            time.sleep(0.05)

    def complaints(self):
        """What the console got since the last call."""
        return [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")]

    def screenshot(self, path, height):
        clip = {"x": 0, "y": 0, "width": self.width, "height": height, "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path.write_bytes(base64.b64decode(shot["data"]))
