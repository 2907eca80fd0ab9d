from odoo.tests import tagged

from ..weather_common import WeatherCase


@tagged("post_install", "-at_install")
class TestForeignWords(WeatherCase):
    """Words of the buyer's and of Amazon's are shown as words."""

    WORDS = '<a href="https://evil.test">click</a><img src="https://evil.test/x.png">'

    def test_amazons_words_in_activities(self):
        self._cancel(self.bad)
        cancellation = self.bad.amazon_cancellation_ids
        cancellation._refuse(self.WORDS)
        self._assert_plain(cancellation.activity_ids.note)
        self._assert_plain(self.bad.message_ids[0].body)

    def test_amazons_words_on_the_account(self):
        self.account._ask_manager("blind", "Blind", f"Amazon says: {self.WORDS}")
        self._assert_plain(self.account.activity_ids.note)

    def test_buyers_words(self):
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertIn("evil", self.bad.amazon_cancel_request_reason)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")
        for message in self.bad.message_ids:
            self._assert_plain(message.body or "")

    def test_buyers_words_on_goods_that_are_gone(self):
        self.bad.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        self.bad.picking_ids.button_validate()
        self.shop.buyer_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertTrue(self.bad.activity_ids)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")

    def _assert_plain(self, html):
        self.assertNotIn("<a ", html)
        self.assertNotIn("<img", html)
