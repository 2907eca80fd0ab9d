import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ... import const
from ...facts import fact as _lt
from ...facts import without_repeats
from ...spapi import errors as spapi_errors
from ...spapi.acknowledgement import is_item_id
from ...spapi.const import REST_REASONS
from ...spapi.handling import About, Then, get_handling
from ...tools import get_pause, to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationSender(models.AbstractModel):
    """The scheduled work on the outbox: read each order afresh, send what is safe, follow it until Amazon shows it."""

    _name = "amazon.cancellation.sender"
    _description = "Amazon Cancellation Sending"

    @api.model
    def _cron_process(self):
        """Send and follow every account's cancellations, as units of work; one's failure does not stop the others."""
        accounts = self._get_accounts_with_work()
        idle = self.env["amazon.cancellation.account"].search([("cancel_message_facts", "!=", False)]) - accounts
        idle.cancel_message_facts = False  # nothing waits any more, so nothing is in its way
        self.env["amazon.cancellation.unit"]._run("tell", accounts)

    @api.model
    def _process(self, account):
        try:
            with account._open_client(purpose="cancelling") as client:
                facts = self._work(account, client)
        except spapi_errors.TimeIsUp:
            self.env.cr.rollback()
            account.cancel_message_facts = False  # its next turn comes by itself, after the others'
        except spapi_errors.SpApiError as error:
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", account.id, error)
            account.cancel_message_facts = [account._get_error_facts(error, retried=True)]
            if isinstance(error, spapi_errors.Throttled):
                self._plan_run(error)
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Amazon account %s: working on the cancellations failed", account.id)
            account.cancel_message_facts = [
                _lt(
                    "Sending stopped at an unexpected error (%(error)s). See the server log.",
                    error=type(error).__name__,
                )
            ]
        else:
            account.cancel_message_facts = facts
        account._watch_telling()
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _work(self, account, client):
        """Do all of an account's work; an error of one order, feed or marketplace does not stop the others.

        :return: What is wrong with a part of the work, as facts.
        :rtype: list
        :raise SpApiError: If the whole account cannot be worked on.
        """
        feeds = self.env["amazon.cancellation.feed"]
        problems = [*feeds._recover(account, client), *feeds._follow(account, client)]
        self._read_back(account, client)
        self.env["amazon.order.cancellation"]._wake_refused(account)
        problems += self._send_due(account, client)
        return without_repeats(problems)

    @api.model
    def _plan_run(self, throttled):
        """Plan the next run for when Amazon's allowance lets a call pass again.

        :param Throttled throttled: Amazon's 429, or the own count's.
        """
        if isinstance(throttled, spapi_errors.TimeIsUp):
            return  # its next turn comes by itself
        self.env["amazon.order.cancellation"]._trigger_sending({fields.Datetime.now() + throttled.get_pause()})

    # === SENDING === #

    @api.model
    def _send_due(self, account, client):
        """Send the cancellations whose undo window is over, after a fresh look at each order.

        :return: Which part of them Amazon does not take, as facts.
        :rtype: list
        :raise SpApiError: If Amazon cannot be asked. What was not sent stays scheduled.
        """
        if account.cancel_channel == "file":
            return []
        due = self.env["amazon.order.cancellation"].search(
            self._get_due_domain(account), order="send_after, id", limit=const.WORKED_ON_TOGETHER
        )
        if not due or not self._may_send_now(account, client):
            return []
        due = due.try_lock_for_update()
        if not due:
            return []
        snapshots = self._look(account, client, due)
        ready = due.browse()
        for cancellation in due.filtered(lambda c: c.state == "scheduled" and c.order_id.id in snapshots):
            if self._check_before_sending(cancellation, snapshots[cancellation.order_id.id]):
                ready |= cancellation
        ready = ready._filter_one_of_each()
        self.env["ir.cron"]._commit_progress()
        if ready and account._is_rest_available():
            ready -= self._send_by_call(account, client, ready)
        return self._send_by_feeds(account, client, ready, snapshots)

    @api.model
    def _send_by_feeds(self, account, client, cancellations, snapshots):
        """Send by one feed, or as many as their size takes; what Amazon refuses is divided, by marketplace and then by
        halves, until the part that it refuses stands alone. The division is kept, so that a later run goes on where
        Amazon's allowance ended this one.

        :return: Which part Amazon does not take, as facts.
        :rtype: list
        :raise SpApiError: If Amazon cannot be asked.
        """
        problems, feeds = [], self.env["amazon.cancellation.feed"]
        parts = [
            piece
            for part in cancellations.grouped("feed_part").values()
            for piece in feeds._cut_by_size(part, snapshots)
        ]
        while parts and self._may_send_now(account, client):
            part = parts.pop(0).try_lock_for_update()
            part = part.filtered(lambda c: c.state == "scheduled" and not c.feed_id)
            if not part:
                continue
            try:
                feeds._send(account, client, part, snapshots)
            except spapi_errors.SpApiError as error:
                if get_handling(error).then is not Then.SPLIT:
                    raise
                smaller = self._divide(part, get_handling(error).about)
                if smaller:
                    parts = smaller + parts
                else:
                    for cancellation in part:
                        cancellation._push_back(error)
                    problems.append(self._get_part_facts(part, error))
                self.env["ir.cron"]._commit_progress()
        return problems

    @api.model
    def _divide(self, part, about):
        """Divide the cancellations of a refused feed.

        :param recordset part: What was in the feed.
        :param About about: What the refusal is about; one about a marketplace is not divided further than that.
        :return: The smaller parts; none where there is nothing to divide.
        :rtype: list of recordsets
        """
        by_marketplace = list(part.grouped("amazon_marketplace_id").values())
        if len(by_marketplace) > 1:
            smaller = by_marketplace
        elif about is About.MARKETPLACE or len(part) == 1:
            return []
        else:
            half = len(part) // 2
            smaller = [part[:half], part[half:]]
        for cancellations in smaller:
            # Unique, and the same for all that go together: the least of their ids.
            cancellations.feed_part = f"{len(cancellations)}-{min(cancellations.ids)}"
        return smaller

    @api.model
    def _get_part_facts(self, part, error):
        return _lt(
            "Amazon does not take the cancellations of %(orders)s (%(marketplaces)s): %(message)s",
            orders=", ".join(part.order_id[:5].mapped("name")) + ("…" if len(part) > 5 else ""),
            marketplaces=", ".join(part.amazon_marketplace_id.mapped("name")) or _lt("no marketplace"),
            message=self.env["amazon.cancellation.account"]._get_error_facts(error),
        )

    @api.model
    def _send_by_call(self, account, client, cancellations):
        """Cancel orders by Amazon's order cancellation call, one by one; each is written as sent before it is sent.

        :return: The cancellations that are dealt with; the others are left to the feed.
        :rtype: recordset of `amazon.order.cancellation`
        :raise SpApiError: If Amazon cannot be asked. What was not sent stays scheduled.
        """
        dealt_with, doubts = cancellations.browse(), 0
        for cancellation in cancellations.filtered(lambda c: c.reason in REST_REASONS):
            # The calls take their time, and a commit released the rows: somebody may have undone this one meanwhile.
            if not cancellation.try_lock_for_update() or cancellation.state != "scheduled":
                dealt_with |= cancellation
                continue
            cancellation._promise()
            self.env["ir.cron"]._commit_progress()
            try:
                accepted = client.cancel_order(cancellation.amazon_order_ref, REST_REASONS[cancellation.reason])
            except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest) as error:
                if error.status in (403, 404, 405):
                    cancellation._take_back_promise()
                    account._on_rest_refused(error)
                    self.env["ir.cron"]._commit_progress()
                    break
                cancellation.write({"amazon_message_facts": [str(error)], "next_check_date": fields.Datetime.now()})
            except spapi_errors.SpApiError as error:
                if not getattr(error, "maybe_done", False):
                    cancellation._take_back_promise()
                    self.env["ir.cron"]._commit_progress()
                    raise
                doubts += 1  # the order itself will tell; where all end so, more than an order is wrong
                if doubts == const.FAILURES_OF_ALL:
                    raise
            else:
                cancellation._on_sent()
                if accepted:
                    cancellation._on_accepted()
            dealt_with |= cancellation
            self.env["ir.cron"]._commit_progress()
        return dealt_with

    @api.model
    def _check_before_sending(self, cancellation, snapshot):
        """Have what Amazon shows this minute decide: send, refuse with the obstacle, or leave an odd order for later.

        :return: Whether the cancellation is safe to send.
        :rtype: bool
        """
        gap = self._get_gap(snapshot)
        if not gap and not snapshot.cancel_requested and cancellation.order_id.amazon_request_fingerprint:
            gap = _lt("Amazon gave the order without the request that it showed before.")
        if not gap and not snapshot.is_closed and not all(is_item_id(item.item_id) for item in snapshot.items):
            gap = _lt("Amazon gave the order without its fulfilment, or with unknown words.")
        if gap:
            cancellation._push_back(spapi_errors.MalformedAnswer(gap["text"], operation="getOrder"), details=gap)
            return False
        cancellation._clear_failures()
        obstacle = self.env["amazon.cancellation.guard"]._get_snapshot_obstacle(snapshot)
        if obstacle:
            cancellation._refuse(obstacle, try_once_more=not snapshot.anything_shipped and not snapshot.is_fba)
            return False
        return self._check_reason(cancellation, snapshot.cancel_requested)

    @api.model
    def _check_before_file(self, cancellation):
        """The same of a file that a person uploads, for which nobody looks at Amazon: what was last read decides.

        :param recordset cancellation: One due cancellation.
        :return: Whether it may stand in the file.
        :rtype: bool
        """
        order = cancellation.order_id
        guard = self.env["amazon.cancellation.guard"]
        if order.amazon_last_update and (
            obstacle := guard._get_amazon_obstacle(order.amazon_channel, order.amazon_fulfillment_status)
        ):
            cancellation._refuse(obstacle)
            return False
        if not order.amazon_item_refs or not all(map(is_item_id, order.amazon_item_refs)):
            cancellation._leave_out_of_file()
            return False
        cancellation._clear_failures()
        return self._check_reason(cancellation, bool(order.amazon_request_fingerprint))

    @api.model
    def _check_reason(self, cancellation, is_requested):
        """Tell the buyer's reason where Amazon shows the buyer's request, and only there.

        :param recordset cancellation: One due cancellation.
        :param bool is_requested: Whether the request is shown, as last read.
        :return: Whether it may be told; else it is refused.
        :rtype: bool
        """
        if is_requested and cancellation.reason != const.BUYER_CANCELED:
            cancellation.reason = const.BUYER_CANCELED
        if cancellation.reason == const.BUYER_CANCELED and not is_requested:
            cancellation._refuse(
                _lt(
                    "The buyer's request is no longer shown at Amazon, so Buyer cancelled would count against your "
                    "cancellation rate. Set the order back to quotation, or cancel it again with another reason."
                )
            )
            return False
        return True

    @api.model
    def _get_gap(self, snapshot):
        """What is missing in the order as Amazon gave it, without which nothing may be decided.

        :return: The gap, or False.
        :rtype: dict|bool
        """
        if snapshot.status not in const.KNOWN_ORDER_STATUSES or snapshot.fulfilled_by not in ("MERCHANT", "AMAZON"):
            return _lt("Amazon gave the order without its fulfilment, or with unknown words.")
        if snapshot.is_fba or snapshot.is_closed:
            return False  # enough to decide: it can not be cancelled
        if not snapshot.items:
            return _lt("Amazon gave the order without its items.")
        if snapshot.cancel_requested is None:
            return _lt("Amazon gave the order without its cancellation data.")
        return False

    # === LOOKING === #

    @api.model
    def _look(self, account, client, cancellations):
        """What Amazon shows of the orders now: of a few by a look at each, of many by what was read of all.

        Everything that changed is read up to a position: an order that did not come up since has not changed. Where
        the position is too old for many, all is read first; those that no reading shows for an hour are looked at. Of
        what notifications told, a look at each tells, at once.

        :return: The snapshots of the orders of which it is known, by sale order id.
        :rtype: dict[int, OrderSnapshot]
        :raise SpApiError: If nothing is known and the account as a whole cannot be read.
        """
        few = const.SINGLE_READS_PER_RUN
        if len(cancellations) <= few:
            return self._read_orders(account, client, cancellations)
        snapshots = self._get_fresh_snapshots(account, cancellations)
        unknown = cancellations.filtered(lambda c: c.order_id.id not in snapshots)
        if len(unknown) > few and account._get_gap_until():
            # Not all is read that changed: only a look at each tells.
            self.env["amazon.order.cancellation"]._trigger_sending({fields.Datetime.now() + const.LOOKS_RENEWAL})
        elif len(unknown) > few:
            if not all(account._get_cursors().mapped("whole_wanted")):
                account._want_whole_reading()
            unknown = unknown.filtered(self._waits_too_long)
        spare = client.budget.left("getOrder", client.now()) - const.LOOKS_SPARED
        unknown = unknown[: max(0, min(few, spare))]
        if unknown:
            try:
                snapshots.update(self._read_orders(account, client, unknown))
            except spapi_errors.SpApiError as error:
                if not snapshots:
                    raise
                _logger.warning("Amazon account %s: %s", account.id, error)
        return snapshots

    @api.model
    def _waits_too_long(self, cancellation):
        """Whether to look at an order of many, as the reading of all has not shown it.

        :rtype: bool
        """
        now = fields.Datetime.now()
        if cancellation.state == "scheduled":
            return cancellation.send_after < now - const.LOOK_PATIENCE
        # Amazon's search shows 100 in three minutes of what it has done, as long as it is read.
        reading = not cancellation.seller_account_id.sync_failing
        return cancellation.sent_date < now - (const.PROOF_PATIENCE if reading else const.LOOK_PATIENCE)

    @api.model
    def _get_fresh_snapshots(self, account, cancellations):
        """What is known of the orders by a reading that began after the look became due, and lately.

        :rtype: dict[int, OrderSnapshot]
        """
        snapshots = {}
        now, amazon_now = fields.Datetime.now(), to_naive_utc(account._get_amazon_time())
        for due_date, together in cancellations.grouped(lambda c: c._get_look_date()).items():
            since = max(due_date + timedelta(seconds=1), now - const.LOOK_IS_FRESH_FOR)  # times are in whole seconds
            moment = amazon_now - (now - since) - const.SEARCH_SETTLES_AFTER
            for order in together.order_id._amazon_filter_fresh(moment, read_since=since):
                snapshot = order._amazon_get_knowledge().to_snapshot()
                if not self._get_gap(snapshot):
                    snapshots[order.id] = snapshot
        return snapshots

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
            limit=const.WORKED_ON_TOGETHER,
        )
        to_check = to_check.try_lock_for_update()
        if not to_check:
            return
        snapshots = self._look(account, client, to_check)
        for cancellation in to_check.filtered(lambda c: c.state in ("sent", "accepted") and c.order_id.id in snapshots):
            gap = self._get_gap(snapshots[cancellation.order_id.id])
            if gap:
                cancellation._push_back(spapi_errors.MalformedAnswer(gap["text"], operation="getOrder"), details=gap)
                continue
            cancellation._clear_failures()
            if cancellation.state == "sent":
                cancellation._retry_or_refuse(
                    *(cancellation.amazon_message_facts or [self._get_silent_failure_fact()]),
                    refused=bool(cancellation.amazon_message_facts),
                )
            else:
                self._check_again_later(cancellation)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _check_again_later(self, cancellation):
        """Amazon said done but shows the order open: look again with growing pauses, tell somebody once, and after the
        last look send it again.
        """
        pauses = const.READ_BACK_PAUSES
        if cancellation.check_count > len(pauses):
            cancellation._retry_or_refuse(
                _lt("Amazon accepted the cancellation, yet has not cancelled the order for hours."),
                refused=False,
            )
            return
        pause = get_pause(pauses, cancellation.check_count)
        cancellation.write(
            {"next_check_date": fields.Datetime.now() + pause, "check_count": cancellation.check_count + 1}
        )
        if cancellation.check_count == len(pauses) and not cancellation._amazon_get_activities("refused"):
            cancellation = cancellation._amazon_for_responsible()
            cancellation.activity_schedule(
                "sale_amazon_cancellation.mail_activity_refused",
                summary=cancellation.env._("Accepted by Amazon, yet the order is still open there"),
                note=cancellation.env._(
                    "Look at the order in Seller Central. Odoo goes on reading it, and sends it again."
                ),
                user_id=cancellation._amazon_get_responsible().id,
            )

    @api.model
    def _read_orders(self, account, client, cancellations):
        """Read the orders of cancellations one by one, and apply them.

        An order for which Amazon gives no usable answer is pushed back, and the others are read. Where the first ones
        all fail, more than an order is wrong: then nothing is counted against them, but a later run takes others.

        :return: The snapshots of the orders that could be read, by sale order id.
        :rtype: dict[int, OrderSnapshot]
        :raise SpApiError: If the account as a whole cannot be read.
        """
        snapshots, failed, start = {}, {}, self.env["amazon.cancellation.log"]._start()
        for cancellation in cancellations:
            order = cancellation.order_id
            try:
                snapshots[order.id] = client.get_order(order._amazon_get_ref())
            except spapi_errors.SpApiError as error:
                handling = get_handling(error)
                if handling.about is About.ORDER:
                    failed[cancellation] = error
                    if not snapshots and self._is_about_all(failed):
                        self._leave_alone(failed)
                        raise
                    continue
                if not snapshots or handling.then is not Then.WAIT:
                    raise
                self._plan_run(error)
                break
        counts = self.env["amazon.order.reader"]._apply(account, snapshots.values(), list_unknown=False)
        for cancellation, error in failed.items():
            cancellation._push_back(error)
        if snapshots:
            self.env["amazon.cancellation.log"]._note(account, "lookup", start, {**counts, "calls": len(snapshots)})
        return snapshots

    @api.model
    def _is_about_all(self, failed):
        """Whether the failures look like more than one order's: Amazon never said that it refuses the order itself.

        :param dict failed: The errors, by cancellation.
        :rtype: bool
        """
        vague = [error for error in failed.values() if not isinstance(error, spapi_errors.InvalidRequest)]
        return len(vague) >= const.FAILURES_OF_ALL

    @api.model
    def _leave_alone(self, failed):
        """Let others come first in the next run, and keep that; nothing is counted as Amazon's refusal.

        :param dict failed: The errors, by cancellation.
        """
        for cancellation, error in failed.items():
            cancellation._push_back(error, is_refusal=isinstance(error, spapi_errors.InvalidRequest))
        self.env["ir.cron"]._commit_progress()

    # === GETTERS === #

    @api.model
    def _get_accounts_with_work(self):
        groups = self.env["amazon.order.cancellation"]._read_group(
            Domain("seller_account_id.active", "=", True)
            & (
                Domain("state", "in", const.OPEN_CANCELLATION_STATES)
                | Domain("state", "=", "refused")
                & (Domain("next_attempt_date", "!=", False) | Domain("last_attempt_date", "!=", False))
            ),
            ["seller_account_id"],
        )
        accounts = self.env["amazon.cancellation.account"].union(*(account for [account] in groups))
        return accounts.filtered(lambda a: a.cancel_channel != "file" or a._has_credentials())

    @api.model
    def _may_send_now(self, account, client):
        """Whether the account's rhythm and Amazon's allowance let another feed go now; else a later run is planned."""
        if account._is_rest_available():
            return True
        now = fields.Datetime.now()
        if any(client.budget.left(name, client.now()) < 1 for name in ("createFeedDocument", "createFeed")):
            next_feed = now + const.FEED_RENEWAL
        else:
            interval = timedelta(minutes=account.feed_interval_minutes)
            last = self.env["amazon.cancellation.feed"].search(
                [("seller_account_id", "=", account.id), ("channel", "=", "feed")], order="id desc", limit=1
            )
            next_feed = last and interval and last.create_date + interval
        if not next_feed or next_feed <= now:
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
            & (Domain("next_attempt_date", "=", False) | Domain("next_attempt_date", "<=", fields.Datetime.now()))
        )

    @api.model
    def _get_silent_failure_fact(self):
        return _lt("Amazon ended the feed without an answer for this order, and shows it as not cancelled.")
