from odoo import api, fields, models
from odoo.tools import html2plaintext

from ...spapi.const import ORDER_ID


class AmazonCancellationMail(models.Model):
    """A mail that Amazon sent to the seller. It is a hint only: the orders it names are read at Amazon, and a forged
    mail changes nothing.
    """

    _name = "amazon.cancellation.mail"
    _description = "Mail from Amazon"
    _inherit = ["mail.thread", "amazon.protected.mixin"]
    _order = "id desc"
    _rec_name = "subject"

    account_id = fields.Many2one("amazon.cancellation.account", readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    subject = fields.Char(readonly=True)
    email_from = fields.Char(string="From", readonly=True)
    order_ids = fields.Many2many("sale.order", string="Orders", readonly=True)
    state = fields.Selection(
        [("read", "Orders are read"), ("unknown", "No known order")],
        required=True,
        readonly=True,
        default="unknown",
        help="Whether the mail names orders that are in Odoo. The orders follow what Amazon shows, not the mail.",
    )

    # === CRUD METHODS === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Override of `mail`: keep the mail, and have the orders that it names read."""
        values = {
            "subject": msg_dict.get("subject") or self.env._("(no subject)"),
            "email_from": msg_dict.get("email_from"),
            **(custom_values or {}),
        }
        mail = super().message_new(msg_dict, values)
        mail._follow_hint(msg_dict)
        return mail

    def message_update(self, msg_dict, update_vals=None):
        """Override of `mail`: an answer in the same thread may name further orders."""
        self._follow_hint(msg_dict)
        return super().message_update(msg_dict, update_vals)

    # === BUSINESS METHODS === #

    def _follow_hint(self, msg_dict):
        """Have the known orders read whose ids the mail holds.

        Note: self.ensure_one()

        :param dict msg_dict: The parsed mail, as of Odoo's mail gateway.
        """
        self.ensure_one()
        text = f"{msg_dict.get('subject') or ''}\n{html2plaintext(msg_dict.get('body') or '')}"
        refs = [match for match in ORDER_ID.findall(text) if any(sign.isdigit() for sign in match)]
        account_sudo = self.account_id.sudo()  # the gateway may run as anybody
        if not refs or not account_sudo:
            return
        account_sudo.env["amazon.cancellation.source"]._note_heard(account_sudo, "mail")
        orders = account_sudo.env["amazon.order.reader"]._want(account_sudo, refs, shown=False)
        if not orders:
            return
        self.write({"state": "read", "order_ids": [(4, order.id) for order in orders]})
        account_sudo.env.ref("sale_amazon_cancellation.ir_cron_read")._trigger()
