from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import BesideCase


@tagged("post_install", "-at_install")
class TestOtherAuthors(BesideCase):
    """Addons of other authors go on working, and so does this one beside them."""

    _addons = ("sale_cancel_reason", "sale_exception", "sale_automatic_workflow", "queue_job", "stock_delivery")

    def _get_shown_cancel_buttons(self, order):
        arch = self.env["sale.order"]._get_view(self.env.ref("sale.view_order_form").id)[0]
        record = {
            "context": {},
            "id": order.id,
            "state": order.state,
            "locked": order.locked,
            "amazon_cancel_account_id": order.amazon_cancel_account_id.id,
        }
        names = ("action_cancel", "action_cancel_wizard", "action_amazon_open_cancel")
        return [
            button.get("name")
            for button in arch.xpath("//header//button")
            if button.get("name") in names and not safe_eval(button.get("invisible"), record)
        ]

    def test_each_order_shows_one_cancel_button(self):
        ours, others = self._sell(), self.env["sale.order"].create({"partner_id": self.partner.id})
        self._read()
        self.assertEqual(self._get_shown_cancel_buttons(ours), ["action_amazon_open_cancel"])
        self.assertEqual(self._get_shown_cancel_buttons(others), ["action_cancel_wizard"])

    def test_cancelled_by_the_wizard_of_sale_cancel_reason_amazon_is_told(self):
        order = self._sell()
        self._read()
        reason = self.env["sale.order.cancel.reason"].search([], limit=1)
        wizard = (
            self.env["sale.order.cancel.wizard"]
            .with_user(self.user)
            .create({"order_id": order.id, "reason_id": reason.id})
        )
        wizard.action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_cancellation_state, "scheduled")

    def test_undo_beside_sale_exception(self):
        self.account.undo_minutes = 5
        order = self._sell()
        self._read()
        order.action_cancel()
        exception = self.env.ref("sale_exception.excep_no_zip")
        exception.active = True
        self.partner.zip = False
        with self.assertRaisesRegex(UserError, "asks a question first"), self.env.cr.savepoint():
            order.action_amazon_undo_cancellation()
        self.assertEqual((order.state, order.amazon_cancellation_state), ("cancel", "scheduled"))
        self.partner.zip = "12345"
        order.action_amazon_undo_cancellation()
        self.assertEqual((order.state, order.amazon_cancellation_state), ("sale", "withdrawn"))

    def test_automatic_workflow_ships_nothing_that_is_held(self):
        workflow = self.env.ref("sale_automatic_workflow.automatic_validation")
        order = self._sell(confirm=False, order_vals={"workflow_process_id": workflow.id})
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.action_confirm()
        self.assertTrue(order.picking_ids.amazon_hold)
        with self.assertRaises(UserError):
            order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
            order.picking_ids._action_done()

    def test_batch_ships_the_others(self):
        held, free = self._sell(), self._sell()
        self._ask(held)
        batch = self.env["stock.picking.batch"].create(
            {"picking_ids": [Command.set((held | free).picking_ids.ids)], "scheduled_date": fields.Datetime.now()}
        )
        batch.action_confirm()
        action = batch.action_done()
        dialog = self.env["amazon.hold.dialog"].with_context(**action["context"]).browse(action["res_id"])
        dialog.action_validate_others()
        self.assertEqual((held | free).picking_ids.mapped("state"), ["assigned", "done"])
