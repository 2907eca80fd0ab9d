"""A headless Chromium, driven through the Chrome DevTools protocol: enough for logging in, clicking and screenshots.

Protocol: https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import websocket

_STARTUP_SECONDS = 30
_POLL_SECONDS = 0.05
_SWITCHES = (
    "--headless",
    # Chromium's own sandbox needs kernel features that containers and root do not have; it only opens our own pages.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    # Chromium refuses DevTools connections that name a page of another origin; we name none.
    "--remote-allow-origins=*",
)


class BrowserError(Exception):
    """The browser did not start, or a page did not come to what was waited for."""


class Browser:
    """One page in one browser with a profile of its own. Use it as a context manager."""

    def __init__(
        self, program: str, *, width: int = 1280, height: int = 800, timezone: str = "", timeout: float = 30.0
    ) -> None:
        """Describe the browser; nothing runs yet.

        :param program: Chromium's program.
        :param width: of the window, in CSS pixels.
        :param height: of the window, in CSS pixels.
        :param timezone: that pages see, such as ``Europe/Paris``; this machine's by default.
        :param timeout: for every wait, in seconds.
        """
        self._program = program
        self._size = (width, height)
        self._timezone = timezone
        self._timeout = timeout
        self._last_id = 0

    def __enter__(self) -> Self:
        self._profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        switches = [*_SWITCHES, f"--user-data-dir={self._profile}", f"--window-size={self._size[0]},{self._size[1]}"]
        with (self._profile / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._program, *switches, "about:blank"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._socket = websocket.create_connection(self._page_address(), timeout=self._timeout)
            self._call("Page.enable")
            width, height = self._size
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self._call("Emulation.setDeviceMetricsOverride", **metrics)
            self._call("Emulation.setTimezoneOverride", timezoneId=self._timezone)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._close()

    def log_in(self, odoo_url: str, database: str, login: str, password: str) -> None:
        """Open an Odoo session for `login` and give its cookie to the browser.

        :raise BrowserError: Odoo refused the login.
        """
        parameters = {"db": database, "login": login, "password": password}
        request = urllib.request.Request(
            f"{odoo_url}/web/session/authenticate",
            json.dumps({"jsonrpc": "2.0", "params": parameters}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            if "error" in json.load(answer):
                raise BrowserError(f"Odoo refused the login of {login}")
            cookies = answer.headers.get_all("Set-Cookie", [])
        session = next(cookie for cookie in cookies if cookie.startswith("session_id="))
        value = session.split(";", 1)[0].removeprefix("session_id=")
        self._call("Network.setCookie", name="session_id", value=value, url=odoo_url)

    def open(self, url: str) -> None:
        """Go to `url`, without waiting for more than the answer's beginning."""
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is waited for."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    def wait_for(self, selector: str) -> None:
        """Wait until an element of the CSS `selector` is visible.

        :raise BrowserError: it was not in time.
        """
        found = f"!!document.querySelector({json.dumps(selector)})?.getClientRects().length"
        self._wait_until(found, f"{selector} did not appear")

    def click(self, selector: str) -> None:
        """Wait for an element and click it."""
        self.wait_for(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def settle(self) -> None:
        """Wait until the page is loaded, its pictures and fonts too, nothing moves, and it has drawn twice since.

        :raise BrowserError: it was not in time.
        """
        loaded = "document.readyState === 'complete' && [...document.images].every((image) => image.complete)"
        idle = "!document.querySelector('.o_loading_indicator')"
        ends = "Number.isFinite(animation.effect.getComputedTiming().endTime)"
        still = f"!document.getAnimations().some((animation) => animation.playState === 'running' && {ends})"
        self._wait_until(f"{loaded} && {idle} && {still}", "the page did not come to rest")
        drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        self.evaluate(f"document.fonts.ready.then(() => {drawn})")

    def screenshot(self, file: Path) -> None:
        """Write what the window shows to `file`, as PNG."""
        self.settle()
        answer = self._call("Page.captureScreenshot", format="png")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(answer["data"]))

    def _wait_until(self, condition: str, otherwise: str) -> None:
        deadline = time.monotonic() + self._timeout
        while not self.evaluate(condition):
            if time.monotonic() > deadline:
                raise BrowserError(f"{otherwise} in {self._timeout:g} s at {self.evaluate('location.href')}")
            time.sleep(_POLL_SECONDS)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return message["result"]

    def _page_address(self) -> str:
        """The WebSocket address of the first page, once Chromium has written the port that it chose."""
        port_file = self._profile / "DevToolsActivePort"
        deadline = time.monotonic() + _STARTUP_SECONDS
        while not (port_file.exists() and port_file.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self._profile / "chromium.log").read_text(errors="replace")
                raise BrowserError(f"Chromium did not start:\n{log[-2000:]}")
            time.sleep(_POLL_SECONDS)
        port = port_file.read_text().split("\n", 1)[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=self._timeout) as answer:
            pages = [target for target in json.load(answer) if target["type"] == "page"]
        return pages[0]["webSocketDebuggerUrl"]

    def _close(self) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
