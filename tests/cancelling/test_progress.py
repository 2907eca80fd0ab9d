from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestProgress(AmazonCase):
    """One badge tells where an order stands; it is the same on form, list and board."""

    def _sell_requested(self, **values):
        item_ids = values.pop("item_ids", None)
        order = self._sell(**values)
        at_amazon = self.shop.order(order.client_order_ref)
        items = item_ids and [at_amazon.items[index].item_id for index in item_ids]
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind", items)
        self._read()
        return order

    def test_progress_through_a_cancellation(self):
        order = self._sell()
        self._read()
        self.assertFalse(order.amazon_cancel_progress, "an order without a request has no badge")
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_progress, "requested")
        order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(order.amazon_cancel_progress, "cancelling")
        self._send_and_follow()
        self.assertEqual(order.amazon_cancel_progress, "cancelled")

    def test_progress_of_kept_and_withdrawn_orders(self):
        kept, withdrawn = self._sell_requested(), self._sell_requested()
        kept.action_amazon_keep_order()
        self.shop.withdraw_request(withdrawn.amazon_order_ref)
        self._read()
        self.assertEqual(kept.amazon_cancel_progress, "kept")
        self.assertEqual(withdrawn.amazon_cancel_progress, "withdrawn")

    def test_manager_retries_on_the_order(self):
        order = self._sell()
        self._read()
        self.shop.plan_feed(refusals={order.amazon_order_ref: ["18028", "The order is not found or incomplete."]})
        order.action_cancel()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancel_progress, "refused")
        self.assertIn("not found or incomplete", order.amazon_cancellation_message)
        with self.assertRaises(UserError):
            order.with_user(self.user).action_amazon_retry_cancellation()
        order.with_user(self.manager).action_amazon_retry_cancellation()
        self.assertEqual(order.amazon_cancel_progress, "cancelling")
        self._send_and_follow()
        self.assertEqual(order.amazon_cancel_progress, "cancelled")

    def test_request_for_a_part_names_the_items(self):
        order = self._sell_requested(skus=("MUG", "LAMP"), item_ids=[1])
        self.assertTrue(order.amazon_cancel_partial)
        self.assertEqual(order.amazon_cancel_items, "1 × [LAMP] Lamp")
        self.assertEqual(order.order_line.mapped("amazon_cancel_badge"), [False, "asked"])

    def test_request_for_all_is_no_part(self):
        order = self._sell_requested(skus=("MUG", "LAMP"))
        self.assertFalse(order.amazon_cancel_partial)

    def test_requests_are_sorted_by_ship_by(self):
        later, sooner = self._sell_requested(), self._sell_requested()
        later.amazon_ship_by, sooner.amazon_ship_by = "2030-01-02 10:00:00", "2030-01-01 10:00:00"
        view = self.env.ref("sale_amazon_cancellation.amazon_request_view_list")
        arch = self.env["sale.order"].get_view(view.id, "list")["arch"]
        self.assertIn('default_order="amazon_verge, amazon_ship_by, id"', arch)
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_request_action")
        self.assertEqual(action["views"][0], (view.id, "list"), "the menu opens the sorted list")

    def test_form_opens_for_a_salesperson(self):
        order = self._sell_requested()
        order.user_id = self.user
        with Form(order.with_user(self.user)) as form:
            self.assertEqual(form.amazon_cancel_progress, "requested")
