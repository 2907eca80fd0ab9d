import logging
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ...spapi import errors as spapi_errors

_logger = logging.getLogger(__name__)

# Amazon lists a transaction up to 48 hours after it was made (Finances API 2024-06-19).
BOOKED_AFTER = timedelta(hours=48)
# Amazon settles every 14 days: what is booked later, such as a refund, may have come since.
ASKED_AGAIN_AFTER = timedelta(days=14)
TRIED_AGAIN_AFTER = timedelta(hours=1)
# listTransactions: a burst of 10, then one in two seconds.
ORDERS_PER_RUN = 10
NEXT_RUN = timedelta(minutes=1)


class AmazonCancellationProof(models.AbstractModel):
    """Asks Amazon what it booked for cancelled orders: where no money moved, the books are settled."""

    _name = "amazon.cancellation.proof"
    _description = "Amazon Cancellation Proof"

    @api.model
    def _ask(self):
        """Ask for orders from 48 hours after their confirmation on, and again until the account's period is over."""
        Cancellation = self.env["amazon.order.cancellation"]
        for account in self.env["amazon.cancellation.account"].search([("ask_for_proof", "=", True)]):
            due = self._get_due_domain(account)
            cancellations = Cancellation.search(due, order="proof_next_date NULLS FIRST, id", limit=ORDERS_PER_RUN)
            if cancellations:
                self._ask_for(account, cancellations)
            if not account.proof_message_facts and Cancellation.search_count(due, limit=1):
                cron = self.env.ref("sale_amazon_cancellation.ir_cron_accounting")
                cron._trigger(at=fields.Datetime.now() + NEXT_RUN)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _ask_for(self, account, cancellations):
        """Ask for each order by one call; what Amazon does not answer now is asked in the next run."""
        facts = False
        try:
            with account._open_client() as client:
                for cancellation in cancellations:
                    self._ask_for_one(client, cancellation)
        except spapi_errors.Throttled as error:
            _logger.info("Amazon account %s: the next run goes on reading transactions: %s", account.id, error)
        except spapi_errors.SpApiError as error:
            _logger.warning("Amazon account %s: the transactions could not be read: %s", account.id, error)
            facts = [account._get_error_facts(error, retried=True)]
        account.proof_message_facts = facts

    @api.model
    def _ask_for_one(self, client, cancellation):
        try:
            transactions = client.list_transactions(cancellation.amazon_order_ref)
        except (spapi_errors.InvalidRequest, spapi_errors.MalformedAnswer) as error:
            # This order alone; it is asked again after the others.
            now = fields.Datetime.now()
            fact = {"code": "unread_bookings", "details": str(error)}
            cancellation.write({"proof_date": now, "proof_next_date": now + TRIED_AGAIN_AFTER, "proof_facts": [fact]})
        except spapi_errors.Unreachable:
            # Maybe all of Amazon, maybe this order: the next run asks for the others first.
            cancellation.proof_next_date = fields.Datetime.now()
            raise
        else:
            self._note(cancellation, transactions)

    @api.model
    def _note(self, cancellation, transactions):
        """Keep what Amazon booked, and let the state of the books follow.

        What counts is the buyer's money. What Amazon keeps of its fees when it refunds is told, and no reason to look.

        :param recordset cancellation: One cancellation.
        :param list[Transaction] transactions: The order's bookings at Amazon.
        """
        money, fees = defaultdict(Decimal), defaultdict(Decimal)
        for transaction in transactions:
            if transaction.amount is not None:
                money[transaction.currency] += transaction.amount - transaction.fees
                fees[transaction.currency] += transaction.fees
        moved, kept = self._prepare_amounts(money), self._prepare_amounts(fees)
        facts = [{"code": "money", "amounts": moved} if moved else {"code": "no_money"}]
        if any(transaction.amount is None for transaction in transactions):
            moved, facts = True, [{"code": "unclear_bookings"}]
        if kept:
            facts.append({"code": "fees_kept", "fees": kept})
        cancellation.write(
            {
                "proof_state": "money" if moved else "clear",
                "proof_date": fields.Datetime.now(),
                "proof_next_date": self._get_next_date(cancellation),
                "proof_facts": facts,
            }
        )
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)

    # === GETTERS === #

    @api.model
    def _get_due_domain(self, account):
        now = fields.Datetime.now()
        return [
            ("seller_account_id", "=", account.id),
            ("state", "=", "confirmed"),
            ("accounting_pending", "=", False),
            ("confirmed_date", "<=", now - BOOKED_AFTER),
            "|",
            ("proof_next_date", "<=", now),
            "&",
            ("proof_next_date", "=", False),
            ("proof_date", "=", False),
        ]

    @api.model
    def _get_next_date(self, cancellation):
        """When Amazon is asked again: after each settlement, and a last time when the account's period is over.

        :rtype: datetime|bool
        """
        now = fields.Datetime.now()
        end = cancellation.confirmed_date + timedelta(days=cancellation.seller_account_id.proof_days)
        return min(now + ASKED_AGAIN_AFTER, end) if now < end else False

    @api.model
    def _prepare_amounts(self, amounts):
        """Amounts as facts have them, those that come to nothing left out."""
        return [[str(amount), currency] for currency, amount in amounts.items() if amount]
