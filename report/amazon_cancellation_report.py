from odoo import fields, models
from odoo.tools import SQL

from .. import const


class AmazonCancellationReport(models.Model):
    """What became of requests and cancellations: one row for each line of an order that was asked for or cancelled."""

    _name = "amazon.cancellation.report"
    _description = "Amazon Cancellation Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "sale.order": [
            "amazon_cancel_request",
            "amazon_cancel_request_date",
            "amazon_cancellation_id",
            "amazon_decided_date",
            "amazon_cancel_marketplace_id",
            "amazon_cancel_account_id",
            "amazon_fulfillment_status",
            "company_id",
            "currency_rate",
            "partner_id",
        ],
        "sale.order.line": ["display_type", "order_id", "price_total", "product_id", "product_uom_qty"],
        "amazon.order.cancellation": ["create_date", "origin", "reason", "state"],
        "amazon.cancellation.account": ["returned_parcel_cost"],
    }

    order_id = fields.Many2one("sale.order", readonly=True, aggregator="count_distinct")
    date = fields.Datetime(readonly=True, help="When the buyer asked; without a request, when the order was cancelled.")
    product_id = fields.Many2one("product.product", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Buyer", readonly=True)
    amazon_marketplace_id = fields.Many2one("amazon.cancellation.marketplace", string="Marketplace", readonly=True)
    seller_account_id = fields.Many2one("amazon.cancellation.account", string="Account", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    reason = fields.Selection(const.CANCEL_REASONS, readonly=True)
    request = fields.Selection(const.REQUEST_STATES, string="Buyer's Request", readonly=True)
    outcome = fields.Selection(
        [
            ("saved", "Cancelled before shipping"),
            ("shipped", "Shipped anyway"),
            ("refused", "Refused by Amazon"),
            ("under_way", "Being cancelled"),
            ("kept", "Kept"),
            ("withdrawn", "Withdrawn"),
            ("undecided", "Undecided"),
        ],
        readonly=True,
    )
    decision_hours = fields.Float(
        string="Hours to Decision", readonly=True, aggregator="avg", help="From the buyer's request to the decision."
    )
    decision_minutes = fields.Float(
        string="Minutes to Decision", readonly=True, aggregator="avg", help="From the buyer's request to the decision."
    )
    cost_saved = fields.Monetary(
        readonly=True,
        currency_field="company_currency_id",
        help="An estimate, once for each stopped parcel: what the account says that a returned parcel costs.",
    )
    quantity = fields.Float(readonly=True)
    amount = fields.Monetary(readonly=True, currency_field="company_currency_id", help="Taxes included.")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.id AS id,
                   so.id AS order_id,
                   COALESCE(so.amazon_cancel_request_date, cancellation.create_date) AS date,
                   line.product_id AS product_id,
                   so.partner_id AS partner_id,
                   so.amazon_cancel_marketplace_id AS amazon_marketplace_id,
                   so.amazon_cancel_account_id AS seller_account_id,
                   so.company_id AS company_id,
                   company.currency_id AS company_currency_id,
                   cancellation.reason AS reason,
                   so.amazon_cancel_request AS request,
                   CASE WHEN so.amazon_fulfillment_status IN ('shipped', 'partially_shipped') THEN 'shipped'
                        WHEN so.amazon_fulfillment_status = 'cancelled' THEN 'saved'
                        WHEN cancellation.state = 'refused' THEN 'refused'
                        WHEN cancellation.state IN ('scheduled', 'sent', 'accepted') THEN 'under_way'
                        WHEN so.amazon_cancel_request = 'declined' THEN 'kept'
                        WHEN so.amazon_cancel_request = 'requested' THEN 'undecided'
                        ELSE 'withdrawn'
                   END AS outcome,
                   EXTRACT(EPOCH FROM so.amazon_decided_date - so.amazon_cancel_request_date) / 3600 AS decision_hours,
                   EXTRACT(EPOCH FROM so.amazon_decided_date - so.amazon_cancel_request_date) / 60 AS decision_minutes,
                   CASE WHEN so.amazon_fulfillment_status = 'cancelled'
                             AND so.amazon_cancel_request IS NOT NULL
                             AND ROW_NUMBER() OVER (PARTITION BY so.id ORDER BY line.id) = 1
                        THEN account.returned_parcel_cost
                        ELSE 0
                   END AS cost_saved,
                   line.product_uom_qty AS quantity,
                   line.price_total / COALESCE(NULLIF(so.currency_rate, 0), 1) AS amount
              FROM sale_order_line line
              JOIN sale_order so ON so.id = line.order_id
              JOIN res_company company ON company.id = so.company_id
         LEFT JOIN amazon_cancellation_account account ON account.id = so.amazon_cancel_account_id
         LEFT JOIN amazon_order_cancellation cancellation ON cancellation.id = so.amazon_cancellation_id
             WHERE line.display_type IS NULL
               AND (so.amazon_cancel_request IS NOT NULL OR so.amazon_cancellation_id IS NOT NULL)
            """
        )

    def action_open_order(self):
        """Open the order.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }
