from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import AmazonCase

DIALOG = "amazon.hold.dialog"


@tagged("post_install", "-at_install")
class TestDeliveries(AmazonCase):
    """Goods whose buyer asked to cancel do not leave by accident."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packer = cls._create_user("amazon_packer", "stock.group_stock_user")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)

    def _sell_requested(self, **values):
        order = self._sell(**values)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        return order

    def _validate(self, pickings, user=None):
        return pickings.with_user(user or self.packer).button_validate()

    def _dialog(self, action, user=None):
        self.assertEqual((action["res_model"], action["view_mode"]), (DIALOG, "form"))
        return (
            self.env[DIALOG].with_user(user or self.manager).with_context(**action["context"]).browse(action["res_id"])
        )

    # === HOLD === #

    def test_packer_is_stopped_and_told_why(self):
        order = self._sell_requested()
        picking = order.picking_ids.with_user(self.packer)
        self.assertTrue(picking.amazon_hold)
        self.assertEqual(picking.amazon_hold_reason, f"{order.name}: Changed mind")
        self.assertEqual(picking.amazon_hold_since, order.amazon_cancel_request_date)
        self.assertEqual(picking.amazon_ship_by, order.amazon_ship_by)
        dialog = self._dialog(self._validate(picking), self.packer)
        self.assertIn("Anna Buyer asked on", dialog.message)
        self.assertIn("Changed mind", dialog.message)
        self.assertEqual(picking.state, "assigned")
        with self.assertRaises(UserError):
            dialog.action_release()
        with self.assertRaises(AccessError):
            dialog.action_accept()
        with self.assertRaises(AccessError):
            order.with_user(self.packer).action_amazon_keep_order()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_one_answer_stands_out_for_each_person(self):
        order = self._sell_requested()
        view = self.env.ref("sale_amazon_cancellation.amazon_hold_dialog_view_form")

        def standing_out(user):
            dialog = self._dialog(self._validate(order.picking_ids, user), user)
            buttons = etree.fromstring(dialog.get_view(view.id, "form")["arch"]).findall("footer/button")
            values = {name: dialog[name] for name in ("has_request", "message", "other_count", "first_answer")}
            shown = [b for b in buttons if not safe_eval(b.get("invisible", "False"), values)]
            return [b.get("name") or b.get("special") for b in shown if "btn-primary" in b.get("class")]

        self.assertEqual(standing_out(self.packer), ["action_tell_salesperson"])
        self.assertEqual(standing_out(self.manager), ["action_accept"])
        order.amazon_fulfillment_status = "cancelled"
        self.assertEqual(standing_out(self.packer), ["action_tell_salesperson"])
        order.amazon_cancel_request = "overtaken"
        self.assertEqual(standing_out(self.manager), ["cancel"])

    def test_release_needs_a_reason_and_is_recorded_as_kept(self):
        order = self._sell_requested()
        dialog = self._dialog(self._validate(order.picking_ids, self.manager))
        with self.assertRaises(UserError):
            dialog.action_release()
        dialog.reason = "The buyer wants it after all"
        dialog.action_release()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertIn("The buyer wants it after all", self._notes(order))
        self.assertIn("The buyer wants it after all", self._notes(order.picking_ids))

    def test_accept_from_the_dialog(self):
        order = self._sell_requested()
        self._dialog(self._validate(order.picking_ids, self.manager)).action_accept()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.picking_ids.state, "cancel")
        self.assertEqual(order.amazon_cancellation_state, "scheduled")

    def test_accept_from_the_dialog_asks_where_a_part_is_asked_for(self):
        order = self._sell(skus=("MUG", "LAMP"))
        items = self.shop.order(order.client_order_ref).items
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind", item_ids=[items[0].item_id])
        self._read()
        dialog = self._dialog(self._validate(order.picking_ids, self.manager))
        arch = etree.fromstring(dialog.get_view()["arch"])
        context = safe_eval(arch.find(".//button[@name='action_accept']").get("context"))
        question = dialog.with_context(**context).action_accept()
        self.assertEqual(order.state, "sale")
        self.assertEqual(question["res_model"], "amazon.accept.dialog")

    def test_hold_ends_with_the_decision(self):
        order = self._sell_requested()
        order.action_amazon_keep_order()
        self.assertFalse(order.picking_ids.amazon_hold)
        self._validate(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")

    def test_account_without_hold(self):
        order = self._sell_requested()
        self.account.hold_deliveries = False
        self.assertFalse(order.picking_ids.amazon_hold)
        self._validate(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")

    def test_cancelled_at_amazon_but_not_followed(self):
        self.account.follow_amazon = False
        order = self._sell()
        self.shop.buyer_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.amazon_open_though_cancelled)
        self.assertEqual(order.picking_ids.amazon_hold_title, "Do not ship: the order is cancelled at Amazon.")
        self.assertFalse(order.picking_ids.amazon_ship_by)
        self.assertIn("Do not ship: the order is cancelled at Amazon.", self._print(order.picking_ids))
        dialog = self._dialog(self._validate(order.picking_ids, self.manager))
        self.assertIn("cancelled at Amazon", dialog.message)
        self.assertFalse(dialog.has_request)
        dialog.reason = "Replacement, agreed by phone"
        dialog.action_release()
        self.assertEqual(order.picking_ids.state, "done")

    def test_filter_finds_held_deliveries_in_every_step(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        held, free = self._sell_requested(), self._sell()
        found = self.env["stock.picking"].with_user(self.packer).search([("amazon_hold", "=", True)])
        self.assertTrue(held.picking_ids)
        self.assertEqual(found & (held | free).picking_ids, held.picking_ids)
        self.assertNotIn(free.picking_ids[:1], found)

    def test_filter_finds_what_the_transfers_say(self):
        """It starts from few orders, yet whatever is held, and nothing else, comes up; of cancelled orders, too."""
        free, asked, kept, released, gone = (self._sell() for _order in range(5))
        pending, partial = self._sell(), self._sell()
        self.warehouse.delivery_steps = "pick_ship"
        in_steps, started = self._sell(), self._sell()
        again = [pending, partial, started]
        for order in (asked, kept, released, in_steps, *again):
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        kept.action_amazon_keep_order()
        released.picking_ids._amazon_release_hold("Sent after all, by agreement")
        self.account.follow_amazon = False
        self.shop.buyer_cancel(gone.client_order_ref, "Changed mind")
        self._read()
        for order in again:
            order.action_amazon_accept_cancellation()
            transfer = order.picking_ids.copy()
            transfer.action_confirm()
            if order != pending:
                order._amazon_release_hold("Sent after all, by agreement")
                transfer.copy().action_confirm()
                transfer.move_ids.write({"quantity": 1, "picked": True})
                transfer._action_done()
                order.amazon_released_cause = False
        self.assertEqual({order.state for order in again}, {"cancel"})
        self.assertEqual([order.delivery_status for order in again], ["pending", "partial", "started"])
        held_orders = asked | gone | in_steps | pending | partial | started
        pickings = (free | kept | released | held_orders).picking_ids
        held = pickings.filtered("amazon_hold")
        self.assertEqual(held.sale_id, held_orders)
        among = [("id", "in", pickings.ids)]
        self.assertEqual(pickings.search([*among, ("amazon_hold", "=", True)]), held)
        self.assertEqual(pickings.search([*among, ("amazon_hold", "=", False)]), pickings - held)

    def test_every_step_is_held(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self._sell_requested()
        first = order.picking_ids.filtered(lambda picking: picking.state == "assigned")
        self.assertEqual(len(first), 1)
        self.assertNotEqual(first.picking_type_code, "outgoing", "the first step only picks")
        self._dialog(self._validate(first))
        order.action_amazon_keep_order()
        self._validate(first)
        self.assertEqual(first.state, "done")

    def test_later_step_is_held_when_the_request_comes_late(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._sell()
        self._read()
        self._validate(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.shop.ask_to_cancel(order.client_order_ref, "Too late?")
        self._read()
        delivery = order.picking_ids.filtered(lambda picking: picking.picking_type_code == "outgoing")
        self._dialog(self._validate(delivery))

    def test_step_that_a_pull_rule_made_is_held(self):
        """Such a step knows no order: it only leads to the move that delivers."""
        delivery = self._sell_requested().picking_ids
        places = {
            "location_id": self.warehouse.lot_stock_id.id,
            "location_dest_id": self.warehouse.wh_pack_stock_loc_id.id,
        }
        vals = {
            "product_id": self.mug.id,
            "product_uom_qty": 1,
            "move_dest_ids": [(6, 0, delivery.move_ids.ids)],
            **places,
        }
        step = self.env["stock.picking"].create(
            {"picking_type_id": self.warehouse.pick_type_id.id, "move_ids": [(0, 0, vals)], **places}
        )
        self.assertFalse(step.sale_id | step.move_ids.sale_line_id.order_id)
        self.assertTrue(step.amazon_hold)
        self.assertIn(step, self.env["stock.picking"].search([("amazon_hold", "=", True)]))

    def test_merged_picking_is_held_by_one_of_its_orders(self):
        held, free = self._sell_requested(), self._sell()
        moves = held.order_line.move_ids
        emptied = moves.picking_id
        moves.picking_id = free.picking_ids
        emptied.unlink()
        self.assertTrue(free.picking_ids.amazon_hold)
        self.assertIn(held.name, free.picking_ids.amazon_hold_reason)
        self.assertNotIn(free.name, free.picking_ids.amazon_hold_reason)
        found = self.env["stock.picking"].search([("amazon_hold", "=", True)])
        self.assertIn(free.picking_ids, found)
        self._dialog(self._validate(free.picking_ids))

    def test_batch_stops_and_ships_the_others(self):
        held, free = self._sell_requested(), self._sell()
        pickings = held.picking_ids | free.picking_ids
        batch = self.env["stock.picking.batch"].create({"picking_ids": [(6, 0, pickings.ids)]})
        batch.action_confirm()
        dialog = self._dialog(batch.with_user(self.packer).action_done(), self.packer)
        self.assertEqual(dialog.held_picking_ids, held.picking_ids)
        self.assertEqual(dialog.other_count, 1)
        dialog.action_validate_others()
        self.assertEqual(free.picking_ids.state, "done")
        self.assertEqual(held.picking_ids.state, "assigned")

    def test_backorder_flow_goes_on_after_the_release(self):
        order = self._sell_requested(skus=("MUG", "LAMP"))
        picking = order.picking_ids
        picking.move_ids[0].write({"quantity": 1, "picked": True})
        dialog = self._dialog(self._validate(picking, self.manager))
        dialog.reason = "Agreed with the buyer"
        action = dialog.action_release()
        self.assertEqual(action["res_model"], "stock.backorder.confirmation")
        wizard = self.env["stock.backorder.confirmation"].with_context(**action["context"]).create({})
        wizard.process()
        self.assertEqual(picking.state, "done")
        self.assertTrue(picking.backorder_ids)

    def test_picking_list_says_so(self):
        order = self._sell_requested()
        html = self._print(order.picking_ids)
        self.assertIn("Do not ship: the buyer asks to cancel.", html)
        self.assertIn("Changed mind", html)
        order.action_amazon_keep_order()
        self.assertNotIn("Do not ship", self._print(order.picking_ids))

    def _print(self, picking):
        report = self.env["ir.actions.report"].with_user(self.packer)
        return report._render_qweb_html("stock.action_report_picking", picking.ids)[0].decode()

    # === CHECK BEFORE SHIPPING === #

    def _sell_to_check(self, mode):
        self.account.check_before_shipping = mode
        order = self._sell()
        self._read()
        order.amazon_checked_date = "2020-01-01 00:00:00"
        self.amazon.calls.clear()
        return order

    def test_check_finds_a_request_that_no_reading_saw(self):
        order = self._sell_to_check("warn")
        self.shop.ask_to_cancel(order.amazon_order_ref, "Just now")
        dialog = self._dialog(self._validate(order.picking_ids), self.packer)
        self.assertIn("Just now", dialog.message)
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_check_finds_a_cancelled_order(self):
        order = self._sell_to_check("warn")
        self.shop.buyer_cancel(order.amazon_order_ref, "Changed mind")
        action = self._validate(order.picking_ids)
        self.assertIn("cancelled there", action["params"]["message"])
        self.assertEqual(order.picking_ids.state, "cancel")
        self.assertEqual(order.state, "cancel")

    def test_check_that_finds_nothing_lets_pass(self):
        order = self._sell_to_check("block")
        self._validate(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(self.amazon.calls.count("getOrder"), 1)

    def test_no_check_when_off_or_just_read(self):
        order = self._sell_to_check("off")
        self._validate(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.account.check_before_shipping = "block"
        read_now = self._sell()
        self._read()
        self.amazon.calls.clear()
        self._validate(read_now.picking_ids)
        self.assertEqual(read_now.picking_ids.state, "done")
        self.assertFalse(self.amazon.calls.count("getOrder"))

    def test_warn_passes_with_a_note_when_amazon_is_out(self):
        order = self._sell_to_check("warn")
        self.amazon.faults.add("getOrder", "http", status=503, times=9)
        self._validate(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertIn("could not be asked", self._notes(order.picking_ids))
        log = self.env["amazon.cancellation.log"].search([("source", "=", "lookup")])
        self.assertTrue(log.failed)
        self.assertTrue(log.message)

    def test_block_stops_when_amazon_is_out_and_a_manager_may_override(self):
        order = self._sell_to_check("block")
        self.amazon.faults.add("getOrder", "http", status=503, times=9)
        action = self._validate(order.picking_ids)
        packers = self._dialog(action, self.packer)
        self.assertIn("could not be asked", packers.unanswered)
        self.assertEqual(order.picking_ids.state, "assigned")
        with self.assertRaises(UserError):
            packers.action_release()
        dialog = self._dialog(self._validate(order.picking_ids, self.manager))
        dialog.reason = "Seen in Seller Central"
        dialog.action_release()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertIn("Seen in Seller Central", self._notes(order.picking_ids))

    def test_block_stops_whichever_of_its_orders_amazon_does_not_answer_for(self):
        for unanswered in (0, 1):
            with self.subTest(unanswered):
                orders = self._sell_to_check("block") | self._sell_to_check("block")
                delivery, emptied = orders[0].picking_ids, orders[1].picking_ids
                orders[1].order_line.move_ids.picking_id = delivery
                emptied.unlink()
                ref = orders[unanswered].amazon_order_ref
                self.amazon.faults.add("getOrder", "http", status=503, times=9, order_id=ref)
                dialog = self._dialog(self._validate(delivery), self.packer)
                self.assertIn(orders[unanswered].name, dialog.unanswered)
                self.assertEqual(delivery.state, "assigned")
                self.amazon.faults.clear()

    def test_block_stops_where_amazons_last_answer_was_no_reading(self):
        """What was refused or doubtful a moment ago says nothing of the order, so Amazon is asked again."""
        gone = {"errors": [{"code": "NotFound", "message": "No."}]}
        for kind, fault in (("http", {"status": 404, "body": gone}), ("without_items", {})):
            with self.subTest(kind):
                order = self._sell_to_check("block")
                order._amazon_want_reading()
                self.amazon.faults.add("getOrder", kind, times=9, order_id=order.amazon_order_ref, **fault)
                self._read()
                self.assertTrue(self.amazon.calls.count("getOrder"), "it was looked at before")
                dialog = self._dialog(self._validate(order.picking_ids), self.packer)
                self.assertIn(order.name, dialog.unanswered)
                self.assertEqual(order.picking_ids.state, "assigned")
                self.amazon.faults.clear()

    def test_an_answer_that_proves_nothing_is_no_answer(self):
        order = self._sell_to_check("block")
        self.amazon.faults.add("getOrder", "without_items", times=9)
        dialog = self._dialog(self._validate(order.picking_ids), self.packer)
        self.assertIn("without its items", dialog.unanswered)
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_block_stops_when_the_order_is_unknown_at_amazon(self):
        order = self._sell_to_check("block")
        order.amazon_order_ref = "999-0000000-0000000"
        dialog = self._dialog(self._validate(order.picking_ids), self.packer)
        self.assertTrue(dialog.unanswered)
