from odoo import fields, models


class AmazonUndoDialog(models.TransientModel):
    """Says what an undo cannot bring back, before it is done."""

    _name = "amazon.undo.dialog"
    _description = "Undo a Cancellation"

    cancellation_ids = fields.Many2many(
        "amazon.order.cancellation", "amazon_undo_dialog_cancellation_rel", string="Cancellations", readonly=True
    )
    losses = fields.Text(readonly=True, help="What cannot be brought back.")

    def action_confirm(self):
        """Undo all the same.

        Note: self.ensure_one()

        :return: A notification.
        :rtype: dict
        :raise UserError: If all cancellations were sent meanwhile.
        """
        self.ensure_one()
        orders = self.cancellation_ids.order_id.with_context(amazon_undo_losses_known=True)
        action = orders.action_amazon_undo_decision()
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action
