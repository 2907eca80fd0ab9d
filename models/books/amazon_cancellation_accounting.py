import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class AmazonCancellationAccounting(models.AbstractModel):
    """The scheduled work on the books of cancellations that Amazon confirmed: never of those that are merely sent."""

    _name = "amazon.cancellation.accounting"
    _description = "Amazon Cancellation Accounting"

    @api.model
    def _plan(self, cancellations):
        """Have the invoices of confirmed cancellations looked at, outside the reading that confirmed them."""
        planned = cancellations.filtered(lambda c: c.order_id.invoice_ids)
        if planned:
            planned.accounting_pending = True
            cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_accounting").sudo()  # users may not see the jobs
            cron_sudo._trigger()

    @api.model
    def _cron_account(self):
        """Credit what is due one by one, ask Amazon for its proof, and see what a person has done meanwhile."""
        Cancellation = self.env["amazon.order.cancellation"]
        pending = Cancellation.search([("accounting_pending", "=", True)], order="id")
        to_review = Cancellation.search([("accounting_pending", "=", False), ("accounting_state", "=", "to_review")])
        self.env["ir.cron"]._commit_progress(remaining=len(pending))
        for cancellation in pending:
            self._account(cancellation)
            if not self.env["ir.cron"]._commit_progress(1):
                return  # the time is up; the scheduler calls again at once
        self._refresh(to_review)
        self.env["ir.cron"]._commit_progress()
        self.env["amazon.cancellation.proof"]._ask()

    @api.model
    def _account(self, cancellation):
        """Work on the books of one cancellation; what fails becomes work for a person."""
        try:
            if not cancellation.try_lock_for_update() or not cancellation.accounting_pending:
                return
            with self.env.cr.savepoint():
                self.env["amazon.cancellation.credit"]._credit_by_policy(
                    cancellation.with_company(cancellation.company_id)
                )
        except OperationalError:
            self.env.cr.rollback()  # somebody else works on the same invoice; it stays pending
            _logger.info("Cancellation %s: the books are busy, tried again later", cancellation.id)
            return
        except Exception as error:
            level = logging.INFO if isinstance(error, UserError) else logging.ERROR
            _logger.log(level, "Cancellation %s: crediting failed", cancellation.id, exc_info=True)
            cancellation.write(
                {
                    "accounting_state": "to_review",
                    "accounting_pending": False,
                    "accounting_error": str(error) if isinstance(error, UserError) else type(error).__name__,
                }
            )
        else:
            cancellation.write({"accounting_pending": False, "accounting_error": False})
        self._set_outcome(cancellation)

    @api.model
    def _refresh(self, cancellations):
        """See what the books show now of cancellations that were left to a person; nothing is credited."""
        for cancellation in cancellations.filtered(lambda c: c.accounting_state == "to_review"):
            self._set_outcome(cancellation)

    @api.model
    def _set_outcome(self, cancellation):
        state, note = self.env["amazon.cancellation.books"]._assess(cancellation)
        if state == "to_review" and cancellation.accounting_error:
            note = self.env._(
                "The credit note could not be made: %(error)s\n%(note)s", error=cancellation.accounting_error, note=note
            )
        if cancellation.proof_state == "money":
            state, note = "to_review", "\n".join(filter(None, [cancellation.proof_note, note]))
        elif cancellation.proof_state == "clear" and state != "to_review":
            state = "settled"
        vals = {"accounting_state": state, "accounting_note": note}
        if any(cancellation[field] != value for field, value in vals.items()):
            cancellation.write(vals)
