import contextlib

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestGoods(AmazonCase):
    """Goods that must not leave do not move towards the buyer, by whatever way; everything else moves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)

    def _ask(self, order, reason="Changed mind"):
        self.shop.ask_to_cancel(order.client_order_ref, reason)
        self._read()

    def _pick(self, picking, quantity=1):
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()

    def _return(self, picking, quantity=1):
        wizard = self.env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking")
        wizard = wizard.create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        return wizard._create_return()

    # === THE GATE === #

    def test_code_of_other_modules_does_not_ship_held_goods(self):
        order = self._sell()
        self._ask(order)
        moves = order.picking_ids.move_ids
        moves.write({"quantity": 1, "picked": True})
        for ship in (order.picking_ids._action_done, moves._action_done, moves.move_line_ids._action_done):
            with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
                ship()
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_held_goods_are_not_called_done_without_being_moved(self):
        """Connectors tell Amazon of a shipment by the state of its transfer, which an import or a call can write."""
        order, other = self._sell(), self._sell()
        self._ask(order)
        packer = self._create_user("packer", "stock.group_stock_user")
        for records in (order.picking_ids, order.picking_ids.move_ids):
            with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
                records.with_user(packer).write({"state": "done"})
        self.assertEqual(order.picking_ids.state, "assigned")
        other.picking_ids.move_ids.with_user(packer).write({"state": "done"})
        self.assertEqual(other.picking_ids.state, "done")

    def test_goods_that_were_free_to_go_and_stayed_are_looked_at_again(self):
        order = self._sell()
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        with contextlib.suppress(ZeroDivisionError), self.env.cr.savepoint():
            order.picking_ids._action_done()
            raise ZeroDivisionError  # as a printer of labels may, which is called in the same transaction
        self.assertEqual(order.picking_ids.state, "assigned")
        self._ask(order)
        with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"):
            order.picking_ids.move_ids.write({"state": "done"})

    def test_held_goods_are_not_taken_from_their_order(self):
        order, other = self._sell(), self._sell()
        self._ask(order)
        packer = self._create_user("packer", "stock.group_stock_user")
        move = order.picking_ids.move_ids.with_user(packer)
        for line in (self.env["sale.order.line"], other.order_line):
            with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
                move.sale_line_id = line.id
        with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
            move.product_id = self.lamp.id  # by which Odoo takes it from its line
        move.sale_line_id = order.order_line.id
        self.assertTrue(order.picking_ids.amazon_hold)
        with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
            order.order_line.with_user(self.manager).order_id = other  # as who merges or splits orders does
        order.order_line.with_user(self.manager).order_id = order
        other.picking_ids.move_ids.with_user(packer).sale_line_id = False
        other.order_line.order_id = self._sell()

    def test_moves_without_a_transfer_are_held(self):
        order = self._sell()
        self._ask(order)
        moves = order.picking_ids.move_ids
        moves.picking_id = False
        moves.write({"quantity": 1, "picked": True})
        with self.assertRaises(UserError):
            moves._action_done()

    def test_held_goods_do_not_leave_with_what_is_done(self):
        """Nor by a higher quantity of a done move, nor by a line added to it."""
        order = self._sell(items=[{"sku": "MUG", "quantity": 2}])
        done = order.picking_ids
        done.move_ids.write({"quantity": 1, "picked": True})
        done.with_context(cancel_backorder=False)._action_done()
        self.assertEqual(done.state, "done")
        self._ask(order)
        self.assertEqual(order.amazon_cancel_request, "requested")
        line = done.move_line_ids
        more = {
            "move_id": line.move_id.id,
            "picking_id": done.id,
            "product_id": line.product_id.id,
            "quantity": 1,
            "location_id": line.location_id.id,
            "location_dest_id": line.location_dest_id.id,
        }
        for ship in (
            lambda: line.write({"quantity": 2}),
            lambda: line.move_id.write({"quantity": 2}),
            lambda: line.write({"product_uom_id": self.env.ref("uom.product_uom_dozen").id}),
            lambda: self.env["stock.move.line"].create(more),
        ):
            with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
                ship()
        line.quantity = 0  # it did not leave after all
        order.action_amazon_keep_order()
        line.quantity = 2
        self.assertEqual(done.move_ids.quantity, 2)

    def test_held_goods_are_not_sent_on_from_a_step_that_is_done(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._sell()
        pick = order.picking_ids
        self._pick(pick)
        self._ask(order)
        buyers, line = order.partner_shipping_id.property_stock_customer, pick.move_line_ids
        with self.assertRaisesRegex(UserError, "Do not ship: the buyer asks to cancel"), self.env.cr.savepoint():
            line.location_dest_id = buyers
        line.location_dest_id = self.warehouse.lot_stock_id  # put back
        order.action_amazon_keep_order()
        line.location_dest_id = buyers

    def test_a_new_delivery_of_a_cancelled_order_does_not_leave(self):
        """Nor does a copy of the delivery that the accepted request took away, unless a manager lets it pass."""
        order = self._sell(items=[{"sku": "MUG", "quantity": 2}])
        self._ask(order)
        order.action_amazon_accept_cancellation()
        self.assertEqual((order.state, order.picking_ids.state), ("cancel", "cancel"))
        again = order.picking_ids.copy()
        again.action_confirm()
        again.move_ids.write({"quantity": 2, "picked": True})
        self.assertTrue(again.amazon_hold)
        self.assertEqual(again.amazon_hold_title, "Do not ship: the order is cancelled.", "Amazon is not told yet")
        self.assertIn(again, self.env["stock.picking"].search([("amazon_hold", "=", True)]))
        with self.assertRaisesRegex(UserError, "Do not ship"), self.env.cr.savepoint():
            again._action_done()
        self.assertEqual(again.button_validate()["res_model"], "amazon.hold.dialog")
        again._amazon_release_hold("Sent after all, by agreement")
        again._action_done()
        self.assertEqual(again.state, "done")

    def test_an_open_delivery_of_an_order_that_is_cancelled_in_odoo_does_not_leave(self):
        """Whoever writes the state leaves the delivery open, while Amazon is told to cancel."""
        order = self._sell()
        self._read()
        order.state = "cancel"
        picking = order.picking_ids
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self.assertNotEqual(picking.state, "cancel")
        self.assertIn(picking, self.env["stock.picking"].search([("amazon_hold", "=", True)]))
        self.assertEqual(picking.amazon_hold_reason, f"{order.name} is cancelled")
        dialog = self.env["amazon.hold.dialog"].browse(picking.button_validate()["res_id"])
        self.assertNotIn("asked", dialog.message)
        with self.assertRaisesRegex(UserError, "Do not ship: the order is cancelled"), self.env.cr.savepoint():
            self._pick(picking)
        order.action_draft()
        order.action_confirm()
        self._pick(order.picking_ids.filtered(lambda p: p.state != "cancel")[:1])
        self.assertIn("done", order.picking_ids.mapped("state"))

    def test_another_product_in_the_stead_of_the_ordered_one_is_held_too(self):
        """Odoo takes a move from its order line then, and the delivery from its order."""
        for step in ("replaced", "cut"):
            order = self._sell()
            self._read()
            picking, move = order.picking_ids, order.picking_ids.move_ids
            move.write({"product_id": self.lamp.id} if step == "replaced" else {"sale_line_id": False})
            self.assertFalse(picking.sale_id, step)
            self.assertFalse(picking.amazon_hold)
            self._ask(order)
            picking.invalidate_recordset(["amazon_hold"])
            self.assertTrue(picking.amazon_hold, step)
            self.assertIn(picking, self.env["stock.picking"].search([("amazon_hold", "=", True)]))
            with self.assertRaisesRegex(UserError, "Do not ship"), self.env.cr.savepoint():
                self._pick(picking)
            self.assertEqual(order.amazon_goods_state, "nothing")
            order.action_amazon_keep_order()
            self._pick(picking)
            self.assertEqual(order._amazon_get_goods_progress()[order], "left", step)

    def test_code_that_must_pass_says_why(self):
        order = self._sell()
        self._ask(order)
        order.picking_ids._amazon_release_hold("The carrier has it already")
        self._pick(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertIn("The carrier has it already", self._notes(order))
        self.assertIn("The carrier has it already", self._notes(order.picking_ids))

    def test_returns_and_receipts_are_never_held(self):
        order = self._sell()
        self._pick(order.picking_ids)
        back = self._return(order.picking_ids)
        self._ask(order)
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(back.amazon_hold)
        self.assertIs(back.button_validate(), True)
        self.assertEqual(back.state, "done")

    def test_return_of_a_step_is_not_held(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._sell()
        pick = order.picking_ids
        self._pick(pick)
        self._ask(order)
        back = self._return(pick)
        self.assertFalse(back.amazon_hold)
        self._pick(back)
        self.assertEqual(back.state, "done")

    def test_receipt_in_steps_for_a_held_order_is_not_held(self):
        """What was bought for the order comes in: storing it brings it nearer to nobody."""
        order = self._sell()
        self._ask(order)
        self.warehouse.reception_steps = "two_steps"
        places = {
            "location_id": self.warehouse.wh_input_stock_loc_id.id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
        }
        vals = {
            "product_id": self.mug.id,
            "product_uom_qty": 1,
            "move_dest_ids": [(6, 0, order.picking_ids.move_ids.ids)],
            **places,
        }
        store = self.env["stock.picking"].create(
            {"picking_type_id": self.warehouse.store_type_id.id, "move_ids": [(0, 0, vals)], **places}
        )
        self.assertFalse(store.amazon_hold)
        self._pick(store)
        self.assertEqual(store.state, "done")

    def test_release_is_for_what_held_then_and_not_for_a_later_request(self):
        self.account.check_before_shipping = "block"
        order = self._sell(skus=("MUG", "LAMP"))
        self._read()
        order.amazon_checked_date = "2020-01-01 00:00:00"
        self.amazon.faults.add("getOrder", "http", status=503, times=9)
        picking = order.picking_ids
        picking.move_ids[0].write({"quantity": 1, "picked": True})
        dialog = self.env["amazon.hold.dialog"].browse(picking.button_validate()["res_id"])
        dialog.reason = "Seen in Seller Central"
        action = dialog.action_release()
        self.env["stock.backorder.confirmation"].with_context(**action["context"]).create({}).process()
        self.assertEqual(picking.state, "done")
        self.amazon.faults.clear()
        self.assertFalse(picking.backorder_ids.amazon_hold)
        self._ask(order, "The rest is too late")
        self.assertTrue(picking.backorder_ids.amazon_hold)
        self.assertEqual(picking.backorder_ids.button_validate()["res_model"], "amazon.hold.dialog")

    def test_release_of_a_cancelled_order_lasts_for_its_backorder(self):
        self.account.follow_amazon = False
        order = self._sell(skus=("MUG", "LAMP"))
        self.shop.buyer_cancel(order.client_order_ref, "Changed mind")
        self._read()
        picking = order.picking_ids
        with self.assertRaisesRegex(UserError, "cancelled at Amazon"), self.env.cr.savepoint():
            self._pick(picking)
        picking._amazon_release_hold("Replacement, agreed by phone")
        picking.move_ids[0].write({"quantity": 1, "picked": True})
        picking._action_done()
        self.assertTrue(picking.backorder_ids)
        self.assertFalse(picking.backorder_ids.amazon_hold)

    def test_release_of_a_cancelled_order_ends_when_it_is_reopened(self):
        self.account.undo_minutes = 60
        order = self._sell()
        self._ask(order)
        for _time in range(2):
            order.action_amazon_accept_cancellation()
            again = order.picking_ids[:1].copy()
            again.action_confirm()
            self.assertTrue(again.amazon_hold)
            again._amazon_release_hold("Sent after all, by agreement")
            self.assertFalse(again.amazon_hold)
            again.action_cancel()
            order.action_draft()
            order.action_confirm()
            self.assertEqual(order.amazon_cancel_request, "requested")

    def test_goods_of_another_order_in_the_same_transfer_may_leave(self):
        held, free = self._sell(), self._sell()
        picking, emptied = held.picking_ids, free.picking_ids
        free.order_line.move_ids.picking_id = picking
        emptied.unlink()
        self._ask(held)
        self.assertTrue(picking.amazon_hold)
        moves = free.order_line.move_ids
        moves.write({"quantity": 1, "picked": True})
        moves._action_done()
        self.assertEqual(moves.state, "done")
        self.assertNotEqual(held.order_line.move_ids.state, "done")
        self.assertEqual((held | free)._amazon_get_goods_progress(), {held: "none", free: "left"})

    def test_a_line_of_which_nothing_is_moved_stops_no_other(self):
        held, free = self._sell(), self._sell()
        self._ask(held)
        held_line, free_line = (order.picking_ids.move_line_ids for order in (held, free))
        held_line.quantity = 0
        at_buyers = self.mug.with_context(location=free_line.location_dest_id.id)
        before = at_buyers.qty_available
        (held_line | free_line)._action_done()
        at_buyers.invalidate_recordset(["qty_available"])
        self.assertEqual(at_buyers.qty_available, before + 1)

    # === WHERE THE GOODS ARE === #

    def test_picked_goods_of_an_order_that_amazon_cancelled_do_not_leave(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._sell()
        self._pick(order.picking_ids)
        self.shop.buyer_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done", "cancel"})
        self.assertIn("picked already", self._notes(order))
        self.assertFalse(order.activity_ids.filtered(lambda a: "delivered" in (a.summary or "")))

    def test_progress(self):
        for name, steps, work, expected in self._get_progress_cases():
            with self.subTest(name):
                self.warehouse.delivery_steps = steps
                order = self._sell(
                    order_vals={"order_line": [(0, 0, {"product_id": self.mug.id, "product_uom_qty": 2})]}
                )
                work(order)
                self.assertEqual(order.with_user(self.user)._amazon_get_goods_progress(), {order: expected})

    def _get_progress_cases(self):
        """Name, delivery steps, what is done, and how far the goods then are."""

        def out(order):
            return order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing" and p.state != "done")

        def ship(order, quantity=2):
            self._pick(out(order), quantity)

        def pick(order, quantity=2):
            self._pick(order.picking_ids.filtered(lambda p: p.picking_type_code == "internal"), quantity)

        def bring_back(order, quantity=2):
            self._pick(self._return(order.picking_ids.filtered(lambda p: p.state == "done")[:1], quantity), quantity)

        def steps(*works):
            return lambda order: [work(order) for work in works]

        return [
            ("nothing is done", "ship_only", lambda _order: None, "none"),
            ("the picking list is printed", "ship_only", lambda o: o.picking_ids.write({"printed": True}), "picking"),
            ("picked", "ship_only", lambda o: o.picking_ids.move_ids.write({"picked": True}), "picking"),
            ("the delivery is done", "ship_only", ship, "left"),
            ("a part of the delivery is done", "ship_only", lambda o: ship(o, 1), "left"),
            ("all came back", "ship_only", steps(ship, bring_back), "none"),
            ("a part came back", "ship_only", steps(ship, lambda o: bring_back(o, 1)), "left"),
            ("cancelled", "ship_only", lambda o: o.picking_ids.action_cancel(), "none"),
            ("the first of two steps is done", "pick_ship", pick, "picking"),
            ("a part of the first step is done", "pick_ship", lambda o: pick(o, 1), "picking"),
            ("the first of two steps is taken back", "pick_ship", steps(pick, bring_back), "none"),
            ("both steps are done", "pick_ship", steps(pick, ship), "left"),
        ]

    # === OTHERS' LISTS === #

    def test_list_of_ordinary_deliveries_costs_one_query_however_long(self):
        orders = self.env["sale.order"].create(
            [
                {"partner_id": self.partner.id, "order_line": [(0, 0, {"product_id": self.mug.id})]}
                for _number in range(30)
            ]
        )
        orders.action_confirm()
        arch = self.env["stock.picking"].get_views([(False, "list")])
        names = list(arch["models"]["stock.picking"]["fields"])
        core = [name for name in names if not name.startswith("amazon_")]
        self.assertIn("amazon_hold_reason", names)
        for count in (5, 30):
            domain = [("id", "in", orders[:count].picking_ids.ids)]
            of_core = self._count_queries(domain, core)
            self.assertEqual(self._count_queries(domain, names), of_core + 1)
        self.env["amazon.cancellation.account"].search([("active", "in", (True, False))]).unlink()
        self.env.registry.clear_cache()
        of_core = self._count_queries(domain, core)
        self.assertEqual(self._count_queries(domain, names), of_core)

    def test_handling_an_ordinary_order_costs_no_query(self):
        """Nobody pays for the addon: with an account a look at the goods, without one nothing."""
        with_account = [self._count_queries_of_life(number) for number in range(2)][-1]
        self.env["amazon.cancellation.account"].search([("active", "in", (True, False))]).unlink()
        self.env.registry.clear_cache()
        without = [self._count_queries_of_life(number) for number in range(2)][-1]
        self.assertEqual(with_account["cancel"], without["cancel"])
        self.assertEqual(with_account["copy"], without["copy"])
        # The dialog, the check before shipping where an account wants it, and the last gate.
        self.assertLessEqual(with_account["ship"] - without["ship"], 3)

    def _count_queries_of_life(self, _number):
        orders = self.env["sale.order"].create(
            [{"partner_id": self.partner.id, "order_line": [(0, 0, {"product_id": self.mug.id})]}] * 2
        )
        orders.action_confirm()
        counts = {}
        for name, work in (
            ("ship", orders[0].picking_ids.button_validate),
            ("cancel", orders[1].action_cancel),
            ("copy", orders[1].copy),
        ):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            work()
            self.env.flush_all()
            counts[name] = self.env.cr.sql_log_count - before
        return counts

    def _count_queries(self, domain, names):
        pickings = self.env["stock.picking"].with_user(self.env.ref("base.user_admin"))
        specification = {name: {} for name in names}
        for _time in range(2):  # what is cached for everybody is not counted
            self.env.flush_all()
            self.env.invalidate_all()
            pickings.web_search_read(domain, specification)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        pickings.web_search_read(domain, specification)
        return self.env.cr.sql_log_count - before
