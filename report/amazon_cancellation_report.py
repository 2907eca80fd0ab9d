from odoo import api, fields, models
from odoo.tools import SQL

from .. import const

_NOTED = "sale_amazon_cancellation.analysed_orders"


class AmazonCancellationReport(models.Model):
    """What became of requests and cancellations: one row for each line of an order that was asked for or cancelled.

    The rows are kept, so that an analysis reads them alone, by their date: neither orders nor their lines. They are
    written by `_renew` only: with the transaction that changes what they tell, and all of them once a day, as Odoo
    changes lines and currencies without a word.
    """

    _name = "amazon.cancellation.report"
    _description = "Amazon Cancellation Analysis"
    _order = "date desc, id desc"
    _rec_name = "order_id"
    _log_access = False

    line_id = fields.Many2one("sale.order.line", required=True, readonly=True, ondelete="cascade")
    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade", aggregator="count_distinct"
    )
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

    _line_unique = models.Constraint("UNIQUE(line_id)", "A line is analysed once.")
    _date_index = models.Index("(date, id)")

    # === ACTION METHODS === #

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

    # === BUSINESS METHODS === #

    @api.model
    def _renew_with_commit(self, orders):
        """Have the rows of orders written anew when what is being done is committed, all in one go.

        :param recordset orders: Sale orders of which something changed that an analysis tells.
        """
        if not orders:
            return
        precommit = self.env.cr.precommit
        if _NOTED not in precommit.data:
            precommit.data[_NOTED] = set()
            precommit.add(self._renew_noted)
        precommit.data[_NOTED].update(orders.ids)

    def _renew_noted(self):
        ids = self.env.cr.precommit.data.pop(_NOTED, ())
        self._renew(SQL("so.id = ANY(%s)", list(ids)))

    @api.autovacuum
    def _renew_all(self):
        self._renew(SQL("TRUE"))

    @api.model
    def _renew(self, of_orders):
        """Write the rows of some orders anew; those that tell what is so are left alone.

        :param SQL of_orders: The condition of the orders, which are called `so`.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH computed AS MATERIALIZED (%(computed)s), gone AS (
                         DELETE FROM amazon_cancellation_report kept USING sale_order so
                          WHERE so.id = kept.order_id AND %(of_orders)s
                            AND NOT EXISTS (SELECT FROM computed WHERE computed.line_id = kept.line_id)
                     )
                INSERT INTO amazon_cancellation_report (%(columns)s)
                     SELECT %(new)s
                       FROM computed
                  LEFT JOIN amazon_cancellation_report kept ON kept.line_id = computed.line_id
                      WHERE kept.id IS NULL OR (%(kept)s) IS DISTINCT FROM (%(new)s)
                ON CONFLICT (line_id) DO UPDATE SET (%(columns)s) = (%(excluded)s)
                """,
                computed=self._get_rows_sql(of_orders),
                of_orders=of_orders,
                columns=self._get_columns_sql(),
                new=self._get_columns_sql("computed"),
                kept=self._get_columns_sql("kept"),
                excluded=self._get_columns_sql("excluded"),
            )
        )
        self.invalidate_model()

    # === GETTERS === #

    @api.model
    def _get_columns_sql(self, *table):
        """The columns of a row, in their order.

        :param str table: Whose columns they are, where that is to be said.
        :rtype: SQL
        """
        names = [name for name, field in self._fields.items() if field.store and name != "id"]
        return SQL(", ").join(SQL.identifier(*table, name) for name in names)

    @api.model
    def _get_rows_sql(self, of_orders):
        """What the rows of some orders are to tell.

        :param SQL of_orders: The condition of the orders, which are called `so`.
        :rtype: SQL
        """
        return SQL(
            """
            SELECT line.id AS line_id,
                   so.id AS order_id,
                   COALESCE(so.amazon_cancel_request_date, so.amazon_request_seen_date, cancellation.create_date)
                       AS date,
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
                   wait.seconds / 3600 AS decision_hours,
                   wait.seconds / 60 AS decision_minutes,
                   CASE WHEN so.amazon_fulfillment_status = 'cancelled'
                             AND so.amazon_cancel_request IS NOT NULL
                             AND ROW_NUMBER() OVER (PARTITION BY so.id ORDER BY line.id) = 1
                        THEN account.returned_parcel_cost
                        ELSE 0
                   END AS cost_saved,
                   line.product_uom_qty::float8 AS quantity,
                   line.price_total / COALESCE(NULLIF(so.currency_rate, 0), 1) AS amount
              FROM sale_order_line line
              JOIN sale_order so ON so.id = line.order_id
              JOIN res_company company ON company.id = so.company_id
         LEFT JOIN amazon_cancellation_account account ON account.id = so.amazon_cancel_account_id
         LEFT JOIN amazon_order_cancellation cancellation ON cancellation.id = so.amazon_cancellation_id
         LEFT JOIN LATERAL (
                       -- Amazon's clock, which tells when a buyer asked, may be ahead of ours.
                       SELECT GREATEST(EXTRACT(EPOCH FROM span), 0)::float8
                         FROM (SELECT so.amazon_decided_date - so.amazon_cancel_request_date) AS clocks (span)
                        WHERE span IS NOT NULL
                   ) wait (seconds) ON TRUE
             WHERE line.display_type IS NULL
               AND (so.amazon_cancel_request IS NOT NULL OR so.amazon_cancellation_id IS NOT NULL)
               AND %s
            """,
            of_orders,
        )
