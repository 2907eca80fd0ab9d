from odoo import fields, models


class AmazonCancellationUnit(models.Model):
    """What is read of an account is read by one worker at a time."""

    _inherit = "amazon.cancellation.unit"

    kind = fields.Selection(
        selection_add=[("read", "Read orders"), ("receive", "Receive notifications"), ("sweep", "Sweep")],
        ondelete={"read": "cascade", "receive": "cascade", "sweep": "cascade"},
    )

    def _do_read(self):
        self.account_id._read_orders(keep_budget=True)
        return self.account_id.sync_failing

    def _do_receive(self):
        """Empty the queue of the account, of which other accounts may be told, too."""
        return self.account_id.subscription_ids._receive_from_queue()

    def _do_sweep(self):
        self.env["amazon.cancellation.sweep"]._work(self.account_id)
        return any(row.failing_since for row in self.account_id.source_ids if row.source == "sweep")
