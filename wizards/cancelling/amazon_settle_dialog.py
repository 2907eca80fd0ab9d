from odoo import fields, models


class AmazonSettleDialog(models.TransientModel):
    """Asks an accountant why nothing is left to do, before a cancellation's books are closed."""

    _name = "amazon.settle.dialog"
    _description = "Mark Amazon Cancellations as Settled"

    cancellation_ids = fields.Many2many("amazon.order.cancellation", required=True, readonly=True)
    note = fields.Text(required=True, help="For the record: what was done, or why nothing is due.")

    def action_settle(self):
        """Mark the cancellations as settled, with the note.

        :rtype: dict
        """
        self.cancellation_ids._settle(self.note)
        return {"type": "ir.actions.act_window_close"}
