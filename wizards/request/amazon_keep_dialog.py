from odoo import fields, models
from odoo.exceptions import UserError


class AmazonKeepDialog(models.TransientModel):
    """Asks why orders are kept although their buyers asked to cancel, and may write to the buyers."""

    _name = "amazon.keep.dialog"
    _description = "Keep an Amazon Order"
    _inherit = ["amazon.buyer.mail.mixin"]
    _template_name = "mail_template_order_kept"

    order_ids = fields.Many2many("sale.order", "amazon_keep_dialog_order_rel", string="Orders", readonly=True)
    reason = fields.Char(help="For the record; the buyer does not see it.")
    notify_buyer = fields.Boolean(string="Write to the Buyer")

    def action_confirm(self):
        """Keep the orders, and write to the buyers if wanted.

        Note: self.ensure_one()

        :rtype: dict
        :raise UserError: If no reason is given, or a buyer cannot be written to.
        """
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why the order is kept."))
        requested = self.order_ids._amazon_get_requested()
        if self.notify_buyer:
            self._send_mails(requested)
        requested._amazon_keep(self.reason)
        return {"type": "ir.actions.act_window_close"}
