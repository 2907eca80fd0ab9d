from odoo import fields, models
from odoo.tools import SQL


class AmazonAccountingCheck(models.Model):
    """Contradictions between Amazon, the books and the warehouse. At month end the list is to be empty."""

    _name = "amazon.accounting.check"
    _description = "Amazon Accounting Check"
    _auto = False
    _order = "kind, order_id desc"
    _rec_name = "order_id"
    _depends = {
        "account.move": ["amount_residual_signed", "move_type", "reversed_entry_id", "state"],
        "account.move.line": ["display_type", "move_id", "price_total", "sale_line_ids"],
        "amazon.order.cancellation": ["amount_open", "order_id", "state"],
        "sale.order": [
            "amazon_cancel_account_id",
            "amazon_cancellation_id",
            "amazon_cancel_marketplace_id",
            "amazon_fulfillment_status",
            "company_id",
            "date_order",
            "delivery_status",
            "partner_id",
            "state",
        ],
        "sale.order.line": ["is_downpayment", "order_id", "qty_delivered", "qty_delivered_method"],
    }

    kind = fields.Selection(
        [
            ("open_receivable", "Cancelled at Amazon, receivable open"),
            ("credited_not_cancelled", "Credited, but not cancelled at Amazon"),
            ("delivered_but_cancelled", "Delivered, but cancelled at Amazon"),
            ("cancelled_but_shipped", "Cancelled in Odoo, shipped at Amazon"),
        ],
        string="Check",
        readonly=True,
    )
    order_id = fields.Many2one("sale.order", readonly=True)
    amazon_order_ref = fields.Char(related="order_id.amazon_order_ref")
    partner_id = fields.Many2one("res.partner", string="Buyer", readonly=True)
    amazon_marketplace_id = fields.Many2one("amazon.cancellation.marketplace", string="Marketplace", readonly=True)
    cancellation_id = fields.Many2one("amazon.order.cancellation", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date_order = fields.Datetime(string="Order Date", readonly=True)

    @property
    def _table_query(self):
        # Each check starts from the few records that can fail it, by an index of just these (in `models/books/`): what
        # was sold over the years costs nothing. An invoice that also bills other orders may stay open
        # for these: as long as something of it is not credited, the order's own lines decide.
        return SQL(
            """
            WITH bills AS (
                    SELECT DISTINCT line.order_id, move.id AS move_id, move.move_type
                      FROM account_move move
                      JOIN account_move_line aml ON aml.move_id = move.id
                      JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = aml.id
                      JOIN sale_order_line line ON line.id = rel.order_line_id
                      JOIN sale_order so ON so.id = line.order_id
                     WHERE move.move_type IN ('out_invoice', 'out_receipt')
                       AND move.state = 'posted' AND move.amount_residual_signed > 0
                       AND so.amazon_cancel_account_id IS NOT NULL AND so.amazon_fulfillment_status = 'cancelled'
                 UNION ALL
                    SELECT DISTINCT line.order_id, move.id, move.move_type
                      FROM sale_order so
                      JOIN sale_order_line line ON line.order_id = so.id
                      JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                      JOIN account_move_line aml ON aml.id = rel.invoice_line_id
                      JOIN account_move move ON move.id = aml.move_id
                     WHERE so.amazon_fulfillment_status NOT IN ('cancelled', 'shipped')
                       AND so.amazon_cancel_account_id IS NOT NULL
                       AND move.move_type = 'out_refund' AND move.state = 'posted'
            ), share AS (
                    SELECT bills.order_id,
                           EXISTS (SELECT 1
                                     FROM account_move_line aml
                                     JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = aml.id
                                     JOIN sale_order_line line ON line.id = rel.order_line_id
                                    WHERE aml.move_id = bills.move_id AND line.order_id != bills.order_id)
                           AND (SELECT SUM(CASE WHEN move.move_type = 'out_refund' THEN -aml.price_total
                                                ELSE aml.price_total END)
                                  FROM account_move move JOIN account_move_line aml ON aml.move_id = move.id
                                 WHERE (move.id = bills.move_id OR move.reversed_entry_id = bills.move_id)
                                   AND move.state = 'posted' AND aml.display_type = 'product') > 0.005 AS shared,
                           (SELECT SUM(CASE WHEN move.move_type = 'out_refund' THEN -aml.price_total
                                            ELSE aml.price_total END)
                              FROM sale_order_line line
                              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                              JOIN account_move_line aml ON aml.id = rel.invoice_line_id
                              JOIN account_move move ON move.id = aml.move_id
                             WHERE line.order_id = bills.order_id AND move.state = 'posted'
                               AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')) AS billed
                      FROM bills
                     WHERE bills.move_type != 'out_refund'
            ), found AS (
                    SELECT DISTINCT 1 AS number, 'open_receivable' AS kind, order_id
                      FROM share
                     WHERE NOT shared OR billed > 0.005
                 UNION ALL
                    SELECT DISTINCT 2, 'credited_not_cancelled', order_id
                      FROM bills
                     WHERE move_type = 'out_refund'
                 UNION ALL
                    SELECT 3, 'delivered_but_cancelled', delivered.order_id
                      FROM (SELECT so.id AS order_id
                              FROM sale_order so CROSS JOIN LATERAL (
                                   -- Of these few orders only: joined as a whole, all lines would be read.
                                   SELECT 1 FROM sale_order_line line
                                    WHERE line.order_id = so.id
                                      AND line.qty_delivered > 0 AND line.is_downpayment IS NOT TRUE
                                    LIMIT 1) AS delivered_line
                             WHERE so.amazon_fulfillment_status = 'cancelled'
                               AND so.delivery_status IN ('started', 'partial', 'full')
                             UNION
                            SELECT line.order_id
                              FROM sale_order_line line JOIN sale_order so ON so.id = line.order_id
                             WHERE so.amazon_fulfillment_status = 'cancelled'
                               AND line.qty_delivered > 0 AND line.qty_delivered_method = 'manual'
                               AND line.is_downpayment IS NOT TRUE) AS delivered
                 UNION ALL
                    SELECT 4, 'cancelled_but_shipped', so.id
                      FROM sale_order so
                     WHERE so.state = 'cancel' AND so.amazon_fulfillment_status IN ('shipped', 'partially_shipped')
            )
            SELECT found.order_id * 4 + found.number - 1 AS id,
                   found.kind,
                   found.order_id,
                   so.partner_id,
                   so.amazon_cancel_marketplace_id AS amazon_marketplace_id,
                   so.amazon_cancellation_id AS cancellation_id,
                   so.company_id,
                   so.date_order
              FROM found
              JOIN sale_order so ON so.id = found.order_id
            """
        )

    def action_open(self):
        """Open the cancellation where there is one, else the order.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        record = self.cancellation_id or self.order_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }
