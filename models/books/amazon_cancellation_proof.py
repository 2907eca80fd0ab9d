import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import formatLang

from ...spapi import errors as spapi_errors

_logger = logging.getLogger(__name__)

# Amazon lists a transaction up to 48 hours after it was made (Finances API 2024-06-19).
BOOKED_AFTER = timedelta(hours=48)
# listTransactions: a burst of 10, then one in two seconds.
ORDERS_PER_RUN = 10
NEXT_RUN = timedelta(minutes=1)


class AmazonCancellationProof(models.AbstractModel):
    """Asks Amazon what it booked for cancelled orders: where no money moved, the books are settled."""

    _name = "amazon.cancellation.proof"
    _description = "Amazon Cancellation Proof"

    @api.model
    def _ask(self):
        """Ask for the orders that were confirmed more than 48 hours ago, of the accounts that want it."""
        Cancellation = self.env["amazon.order.cancellation"]
        for account in self.env["amazon.cancellation.account"].search([("ask_for_proof", "=", True)]):
            due = self._get_due_domain(account)
            cancellations = Cancellation.search(due, order="proof_date NULLS FIRST, id", limit=ORDERS_PER_RUN)
            if cancellations:
                self._ask_for(account, cancellations)
            if not account.proof_message and Cancellation.search_count([*due, ("proof_date", "=", False)], limit=1):
                cron = self.env.ref("sale_amazon_cancellation.ir_cron_accounting")
                cron._trigger(at=fields.Datetime.now() + NEXT_RUN)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _ask_for(self, account, cancellations):
        """Ask for each order by one call; what Amazon does not answer now is asked in the next run."""
        message = False
        try:
            with account._open_client() as client:
                for cancellation in cancellations:
                    self._ask_for_one(client, cancellation)
        except spapi_errors.Throttled as error:
            _logger.info("Amazon account %s: the next run goes on reading transactions: %s", account.id, error)
        except spapi_errors.SpApiError as error:
            _logger.warning("Amazon account %s: the transactions could not be read: %s", account.id, error)
            message = account._describe_error(error, retried=True)
        account.proof_message = message

    @api.model
    def _ask_for_one(self, client, cancellation):
        try:
            transactions = client.list_transactions(cancellation.amazon_order_ref)
        except (spapi_errors.InvalidRequest, spapi_errors.MalformedAnswer) as error:
            # This order alone; it is asked again after the others.
            note = cancellation.seller_account_id._describe_error(error)
            cancellation.write({"proof_date": fields.Datetime.now(), "proof_note": note})
        else:
            self._note(cancellation, transactions)

    @api.model
    def _note(self, cancellation, transactions):
        """Keep what Amazon booked, and let the state of the books follow.

        :param recordset cancellation: One cancellation.
        :param list[Transaction] transactions: The order's bookings at Amazon.
        """
        balances = {}
        for transaction in transactions:
            if transaction.amount is not None:
                balances[transaction.currency] = balances.get(transaction.currency, 0) + transaction.amount
        moved = {currency: amount for currency, amount in balances.items() if amount}
        if moved:
            note = self.env._(
                "Amazon booked money for this cancelled order: %(amounts)s. Look at it in Seller Central, Payments.",
                amounts=", ".join(self._format(amount, currency) for currency, amount in moved.items()),
            )
        else:
            note = self.env._("Amazon booked no money for this order, or refunded all of it.")
        cancellation.write(
            {"proof_state": "money" if moved else "clear", "proof_date": fields.Datetime.now(), "proof_note": note}
        )
        self.env["amazon.cancellation.accounting"]._set_outcome(cancellation)

    # === GETTERS === #

    @api.model
    def _get_due_domain(self, account):
        return [
            ("seller_account_id", "=", account.id),
            ("state", "=", "confirmed"),
            ("proof_state", "=", "unknown"),
            ("accounting_pending", "=", False),
            ("accounting_state", "!=", "settled"),
            ("confirmed_date", "<=", fields.Datetime.now() - BOOKED_AFTER),
        ]

    @api.model
    def _format(self, amount, currency_name):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", currency_name)])
        return formatLang(self.env, float(amount), currency_obj=currency) if currency else f"{amount} {currency_name}"
