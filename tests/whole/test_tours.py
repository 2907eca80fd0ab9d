from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ...dev.amazon.role_names import INVENTORY
from ..tour_common import TourCase

ORDERS = "/odoo/action-sale.action_orders"
DELIVERIES = "/odoo/action-stock.action_picking_tree_all"
ACCOUNTS = "/odoo/action-sale_amazon_cancellation.amazon_seller_account_action"


@tagged("post_install", "-at_install")
class TestTours(TourCase):
    """The main path of each role, on a wide and on a narrow screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packer = cls._create_user("amazon_packer", "stock.group_stock_user")
        cls.shipper = cls._create_user("amazon_shipper", "stock.group_stock_user", "sales_team.group_sale_manager")
        cls.system = cls._create_user("amazon_system", "sales_team.group_sale_manager", "base.group_system")

    def _sell_requested(self, reason="Found cheaper somewhere else."):
        order = self._sell(order_vals={"user_id": self.user.id})
        self.shop.ask_to_cancel(order.client_order_ref, reason)
        self._read()
        order.amazon_cancel_request_date = "2026-01-15 12:00:00"
        return order

    # === SALES === #

    def test_decide(self):
        self._test_decide()

    def test_decide_narrow(self):
        self._use_phone()
        self._test_decide()

    def test_decide_french(self):
        self._speak_french(self.user)
        self._test_decide("amazon_decide_french")

    def _test_decide(self, tour="amazon_decide"):
        self.account.undo_minutes = 30
        order = self._sell_requested()
        self.start_tour(ORDERS, tour, login="amazon_user", timeout=120)
        self.assertEqual(order.amazon_cancellation_ids.mapped("state"), ["withdrawn"], "accepted, and undone")
        self.assertEqual((order.state, order.amazon_cancel_request), ("sale", "declined"))
        self.assertEqual(order.amazon_keep_reason_id, self.env.ref("sale_amazon_cancellation.keep_reason_carrier"))
        self.assertFalse(self.amazon.calls.count("createFeed"), "the browser's clicks call nobody")

    def test_requests(self):
        now = fields.Datetime.now()
        calm, urgent, decided = (self._sell_requested(reason) for reason in ("calm", "urgent", "decided"))
        calm.amazon_ship_by = now + timedelta(days=3)
        urgent.amazon_ship_by = now + timedelta(hours=2)
        decided.action_amazon_keep_order()
        self.start_tour("/odoo/amazon-requests", "amazon_requests", login="amazon_user")
        self.assertEqual((calm | urgent).mapped("state"), ["cancel", "cancel"])
        self.assertEqual(decided.state, "sale")

    # === WAREHOUSE === #

    def test_packer_meets_a_held_delivery(self):
        self._test_held_delivery()

    def test_packer_meets_a_held_delivery_narrow(self):
        self._use_phone()
        self._test_held_delivery()

    def test_packer_meets_a_held_delivery_narrow_french(self):
        self._use_phone()
        self._speak_french(self.packer)
        self._test_held_delivery()

    def _test_held_delivery(self):
        order = self._sell_requested()
        self.start_tour(DELIVERIES, "amazon_held_delivery", login="amazon_packer")
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(len(order._amazon_get_activities("warehouse")), 1, "who decides was told")

    def test_a_decision_shows_in_the_open_delivery(self):
        order = self._sell_requested()
        self.start_tour(DELIVERIES, "amazon_watch_delivery", login="amazon_shipper")
        self.assertFalse(order._amazon_get_activities("warehouse"), "it is decided")

    def test_manager_releases_a_held_delivery(self):
        order = self._sell_requested()
        self.start_tour(DELIVERIES, "amazon_release_delivery", login="amazon_shipper")
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertIn("The buyer wants it after all", self._notes(order))

    def test_batch_ships_the_others(self):
        if "stock.picking.batch" not in self.env:
            self.skipTest("stock_picking_batch is not installed")
        held, free = self._sell_requested(), self._sell()
        batch = self.env["stock.picking.batch"].create({"picking_ids": [(6, 0, (held | free).picking_ids.ids)]})
        batch.action_confirm()
        url = f"/odoo/action-stock_picking_batch.stock_picking_batch_action/{batch.id}"
        self.start_tour(url, "amazon_batch_delivery", login="amazon_packer")
        self.assertEqual((held.picking_ids.state, free.picking_ids.state), ("assigned", "done"))

    # === ADMINISTRATOR === #

    def test_connect(self):
        self.start_tour(ACCOUNTS, "amazon_connect", login="amazon_system")
        account = self.env["amazon.cancellation.account"].search([("name", "=", "Shop of the tour")])
        self.assertEqual(account.sync_state, "ok")
        self.assertEqual(account.marketplace_ids.mapped("api_ref")[:1], ["A1VC38T7YXB528"])

    def test_doctor(self):
        self.account.name = "Shop of the tour"
        self.shop.set_roles(INVENTORY)
        self.start_tour(ACCOUNTS, "amazon_doctor", login="amazon_system")

    def test_dry_run(self):
        plain, asked = self._sell(), self._sell()
        self.shop.ask_to_cancel(asked.client_order_ref, "Found cheaper somewhere else.")
        self._advance_clock(180)
        plain.partner_id = self.env["res.partner"].create({"name": "Klaus Open"})
        self.account.write({"name": "Shop of the tour", "active": False, "setup_step": "dry_run"})
        self.start_tour(ACCOUNTS, "amazon_dry_run", login="amazon_system")
        self.assertTrue(self.account.active)
        self.assertEqual((asked.state, asked.amazon_cancel_request), ("sale", False), "nothing was done yet")
        self._read()
        self.assertEqual(((asked | plain).mapped("state")), ["cancel", "sale"])

    def test_setup(self):
        self._test_setup()

    def test_setup_narrow(self):
        self._use_phone()
        self._test_setup()

    def _test_setup(self):
        self.account.unlink()
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Found cheaper somewhere else.")
        self._advance_clock(180)
        self.start_tour("/odoo/settings#sale_management", "amazon_setup", login="amazon_system", timeout=120)
        self.assertEqual(order.amazon_cancel_request, "requested")
