"""The browser for tours and screenshots."""

import shutil

from .apt import install
from .say import SetupError

# The names that Odoo's own test runner looks for, in its order.
_NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def ensure_chromium() -> str:
    """The browser's program, installed from the distribution if there is none.

    :raise SetupError: there is none, and it cannot be installed here.
    """
    if not (found := _find()):
        install(["chromium"], "browser tests need Chromium")
        found = _find()
    if not found:
        raise SetupError("Chromium was installed, but none of its programs is on the PATH: " + ", ".join(_NAMES))
    return found


def _find() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)
