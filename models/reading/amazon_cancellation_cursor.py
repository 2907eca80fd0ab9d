import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta

from odoo import fields, models

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.client import SearchWindow
from ...spapi.handling import About, get_handling
from ...spapi.orders import DATA_SETS
from ...spapi.timestamps import format_time, parse_time
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
    read_until = fields.Datetime(help="Everything at Amazon that can hold a parcel has been read up to this time.")
    shipped_until = fields.Datetime(
        help="The shipped orders have been read up to this time; empty: as far as the others."
    )
    whole_wanted = fields.Boolean(help="The next reading reads the shipped orders, too, however lately they were read.")
    pending_window = fields.Json(help="A window that is not read to its last page yet, with Amazon's page token.")
    failure_count = fields.Integer(help="How many readings in a row failed.")
    retry_date = fields.Datetime(help="Until then the scheduled action leaves this failing marketplace alone.")
    message = fields.Text(help="Why the last reading of this marketplace failed; empty when it did not.")
    failure_repeated = fields.Json(help="What the last reading failed at, and how often in a row it did.")
    detour = fields.Json(help="How the marketplace is read around what Amazon refuses, and until when.")
    detour_message = fields.Text(help="What Amazon refuses, and how it is read around; empty when nothing is.")
    report_wanted = fields.Boolean(help="A report of all open orders shall tell what the search does not.")

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
            except spapi_errors.SpApiError as error:
                self.env.cr.rollback()
                if get_handling(error).about is not About.MARKETPLACE:
                    raise
                if len(group) == 1:
                    group._read_around(client, end, counts, error)
                else:
                    group._read_each(client, end, counts)

    def _read_each(self, client, end, counts):
        """Read the marketplaces of a refused call one by one, so that one's failure does not blind the others."""
        for cursor in self:
            try:
                cursor._read_window(client, end, counts)
            except spapi_errors.SpApiError as error:
                self.env.cr.rollback()
                if get_handling(error).about is not About.MARKETPLACE:
                    raise
                cursor._read_around(client, end, counts, error)

    def _read_window(self, client, end, counts):
        """Read one window of the marketplaces in `self`, which stand at the same point.

        :raise SpApiError: If a page fails; the pages before it stay applied, the position does not move.
        """
        known = len(self) == 1 and self._get_detour()
        if known:
            self._take_detour(client, end, counts, known)
            return
        window, token = self._get_window(end)
        read = (self[:1].pending_window or {}).get("orders", 0) if token else 0
        restarted = False
        while True:
            try:
                page = client.search_orders(window, token)
            except spapi_errors.InvalidRequest:
                earlier_end = self._get_window_end(client)
                if token and not restarted:  # the page token expired: the window is read again from its first page
                    window, token = self._get_window(end, resume=False)
                    restarted = True
                elif earlier_end < end - timedelta(seconds=30):  # our clock runs ahead of Amazon's
                    end = earlier_end
                    window, token = self._get_window(end, resume=False)
                else:
                    raise
                continue
            read += self._apply_page(page, window, counts)
            token = page.next_token
            if token:
                self.pending_window = {"window": window.to_dict(), "token": token, "orders": read}
            else:
                self._set_read_until(to_naive_utc(window.last_updated_before))
            self.env["ir.cron"]._commit_progress()
            if not token:
                return

    def _apply_page(self, page, window, counts):
        """Apply a page; orders of it that cannot be understood, or are shown as they were before the window, are to be
        read one by one.

        :param OrdersPage page: What Amazon answered.
        :param SearchWindow window: What it was asked for.
        :return: How many orders it has.
        :rtype: int
        """
        reader = self.env["amazon.order.reader"]
        counts.update(reader._apply_and_commit(self.account_id, page.orders))
        counts["calls"] += 1
        for order_id, problem in page.malformed:
            counts["malformed"] += 1
            _logger.error("Amazon order %s could not be read: %s", order_id, problem)
        outdated = [o.order_id for o in page.orders if o.last_updated and o.last_updated < window.last_updated_after]
        reader._want(self.account_id, [*(order_id for order_id, _problem in page.malformed if order_id), *outdated])
        return len(page.orders) + len(page.malformed)

    def _set_read_until(self, moment, detour_message=False):
        """Everything up to the moment is read.

        :param datetime moment: Amazon's time, naive UTC.
        :param str detour_message: How it was read, where not in the usual way.
        """
        self.write(
            {
                "read_until": moment,
                "pending_window": False,
                "failure_count": 0,
                "failure_repeated": False,
                "retry_date": False,
                "message": False,
                "detour_message": detour_message,
            }
        )
        if not detour_message:
            self.filtered("report_wanted").report_wanted = False

    # === READING AROUND AN OBSTACLE === #

    def _read_around(self, client, end, counts, error):
        """Read one marketplace past what Amazon refuses: without a data set, by single statuses, or by smaller windows.

        The way that led past it is taken at once for the next hour. Where none does, the marketplace is failing, and a
        report of all open orders is asked for.

        Note: self.ensure_one()

        :param SpApiError error: What Amazon answered to the search.
        :raise SpApiError: If the account as a whole cannot be read.
        """
        self.ensure_one()
        for way in self._get_ways(error):
            detour = {**way, "why": str(error), "until": str(fields.Datetime.now() + const.DETOUR_LASTS)}
            try:
                self._take_detour(client, end, counts, detour)
            except spapi_errors.SpApiError as refused:
                self.env.cr.rollback()
                if get_handling(refused).about is not About.MARKETPLACE:
                    raise
                continue
            return
        self.detour = False
        self._set_failed(error)

    def _get_ways(self, error):
        """The ways around an error, the most complete first.

        :rtype: list[dict]
        """
        smaller = {"way": "windows", "data_sets": list(DATA_SETS)}
        fewer = [
            {"way": "data_sets", "data_sets": [name for name in DATA_SETS if name != left_out]}
            for left_out in reversed(DATA_SETS)
        ]
        statuses = {"way": "statuses", "data_sets": list(DATA_SETS)}
        if isinstance(error, spapi_errors.InvalidRequest) and self.pending_window:
            return [smaller, *fewer, statuses]  # its page token was refused twice already
        # A passing disturbance needs no other way.
        same = self._get_repeated(error)["count"]
        if isinstance(error, spapi_errors.AccessDenied | spapi_errors.InvalidRequest):
            ways = fewer if isinstance(error, spapi_errors.AccessDenied) else [*fewer, statuses, smaller]
            return ways if same >= const.DETOUR_AFTER_REFUSALS else []
        return [smaller, statuses, *fewer] if same >= const.DETOUR_AFTER_FAILURES else []

    def _get_repeated(self, error):
        """How often in a row the reading failed at the same, with this error.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        what = f"{type(error).__name__} {error.status} {error.code}"
        last = self.failure_repeated or {}
        return {"what": what, "count": last["count"] + 1 if last.get("what") == what else 1}

    def _get_detour(self):
        """The way that led around an obstacle lately, or None.

        Note: self.ensure_one()
        """
        self.ensure_one()
        if not self.detour or fields.Datetime.to_datetime(self.detour["until"]) < fields.Datetime.now():
            return None
        return self.detour

    def _take_detour(self, client, end, counts, detour):
        """Read up to `end` in windows whose orders fit on one page, as no page token may be taken.

        A window that has more is halved; what is read moves the position, so that nothing is read in a loop. Only so
        many calls are spent in one run.

        Note: self.ensure_one()

        :param dict detour: The way, as of `_get_ways`.
        :raise SpApiError: If Amazon refuses this way, too.
        """
        self.ensure_one()
        window, _token = self._get_window(end, resume=False)
        start = parse_time(detour["at"]) if detour.get("at") else window.last_updated_after
        whole_span = max(window.last_updated_before - start, const.SMALLEST_WINDOW)
        span = timedelta(seconds=detour.get("span") or whole_span.total_seconds())
        questions = [(status,) for status in READ_STATUSES] if detour["way"] == "statuses" else [READ_STATUSES]
        calls = 0
        while start < window.last_updated_before and calls + len(questions) <= const.DETOUR_CALLS:
            piece_end = min(start + span, window.last_updated_before)
            piece = replace(window, last_updated_after=start, last_updated_before=piece_end)
            pages = [
                client.search_orders(replace(piece, statuses=statuses), data_sets=detour["data_sets"])
                for statuses in questions
            ]
            calls += len(questions)
            for page in pages:
                self._apply_page(page, piece, counts)
                if set(detour["data_sets"]) != set(DATA_SETS):  # only a yes counts: the orders themselves tell more
                    self.env["amazon.order.reader"]._want(self.account_id, [order.order_id for order in page.orders])
            if any(page.next_token for page in pages):
                if span > const.SMALLEST_WINDOW:
                    span = max(span / 2, const.SMALLEST_WINDOW)
                    continue
                self.report_wanted = True  # the rest of so small a window is told by the report
            start = piece_end
            done = start >= window.last_updated_before
            detour.update(at=None if done else format_time(start), span=None if done else span.total_seconds())
            self.detour = dict(detour)
            read_until = to_naive_utc(start)
            self._set_read_until(max(self.read_until or read_until, read_until), self._describe_detour(detour))
            self.env["ir.cron"]._commit_progress()

    def _describe_detour(self, detour):
        """What Amazon refuses and how it is read around, in words.

        :rtype: str
        """
        ways = {
            "windows": self.env._("smaller windows are read, without Amazon's page tokens"),
            "statuses": self.env._("each status is read by itself"),
            "data_sets": self.env._(
                "the orders are read without %(missing)s, and then one by one",
                missing=", ".join(name for name in DATA_SETS if name not in detour["data_sets"]),
            ),
        }
        return self.env._(
            "Amazon refuses the usual search, so %(way)s: %(why)s", way=ways[detour["way"]], why=detour["why"]
        )

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
                "message": self.account_id._describe_error(error, retried=True),
                "failure_count": self.failure_count + 1,
                "failure_repeated": self._get_repeated(error),
                "report_wanted": self.report_wanted or self.failure_count > 0,
                "retry_date": fields.Datetime.now() + pause,
            }
        )
        self.env["ir.cron"]._commit_progress()

    def _tell_refused_alone(self):
        """Say of those that are refused, while others of the account are read, that neither role nor region is why."""
        failing = self.filtered("message")
        refused = failing.filtered(
            lambda cursor: (cursor.failure_repeated or {}).get("what", "").startswith("AccessDenied")
        )
        if refused and (self - failing).filtered("read_until"):
            refused.message = self.env["amazon.cancellation.refusal"]._describe_marketplace()

    # === GETTERS === #

    def _get_whole_until(self):
        """Up to when everything that changed has been read, the shipped orders, too; False where not all were ever.

        :rtype: datetime|bool
        """
        whole = [
            cursor.read_until and min(cursor.read_until, cursor.shipped_until or cursor.read_until) for cursor in self
        ]
        return bool(whole) and all(whole) and min(whole)

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
