from datetime import timedelta

from odoo.modules.registry import Registry
from odoo.tests import get_db_name, tagged

from ...dev.connectors.standins import STAND_INS
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestConnectors(AmazonCase):
    """Orders of the connectors that people have: found by what stands in their fields, and cancelled at Amazon.

    Enterprise's is there each time, and its `amazon_order_ref` is for reading: the others leave it empty.
    """

    @classmethod
    def setUpClass(cls):
        missing = set(STAND_INS) - Registry(get_db_name())._init_modules
        if missing:
            cls.skipTest(cls, "needs the stand-ins of connectors: run `make test-connectors`")
        super().setUpClass()

    def _import(self, stand_in):
        """An order as the connector leaves it: the ids stand in its own fields alone, and SKUs tell nothing."""
        order = self._sell(skus=("MUG", "LAMP"), items=[{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}])
        ref = order.client_order_ref
        order.client_order_ref = False
        self._put(order, stand_in.path or "amazon_order_ref", ref)
        if stand_in.item_path:
            items = self.shop.orders[ref].items
            for line, item in zip(order.order_line, reversed(items), strict=True):
                self._put(line, stand_in.item_path, item.item_id)
        return order, ref

    def _put(self, record, path, value):
        *links, name = path.split(".")
        if not links:
            record[name] = value
            return
        field = record._fields[links[0]]
        self.env[field.comodel_name].create({field.inverse_name: record.id, name: value})

    # === ONE FOR EACH === #

    def test_enterprise(self):
        self._follow_to_the_end("sale_amazon")

    def test_amazon_ept(self):
        self._follow_to_the_end("amazon_ept")

    def test_amazon_ept_of_older_versions(self):
        self._follow_to_the_end("amazon_ept_10")

    def test_oca_connector_amazon(self):
        self._follow_to_the_end("connector_amazon")

    def test_multi_channel_sale(self):
        self._follow_to_the_end("odoo_multi_channel_sale")

    def test_amazon_orders(self):
        self._follow_to_the_end("amazon_orders")

    def test_marketplace_orders(self):
        self._follow_to_the_end("marketplace_orders")

    def test_connector_lengow(self):
        self._follow_to_the_end("connector_lengow")

    def test_ecommerce(self):
        self._follow_to_the_end("sale_ecommerce")

    def _follow_to_the_end(self, name):
        """From the connector's order to the cancellation at Amazon, with no word to the connector's fields."""
        stand_in = STAND_INS[name]
        order, ref = self._import(stand_in)
        self.account.with_user(self.manager).action_find_order_refs()
        self.assertEqual(self.account.order_ref_path or "", stand_in.path)
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)
        if stand_in.item_path and stand_in.item_path != "amazon_item_ref":
            items = self.shop.orders[ref].items
            self.assertEqual(order.order_line.mapped("amazon_item_ref"), [item.item_id for item in reversed(items)])
        order.with_user(self.user).action_amazon_accept_cancellation()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.shop.orders[ref].status, "CANCELLED")
        self.assertEqual(order.amazon_order_ref, False if stand_in.path else ref, "it is Enterprise's, and for reading")

    # === ALL TOGETHER === #

    def test_found_without_a_person(self):
        for name, stand_in in STAND_INS.items():
            with self.subTest(name):
                self.account.write({"order_ref_path": False})
                self._advance_days(2)
                order, ref = self._import(stand_in)
                self.shop.ask_to_cancel(ref, "Changed mind")
                self._read()
                self.assertEqual(order.amazon_cancel_request, "requested")
                self.assertEqual(self.account.order_ref_path or "", stand_in.path)

    def _advance_days(self, days):
        """As if the last look for order ids was so long ago."""
        if self.account.order_ref_date:
            self.account.sudo().order_ref_date -= timedelta(days=days)

    def test_an_order_that_no_connector_field_names_is_found_by_the_customers_reference(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(order.amazon_order_ref, "Enterprise's, and for reading")
        order.action_cancel()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
