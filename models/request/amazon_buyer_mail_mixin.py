from odoo import api, fields, models
from odoo.exceptions import UserError


class AmazonBuyerMailMixin(models.AbstractModel):
    """What dialogs share that write to buyers by Amazon's mail relay.

    Amazon delivers a message to a buyer who opted out of messages only if the subject begins with `[Important]`, which
    is for order-critical ones (Seller Central help, "Communication guidelines").
    """

    _name = "amazon.buyer.mail.mixin"
    _description = "Mail to Amazon Buyers"
    _template_name = None  # the mail template of the dialog, by its external name

    unreachable_message = fields.Text(compute="_compute_mail", help="Why the buyer cannot be written to from here.")
    subject = fields.Char(compute="_compute_mail")
    body = fields.Html(compute="_compute_mail", sanitize=False)

    @api.depends("order_ids")
    def _compute_mail(self):
        template = self._get_template()
        for dialog in self:
            orders = dialog.order_ids
            dialog.unreachable_message = self._get_unreachable_message(orders)
            preview = orders[:1].ids
            dialog.subject = (
                template._render_field("subject", preview, compute_lang=True)[preview[0]] if preview else ""
            )
            dialog.body = template._render_field("body_html", preview, compute_lang=True)[preview[0]] if preview else ""

    @api.model
    def _get_template(self):
        return self.env.ref(f"sale_amazon_cancellation.{self._template_name}")

    @api.model
    def _get_unreachable_message(self, orders):
        """Why the buyers of orders cannot be written to, or False.

        :param recordset orders: Sale orders.
        :rtype: str|bool
        """
        unreachable = orders.filtered(lambda order: not order._amazon_get_relay_address())
        return bool(unreachable) and self.env._(
            "The customer of %(orders)s has no address at Amazon's mail relay (…@marketplace.amazon.…). "
            "Write in Seller Central instead.",
            orders=", ".join(unreachable.mapped("name")),
        )

    def _send_mails(self, orders):
        """Write to the buyers of orders.

        Note: self.ensure_one()

        :param recordset orders: Sale orders.
        :raise UserError: If a buyer's relay address is not known; then nobody is written to.
        """
        self.ensure_one()
        unreachable_message = self._get_unreachable_message(orders)
        if unreachable_message:
            raise UserError(unreachable_message)
        template_sudo = self._get_template().sudo()  # who may decide may send this text, though not edit templates
        for order in orders:
            template_sudo.send_mail(
                order.id, email_values={"email_to": order._amazon_get_relay_address(), "recipient_ids": []}
            )
