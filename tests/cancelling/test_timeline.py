from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import format_datetime

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestTimeline(AmazonCase):
    """The evidence tells in order what happened, on the form and on paper."""

    def test_from_the_request_to_the_confirmation(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.with_user(self.user).action_amazon_accept_cancellation()
        self._send_and_follow()
        cancellation = order.amazon_cancellation_ids
        self.assertEqual(
            [event["fact"] for event in cancellation._get_timeline()],
            [
                "The buyer asked Amazon to cancel",
                "Odoo showed the request and held the delivery",
                f"Cancelled in Odoo by {self.user.name}",
                "Sent to Amazon",
                "Amazon reported on the feed",
                "Amazon shows the order as cancelled",
            ],
        )
        self.assertIn("Changed mind", cancellation.timeline)
        report = self.env["ir.actions.report"]._render_qweb_html(
            "sale_amazon_cancellation.report_amazon_cancellation", cancellation.ids
        )[0]
        self.assertIn(order.amazon_order_ref, report.decode())
        self.assertIn("Amazon shows the order as cancelled", report.decode())

    def test_refusal_with_its_words(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.shop.ship(order.amazon_order_ref)
        self._send_and_follow(1)
        last = order.amazon_cancellation_ids._get_timeline()[-1]
        self.assertEqual(last["fact"], "Refused")
        self.assertIn("can no longer be cancelled", last["words"])

    def test_dates_stay_whatever_is_written_later(self):
        for state, facts in (("refused", ["Refused"]), ("withdrawn", ["Undone"])):
            with self.subTest(state):
                order = self._sell()
                self._read()
                order.action_cancel()
                cancellation = order.amazon_cancellation_ids
                if state == "refused":
                    cancellation._refuse({"text": "No."})
                else:
                    cancellation.action_withdraw()
                day_before = cancellation[f"{state}_date"] - timedelta(days=1)
                cancellation[f"{state}_date"] = day_before
                told = [event["date"] for event in cancellation._get_timeline() if event["fact"] in facts]
                self.assertEqual(told, [format_datetime(self.env, day_before)])
