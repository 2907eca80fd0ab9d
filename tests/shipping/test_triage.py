from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestTriage(AmazonCase):
    """Many requests at once: what can still be stopped comes first, then the shortest time left."""

    def _sell_and_ask(self, hours=48):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.amazon_ship_by = fields.Datetime.now() + timedelta(hours=hours)
        return order

    def _set_up(self):
        nothing, picked, gone = (self._sell_and_ask() for _number in range(3))
        picked.picking_ids.move_ids.picked = True
        gone.picking_ids._amazon_release_hold("for the test")
        gone.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        gone.picking_ids.button_validate()
        gone.action_amazon_undo_decision()
        return nothing, picked, gone

    def test_groups_stand_in_the_order_of_the_work(self):
        orders = self.env["sale.order"].union(*self._set_up())
        domain = [("id", "in", orders.ids)]
        groups = (
            self.env["sale.order"]
            .with_user(self.user)
            .formatted_read_group(domain, ["amazon_goods_state"], ["__count"])
        )
        self.assertEqual([group["amazon_goods_state"] for group in groups], ["nothing", "picked", "shipped"])
        self.assertEqual(orders.mapped("amazon_goods_state"), ["nothing", "picked", "shipped"])
        for group, order in zip(groups, orders, strict=True):
            self.assertEqual(self.env["sale.order"].search([*domain, *group["__extra_domain"]]), order)

    def test_a_group_follows_the_goods(self):
        nothing, picked_one, gone = self._set_up()
        picked = [("id", "=", nothing.id), ("amazon_goods_state", "=", "picked")]
        self.assertFalse(self.env["sale.order"].search(picked))
        nothing.picking_ids.move_ids.picked = True
        self.assertTrue(self.env["sale.order"].search(picked))
        nothing.action_amazon_keep_order()
        self.assertFalse(nothing.amazon_goods_state, "decided: nothing is to be stopped")
        nowhere = self.env["sale.order"].search([("amazon_goods_state", "=", False)])
        self.assertEqual(nowhere & (nothing | picked_one | gone), nothing)

    def test_time_left(self):
        orders = self.env["sale.order"].union(*(self._sell_and_ask(hours) for hours in (30, -1, 3, 10)))
        domain = [("id", "in", orders.ids)]
        groups = self.env["sale.order"].formatted_read_group(domain, ["amazon_time_left"], ["id:array_agg"])
        self.assertEqual([group["amazon_time_left"] for group in groups], ["00", "04", "24", "99"])
        late, soon, today, later = orders[1], orders[2], orders[3], orders[0]
        for group, order in zip(groups, (late, soon, today, later), strict=True):
            self.assertEqual(self.env["sale.order"].search([*domain, *group["__extra_domain"]]), order)
            self.assertEqual(order.amazon_time_left, group["amazon_time_left"])
        self.assertEqual(self.env["sale.order"].search(domain, order="amazon_time_left")[:1], late)

    def test_no_time_is_left_where_nobody_asks_or_no_date_is_known(self):
        asked, dateless, quiet = self._sell_and_ask(), self._sell_and_ask(), self._sell()
        dateless.amazon_ship_by = False
        quiet.amazon_ship_by = fields.Datetime.now() + timedelta(hours=48)
        orders = asked | dateless | quiet
        self.assertEqual(orders.mapped("amazon_time_left"), ["99", False, False])
        for value, expected in ((False, dateless | quiet), ("99", asked), ("00", orders.browse())):
            domain = [("id", "in", orders.ids), ("amazon_time_left", "=", value)]
            self.assertEqual(self.env["sale.order"].search(domain), expected.sorted())
            domain = [("id", "in", orders.ids), ("amazon_time_left", "!=", value)]
            self.assertEqual(self.env["sale.order"].search(domain), (orders - expected).sorted())

    def test_it_costs_nothing_before_it_is_asked_for(self):
        order = self._sell_and_ask()
        self.env["sale.order"].get_views([(False, "list"), (False, "search")])
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            for name in ("amazon_goods_state", "amazon_time_left"):
                self.env["sale.order"].fields_get([name], ["groupable", "sortable"])
        few = self._count_queries()
        for _number in range(5):
            order |= self._sell_and_ask()
        self.assertEqual(self._count_queries(), few, "no query for each order")

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["sale.order"].formatted_read_group([], ["amazon_goods_state"], ["__count"])
        return self.env.cr.sql_log_count - before
