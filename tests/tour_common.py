import base64
import os
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser

from .common import AmazonCase

PHONE = "400x800"


class TourBrowser(ChromeBrowser):
    """Chromium in the user's time zone. It leaves a picture of how a tour ends if `TOUR_PICTURES` names a directory."""

    def __init__(self, test_case, **kwargs):
        super().__init__(test_case, **kwargs)
        self._websocket_request("Emulation.setTimezoneOverride", params={"timezoneId": test_case.timezone})

    def _wait_code_ok(self, *args, **kwargs):
        result = super()._wait_code_ok(*args, **kwargs)
        if directory := os.environ.get("TOUR_PICTURES"):
            picture = base64.b64decode(self._websocket_request("Page.captureScreenshot")["data"])
            Path(directory, f"{self.test_case._testMethodName}.png").write_bytes(picture)
        return result


class TourCase(AmazonCase, HttpCase):
    """What people do, done in a browser. A tour fails at any error on the browser's console."""

    timezone = "UTC"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch("odoo.tests.common.ChromeBrowser", TourBrowser))
        cls._build_bundles()

    @classmethod
    def _build_bundles(cls):
        """Build the browser's files once for the class: those that a tour builds are rolled back with it."""
        for name in ("web.assets_web", "web.assets_tests"):
            bundle = cls.env["ir.qweb"]._get_asset_bundle(name)
            bundle.js()
            bundle.css()

    @contextmanager
    def enter_registry_test_mode(self):
        """Override of `HttpCase`, which is in that mode already: only what other cursors need and do is shared."""
        self.env.flush_all()
        yield
        self.env.invalidate_all()

    def _use_phone(self):
        self.browser_size, self.touch_enabled = PHONE, True
