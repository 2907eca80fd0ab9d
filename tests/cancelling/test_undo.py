from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestUndo(AmazonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.undo_minutes = 5

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind")
        self._read()
        self.order.action_amazon_accept_cancellation()

    def _get_shown_undos(self):
        """The buttons that undo, as the user's form of the order shows them."""
        order = self.order.with_user(self.user)
        form = etree.fromstring(order.get_view(view_type="form")["arch"])
        buttons = form.findall("header/button[@name='action_amazon_undo_decision']")
        names = ("state", "amazon_cancel_progress", "amazon_just_decided", "amazon_cancellation_state")
        values = {name: order[name] for name in (*names, "amazon_cancellation_feed_id")}
        return [b.get("string") for b in buttons if not safe_eval(b.get("invisible"), values)]

    def test_lines_that_were_deleted_since_are_said_and_not_delivered(self):
        delivery = self.order.picking_ids
        self.order.order_line.unlink()
        action = self.order.with_user(self.user).action_amazon_undo_cancellation()
        dialog = self.env[action["res_model"]].with_user(self.user).browse(action["res_id"])
        self.assertIn("comes back without them", dialog.losses)
        dialog.action_confirm()
        self.assertEqual((self.order.state, self.order.amazon_cancel_request), ("sale", "requested"))
        self.assertEqual(delivery.state, "cancel")

    def test_nothing_is_sent_in_the_undo_window(self):
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_withdraw_restores_order_and_request(self):
        self.order.amazon_cancellation_ids.with_user(self.user).action_withdraw()
        self.assertEqual(self.order.amazon_cancellation_state, "withdrawn")
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertIn("assigned", self.order.picking_ids.mapped("state"))
        self._run("cancel", settle=False)
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_reader_is_told_when_amazon_is_told(self):
        cancellation = self.order.amazon_cancellation_ids
        self.assertEqual(self._get_shown_undos(), ["Undo Cancellation"])
        self.assertIn("Amazon is told at", self.order.with_user(self.user).amazon_cancellation_telling)
        cancellation.send_after = fields.Datetime.now() - timedelta(minutes=2)
        self.assertIn("is told as soon as possible", cancellation.with_user(self.user).telling, "a time that is past")
        self.account.cancel_channel = "file"
        self.assertIn("uploaded in Seller Central", cancellation.telling, "nobody else tells it, whatever the time")
        self.account.action_prepare_cancellation_file()
        self.assertNotIn("undo", cancellation.telling, "what stands in a file cannot be undone")
        self.assertEqual(self._get_shown_undos(), [], "nor is it offered")
        cancellation.feed_id.action_uploaded()
        self.assertFalse(self.order.amazon_cancellation_telling)

    def test_back_to_quotation_withdraws(self):
        self.order.with_user(self.user).action_draft()
        self.assertEqual(self.order.amazon_cancellation_state, "withdrawn")
        self.assertEqual(self.order.state, "draft")

    def test_after_sending_it_is_refused(self):
        self.order.amazon_cancellation_ids.send_after = "2020-01-01 00:00:00"
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "sent")
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            self.order.action_draft()
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            self.order.amazon_cancellation_ids.action_withdraw()

    def test_while_it_is_being_handed_over_it_is_refused(self):
        cancellation = self.order.amazon_cancellation_ids
        self.env["amazon.cancellation.feed"]._create_with_document(self.account, cancellation, b"<AmazonEnvelope/>")
        self.assertEqual(cancellation.state, "scheduled")
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            cancellation.action_withdraw()

    def test_after_confirmation_it_is_refused(self):
        self.order.amazon_cancellation_ids.send_after = "2020-01-01 00:00:00"
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        with self.assertRaisesRegex(UserError, "cancelled at Amazon"):
            self.order.action_draft()

    def test_cancelled_again_after_undo(self):
        self.order.amazon_cancellation_ids.action_withdraw()
        self.order.action_cancel()
        self.assertEqual(self.order.amazon_cancellation_ids.mapped("state"), ["scheduled", "withdrawn"])
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")

    # === AS IT WAS BEFORE === #

    def _undo(self, order):
        return order.with_user(self.user).action_amazon_undo_cancellation()

    def test_undo_brings_back_dates_deliveries_and_draft_invoices(self):
        order = self._sell()
        self._read()
        order.date_order = "2026-01-05 10:00:00"
        order.locked = True
        invoice = order._create_invoices()
        picking, moves = order.picking_ids, order.picking_ids.move_ids
        order.with_user(self.user)._action_cancel()
        self.assertEqual((picking.state, invoice.state), ("cancel", "cancel"))
        self.assertIs(self._undo(order), True)
        self.assertEqual(order.state, "sale")
        self.assertEqual(str(order.date_order), "2026-01-05 10:00:00")
        self.assertTrue(order.locked)
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(order.picking_ids, picking, "the same delivery, and no other")
        self.assertEqual(picking.move_ids, moves)
        self.assertEqual(picking.state, "assigned")
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_undo_after_the_first_step_ships(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        warehouse.delivery_steps = "pick_ship"
        order = self._sell()
        self._read()
        pick = order.picking_ids
        pick.move_ids.write({"quantity": 1, "picked": True})
        pick._action_done()
        delivery = order.picking_ids - pick
        order._action_cancel()
        self.assertEqual(delivery.state, "cancel")
        self._undo(order)
        self.assertEqual(order.picking_ids, pick | delivery)
        self.assertEqual(delivery.state, "assigned")
        self.assertEqual(delivery.move_ids.move_orig_ids, pick.move_ids)
        delivery.button_validate()
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_undo_of_a_chain_that_was_not_begun(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        warehouse.delivery_steps = "pick_pack_ship"
        order = self._sell()
        self._read()
        before = order.picking_ids
        order._action_cancel()
        self._undo(order)
        self.assertEqual(order.picking_ids, before)
        for _step in range(3):
            picking = order.picking_ids.filtered(lambda p: p.state == "assigned")
            picking.button_validate()
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_undo_of_a_quotation(self):
        for state in ("draft", "sent"):
            order = self._sell(confirm=False)
            order.state = state
            self._read()
            order._action_cancel()
            self._undo(order)
            self.assertEqual(order.state, state)
            self.assertFalse(order.picking_ids)

    def test_what_cannot_be_brought_back_is_said_before(self):
        order = self._sell()
        self._read()
        invoice = order._create_invoices()
        order._action_cancel()
        invoice.unlink()
        other = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [(0, 0, {"product_id": self.mug.id, "product_uom_qty": 1000})],
            }
        )
        other.action_confirm()
        action = self._undo(order)
        dialog = self.env[action["res_model"]].with_user(self.user).browse(action["res_id"])
        self.assertIn("draft invoice", dialog.losses)
        self.assertIn("reserved for others since: [MUG] Mug", dialog.losses)
        self.assertEqual(order.state, "cancel", "nothing is done yet")
        dialog.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.state, "confirmed")

    def test_of_several_what_loses_nothing_is_undone_and_the_question_follows(self):
        """Also where the rest is refused."""
        for sent in (False, True):
            with self.subTest(sent=sent):
                rest, losing = orders = self._sell() | self._sell()
                self._read()
                for order in orders:
                    order._action_cancel()
                losing.picking_ids.unlink()
                if sent:
                    feeds = self.env["amazon.cancellation.feed"]
                    feeds._create_with_document(self.account, rest.amazon_cancellation_id, b"<AmazonEnvelope/>")
                params = orders.with_user(self.user).action_amazon_undo_decision()["params"]
                self.assertIn(
                    "no longer be undone" if sent else f"The decision on {rest.name} is undone", params["message"]
                )
                self.assertEqual(orders.mapped("state"), ["cancel" if sent else "sale", "cancel"])
                dialog = self.env["amazon.undo.dialog"].with_user(self.user).browse(params["next"]["res_id"])
                self.assertIn("made anew", dialog.losses)
                dialog.action_confirm()
                self.assertEqual(losing.state, "sale")
                self.assertEqual(losing.picking_ids.state, "assigned")

    def test_undo_that_another_app_stops_is_not_half_done(self):
        order = self._sell()
        self._read()
        order._action_cancel()
        with patch.object(
            self.registry["sale.order"], "action_confirm", lambda _self: {"type": "ir.actions.act_window"}
        ):
            with self.assertRaisesRegex(UserError, "asks a question first"), self.env.cr.savepoint():
                self._undo(order)
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
