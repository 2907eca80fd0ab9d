from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase

MIGRATION = Path(__file__).parents[2] / "migrations" / "19.0.2.0.0" / "post-words.py"


@tagged("post_install", "-at_install")
class TestWords(AmazonCase):
    """What people read later is worded when they read it, in their language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for language in ("fr_FR", "de_DE"):
            cls.env["res.lang"]._activate_lang(language)
        cls.user.lang = "fr_FR"
        cls.manager.lang = "de_DE"
        cls.account.manager_id = cls.manager

    def _assert_worded(self, record, name, english, french):
        self.assertIn(english, record.with_context(lang="en_US")[name])
        self.assertIn(french, record.with_context(lang="fr_FR")[name])
        [values] = record.with_user(self.manager).with_context(lang="fr_FR").read([name])
        self.assertIn(french, values[name], "over RPC, too")

    def test_a_failed_reading(self):
        self.amazon.faults.add("searchOrders", "http", status=503)
        self._read()
        log = self.env["amazon.cancellation.log"].search([], limit=1)
        source = self.account.source_ids.filtered(lambda row: row.source == "search")
        for record, name in ((self.account, "sync_message"), (log, "message"), (source, "message")):
            with self.subTest(record._name):
                self._assert_worded(record, name, "Amazon is out of order (HTTP 503)", "Amazon est en panne (HTTP 503)")

    def test_counted_things(self):
        self._sell()
        self._sell()
        self._read()
        message = self.account.with_context(lang="en_US").sync_message
        self.assertRegex(message, r"\b2 orders read in 1 call\b")
        words = self.env["amazon.cancellation.words"].with_context(lang="fr_FR")
        fact = {"count": 0, "one": "singular", "many": "plural"}
        self.assertEqual(words._word(fact), "singular", "as French counts nothing")

    def test_a_refused_cancellation(self):
        order = self._sell()
        self._read()
        order.user_id = self.user
        order.action_cancel()
        self.shop.ship(order.amazon_order_ref)
        self._send_and_follow(2)
        cancellation = order.amazon_cancellation_ids
        english, french = "It is shipped at Amazon", "expédiée chez Amazon"
        self._assert_worded(cancellation, "amazon_message", english, french)
        self.assertIn(french, order.with_context(lang="fr_FR").amazon_cancellation_message)
        self.assertIn(english, order.with_context(lang="en_US").amazon_cancellation_message)
        self.assertIn(french, self._notes(order), "the chatter is for the salesperson")
        activity = cancellation.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("bei Amazon", activity.note)
        self.assertNotIn("Amazon shows", activity.note)

    def test_the_chatter_speaks_the_salespersons_language(self):
        order = self._sell(order_vals={"user_id": self.user.id})
        self.shop.ask_to_cancel(order.client_order_ref, "Not this one")
        self._read()
        order.with_user(self.manager).action_amazon_keep_order()
        notes = self._notes(order)
        self.assertNotIn("The order is kept", notes)
        self.assertIn("commande", notes)

    def test_a_told_text_stays_as_it_is(self):
        self.account._amazon_write({"sync_message_facts": ["Alles 100 % gelesen"]})
        self.assertEqual(self.account.with_context(lang="fr_FR").sync_message, "Alles 100 % gelesen")

    def test_update_keeps_old_texts(self):
        """The version before kept the texts themselves, each in the language of who ran it."""
        cr = self.env.cr
        cr.execute("ALTER TABLE amazon_cancellation_account ADD COLUMN sync_message text")
        cr.execute(
            "UPDATE amazon_cancellation_account SET sync_message = %s WHERE id = %s", ["Alt: 1 %", self.account.id]
        )
        spec = spec_from_file_location("post_words", MIGRATION)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(cr, "19.0.1.0.0")
        self.account.invalidate_recordset()
        self.assertEqual(self.account.sync_message_facts, ["Alt: 1 %"])
        self.assertEqual(self.account.with_context(lang="fr_FR").sync_message, "Alt: 1 %")
        cr.execute(
            "SELECT 1 FROM information_schema.columns"
            " WHERE table_name = 'amazon_cancellation_account' AND column_name = 'sync_message'"
        )
        self.assertFalse(cr.fetchall())

    def test_codes_become_words(self):
        told = {
            "NO_LONGER_NEEDED": "No longer needed",
            "NoInventory": "No inventory",
            "BUYER_CANCELLED": "Buyer cancelled",
            "ordered-by-mistake": "Ordered by mistake",
            "WHATEVER_COMES_NEXT": "WHATEVER_COMES_NEXT",
            "I found it cheaper, sorry": "I found it cheaper, sorry",
            "Other": "Other",
        }
        for code, words in told.items():
            with self.subTest(code):
                order = self._sell()
                self.shop.ask_to_cancel(order.client_order_ref, code)
                self._read()
                self.assertEqual(order.amazon_cancel_request_reason, code, "the fact stays what Amazon told")
                self.assertEqual(order.amazon_cancel_request_words, words)
                self.assertEqual(order.order_line.amazon_cancel_words, words)
                delivery = order.picking_ids
                self.assertIn(words, delivery.amazon_hold_reason)
                self.assertIn(words, self._notes(order))

    def test_codes_of_several_items(self):
        order = self._sell(skus=("MUG", "LAMP"))
        at_amazon = self.shop.orders[order.client_order_ref]
        self.shop.ask_to_cancel(at_amazon.order_id, "NO_LONGER_NEEDED")
        at_amazon.items[1].request_reason = "Too late"
        self._read()
        self.assertEqual(order.amazon_cancel_request_words, "No longer needed; Too late")

    def test_why_amazon_cancelled(self):
        order = self._sell()
        self.shop.buyer_cancel(order.client_order_ref, "NO_LONGER_NEEDED")
        self._read()
        self.assertEqual(order.amazon_cancelled_words, "No longer needed")
        self.assertIn("Reason: No longer needed", order.amazon_cancellation_ids.amazon_message)

    def test_an_activity_is_in_its_readers_language(self):
        self.amazon.faults.add("searchOrders", "http", status=503)
        self.account.last_sync_date = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
        self._read()
        activity = self.account._amazon_get_activities("blind")
        self.assertEqual(activity.user_id, self.manager)
        self.assertNotIn("was last read completely", activity.note)
        self.assertNotIn("are not seen", activity.summary)
