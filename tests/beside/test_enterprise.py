from odoo.tests import tagged

from .common import BesideCase


@tagged("post_install", "-at_install")
class TestEnterprise(BesideCase):
    """Beside Odoo Enterprise's connector, by a stand-in with its public names: its orders are found as they are."""

    _addons = ("sale_amazon",)

    def _import_order(self):
        """An order as that connector leaves it: its own fields filled, and nothing of ours."""
        order = self._sell()
        order.write({"amazon_order_ref": order.client_order_ref, "amazon_channel": "fbm", "client_order_ref": False})
        for line, item in zip(order.order_line, self.shop.order(order.amazon_order_ref).items, strict=True):
            line.amazon_item_ref = item.item_id
        return order

    def test_its_order_is_found_held_and_cancelled_at_amazon(self):
        order = self._import_order()
        reference = order.amazon_order_ref
        self.shop.ask_to_cancel(reference, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_account_id, self.account)
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)
        order.with_user(self.user).action_amazon_accept_cancellation()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.shop.order(reference).status, "CANCELLED")
        self.assertEqual(order.amazon_order_ref, reference)

    def test_both_have_their_accounts_and_marketplaces(self):
        theirs = self.env["amazon.account"].create({"name": "Theirs", "seller_key": "A1"})
        self.assertTrue(theirs.exists() and self.account.exists())
        self.assertNotEqual(theirs._table, self.account._table)
