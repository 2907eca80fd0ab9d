import base64
import json
import os
import re
from pathlib import Path
from unittest.mock import patch

import polib

from odoo.tests.common import ChromeBrowser

from .http_common import AmazonHttpCase

PHONE = "400x800"
ADDON = Path(__file__).parents[1]
_PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[sdf]|%s")
_ATTRIBUTES = re.compile(r"""(?:aria-label|title|placeholder)=(["'])(.+?)\1""")


class TourBrowser(ChromeBrowser):
    """Chromium in the user's time zone, which knows what English texts the user must not see.

    It leaves a picture of how a tour ends if `TOUR_PICTURES` names a directory.
    """

    def __init__(self, test_case, **kwargs):
        super().__init__(test_case, **kwargs)
        self._websocket_request("Emulation.setTimezoneOverride", params={"timezoneId": test_case.timezone})
        script = f"window.amazonForeignTerms = {json.dumps(test_case.foreign_terms)}"
        self._websocket_request("Page.addScriptToEvaluateOnNewDocument", params={"source": script})

    def _wait_code_ok(self, *args, **kwargs):
        result = super()._wait_code_ok(*args, **kwargs)
        if directory := os.environ.get("TOUR_PICTURES"):
            picture = base64.b64decode(self._websocket_request("Page.captureScreenshot")["data"])
            Path(directory, f"{self.test_case._testMethodName}.png").write_bytes(picture)
        return result


class TourCase(AmazonHttpCase):
    """What people do, done in a browser. A tour fails at any error on the browser's console."""

    timezone = "UTC"
    foreign_terms = ()

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

    def _use_phone(self):
        self.browser_size, self.touch_enabled = PHONE, True

    def _speak_french(self, user):
        """Let the user be French, in Paris. The tour fails if it is shown a term of the addon in English."""
        self.env["res.lang"]._activate_lang("fr_FR")
        module = self.env["ir.module.module"]._get("sale_amazon_cancellation")
        module._load_module_terms(
            [*module.upstream_dependencies(exclude_states=("uninstalled",)).mapped("name"), module.name], ["fr_FR"]
        )
        user.write({"lang": "fr_FR", "tz": "Europe/Paris"})
        self.timezone = user.tz
        self.foreign_terms = get_foreign_terms("fr")


def get_foreign_terms(language):
    """What English texts of the addon a user of the language must not see: those that are other words there.

    :return: Regular expressions, each for the whole of a text.
    :rtype: list[str]
    """
    entries = polib.pofile(ADDON / "i18n" / f"{language}.po").translated_entries()
    english = {text for entry in entries for text in _get_shown_texts(entry.msgid)}
    own = {text for entry in entries for text in _get_shown_texts(entry.msgstr)}
    return sorted(english - own)


def _get_shown_texts(term):
    """The texts in which a browser shows a term: without its tags, with anything for its placeholders."""
    for text in [*re.split(r"<[^>]*>", term), *(text for _quote, text in _ATTRIBUTES.findall(term))]:
        parts = _PLACEHOLDER.split(" ".join(text.split()))
        if any(re.search(r"[a-z]{2}", part) for part in parts):
            yield ".+".join(map(re.escape, parts))
