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
        "account.move": ["amount_residual_signed", "move_type", "state"],
        "account.move.line": ["move_id", "price_total", "sale_line_ids"],
        "amazon.order.cancellation": ["amount_open", "order_id", "state"],
        "sale.order": [
            "amazon_order_ref",
            "amazon_cancellation_id",
            "amazon_marketplace_id",
            "amazon_status",
            "company_id",
            "date_order",
            "partner_id",
            "state",
        ],
        "sale.order.line": ["display_type", "is_downpayment", "order_id", "qty_delivered"],
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
    amazon_order_ref = fields.Char(string="Amazon Order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Buyer", readonly=True)
    amazon_marketplace_id = fields.Many2one("amazon.seller.marketplace", string="Marketplace", readonly=True)
    cancellation_id = fields.Many2one("amazon.order.cancellation", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date_order = fields.Datetime(string="Order Date", readonly=True)

    @property
    def _table_query(self):
        # An invoice that also bills other orders may stay open for these: there the order's own lines decide.
        return SQL(
            """
            WITH share AS (
                    SELECT line.order_id, move.id AS move_id, move.move_type, move.amount_residual_signed AS residual,
                           SUM(CASE WHEN move.move_type = 'out_refund' THEN -aml.price_total ELSE aml.price_total END)
                               AS amount,
                           EXISTS (SELECT 1
                                     FROM account_move_line other_aml
                                     JOIN sale_order_line_invoice_rel other_rel
                                       ON other_rel.invoice_line_id = other_aml.id
                                     JOIN sale_order_line other ON other.id = other_rel.order_line_id
                                    WHERE other_aml.move_id = move.id AND other.order_id != line.order_id) AS shared
                      FROM sale_order_line line
                      JOIN sale_order amazon_order ON amazon_order.id = line.order_id
                      JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                      JOIN account_move_line aml ON aml.id = rel.invoice_line_id
                      JOIN account_move move ON move.id = aml.move_id
                     WHERE amazon_order.amazon_order_ref IS NOT NULL
                       AND move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
                  GROUP BY line.order_id, move.id
            ), books AS (
                    SELECT order_id,
                           SUM(amount) AS billed,
                           BOOL_OR(move_type = 'out_refund') AS credited,
                           BOOL_OR(move_type = 'out_invoice' AND residual > 0 AND NOT shared) AS open_alone,
                           BOOL_OR(move_type = 'out_invoice' AND residual > 0 AND shared) AS open_shared
                      FROM share
                  GROUP BY order_id
            ), delivered AS (
                    SELECT DISTINCT order_id
                      FROM sale_order_line
                     WHERE qty_delivered > 0 AND display_type IS NULL AND is_downpayment IS NOT TRUE
            ), found AS (
                    SELECT 1 AS number, 'open_receivable' AS kind, so.id AS order_id
                      FROM sale_order so JOIN books ON books.order_id = so.id
                     WHERE so.amazon_status = 'cancelled'
                       AND (books.open_alone OR (books.open_shared AND books.billed > 0.005))
                 UNION ALL
                    SELECT 2, 'credited_not_cancelled', so.id
                      FROM sale_order so JOIN books ON books.order_id = so.id
                     WHERE books.credited AND so.amazon_status NOT IN ('cancelled', 'shipped')
                 UNION ALL
                    SELECT 3, 'delivered_but_cancelled', so.id
                      FROM sale_order so JOIN delivered ON delivered.order_id = so.id
                     WHERE so.amazon_status = 'cancelled'
                 UNION ALL
                    SELECT 4, 'cancelled_but_shipped', so.id
                      FROM sale_order so
                     WHERE so.state = 'cancel' AND so.amazon_status IN ('shipped', 'partially_shipped')
            )
            SELECT found.order_id * 4 + found.number - 1 AS id,
                   found.kind,
                   found.order_id,
                   so.amazon_order_ref,
                   so.partner_id,
                   so.amazon_marketplace_id,
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
