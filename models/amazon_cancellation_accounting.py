import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class AmazonCancellationAccounting(models.AbstractModel):
    """What a cancellation that Amazon confirmed means in the books: Odoo's own reversal, never own arithmetic."""

    _name = "amazon.cancellation.accounting"
    _description = "Amazon Cancellation Accounting"

    @api.model
    def _plan(self, cancellations):
        """Have the invoices of confirmed cancellations looked at, outside the reading that confirmed them."""
        cancellations.filtered(lambda c: c.order_id.invoice_ids).write({"accounting_pending": True})
        if any(cancellations.mapped("accounting_pending")):
            cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_accounting").sudo()  # users may not see the jobs
            cron_sudo._trigger()

    @api.model
    def _cron_account(self):
        """Credit the invoices of confirmed cancellations, one by one; a failure becomes work for a person."""
        pending = self.env["amazon.order.cancellation"].search([("accounting_pending", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(pending))
        for cancellation in pending:
            if cancellation.try_lock_for_update() and cancellation.accounting_pending:
                self._account(cancellation)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _account(self, cancellation):
        try:
            with self.env.cr.savepoint():
                state, note = self._credit(cancellation)
        except Exception as error:
            _logger.exception("Cancellation %s: crediting failed", cancellation.id)
            state, note = "to_review", self.env._("The credit note could not be made: %(error)s", error=error)
        cancellation.write({"accounting_state": state, "accounting_pending": False, "accounting_note": note})

    @api.model
    def _credit(self, cancellation):
        """Credit what is safe to credit.

        :return: The `accounting_state` that follows, and what is left to do, in words.
        :rtype: tuple(str, str|bool)
        """
        order = cancellation.order_id.with_company(cancellation.company_id)
        order.invoice_ids.filtered(lambda m: m.state == "draft" and m.move_type == "out_invoice").button_cancel()
        invoices = order.invoice_ids.filtered(
            lambda m: m.state == "posted" and m.move_type == "out_invoice" and m.payment_state != "reversed"
        )
        policy = cancellation.seller_account_id.credit_note_policy
        if not invoices:
            return ("credited" if "reversed" in order.invoice_ids.mapped("payment_state") else "none"), False
        if policy == "none":
            return "to_review", self.env._("Invoices are posted, and the account's policy is to make no credit notes.")
        safe = invoices.filtered(lambda m: self._is_unpaid_invoice_of(m, order))
        self._reverse(safe, cancellation, post=policy == "post")
        if safe != invoices:
            return "to_review", self.env._(
                "Paid, or shared with other orders: %(invoices)s. Credit by hand what is due.",
                invoices=", ".join((invoices - safe).mapped("name")),
            )
        if policy == "draft":
            return "to_review", self.env._("The credit notes are drafts: look at them, then post.")
        return "credited", False

    @api.model
    def _is_unpaid_invoice_of(self, invoice, order):
        """Whether an invoice bills this order alone and nothing is paid on it, so that its whole reversal is right."""
        return invoice.payment_state == "not_paid" and invoice.line_ids.sale_line_ids.order_id == order

    @api.model
    def _reverse(self, invoices, cancellation, post):
        """Reverse whole invoices by Odoo's own wizard, and reconcile each with its credit note where they are posted.

        :param recordset invoices: Posted, unpaid customer invoices.
        :param bool post: Whether the credit notes are posted.
        """
        for invoice in invoices:
            wizard = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create(self._prepare_reversal_vals(invoice, cancellation))
            )
            wizard.refund_moves()
            if post:
                wizard.new_move_ids.action_post()
                lines = (invoice + wizard.new_move_ids).line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable" and not line.reconciled
                )
                for account_lines in lines.grouped("account_id").values():
                    account_lines.reconcile()

    @api.model
    def _prepare_reversal_vals(self, invoice, cancellation):
        """The values of the reversal wizard. Hook for integrators."""
        return {
            "reason": self.env._("Amazon order %(ref)s was cancelled", ref=cancellation.amazon_order_ref),
            "journal_id": invoice.journal_id.id,
            "date": fields.Date.context_today(invoice),
        }
