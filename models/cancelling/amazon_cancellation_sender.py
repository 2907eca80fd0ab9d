import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.const import REST_REASONS

_logger = logging.getLogger(__name__)


class AmazonCancellationSender(models.AbstractModel):
    """The scheduled work on the outbox: read each order afresh, send what is safe, follow it until Amazon shows it."""

    _name = "amazon.cancellation.sender"
    _description = "Amazon Cancellation Sending"

    @api.model
    def _cron_process(self):
        """Send and follow every account's cancellations; one account's failure does not stop the others."""
        accounts = self._get_accounts_with_work()
        self.env["ir.cron"]._commit_progress(remaining=len(accounts))
        for done, account in enumerate(accounts, start=1):
            self._process(account)
            self.env["ir.cron"]._commit_progress(1, remaining=len(accounts) - done)

    @api.model
    def _process(self, account):
        try:
            with account._get_client() as client:
                self._work(account, client)
        except spapi_errors.SpApiError as error:
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", account.id, error)
            account.cancel_message = account._describe_error(error)
            if isinstance(error, spapi_errors.Throttled):
                self._plan_run(error)
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Amazon account %s: working on the cancellations failed", account.id)
            account.cancel_message = self.env._(
                "Sending stopped at an unexpected error (%(error)s). See the server log.", error=type(error).__name__
            )
        else:
            account.cancel_message = False
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _work(self, account, client):
        feeds = self.env["amazon.cancellation.feed"]
        feeds._recover(account, client)
        feeds._follow(account, client)
        self._read_back(account, client)
        self.env["amazon.order.cancellation"]._wake_refused(account)
        self._send_due(account, client)

    @api.model
    def _plan_run(self, throttled):
        """Plan the next run for when Amazon's allowance lets a call pass again.

        :param Throttled throttled: Amazon's 429, or the own count's.
        """
        self.env["amazon.order.cancellation"]._trigger_sending({fields.Datetime.now() + throttled.get_pause()})

    # === SENDING === #

    @api.model
    def _send_due(self, account, client):
        """Send the cancellations whose undo window is over, after a fresh look at each order.

        :raise SpApiError: If Amazon cannot be asked. What was not sent stays scheduled.
        """
        if account.cancel_channel == "file":
            return
        due = self.env["amazon.order.cancellation"].search(
            self._get_due_domain(account), order="send_after, id", limit=const.DUE_PER_RUN
        )
        if not due or not self._may_send_now(account):
            return
        due = due.try_lock_for_update()
        if not due:
            return
        snapshots = self._read_orders(account, client, due)
        ready = due.browse()
        for cancellation in due.filtered(lambda c: c.state == "scheduled" and c.order_id.id in snapshots):
            obstacle = self._get_obstacle(cancellation, snapshots[cancellation.order_id.id])
            if obstacle:
                cancellation._refuse(obstacle)
            else:
                ready |= cancellation
        if not ready:
            self.env["ir.cron"]._commit_progress()
            return
        if account._is_rest_available():
            ready -= self._send_by_call(account, client, ready)
        if ready:
            self.env["amazon.cancellation.feed"]._send(account, client, ready, snapshots)

    @api.model
    def _send_by_call(self, account, client, cancellations):
        """Cancel orders by Amazon's order cancellation call, one by one; each is written as sent before it is sent.

        :return: The cancellations that are dealt with; the others are left to the feed.
        :rtype: recordset of `amazon.order.cancellation`
        :raise SpApiError: If Amazon cannot be asked. What was not sent stays scheduled.
        """
        dealt_with = cancellations.browse()
        for cancellation in cancellations.filtered(lambda c: c.reason in REST_REASONS):
            cancellation._promise()
            self.env["ir.cron"]._commit_progress()
            try:
                accepted = client.cancel_order(cancellation.amazon_order_ref, REST_REASONS[cancellation.reason])
            except spapi_errors.Unreachable as error:
                if not error.maybe_done:
                    cancellation._take_back_promise()
                    self.env["ir.cron"]._commit_progress()
                raise
            except (spapi_errors.Throttled, spapi_errors.CredentialsError):
                cancellation._take_back_promise()
                self.env["ir.cron"]._commit_progress()
                raise
            except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest) as error:
                if error.status in (403, 404, 405):
                    cancellation._take_back_promise()
                    account._on_rest_refused(error)
                    self.env["ir.cron"]._commit_progress()
                    break
                cancellation.write({"amazon_message": str(error), "next_check_date": fields.Datetime.now()})
            else:
                cancellation._on_sent()
                if accepted:
                    cancellation._on_accepted()
            dealt_with |= cancellation
            self.env["ir.cron"]._commit_progress()
        return dealt_with

    @api.model
    def _get_obstacle(self, cancellation, snapshot):
        """The last look before sending, at the order as Amazon shows it this minute.

        :return: Why the cancellation must not be sent, in words, or False.
        :rtype: str|bool
        """
        obstacle = self.env["amazon.cancellation.guard"]._get_snapshot_obstacle(snapshot)
        if obstacle:
            return obstacle
        if snapshot.cancel_requested:
            cancellation.reason = const.BUYER_CANCELED
        elif cancellation.reason == const.BUYER_CANCELED:
            return self.env._(
                "The buyer's request is no longer shown at Amazon, so Buyer cancelled would count against your "
                "cancellation rate. Set the order back to quotation, or cancel it again with another reason."
            )
        if not snapshot.items:
            return self.env._("Amazon shows no items for this order, so it cannot be cancelled by a feed.")
        return False

    # === READING BACK === #

    @api.model
    def _read_back(self, account, client):
        """Read the orders whose cancellation Amazon has worked on: only what Amazon shows is believed."""
        to_check = self.env["amazon.order.cancellation"].search(
            [
                ("seller_account_id", "=", account.id),
                ("state", "in", ("sent", "accepted")),
                ("next_check_date", "<=", fields.Datetime.now()),
            ],
            order="next_check_date, id",
            limit=const.SINGLE_READS_PER_RUN,
        )
        to_check = to_check.try_lock_for_update()
        if not to_check:
            return
        snapshots = self._read_orders(account, client, to_check)
        for cancellation in to_check.filtered(lambda c: c.state in ("sent", "accepted") and c.order_id.id in snapshots):
            if cancellation.state == "sent":
                cancellation._retry_or_refuse(
                    cancellation.amazon_message or self._get_silent_failure_text(),
                    refused=bool(cancellation.amazon_message),
                )
            else:
                self._check_again_later(cancellation)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _check_again_later(self, cancellation):
        """Amazon said done but shows the order open: look again, with growing pauses, and tell somebody once."""
        pauses = const.READ_BACK_PAUSES
        pause = pauses[min(cancellation.check_count, len(pauses) - 1)]
        cancellation.write(
            {"next_check_date": fields.Datetime.now() + pause, "check_count": cancellation.check_count + 1}
        )
        if cancellation.check_count == len(pauses):
            cancellation.activity_schedule(
                "sale_amazon_cancellation.mail_activity_refused",
                summary=self.env._("Accepted by Amazon, yet the order is still open there"),
                note=self.env._("Look at the order in Seller Central. Odoo goes on reading it."),
                user_id=cancellation._get_responsible().id,
            )

    @api.model
    def _read_orders(self, account, client, cancellations):
        """Read the orders of cancellations one by one, and apply them.

        :return: The snapshots of the orders that could be read, by sale order id.
        :rtype: dict[int, OrderSnapshot]
        """
        snapshots, start = {}, self.env["amazon.cancellation.log"]._start()
        for cancellation in cancellations:
            order = cancellation.order_id
            try:
                snapshots[order.id] = client.get_order(order.amazon_order_ref)
            except spapi_errors.NotFound:
                cancellation._refuse(self.env._("Amazon does not know this order under this account."))
            except spapi_errors.MalformedAnswer as error:
                cancellation._refuse(account._describe_error(error))
            except spapi_errors.Throttled as error:
                if not snapshots:
                    raise
                self._plan_run(error)
                break
        counts = self.env["amazon.order.reader"]._apply(account, snapshots.values(), list_unknown=False)
        if snapshots:
            self.env["amazon.cancellation.log"]._note(account, "lookup", start, {**counts, "calls": len(snapshots)})
        return snapshots

    # === GETTERS === #

    @api.model
    def _get_accounts_with_work(self):
        groups = self.env["amazon.order.cancellation"]._read_group(
            Domain("seller_account_id.active", "=", True)
            & (Domain("state", "in", const.OPEN_CANCELLATION_STATES) | Domain("next_attempt_date", "!=", False)),
            ["seller_account_id"],
        )
        accounts = self.env["amazon.cancellation.account"].union(*(account for [account] in groups))
        return accounts.filtered(lambda a: a.cancel_channel != "file" or a._has_credentials())

    @api.model
    def _may_send_now(self, account):
        """Whether the account's rhythm and Amazon's allowance let another feed go now; else a later run is planned."""
        if account._is_rest_available():
            return True
        now = fields.Datetime.now()
        recent = self.env["amazon.cancellation.feed"].search(
            [
                ("seller_account_id", "=", account.id),
                ("channel", "=", "feed"),
                ("create_date", ">", now - const.FEED_BURST * const.FEED_RENEWAL),
            ],
            order="create_date desc, id desc",
        )
        interval = timedelta(minutes=account.feed_interval_minutes)
        if len(recent) >= const.FEED_BURST:
            interval = max(interval, const.FEED_RENEWAL)
        if not recent or not interval:
            return True
        next_feed = recent[0].create_date + interval
        if next_feed <= now:
            return True
        self.env["amazon.order.cancellation"]._trigger_sending({next_feed})
        return False

    @api.model
    def _get_due_domain(self, account):
        return (
            Domain("seller_account_id", "=", account.id)
            & Domain("state", "=", "scheduled")
            & Domain("send_after", "<=", fields.Datetime.now())
            & Domain("feed_id", "=", False)
        )

    @api.model
    def _get_silent_failure_text(self):
        return self.env._("Amazon ended the feed without an answer for this order, and shows it as not cancelled.")
