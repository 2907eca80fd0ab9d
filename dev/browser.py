"""A headless Chromium, driven by Playwright, for logging in to Odoo, clicking and taking pictures."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import Error, Page, sync_playwright

# It opens our own pages alone, and must ask for nothing by itself.
_SWITCHES = ("--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-sync")

_IDLE = "() => !document.querySelector('.o_loading_indicator')"
_STILL = """() => !document.getAnimations().some(
    (animation) => animation.playState === "running"
        && Number.isFinite(animation.effect.getComputedTiming().endTime)
)"""
_DRAWN = """() => document.fonts.ready.then(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
)"""

BrowserError = Error


class Browser:
    """One page in one browser with a profile of its own. Use it as a context manager.

    :ivar page: Playwright's page, for what is not here.
    """

    page: Page

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
        self._width, self._height = width, height
        self._timezone = timezone
        self._timeout = timeout * 1000

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            playwright = stack.enter_context(sync_playwright())
            # Chromium's own sandbox needs kernel features that containers and root do not have.
            browser = playwright.chromium.launch(
                executable_path=self._program, chromium_sandbox=False, args=list(_SWITCHES)
            )
            stack.callback(browser.close)
            context = browser.new_context(
                viewport={"width": self._width, "height": self._height}, timezone_id=self._timezone or None
            )
            context.set_default_timeout(self._timeout)
            self.page = context.new_page()
            self._closing = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def log_in(self, odoo_url: str, database: str, login: str, password: str) -> None:
        """Open an Odoo session for `login`, whose cookie the page then has.

        :raise BrowserError: Odoo refused the login.
        """
        parameters = {"db": database, "login": login, "password": password}
        answer = self.page.request.post(
            f"{odoo_url}/web/session/authenticate", data={"jsonrpc": "2.0", "params": parameters}
        )
        if "error" in answer.json():
            raise BrowserError(f"Odoo refused the login of {login}")

    def open(self, url: str) -> None:
        """Go to `url`, without waiting for more than the answer's beginning."""
        self.page.goto(url, wait_until="commit")

    def wait_for(self, selector: str) -> None:
        """Wait until an element of the CSS `selector` is visible.

        :raise BrowserError: it was not in time.
        """
        self.page.locator(selector).filter(visible=True).first.wait_for()

    def click(self, selector: str) -> None:
        """Wait for an element and click it."""
        self.page.locator(selector).filter(visible=True).first.click()

    def settle(self) -> None:
        """Wait until the page is loaded, its pictures and fonts too, nothing moves, and it has drawn twice since.

        :raise BrowserError: it was not in time.
        """
        self.page.wait_for_load_state("load")
        self.page.wait_for_function(_IDLE)
        self.page.wait_for_function(_STILL)
        self.page.evaluate(_DRAWN)

    def screenshot(self, file: Path) -> None:
        """Write what the window shows to `file`, as PNG."""
        self.settle()
        self.page.screenshot(path=file)
