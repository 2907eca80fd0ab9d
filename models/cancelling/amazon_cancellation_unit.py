from odoo import fields, models


class AmazonCancellationUnit(models.Model):
    """What Amazon is told of an account's orders is told by one worker at a time."""

    _inherit = "amazon.cancellation.unit"

    kind = fields.Selection(selection_add=[("tell", "Tell cancellations")], ondelete={"tell": "cascade"})

    def _do_tell(self):
        self.env["amazon.cancellation.sender"]._process(self.account_id)
        return bool(self.account_id.cancel_message_facts)
