from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestWeekly(AmazonCase):
    """What requests came to, for who decides: in the digest and in the analysis."""

    def setUp(self):
        super().setUp()
        self.account.returned_parcel_cost = 12.5
        self.env["sale.order"].search([("amazon_cancel_request", "!=", False)]).amazon_cancel_request_date = False

    def _ask(self, **kwargs):
        order = self._sell(**kwargs)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        return order

    def _play(self):
        """Three ask: one is stopped, one is shipped all the same, one is undecided."""
        stopped, shipped, undecided = self._ask(skus=("MUG", "LAMP")), self._ask(), self._ask()
        self._read()
        stopped.action_amazon_accept_cancellation()
        self._send_and_follow()
        self.shop.ship(shipped.client_order_ref)
        self._read()
        stopped.amazon_decided_date = stopped.amazon_cancel_request_date + timedelta(minutes=30)
        self.env.cr.flush()
        return stopped, shipped, undecided

    def _get_digest(self, user):
        now = fields.Datetime.now()
        digest = self.env["digest.digest"].create({"name": "Weekly"})
        return digest.with_user(user).with_context(
            start_datetime=now - timedelta(days=7), end_datetime=now + timedelta(days=1)
        )

    def test_digest(self):
        self._play()
        digest = self._get_digest(self.manager)
        self.assertEqual(digest.kpi_amazon_requests_value, 3)
        self.assertEqual(digest.kpi_amazon_minutes_value, 30)
        self.assertEqual(digest.kpi_amazon_stopped_value, 1)
        self.assertEqual(digest.kpi_amazon_shipped_value, 1)
        self.assertEqual(digest.kpi_amazon_saved_value, 12.5)

    def test_digest_is_not_for_those_who_see_their_own_orders_only(self):
        seller = self._create_user("amazon_seller", "sales_team.group_sale_salesman")
        for name in ("requests", "minutes", "stopped", "shipped", "saved"):
            with self.subTest(name), self.assertRaises(AccessError):
                self._get_digest(seller)[f"kpi_amazon_{name}_value"]

    def test_numbers_lead_to_what_their_reader_may_open(self):
        names = {f"kpi_amazon_{name}" for name in ("requests", "minutes", "stopped", "shipped", "saved")}
        for user, open_to in ((self.manager, names), (self.user, {"kpi_amazon_requests"})):
            actions = self._get_digest(user)._compute_kpis_actions(self.env.company, user)
            self.assertEqual(names & actions.keys(), open_to)
            for name in open_to:
                xml_id, _question, menu = actions[name].partition("?menu_id=")
                self.assertTrue(self.env["ir.actions.actions"]._for_xml_id(xml_id))
                self.assertEqual(int(menu), self.env.ref("sale.sale_menu_root").id)

    def test_analysis(self):
        stopped, shipped, undecided = self._play()
        rows = self.env["amazon.cancellation.report"].search([("order_id", "in", (stopped | shipped | undecided).ids)])
        [[minutes, saved]] = rows._read_group([("id", "in", rows.ids)], [], ["decision_minutes:avg", "cost_saved:sum"])
        self.assertAlmostEqual(minutes, 30, 1)
        self.assertEqual(saved, 12.5, "once for a parcel, however many lines it has")
        self.account.returned_parcel_cost = 20
        self.env.cr.flush()
        [[saved]] = rows._read_group([("id", "in", rows.ids)], [], ["cost_saved:sum"])
        self.assertEqual(saved, 20, "another estimate counts for what was, too")

    def test_overview_counts_held_transfers(self):
        held, free = self._ask(), self._sell()
        self._read()
        warehouse_user = self._create_user("amazon_stock", "stock.group_stock_user")
        picking_type = held.picking_ids.picking_type_id.with_user(warehouse_user)
        before = picking_type.amazon_held_count
        self.assertGreaterEqual(before, 1)
        action = picking_type.action_amazon_view_held()
        found = self.env["stock.picking"].search(action["domain"])
        self.assertIn(held.picking_ids, found)
        self.assertNotIn(free.picking_ids, found)
        held.action_amazon_keep_order()
        picking_type.invalidate_recordset()
        self.assertEqual(picking_type.amazon_held_count, before - 1)
