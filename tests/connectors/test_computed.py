from odoo.modules.registry import Registry
from odoo.tests import get_db_name, tagged

from ...dev.connectors.standins import COMPUTED
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestComputed(AmazonCase):
    """Another module computes the order id, and lets nobody search it."""

    @classmethod
    def setUpClass(cls):
        if COMPUTED not in Registry(get_db_name())._init_modules:
            cls.skipTest(cls, "needs a stand-in: run `make test-connectors`")
        super().setUpClass()

    def _follow_to_the_end(self, order, ref):
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual((order.amazon_cancel_request, order.amazon_linked_ref), ("requested", ref))
        self._read()
        order.with_user(self.user).action_amazon_accept_cancellation()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.shop.orders[ref].status, "CANCELLED")

    def test_the_computed_id_is_read(self):
        order = self._sell()
        ref = order.client_order_ref
        order.write({"client_order_ref": False, "reference": f"AMZ {ref}"})
        self._follow_to_the_end(order, ref)
        self.assertEqual(self.env["sale.order"].search([("amazon_order_ref", "=", ref)]), order)

    def test_an_empty_one_is_found_by_the_customers_reference(self):
        order = self._sell()
        self._follow_to_the_end(order, order.client_order_ref)
        self.assertFalse(order.amazon_order_ref)

    def test_cancelled_in_odoo_before_it_was_read(self):
        order = self._sell()
        ref = order.client_order_ref
        order.write({"client_order_ref": False, "reference": f"AMZ {ref}"})
        order.action_cancel()
        self.assertEqual(order.amazon_cancellation_ids.amazon_order_ref, ref)
