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

        :rtype: dict
        :raise UserError: If a cancellation was sent meanwhile.
        """
        self.ensure_one()
        self.cancellation_ids.with_context(amazon_undo_losses_known=True).action_withdraw()
        return {"type": "ir.actions.act_window_close"}
