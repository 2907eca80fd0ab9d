import re
from collections import Counter
from pathlib import Path

import polib

from odoo.tests import tagged
from odoo.tools.translate import TranslationModuleReader

from ..common import AmazonCase

MODULE = "sale_amazon_cancellation"
FOLDER = Path(__file__).parents[2] / "i18n"
LANGUAGES = {"fr", "de", "es", "it", "nl", "pl", "ja"}
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|%[sd%]|\{\{.*?\}\}")
TAG = re.compile(r"</?[a-z][^>@]*>")
READ_ALOUD = re.compile(r"""\b(aria-label|title|alt|placeholder)=(["']).*?\2""")


@tagged("post_install", "-at_install")
class TestTranslations(AmazonCase):
    """Every term of the addon is in the template, and in every language, whole."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = {entry.msgid for entry in polib.pofile(FOLDER / f"{MODULE}.pot")}

    def test_template_is_what_odoo_exports(self):
        exported = {row[4] for row in TranslationModuleReader(self.env.cr, modules=[MODULE])}
        self.assertFalse(exported - self.template, "not in the template: run make translations")
        self.assertFalse(self.template - exported, "no longer used: run make translations")

    def test_languages(self):
        found = {path.stem for path in FOLDER.glob("*.po")}
        self.assertLessEqual(LANGUAGES, found)
        for language in sorted(found):
            entries = [entry for entry in polib.pofile(FOLDER / f"{language}.po") if not entry.obsolete]
            translated = {entry.msgid: entry.msgstr for entry in entries if entry.translated()}  # a fuzzy one is not
            with self.subTest("every term is translated, and no other", language=language):
                self.assertEqual(set(translated) ^ self.template, set())
            with self.subTest("placeholders, tags and outer white space are kept", language=language):
                odd = {term: own for term, own in translated.items() if _skeleton(term) != _skeleton(own)}
                self.assertEqual(odd, {})

    def test_no_two_screens_have_one_name(self):
        """Who reads a menu, the way back or the title of a window knows which screen it is."""
        windows, menus = map(self._get_own, ("ir.actions.act_window", "ir.ui.menu"))
        named = [
            (record._name, place and record[place].id, record.with_context(lang="en_US").name)
            for records, place in ((windows, None), (menus.parent_id.child_id, "parent_id"))
            for record in records
        ]
        languages = {path.stem: polib.pofile(path) for path in FOLDER.glob("*.po")}
        for language, entries in {"en": [], **languages}.items():
            terms = {entry.msgid: entry.msgstr for entry in entries if entry.msgstr}
            shown = Counter((*rest, terms.get(name, name)) for *rest, name in named)
            with self.subTest(language=language):
                self.assertFalse([name for name, count in shown.items() if count > 1])

    def _get_own(self, model):
        own = self.env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", model)]).mapped("res_id")
        self.assertTrue(own)
        return self.env[model].browse(own).sudo()

    def test_browser_gets_its_terms(self):
        for path in sorted(FOLDER.glob("*.po")):
            terms = {
                entry.msgid: entry.msgstr for entry in polib.pofile(path) if "odoo-javascript" in (entry.comment or "")
            }
            self.assertIn("%s left", terms, path.name)


def _skeleton(term):
    """What a translation must have in common with its term: placeholders, tags, and white space around."""
    tags = [READ_ALOUD.sub(r"\1", tag) for tag in TAG.findall(term)]
    outer = (term[: len(term) - len(term.lstrip())], term[len(term.rstrip()) :])
    return Counter(PLACEHOLDER.findall(term)), Counter(tags), outer
