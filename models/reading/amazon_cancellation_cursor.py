import logging
from collections import Counter
from datetime import UTC, timedelta

from odoo import fields, models

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.client import SearchWindow
from ...spapi.refusal import Refusal, get_refusal
from ...tools import to_naive_utc

_logger = logging.getLogger(__name__)

# What can still matter to an order that is in Odoo: nobody imports, ships or cancels a pending one.
READ_STATUSES = ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED")


class AmazonCancellationCursor(models.Model):
    """How far one marketplace's orders are read. Marketplaces at the same point are read in one call."""

    _name = "amazon.cancellation.cursor"
    _description = "Amazon Reading Position"
    _inherit = ["amazon.protected.mixin"]
    _order = "account_id, marketplace_id"
    _rec_name = "marketplace_id"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, ondelete="cascade", index=True)
    marketplace_id = fields.Many2one("amazon.cancellation.marketplace", required=True, ondelete="restrict")
    read_until = fields.Datetime(help="Everything that changed at Amazon up to this time has been read.")
    pending_window = fields.Json(help="A window that is not read to its last page yet, with Amazon's page token.")
    failure_count = fields.Integer(help="How many readings in a row failed.")
    retry_date = fields.Datetime(help="Until then the scheduled action leaves this failing marketplace alone.")
    message = fields.Text(help="Why the last reading of this marketplace failed; empty when it did not.")

    _marketplace_unique = models.Constraint(
        "UNIQUE(account_id, marketplace_id)", "A marketplace has one reading position per account."
    )

    # === BUSINESS METHODS === #

    def _read(self, client):
        """Read all that changed since the last reading, page by page, each committed.

        The position moves only when a window was read to its last page. A marketplace that fails keeps its position
        and its own message, and does not stop the others.

        :param SellerClient client: The account's client.
        :return: What was read, in words and in numbers.
        :rtype: tuple(str, dict)
        :raise SpApiError: If the whole account fails (credentials, network).
        """
        account = self.account_id
        if not self:
            return "", {}  # all marketplaces keep failing and are left alone for now
        counts = Counter()
        throttled = None
        try:
            end = self._get_window_end(client)
            self._read_groups(client, end, counts)
            # The first answer told Amazon's time: where it is ahead of ours, there is more to read.
            if self._get_window_end(client) - end > timedelta(minutes=1):
                self._read_groups(client, self._get_window_end(client), counts)
        except spapi_errors.Throttled as error:
            throttled = error
        account.unknown_order_ids._rematch()
        try:  # an allowance of its own
            counts.update(account._read_single_orders(client, account._get_unread_orders()))
        except spapi_errors.Throttled as error:
            throttled = throttled or error
        if throttled:
            account._plan_reading(throttled)
        return self._summarise(counts, throttled), counts

    def _read_groups(self, client, end, counts):
        for group in self._group_by_position():
            try:
                group._read_window(client, end, counts)
            except (spapi_errors.InvalidRequest, spapi_errors.AccessDenied, spapi_errors.Unreachable) as error:
                self.env.cr.rollback()
                if isinstance(error, spapi_errors.Unreachable) and error.status is None:
                    raise
                if len(group) == 1:
                    group._set_failed(error)
                else:
                    group._read_each(client, end, counts)

    def _read_each(self, client, end, counts):
        """Read the marketplaces of a refused call one by one, so that one's failure does not blind the others."""
        for cursor in self:
            try:
                cursor._read_window(client, end, counts)
            except (spapi_errors.InvalidRequest, spapi_errors.AccessDenied, spapi_errors.Unreachable) as error:
                self.env.cr.rollback()
                cursor._set_failed(error)

    def _read_window(self, client, end, counts):
        """Read one window of the marketplaces in `self`, which stand at the same point.

        :raise SpApiError: If a page fails; the pages before it stay applied, the position does not move.
        """
        window, token = self._get_window(end)
        read = (self[:1].pending_window or {}).get("orders", 0) if token else 0
        while True:
            try:
                page = client.search_orders(window, token)
            except spapi_errors.InvalidRequest:
                earlier_end = self._get_window_end(client)
                if token:  # the page token expired: the window is read again from its first page
                    window, token = self._get_window(end, resume=False)
                elif earlier_end < end - timedelta(seconds=30):  # our clock runs ahead of Amazon's
                    end = earlier_end
                    window, token = self._get_window(end, resume=False)
                else:
                    raise
                continue
            reader = self.env["amazon.order.reader"]
            counts.update(reader._apply_and_commit(self.account_id, page.orders))
            counts["calls"] += 1
            read += len(page.orders) + len(page.malformed)
            for order_id, problem in page.malformed:
                counts["malformed"] += 1
                _logger.error("Amazon order %s could not be read: %s", order_id, problem)
            reader._want(self.account_id, [order_id for order_id, _problem in page.malformed if order_id])
            token = page.next_token
            if token:
                self.pending_window = {"window": window.to_dict(), "token": token, "orders": read}
            else:
                self.write(
                    {
                        "read_until": to_naive_utc(window.last_updated_before),
                        "pending_window": False,
                        "failure_count": 0,
                        "retry_date": False,
                        "message": False,
                    }
                )
            self.env["ir.cron"]._commit_progress()
            if not token:
                return

    def _set_failed(self, error):
        """Keep why this marketplace could not be read, and leave it alone for a while if that goes on.

        Note: self.ensure_one()

        :param SpApiError error: What Amazon answered.
        """
        self.ensure_one()
        pauses = const.FAILURE_PAUSES
        pause = pauses[min(self.failure_count, len(pauses) - 1)]
        self.write(
            {
                "message": self._describe_failure(error),
                "failure_count": self.failure_count + 1,
                "retry_date": fields.Datetime.now() + pause,
            }
        )
        self.env["ir.cron"]._commit_progress()

    # === GETTERS === #

    def _describe_failure(self, error):
        """Why this marketplace could not be read: where others are, a plain refusal is about it alone.

        Note: self.ensure_one()

        :param SpApiError error: What Amazon answered.
        :rtype: str
        """
        self.ensure_one()
        others = self.account_id._get_cursors() - self
        if get_refusal(error) is Refusal.ACCESS and others.filtered(
            lambda other: other.read_until and not other.message
        ):
            return self.env["amazon.cancellation.refusal"]._describe_marketplace()
        return self.account_id._describe_error(error, retried=True)

    def _filter_due(self):
        """Those that are not left alone for a while because they keep failing, and only they: an outage of all is over
        at an unknown moment.
        """
        if all(cursor.message for cursor in self):
            return self
        now = fields.Datetime.now()
        return self.filtered(lambda cursor: not cursor.retry_date or cursor.retry_date <= now)

    def _get_pending_start(self):
        """Where the window that is read in part begins, aware.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return SearchWindow.from_dict(self.pending_window["window"]).last_updated_after

    def _group_by_position(self):
        """Group the positions that one call can read together.

        :rtype: list of recordsets
        """
        groups = self.grouped(lambda cursor: (cursor.read_until, str(cursor.pending_window or "")))
        return list(groups.values())

    def _get_window(self, end, resume=True):
        """The window to read and the page to go on from.

        :param datetime end: Where a new window ends, naive UTC.
        :param bool resume: Whether to go on with a window that was read in part.
        :rtype: tuple(SearchWindow, str|None)
        """
        pending = self[:1].pending_window
        if pending and resume:
            return SearchWindow.from_dict(pending["window"]), pending["token"]
        account = self.account_id
        start = self[:1].read_until
        start = start - account._get_reading_overlap() if start else account._get_first_read_start(end)
        return (
            SearchWindow(
                last_updated_after=min(start, end - timedelta(minutes=1)).replace(tzinfo=UTC),
                last_updated_before=end.replace(tzinfo=UTC),
                marketplace_ids=tuple(sorted(self.marketplace_id.mapped("api_ref"))),
                statuses=READ_STATUSES,
            ),
            None,
        )

    def _get_window_end(self, client):
        """The latest time that Amazon's search answers for, naive UTC in whole seconds."""
        return to_naive_utc(client.now() - const.SEARCH_SETTLES_AFTER).replace(microsecond=0)

    def _summarise(self, counts, throttled):
        env = self.env
        parts = [
            env._(
                "%(read)s orders read in %(calls)s calls, %(known)s of them known; "
                "%(requested)s new cancellation requests.",
                read=counts["read"],
                calls=counts["calls"],
                known=counts["known"],
                requested=counts["requested"],
            )
        ]
        if counts["malformed"]:
            parts.append(
                env._("%(count)s orders could not be understood; see the server log.", count=counts["malformed"])
            )
        if counts["failed"]:
            parts.append(env._("%(count)s orders could not be updated; see the server log.", count=counts["failed"]))
        if throttled:
            parts.append(self.account_id._describe_error(throttled, retried=True))
        return " ".join(parts)
