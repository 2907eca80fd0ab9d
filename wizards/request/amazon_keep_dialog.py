from odoo import fields, models


class AmazonKeepDialog(models.TransientModel):
    """Offers reasons why orders are kept although their buyers asked to cancel, and may write to the buyers."""

    _name = "amazon.keep.dialog"
    _description = "Keep an Amazon Order"
    _inherit = ["amazon.buyer.mail.mixin"]
    _template_name = "mail_template_order_kept"

    order_ids = fields.Many2many("sale.order", "amazon_keep_dialog_order_rel", string="Orders", readonly=True)
    keep_reason_id = fields.Many2one("amazon.keep.reason", string="Reason")
    reason = fields.Char(string="In Your Words", help="For the record; the buyer does not see it.")
    notify_buyer = fields.Boolean(string="Write to the Buyer")

    def action_confirm(self):
        """Keep the orders, and write to the buyers if wanted.

        Note: self.ensure_one()

        :return: A notification.
        :rtype: dict
        :raise UserError: If a buyer cannot be written to.
        """
        self.ensure_one()
        requested = self.order_ids._amazon_get_requested()
        if self.notify_buyer:
            self._send_mails(requested)
        requested._amazon_keep((self.reason or "").strip(), self.keep_reason_id)
        action = self.order_ids._amazon_get_kept_notification(requested)
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action
