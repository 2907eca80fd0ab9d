from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ... import const, counted


class CancellationRate(NamedTuple):
    """How many of an account's orders the seller cancelled."""

    orders: int
    cancelled: int
    rate: float


class AmazonCancellationAccount(models.Model):
    """How an account's cancellations are told to Amazon: the way, the undo window, the reason; and their rate."""

    _inherit = "amazon.cancellation.account"

    cancel_channel = fields.Selection(
        [
            ("feed", "Feed (recommended)"),
            ("rest", "Order cancellation call"),
            ("file", "File that I upload in Seller Central"),
        ],
        string="Tell Amazon by",
        required=True,
        default="feed",
        tracking=True,
        help="Which way cancellations go to Amazon. The call is offered to some sellers only, and the feed stands in.",
    )
    feed_interval_minutes = fields.Integer(
        string="Minutes Between Feeds",
        default=0,
        tracking=True,
        help="Amazon advises one feed in 20 minutes. With 0 a feed is sent as soon as something is due and Amazon's "
        "allowance permits: 15 at once, then one in 2 minutes.",
    )
    rest_refused_date = fields.Datetime(
        readonly=True, copy=False, help="When Amazon said that its cancellation call is not available for this account."
    )
    undo_minutes = fields.Integer(
        string="Undo Window",
        default=5,
        tracking=True,
        help="Minutes between the cancellation in Odoo and its sending to Amazon. Until then it can be undone.",
    )

    default_cancel_reason = fields.Selection(
        const.SELLER_CANCEL_REASONS,
        required=True,
        default="GeneralAdjustment",
        tracking=True,
        help="Told to Amazon where an order is cancelled without a dialog and its buyer did not ask for it. "
        "For every reason but No inventory Amazon puts the units back on the listing.",
    )

    follow_amazon = fields.Boolean(
        default=True,
        tracking=True,
        help="Cancel the Odoo order when Amazon shows the order as cancelled.",
    )
    cancel_message = fields.Text(
        string="Sending Problem",
        compute="_compute_worded",
        help="Why cancellations cannot be sent now; empty when they can.",
    )
    cancel_message_facts = fields.Json(readonly=True, copy=False)
    cancel_state = fields.Selection(
        [("ok", "Up to date"), ("late", "Late"), ("failing", "Failing")],
        string="Telling Amazon",
        compute="_compute_cancel_state",
        search="_search_cancel_state",
        compute_sudo=True,  # of all cancellations, whoever may see them
        help="Late: a cancellation is due and has not been told to Amazon for longer than an hour.\n"
        "Failing: a part of the cancellations cannot be sent now; see the problem.",
    )
    cancellation_rate = fields.Float(
        compute="_compute_cancellation_rate",
        help="The share of the orders of the last 7 days that you cancelled without the buyer's official request. "
        "Amazon's limit is 2.5 %.",
    )
    cancellation_rate_month = fields.Float(
        readonly=True,
        copy=False,
        help="The same of the last 30 days, which tells a bad week from a habit. It is counted once a day.",
    )
    cancellation_rate_month_date = fields.Datetime(string="Month Counted On", readonly=True, copy=False)
    cancellation_rate_high = fields.Boolean(compute="_compute_cancellation_rate")
    week_order_count = fields.Integer(string="Orders of a Week", readonly=True, copy=False)
    week_order_count_date = fields.Datetime(string="Week Counted On", readonly=True, copy=False)

    _undo_minutes_positive = models.Constraint(
        "CHECK(undo_minutes >= 0)", "The undo window is a number of minutes, zero or more."
    )
    _feed_interval_positive = models.Constraint(
        "CHECK(feed_interval_minutes >= 0)", "The time between feeds is a number of minutes, zero or more."
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_cancellation_rate(self):
        counted_since = fields.Datetime.now() - const.RATE_WEEK_LASTS
        large = self.filtered(
            lambda account: (
                account.week_order_count >= const.RATE_WEEK_KEPT_FROM
                and account.week_order_count_date
                and account.week_order_count_date >= counted_since
            )
        )
        counted = {account._origin.id: account.week_order_count for account in large}
        rates = self._get_cancellation_rates(const.RATE_DAYS, counted)
        for account in self:
            account.cancellation_rate = rates[account.id].rate
            account.cancellation_rate_high = account.cancellation_rate >= const.RATE_LIMIT

    @api.depends("cancel_message_facts")
    @api.depends_context("uid")
    def _compute_cancel_state(self):
        groups = self.env["amazon.order.cancellation"]._read_group(
            self._get_untold_domain() & Domain("seller_account_id", "in", self.ids), ["seller_account_id"]
        )
        late = self.env["amazon.cancellation.account"].union(*(account for [account] in groups))
        for account in self:
            state = "failing" if account.cancel_message_facts else "ok"
            account.cancel_state = "late" if account in late else state

    def _search_cancel_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain(
            "id",
            "in",
            self.env["amazon.order.cancellation"]
            .sudo()  # of all cancellations, whoever may see them
            ._search(self._get_untold_domain())
            .subselect("seller_account_id"),
        )
        in_time, failing = ~late, Domain("cancel_message_facts", "!=", False)
        domains = {"late": late, "failing": in_time & failing, "ok": in_time & ~failing}
        return Domain.OR(domains[state] for state in value if state in domains)

    # === CONSTRAINT METHODS === #

    @api.constrains("active")
    def _check_open_work(self):
        """An archived account reads and tells nothing: what is promised or asked would stay open for ever."""
        for account in self.filtered(lambda account: not account.active):
            SaleOrder = self.env["sale.order"].sudo()  # of all salespersons
            cancellations = SaleOrder.amazon_cancellation_ids.search(
                Domain("seller_account_id", "=", account.id)
                & (Domain("state", "in", const.OPEN_CANCELLATION_STATES) | Domain("next_attempt_date", "!=", False))
            )
            requests = SaleOrder.search(
                [
                    ("amazon_cancel_account_id", "=", account.id),
                    ("amazon_cancel_request", "=", "requested"),
                    ("state", "!=", "cancel"),
                ]
            )
            if cancellations or requests:
                raise ValidationError(
                    self.env._(
                        "%(account)s cannot be archived: nobody would tell Amazon of cancellations or see what becomes "
                        "of them.\nCancellations under way: %(cancellations)s\nRequests to decide: %(requests)s\n"
                        "Decide the requests, and wait until Amazon has shown the cancellations as done, or undo them.",
                        account=account.name,
                        cancellations=", ".join(cancellations.mapped("order_name")) or self.env._("none"),
                        requests=", ".join(requests.mapped("name")) or self.env._("none"),
                    )
                )

    # === ACTION METHODS === #

    def action_prepare_cancellation_file(self):
        """Write the file of all due cancellations, for the upload in Seller Central.

        Note: self.ensure_one()

        What cannot go into it says so, and is left out.

        :return: The form of the file, with its download; before it a message of what was left out.
        :rtype: dict
        :raise UserError: If nothing is due.
        """
        self.ensure_one()
        self.check_access("write")
        sender = self.env["amazon.cancellation.sender"]
        due_sudo = (
            self.env["amazon.order.cancellation"].sudo()  # users only read the outbox
        ).search(sender._get_due_domain(self), order="send_after, id")
        due_sudo = due_sudo.try_lock_for_update()
        if not due_sudo:
            raise UserError(self.env._("No cancellation is due: none is scheduled, or its undo window is still open."))
        ready_sudo = due_sudo.filtered(sender._check_before_file)
        action = False
        if ready_sudo:
            feed = due_sudo.feed_id._prepare_file(self, ready_sudo._filter_one_of_each())
            action = {
                **self.env["ir.actions.act_window"]._for_xml_id(
                    "sale_amazon_cancellation.amazon_cancellation_feed_action"
                ),
                "res_id": feed.id,
                "view_mode": "form",
                "views": [(False, "form")],
            }
        left_out_sudo = due_sudo - ready_sudo
        if not left_out_sudo:
            return action
        message = self.env._(
            "Left out of the file: %(orders)s. Their cancellations say why.",
            orders=", ".join(left_out_sudo.mapped("order_name")),
        )
        notification = self._get_notification_action(message, "warning")
        if action:
            notification["params"]["next"] = action
        return notification

    # === BUSINESS METHODS === #

    def _on_rest_refused(self, error):
        """Fall back to the feed, and say so once.

        Note: self.ensure_one()

        :param SpApiError error: Amazon's refusal of its cancellation call.
        """
        self.ensure_one()
        if not self.rest_refused_date:
            account = self._amazon_for_responsible()
            account.message_post(
                body=account.env._(
                    "Amazon's order cancellation call is not available for this account (%(details)s). Cancellations "
                    "are sent by feed instead; the call is tried again from time to time.",
                    details=str(error),
                )
            )
        self.rest_refused_date = fields.Datetime.now()

    def _watch(self, lasting=False):
        """Extends the reading's watch: what is due is told, too, even where the sending action does not run."""
        self._watch_telling()
        self._count_orders()
        return super()._watch(lasting)

    def _count_orders(self):
        """Count the orders of a week and the rate of a month: a large account's are too many to count for each page.

        Note: self.ensure_one()
        """
        self.ensure_one()
        now, month_counted = fields.Datetime.now(), self.cancellation_rate_month_date
        week_counted = self.week_order_count_date
        if not week_counted or week_counted < now - const.RATE_WEEK_LASTS / 2:
            count = self._get_cancellation_rate(const.RATE_DAYS).orders
            self.write({"week_order_count": count, "week_order_count_date": now})
        if not month_counted or month_counted < now - const.RATE_MONTH_LASTS:
            rate = self._get_cancellation_rate(const.RATE_MONTH_DAYS).rate
            self.write({"cancellation_rate_month": rate, "cancellation_rate_month_date": now})

    def _watch_telling(self):
        """Tell the manager once when due cancellations are not told to Amazon, and note when they are again.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.invalidate_recordset(["cancel_state"])
        told, account = self._amazon_get_activities("untold"), self._amazon_for_responsible()
        if self.cancel_state != "late":
            told.action_feedback(feedback=account.env._("All that is due is told to Amazon."))
        elif not told:
            untold = self.env["amazon.order.cancellation"].search(
                self._get_untold_domain() & Domain("seller_account_id", "=", self.id), order="send_after, id"
            )
            self._ask_manager(
                "untold",
                account.env._("Cancellations are not told to Amazon"),
                account.env._(
                    "Due and not told to Amazon: %(cancellations)s, the first since %(since)s: %(orders)s. %(message)s",
                    cancellations=self.env["amazon.cancellation.words"]
                    .with_env(account.env)
                    ._word(counted.cancellations(len(untold))),
                    since=format_datetime(account.env, untold[:1].send_after),
                    orders=", ".join(untold[:10].order_id.mapped("name")),
                    message=account._get_untold_reason(untold.with_env(account.env)),
                ),
            )

    # === GETTERS === #

    @api.model
    def _get_untold_domain(self):
        """The cancellations that should have been told to Amazon long ago."""
        return Domain("state", "=", "scheduled") & Domain(
            "send_after", "<", fields.Datetime.now() - const.TELLING_IS_LATE_AFTER
        )

    def _get_untold_reason(self, untold):
        """Why cancellations wait, as far as it is known, and what to do.

        :rtype: str
        """
        failures = untold.mapped("failure_message")
        by_file = self.cancel_channel == "file" or "file" in untold.feed_id.mapped("channel")
        if by_file and not all(failures):
            return self.env._("Prepare the cancellation file, upload it in Seller Central, and confirm the upload.")
        return (
            self.cancel_message
            or next(filter(None, failures), False)
            or self.env._("Look whether the scheduled action that sends cancellations runs: ask the administrator.")
        )

    def _get_file_telling(self):
        """When Amazon is told where a person uploads a file, and until when that can be undone.

        :rtype: str
        """
        return self.env._(
            "Amazon is told by the file that is uploaded in Seller Central. Until that is prepared, you can undo."
        )

    def _works_by_files(self):
        """Extend: so does who uploads the cancellations."""
        return super()._works_by_files() or self.cancel_channel == "file"

    def _is_rest_available(self):
        """Whether cancellations go by Amazon's cancellation call: chosen, and not refused lately.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        if self.cancel_channel != "rest":
            return False
        refused = self.rest_refused_date
        return not refused or refused + const.REST_REFUSAL_LASTS < fields.Datetime.now()

    def _get_cancellation_rate(self, days):
        """The share of the seller's own orders that the seller cancelled, as Amazon's Cancellation Rate counts it.

        Left out are FBA orders and what the buyer cancelled or officially asked to cancel. Amazon's limit is 2.5 %.

        Note: self.ensure_one()

        :param int days: The orders of the last days, by their order date. Amazon looks at 7.
        :return: Orders, seller-caused cancellations among them, and the rate from 0 to 1.
        :rtype: CancellationRate
        """
        self.ensure_one()
        return self._get_cancellation_rates(days)[self.id]

    def _get_cancellation_rates(self, days, counted=None):
        """The same of each account. Counted as Amazon counts: the orders of all salespersons.

        :param int days: As of `_get_cancellation_rate`.
        :param dict[int, int] counted: How many orders some of the accounts have, which need not be counted again.
        :rtype: dict[int, CancellationRate]
        """
        self.env.flush_all()
        counted, since = counted or {}, fields.Datetime.now() - timedelta(days=days)
        orders = self.env.execute_query(
            SQL(
                """
                SELECT amazon_cancel_account_id, COUNT(*)
                  FROM sale_order
                 WHERE amazon_cancel_account_id = ANY(%s) AND date_order >= %s
                   AND amazon_channel IS DISTINCT FROM 'fba'
              GROUP BY amazon_cancel_account_id
                """,
                [account_id for account_id in self._origin.ids if account_id not in counted],
                since,
            )
        )
        cancelled = self.env.execute_query(
            SQL(
                """
                SELECT cancellation.seller_account_id, COUNT(DISTINCT so.id)
                  FROM amazon_order_cancellation cancellation
                  JOIN sale_order so ON so.id = cancellation.order_id
                 WHERE cancellation.seller_account_id = ANY(%(accounts)s)
                   AND cancellation.create_date >= %(since)s  -- no order is cancelled before it is there
                   AND so.date_order >= %(since)s AND so.amazon_channel IS DISTINCT FROM 'fba'
                   AND cancellation.state NOT IN ('refused', 'withdrawn')
                   AND (cancellation.origin = 'odoo' AND cancellation.reason IS DISTINCT FROM %(buyer)s
                     OR cancellation.origin = 'amazon' AND so.amazon_cancelled_by IN ('merchant', 'amazon')
                        AND so.amazon_request_fingerprint IS NULL)
              GROUP BY cancellation.seller_account_id
                """,
                accounts=self._origin.ids,
                since=since,
                buyer=const.BUYER_CANCELED,
            )
        )
        orders, cancelled = {**dict(orders), **counted}, dict(cancelled)
        return {
            account.id: CancellationRate(count, part, part / count if count else 0.0)
            for account in self
            for count, part in [(orders.get(account._origin.id, 0), cancelled.get(account._origin.id, 0))]
        }
