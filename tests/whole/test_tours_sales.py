import re
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..tour_common import TourCase

REQUESTS = "/odoo/amazon-requests"
TRANSFERS = "/odoo/action-stock.action_picking_tree_all"


@tagged("post_install", "-at_install")
class TestToursSales(TourCase):
    """Sales decides where the list is: the moves of each path are counted by its tour."""

    def setUp(self):
        super().setUp()
        self.account.undo_minutes = 30

    def _sell_requested(self, reason="whole", skus=("MUG",), item=None):
        order = self._sell(skus=skus, order_vals={"user_id": self.user.id})
        items = self.shop.order(order.client_order_ref).items
        self.shop.ask_to_cancel(order.client_order_ref, reason, item_ids=[i.item_id for i in items[:item]])
        return order

    def _sell_whole_and_part(self):
        whole, part = self._sell_requested(), self._sell_requested("part", ("MUG", "LAMP"), 1)
        self._read()
        return whole, part

    def test_accept_in_the_list(self):
        whole, _part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_list_accept", login="amazon_user")
        self.assertEqual((whole.state, whole.amazon_cancellation_state), ("cancel", "scheduled"))

    def test_keep_in_the_list(self):
        whole, _part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_list_keep", login="amazon_user")
        self.assertEqual(whole.amazon_cancel_request, "declined")
        self.assertEqual(whole.amazon_keep_reason_id, self.env.ref("sale_amazon_cancellation.keep_reason_carrier"))

    def test_undo_in_the_message(self):
        whole, _part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_list_undo", login="amazon_user")
        self.assertEqual((whole.state, whole.amazon_cancel_request), ("sale", "requested"))
        self.assertTrue(whole.picking_ids.amazon_hold)

    def test_a_selection_by_keys_and_its_undo(self):
        self._sell_requested("other")
        whole, part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_list_bulk", login="amazon_user", timeout=120)
        self.assertEqual((whole | part).mapped("amazon_cancel_request"), ["requested", "requested"])
        self.assertEqual((whole | part).amazon_cancellation_ids.mapped("state"), ["withdrawn", "withdrawn"])

    def test_the_open_order_by_keys(self):
        whole, _part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_form_keys", login="amazon_user")
        self.assertEqual((whole.state, whole.amazon_cancel_request), ("sale", "requested"))
        self.assertEqual(whole.amazon_cancellation_ids.mapped("state"), ["withdrawn"], "kept, and cancelled, before")

    def test_cards_on_a_phone(self):
        self._use_phone()
        whole, _part = self._sell_whole_and_part()
        self.start_tour(REQUESTS, "amazon_cards_keep", login="amazon_user")
        self.assertEqual(whole.amazon_cancel_request, "requested")

    def test_reasons_are_read_in_the_lists(self):
        self.browser_size = "1400x900"
        reason = "Found cheaper somewhere else, and the parcel would come after the birthday."
        self._sell_requested(reason, ("MUG", "LAMP"), 1)
        self._read()
        self.start_tour(REQUESTS, "amazon_readable_requests", login="amazon_user")
        self._create_user("amazon_shipper", "stock.group_stock_user", "stock.group_stock_multi_locations")
        self.start_tour(TRANSFERS, "amazon_readable_transfers", login="amazon_shipper")
        self.start_tour("/odoo/inventory", "amazon_readable_held", login="amazon_shipper")

    def test_the_weekly_mail_leads_to_the_parcels(self):
        self.account.returned_parcel_cost = 12.5
        order = self._sell_requested("Changed mind")
        self._read()
        order.action_amazon_accept_cancellation()
        order.amazon_cancellation_id.send_after = fields.Datetime.now()
        self._send_and_follow()
        digest = self.env["digest.digest"].create({"name": "Weekly", "kpi_amazon_saved": True})
        digest._action_send_to_user(self.manager)
        mail = self.env["mail.mail"].search([("email_to", "=", self.manager.email_formatted)], limit=1)
        [link] = re.findall(r'href="[^"]*(/odoo/action-[^"]+)"', mail.body_html)
        self.start_tour(link, "amazon_weekly", login="amazon_manager")

    def test_three_hundred_requests(self):
        orders = self.env["sale.order"].union(*(self._sell_requested("stoppable") for _number in range(300)))
        gone = self._sell_requested("gone")
        gone.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        gone.picking_ids.button_validate()
        self._read()
        for first, hours in ((0, 2), (100, 10), (200, 48)):
            orders[first : first + 100].amazon_ship_by = fields.Datetime.now() + timedelta(hours=hours)
        orders[250:].picking_ids.move_ids.picked = True
        self.start_tour("/odoo/amazon-triage", "amazon_triage", login="amazon_user", timeout=400)
        self.assertEqual(set(orders.mapped("amazon_cancellation_state")), {"scheduled"})
        self.assertEqual(gone.amazon_cancel_request, "declined")

    def test_deadlines_in_the_calendars(self):
        order = self._sell_requested("Found cheaper")
        self._read()
        order.amazon_ship_by = fields.Datetime.now().replace(hour=23, minute=45)
        self.start_tour(REQUESTS, "amazon_calendars", login="amazon_user")
        order.action_amazon_accept_cancellation()
        self.start_tour(
            "/odoo/action-sale_amazon_cancellation.amazon_order_cancellation_action",
            "amazon_calendars",
            login="amazon_user",
        )
