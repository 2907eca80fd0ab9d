from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import AmazonCase

ORDERS = "/odoo/action-sale.action_orders"
DELIVERIES = "/odoo/action-stock.action_picking_tree_all"
ACCOUNTS = "/odoo/action-sale_amazon_cancellation.amazon_seller_account_action"


@tagged("post_install", "-at_install")
class TestTours(AmazonCase, HttpCase):
    """What people do, done in a browser. A tour fails at any error on the browser's console."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packer = cls._create_user("amazon_packer", "stock.group_stock_user")
        cls.shipper = cls._create_user("amazon_shipper", "stock.group_stock_user", "sales_team.group_sale_manager")
        cls.system = cls._create_user("amazon_system", "sales_team.group_sale_manager", "base.group_system")
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

    def _sell_requested(self, **values):
        order = self._sell(**values)
        self.shop.ask_to_cancel(order.client_order_ref, "Found cheaper somewhere else.")
        self._read()
        return order

    def test_connect(self):
        self.start_tour(ACCOUNTS, "amazon_connect", login="amazon_system")
        account = self.env["amazon.seller.account"].search([("name", "=", "Shop of the tour")])
        self.assertEqual(account.sync_state, "ok")
        self.assertEqual(account.marketplace_ids.mapped("api_ref")[:1], ["A1VC38T7YXB528"])

    def test_setup(self):
        self.account.unlink()
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Found cheaper somewhere else.")
        self._advance_clock(180)
        self.start_tour("/odoo/settings#sale_management", "amazon_setup", login="amazon_system")
        self.assertTrue(self.env["amazon.seller.account"].search([("name", "=", "Shop of the tour")]))
        self.assertFalse(order.amazon_cancel_request, "nothing is read before the first reading")

    def test_countdown_and_views(self):
        now = fields.Datetime.now()
        calm, urgent = self._sell_requested(), self._sell_requested()
        calm.write({"amazon_ship_by": now + timedelta(days=3), "amazon_cancel_request_reason": "calm"})
        urgent.write({"amazon_ship_by": now + timedelta(hours=2), "amazon_cancel_request_reason": "urgent"})
        self.start_tour("/odoo/amazon-requests", "amazon_countdown", login="amazon_user")

    def test_see_request(self):
        self._sell_requested()
        self.start_tour(ORDERS, "amazon_see_request", login="amazon_user")

    def test_accept_request(self):
        order = self._sell_requested()
        self.start_tour(ORDERS, "amazon_accept_request", login="amazon_user")
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self.assertFalse(self.amazon.calls.count("createFeed"), "the browser's click calls nobody")

    def test_keep_request(self):
        order = self._sell_requested()
        self.start_tour(ORDERS, "amazon_keep_request", login="amazon_user")
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertEqual(order.state, "sale")

    def test_packer_meets_a_held_delivery(self):
        order = self._sell_requested()
        self.start_tour(DELIVERIES, "amazon_held_delivery", login="amazon_packer")
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_manager_releases_a_held_delivery(self):
        order = self._sell_requested()
        self.start_tour(DELIVERIES, "amazon_release_delivery", login="amazon_shipper")
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.amazon_cancel_request, "declined")
