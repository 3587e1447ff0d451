"""A headless Chromium driven over plain HTTP (WebDriver): enough to open a page, act on it and listen to
it."""

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         "--hide-scrollbars")


class Browser:
    """One session; `run` executes script in the page, `requests` and `errors` tell what the page did."""

    def __init__(self, address: str) -> None:
        self.address = address

    def call(self, method: str, path: str, body: dict | None = None) -> object:
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, page: Path) -> None:
        """The page, with every script of it run: on a busy machine the driver answers before that."""
        address = page.absolute().as_uri()
        self.call("POST", "/url", {"url": address})
        self.wait(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")

    def run(self, script: str, *arguments: object) -> object:
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition: str, seconds: float = 90) -> None:
        """Until the JavaScript expression is true; AssertionError when it never is."""
        last = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < last, f"never became true in the page: {condition}"
            time.sleep(0.1)

    def draw_everything(self) -> None:
        """Open every part and scroll through the page until every figure is drawn."""
        self.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        self.run("window.scrollTo({top: 0, behavior: 'instant'})")
        for _ in range(200):
            at_end = self.run("window.scrollBy({top: innerHeight * 0.8, behavior: 'instant'});"
                              "return scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
            time.sleep(0.12)
            if at_end:
                break
        self.wait("[...document.querySelectorAll('.plot')].every(p => p.dataset.ready)")

    def errors(self) -> list[str]:
        """What the console was told at level SEVERE since the last call: exceptions, violations, failed
        loads.

        Messages reach the driver some time after they were made, so an own one is sent after them and waited for.
        """
        entries, last = [], time.monotonic() + 20
        self.run("console.error('so much for now')")
        while not any("so much for now" in entry["message"] for entry in entries):
            assert time.monotonic() < last, "the console's messages do not reach the driver"
            entries += self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries
                if entry["level"] == "SEVERE" and "so much for now" not in entry["message"]]

    def requests(self) -> list[str]:
        """The address of every request that the page made since the last call, inlined data aside."""
        entries = [json.loads(entry["message"])["message"] for entry in
                   self.call("POST", "/se/log", {"type": "performance"})]
        addresses = [entry["params"]["request"]["url"] for entry in entries
                     if entry["method"] == "Network.requestWillBeSent"]
        return [address for address in addresses if not address.startswith(("data:", "blob:"))]

    def emulate(self, *, dark: bool) -> None:
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.command("Emulation.setEmulatedMedia", {"features": scheme})

    def command(self, name: str, parameters: dict) -> dict:
        return self.call("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def picture(self, path: Path) -> None:
        """The whole page as a PNG file."""
        taken = self.command("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})
        path.write_bytes(base64.b64decode(taken["data"]))


@contextlib.contextmanager
def opened(width: int = 1280, height: int = 900, *, phone: bool = False) -> Iterator[Browser]:
    """A browser of this window size in pixels, closed with its driver at the end; `phone` emulates a touch
    screen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            address = _session(f"http://127.0.0.1:{port}", profile, width, height, phone)
            browser = Browser(address)
            browser.call("POST", "/url", {"url": "about:blank"})
            browser.errors(), browser.requests()  # those of the browser's own start page
            yield browser
            browser.call("DELETE", "")
        finally:
            driver.terminate()
            driver.wait(timeout=20)


def _session(server: str, profile: str, width: int, height: int, phone: bool) -> str:
    options = {"binary": CHROMIUM, "args": [*QUIET, f"--user-data-dir={profile}",
                                            f"--window-size={width},{height}"]}
    if phone:
        options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2,
                                                        "touch": True}}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options,
              "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
    for _ in range(100):
        try:
            made = Browser(server).call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            return f"{server}/session/{made['sessionId']}"
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise AssertionError(error.read().decode()) from None
            time.sleep(0.1)
    raise AssertionError("the browser's driver did not start")


@pytest.fixture(scope="session")
def browser():
    """`opened`, a function that starts a browser; the test is skipped, and says so, where none is installed."""
    for name, found in (("chromium", CHROMIUM), ("chromedriver", DRIVER)):
        if not found:
            pytest.skip(f"no {name} on this machine (Debian: apt install chromium chromium-driver)")
    return opened
