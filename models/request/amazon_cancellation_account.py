from odoo import fields, models
from odoo.tools import SQL


class AmazonCancellationAccount(models.Model):
    """The rule by which requests are accepted, and the open ones."""

    _inherit = "amazon.cancellation.account"

    auto_accept = fields.Selection(
        [
            ("never", "Never"),
            ("before_picking", "Before picking has started"),
            ("before_shipping", "Before anything has left"),
        ],
        string="Accept Requests Automatically",
        required=True,
        default="never",
        tracking=True,
        help="Whether a request is accepted without a person, as long as no goods of the order have got so far.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    returned_parcel_cost = fields.Monetary(
        currency_field="company_currency_id",
        tracking=True,
        help="What a parcel costs you that goes out and comes back: shipping both ways, and work. The digest and the "
        "analysis estimate by it what stopped parcels saved.",
    )
    open_request_count = fields.Integer(compute="_compute_open_request_count")

    # === COMPUTE METHODS === #

    def _compute_open_request_count(self):
        counts = self._count_by_account(
            "sale.order", "amazon_cancel_account_id", [("amazon_cancel_request", "=", "requested")]
        )
        for account in self:
            account.open_request_count = counts.get(account, 0)

    # === ACTION METHODS === #

    def action_view_open_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return {
            **action,
            "domain": [("amazon_cancel_account_id", "=", self.id)],
            "context": {"search_default_amazon_cancel_requested": 1},
        }

    # === BUSINESS METHODS === #

    def _on_written(self, vals):
        """Extension: the analysis tells what stopped parcels saved."""
        if "returned_parcel_cost" in vals:
            self.env["amazon.cancellation.report"]._renew(SQL("so.amazon_cancel_account_id = ANY(%s)", self.ids))
        return super()._on_written(vals)
