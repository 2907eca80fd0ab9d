import json
import time
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.rates import RateBudget
from ...tools import Own


class AmazonCancellationAllowance(models.Model):
    """What is left of Amazon's allowance for an operation: one for each seller, whoever asks, at whatever time."""

    _name = "amazon.cancellation.allowance"
    _description = "Amazon Allowance"
    _order = "account_id, operation"
    _rec_name = "operation"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    operation = fields.Char(required=True, readonly=True, help="As Amazon names it.")
    state = fields.Json(readonly=True, help="Calls per second as Amazon last told them, and how many are left.")

    spent = fields.Json(readonly=True, help="The calls of a day, by what they were for.")

    _operation_unique = models.Constraint("UNIQUE(account_id, operation)", "An operation has one allowance.")

    @api.model
    def _share(self, account, insist=False, purpose="other"):
        """The allowance of an account, as a client counts it.

        :param recordset account: The account; all of one seller in one region have the same allowance at Amazon.
        :param bool insist: Whether Amazon is asked also where nothing is left by our own count.
        :param str purpose: What the calls are for, a key of `const.ALLOWANCE_PURPOSES`.
        :rtype: SharedBudget
        """
        time_box = self.env.context.get("amazon_time_box")
        deadline = float(time_box) if isinstance(time_box, Own) and not insist else None
        holder = self._get_holder_sudo(account)
        return SharedBudget(self.env.registry, holder.id or account.id, insist, deadline, purpose)

    # === GETTERS === #

    @api.model
    def _get_holder_sudo(self, account):
        """The account whose rows count for all of one seller in one region, of whatever company."""
        return account._get_same_seller_sudo()[:1]

    @api.model
    def _look(self, account):
        """What is left of an account's allowance, only to be looked at.

        :rtype: RateBudget
        """
        rows_sudo = self.sudo().search([("account_id", "=", self._get_holder_sudo(account).id)])
        return RateBudget.from_dict({row.operation: row.state for row in rows_sudo if row.state})

    @api.model
    def _get_spent(self, account, day):
        """The calls of a day, by operation and by what they were for.

        :param date day: By Amazon's clock, in UTC.
        :rtype: dict[str, dict[str, int]]
        """
        rows_sudo = self.sudo().search([("account_id", "=", self._get_holder_sudo(account).id)])
        return {row.operation: row.spent["calls"] for row in rows_sudo if (row.spent or {}).get("day") == str(day)}


class SharedBudget:
    """Counts as `RateBudget` does, each call in a short transaction of its own: what was spent stays spent, whatever
    becomes of the work, and all who ask at the same time spend from the same.
    """

    def __init__(self, registry, account_id, insist, deadline=None, purpose="other"):
        self._registry, self._account_id, self._insist, self._deadline = registry, account_id, insist, deadline
        self._purpose = purpose
        self._own = RateBudget()  # of an account that is not committed yet
        self._learned = {}

    def take(self, operation, now):
        """As of `RateBudget`.

        :raise TimeIsUp: If the turn is over, and nothing is half done by ending it here.
        """
        if self._deadline and operation in const.BOXED_OPERATIONS and time.monotonic() > self._deadline:
            raise spapi_errors.TimeIsUp("The time for one turn is over.", operation=operation)
        try:
            self._change(operation, lambda budget: budget.take(operation, now), spent_on=now.date())
        except spapi_errors.Throttled:
            if not self._insist:
                raise
            self._change(operation, lambda _budget: None, spent_on=now.date())

    def left(self, operation, now):
        """As of `RateBudget`."""
        return self._look_at(operation).left(operation, now)

    def rate(self, operation):
        """As of `RateBudget`."""
        return self._look_at(operation).rate(operation)

    def learn(self, operation, rate):
        """As of `RateBudget`."""
        if self._learned.get(operation) != rate:
            self._change(operation, lambda budget: budget.learn(operation, rate))
            self._learned[operation] = rate

    def empty(self, operation, now, wait=None):
        """As of `RateBudget`."""
        return self._change(operation, lambda budget: budget.empty(operation, now, wait))

    def _look_at(self, operation):
        with self._registry.cursor() as cr:
            cr.execute(
                "SELECT state FROM amazon_cancellation_allowance WHERE account_id = %s AND operation = %s",
                [self._account_id, operation],
            )
            [state] = cr.fetchone() or [None]
            return RateBudget.from_dict({operation: state}) if state else self._own

    def _change(self, operation, change, spent_on=None):
        for tries_left in reversed(range(const.CONCURRENT_TRIES)):
            try:
                with self._lock(operation, spent_on) as budget:
                    return change(budget)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                if not tries_left:
                    raise
        return None

    @contextmanager
    def _lock(self, operation, spent_on):
        with self._registry.cursor() as cr:
            cr.execute(
                """
                INSERT INTO amazon_cancellation_allowance (account_id, company_id, operation)
                     SELECT id, company_id, %s FROM amazon_cancellation_account WHERE id = %s
                ON CONFLICT (account_id, operation) DO NOTHING
                """,
                [operation, self._account_id],
            )
            cr.execute(
                """
                SELECT id, state, spent
                  FROM amazon_cancellation_allowance
                 WHERE account_id = %s AND operation = %s
                   FOR UPDATE
                """,
                [self._account_id, operation],
                log_exceptions=False,
            )
            row = cr.fetchone()
            if not row:
                yield self._own
                return
            budget = RateBudget.from_dict(row[1] and {operation: row[1]})
            yield budget
            spent = row[2]
            if spent_on:
                if not spent or spent["day"] != str(spent_on):
                    spent = {"day": str(spent_on), "calls": {}}
                spent["calls"][self._purpose] = spent["calls"].get(self._purpose, 0) + 1
            cr.execute(
                "UPDATE amazon_cancellation_allowance SET state = %s, spent = %s WHERE id = %s",
                [json.dumps(budget.to_dict().get(operation)), spent and json.dumps(spent), row[0]],
            )
