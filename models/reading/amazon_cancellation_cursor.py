import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta

from odoo import fields, models

from ... import const, counted
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.client import SearchWindow
from ...spapi.handling import About, get_handling
from ...spapi.orders import DATA_SETS
from ...spapi.reading_plan import CANCELLED, OFTEN, SHIPPED, WHOLE, WHOLE_MOST, Pace, Search, Situation
from ...spapi.timestamps import format_time, parse_time
from ...tools import get_pause, to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationCursor(models.Model):
    """How far one marketplace's orders are read. Marketplaces at the same point are read in one call.

    What is read, and when, `spapi.reading_plan` decides; a position moves only to the end of a window that was read
    completely and committed, or to the time of a report that showed all open orders.
    """

    _name = "amazon.cancellation.cursor"
    _description = "Amazon Reading Position"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "account_id, marketplace_id"
    _rec_name = "marketplace_id"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, ondelete="cascade", index=True)
    marketplace_id = fields.Many2one("amazon.cancellation.marketplace", required=True, ondelete="restrict")
    read_until = fields.Datetime(
        help="Everything at Amazon that can hold a parcel, requests and cancellations, has been read up to this time, "
        "or was told by notifications that what was read has proven right.",
    )
    shipped_until = fields.Datetime(
        help="The shipped orders have been read up to this time; empty: as far as the others."
    )
    shipped_settled_until = fields.Datetime(
        help="Of the shipped orders, nothing can appear late any more that changed up to this time."
    )
    # Up to this time not everything was read: notifications told it, and what was read proved them right.
    gap_until = fields.Datetime()
    whole_wanted = fields.Boolean(help="The next reading reads the shipped orders, too, however lately they were read.")
    pending_window = fields.Json(help="A window that is not read to its last page yet, with Amazon's page token.")
    pending_shipped = fields.Json(help="The same of the shipped orders.")
    pace = fields.Json(help="How many orders an hour its searches find.")
    failure_count = fields.Integer(help="How many readings in a row failed.")
    retry_date = fields.Datetime(help="Until then the scheduled action leaves this failing marketplace alone.")
    message = fields.Text(
        compute="_compute_worded", help="Why the last reading of this marketplace failed; empty when it did not."
    )
    message_facts = fields.Json()
    failure_repeated = fields.Json(help="What the last reading failed at, and how often in a row it did.")
    detour = fields.Json(help="How the marketplace is read around what Amazon refuses, and until when.")
    detour_message = fields.Text(
        compute="_compute_worded", help="What Amazon refuses, and how it is read around; empty when nothing is."
    )
    detour_message_facts = fields.Json()
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
        :return: What was read, as facts and in numbers.
        :rtype: tuple(list, dict)
        :raise SpApiError: If the whole account fails (credentials, network).
        """
        account = self.account_id
        if not self:
            return [], {}  # all marketplaces keep failing and are left alone for now
        counts = Counter()
        throttled = None
        asked = any(self.mapped("whole_wanted"))
        try:
            end = self._get_window_end(client)
            self._read_groups(client, end, counts)
            # The first answer told Amazon's time: where it is ahead of ours, there is more to read.
            if self._get_window_end(client) - end > timedelta(minutes=1):
                self.whole_wanted = asked  # who asked is not content with what was before
                self._read_groups(client, self._get_window_end(client), counts)
        except spapi_errors.Throttled as error:
            throttled = error
        except Exception:
            self.env.cr.rollback()
            self._follow_up(counts)
            raise
        self._follow_up(counts)
        self.env["amazon.cancellation.unknown"]._rematch_open(account)
        self.env["ir.cron"]._commit_progress()
        lookup = self.env["amazon.order.lookup"]
        try:
            counts.update({} if throttled else lookup._read_imported(account, client))
        except spapi_errors.Throttled as error:
            throttled = error
        # What was searched for just now is not read one by one, too.
        orders = lookup._get_wanted(account) if counts["imports"] else lookup._get_unread(account)
        try:  # an allowance of its own
            spared = client.budget.left("getOrder", client.now()) - const.LOOKS_SPARED
            counts.update(lookup._read_each(account, client, orders[: max(spared, 0)]))
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
        searches = self._plan(client, end)
        counts["waits"] += not searches
        for search in searches:
            self._read_search(client, search, counts)

    def _plan(self, client, end):
        """What is to be read now: what was read in part first, and then what the plan says.

        :param datetime end: The latest time that Amazon's search answers for, naive UTC.
        :rtype: list[Search]
        """
        situation = self._get_situation(client.budget, client.now(), end)
        searches = list(situation.plan().searches)
        for name in ("pending_window", "pending_shipped"):
            pending = self[:1][name]
            if not pending:
                continue
            window = SearchWindow.from_dict(pending["window"])
            before = to_naive_utc(window.last_updated_before)
            told = window.statuses == OFTEN and situation.told_until and before <= situation.told_until
            too_many = not situation.read_until and window.statuses == WHOLE and situation.found >= WHOLE_MOST
            if told or too_many:
                self[name] = False  # a report has told the rest, or what can hold a parcel is read first
                continue
            if situation.pushed and situation.read_until and not situation.is_small:
                self[name] = False  # notifications have told it: what proves them is planned anew
                continue
            shipped = name == "pending_shipped"
            calls = next((search.calls for search in searches if search.statuses == SHIPPED), 0) if shipped else None
            if calls == 0:
                continue  # the others need what is left
            searches = [search for search in searches if (search.statuses == SHIPPED) != shipped]
            searches.append(Search(window.statuses, to_naive_utc(window.last_updated_after), before, calls))
        return sorted(searches, key=lambda search: search.statuses == SHIPPED)

    def _read_search(self, client, search, counts):
        """Read one window page by page, each committed, and move the position when it was read to its last page."""
        pending_name = "pending_shipped" if search.statuses == SHIPPED else "pending_window"
        pending = self[:1][pending_name]
        if pending:
            window, token = SearchWindow.from_dict(pending["window"]), pending["token"]
        else:
            window, token, pending = self._make_window(search), None, {}
        read, shipped, calls = pending.get("orders", 0), pending.get("shipped", 0), 0
        restarted = False
        while search.calls is None or calls < search.calls:
            try:
                page = client.search_orders(window, token)
            except spapi_errors.InvalidRequest:
                earlier_end = self._get_window_end(client)
                if token and not restarted:  # the page token expired: the window is read again from its first page
                    token, read, shipped, restarted = None, 0, 0, True
                elif earlier_end < search.end - timedelta(seconds=30):  # our clock runs ahead of Amazon's
                    search = replace(search, end=earlier_end)
                    window, token = self._make_window(search), None
                else:
                    raise
                continue
            calls += 1
            read += self._apply_page(page, window, counts)
            shipped += sum(order.status == "shipped" for order in page.orders)
            token = page.next_token
            if token and not search.is_sample:
                self[pending_name] = {"window": window.to_dict(), "token": token, "orders": read, "shipped": shipped}
                self.env["ir.cron"]._commit_progress()
                continue
            self._learn_pace(search, window, read - shipped, shipped)
            if search.is_sample and not read:  # what shows nothing proves nothing
                self.env["ir.cron"]._commit_progress()
                self._read_search(client, replace(search, start=search.proves_since, calls=None), counts)
                return
            self._conclude(search, window)
            self.env["ir.cron"]._commit_progress()
            return

    def _conclude(self, search, window):
        """Move the position to the end of a window that was read.

        Beside notifications it moves over what they told, too, unless what was read shows that they missed something:
        then all is read from where it stands.

        :param Search search: What was planned.
        :param SearchWindow window: What was read.
        """
        agrees = bool(search.proves_since) and self.account_id._is_pushed()
        if search.is_sample and not agrees:
            return
        since = to_naive_utc(window.last_updated_after)
        until = to_naive_utc(window.last_updated_before)
        self._set_read_until(until, window.statuses, since)
        if agrees:
            self.write(
                {
                    "shipped_until": until,
                    "shipped_settled_until": until,
                    "gap_until": until,
                    "pending_shipped": False,
                    "whole_wanted": False,
                }
            )

    def _learn_pace(self, search, window, often, shipped):
        """Note how many orders an hour a window had, as the share of each marketplace that was read with it."""
        if window.statuses == CANCELLED:
            return
        pace = self._get_pace().learn(
            window.last_updated_before - window.last_updated_after,
            often=None if window.statuses == SHIPPED else often,
            shipped=None if window.statuses == OFTEN else shipped,
            stands_for=search.end - search.proves_since if search.proves_since else None,
        )
        self.pace = pace.part(len(self)).to_dict()

    def _close_gap(self, moment):
        """All open orders were shown since then, so that what was only told before is read now."""
        self.filtered(lambda cursor: cursor.gap_until and cursor.gap_until <= moment).gap_until = False

    def _apply_page(self, page, window, counts):
        """Apply a page; orders of it that cannot be understood, or are shown as they were before the window, are to be
        read one by one.

        :param OrdersPage page: What Amazon answered.
        :param SearchWindow window: What it was asked for.
        :return: How many orders it has.
        :rtype: int
        """
        reader = self.env["amazon.order.reader"]
        counts.update(reader._apply_and_commit(self.account_id, page.orders, follow_up=False))
        if counts["due"] >= const.FOLLOW_UPS_TOGETHER:
            self._follow_up(counts)
        counts["calls"] += 1
        for order_id, problem in page.malformed:
            counts["malformed"] += 1
            _logger.error("Amazon order %s could not be read: %s", order_id, problem)
        outdated = [o.order_id for o in page.orders if o.last_updated and o.last_updated < window.last_updated_after]
        reader._want(self.account_id, [*(order_id for order_id, _problem in page.malformed if order_id), *outdated])
        return len(page.orders) + len(page.malformed)

    def _follow_up(self, counts):
        """Do what follows from the pages that were read, for all of them together: the goods are held already."""
        if counts.pop("due", 0):
            self.env["amazon.order.follow.up"]._do_due(self.account_id)

    def _set_read_until(self, moment, statuses=WHOLE, since=None, detour_facts=False):
        """Everything of these statuses is read up to the moment.

        :param datetime moment: Amazon's time, naive UTC.
        :param tuple[str, ...] statuses: Amazon's statuses that were asked for.
        :param datetime since: From when on, where not all of them were asked for.
        :param list detour_facts: How it was read, where not in the usual way.
        """
        vals = {
            "failure_count": 0,
            "failure_repeated": False,
            "retry_date": False,
            "message_facts": False,
            "detour_message_facts": detour_facts,
        }
        if statuses != SHIPPED:
            vals.update(read_until=moment, pending_window=False)
            # These stay where they are.
            vals["shipped_until"] = self[:1].shipped_until or self[:1].read_until or since
        if {*SHIPPED} <= {*statuses}:
            settled = to_naive_utc(self.account_id._get_amazon_time() - const.SEARCH_SETTLES_AFTER)
            settled = settled.replace(microsecond=0) - self.account_id._get_reading_overlap()
            vals.update(
                shipped_until=moment,
                shipped_settled_until=min(moment, settled),
                pending_shipped=False,
                whole_wanted=False,
            )
        elif statuses == CANCELLED and self.account_id._is_shipping_told_until(moment):
            vals.update(shipped_until=moment, shipped_settled_until=moment, pending_shipped=False)
        self.write(vals)
        if not detour_facts:
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
        start = min(filter(None, (self.read_until, self.shipped_until)), default=None)
        start = start and start - self.account_id._get_reading_overlap()
        window = self._make_window(Search(WHOLE, start, end))
        start = parse_time(detour["at"]) if detour.get("at") else window.last_updated_after
        whole_span = max(window.last_updated_before - start, const.SMALLEST_WINDOW)
        span = timedelta(seconds=detour.get("span") or whole_span.total_seconds())
        questions = [(status,) for status in WHOLE] if detour["way"] == "statuses" else [WHOLE]
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
            self._set_read_until(
                max(self.read_until or read_until, read_until), detour_facts=self._get_detour_facts(detour)
            )
            self.env["ir.cron"]._commit_progress()

    def _get_detour_facts(self, detour):
        """What Amazon refuses and how it is read around.

        :rtype: list
        """
        ways = {
            "windows": _lt("smaller windows are read, without Amazon's page tokens"),
            "statuses": _lt("each status is read by itself"),
            "data_sets": _lt(
                "the orders are read without %(missing)s, and then one by one",
                missing=", ".join(name for name in DATA_SETS if name not in detour["data_sets"]),
            ),
        }
        return [_lt("Amazon refuses the usual search, so %(way)s: %(why)s", way=ways[detour["way"]], why=detour["why"])]

    def _set_failed(self, error):
        """Keep why this marketplace could not be read, and leave it alone for a while if that goes on.

        Note: self.ensure_one()

        :param SpApiError error: What Amazon answered.
        """
        self.ensure_one()
        pause = get_pause(const.FAILURE_PAUSES, self.failure_count)
        self.write(
            {
                "message_facts": [self.account_id._get_error_facts(error, retried=True)],
                "failure_count": self.failure_count + 1,
                "failure_repeated": self._get_repeated(error),
                "report_wanted": self.report_wanted or self.failure_count > 0,
                "retry_date": fields.Datetime.now() + pause,
            }
        )
        self.env["ir.cron"]._commit_progress()

    def _tell_refused_alone(self):
        """Say of those that are refused, while others of the account are read, that neither role nor region is why."""
        failing = self.filtered("message_facts")
        refused = failing.filtered(
            lambda cursor: (cursor.failure_repeated or {}).get("what", "").startswith("AccessDenied")
        )
        if refused and (self - failing).filtered("read_until"):
            refused.message_facts = [self.env["amazon.cancellation.refusal"]._get_marketplace_facts()]

    # === GETTERS === #

    def _get_positions(self):
        """How far the reading is, to see whether somebody moves it.

        :rtype: list[dict]
        """
        return self.read(["read_until", "shipped_until", "pending_window", "pending_shipped"])

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
        if all(cursor.message_facts for cursor in self):
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
        groups = self.grouped(
            lambda cursor: (
                cursor.read_until,
                cursor.shipped_until,
                str(cursor.pending_window or ""),
                str(cursor.pending_shipped or ""),
            )
        )
        return list(groups.values())

    def _get_pace(self):
        """How many orders an hour a search finds of all of them together.

        :rtype: Pace
        """
        return sum((Pace.from_dict(cursor.pace) for cursor in self), Pace())

    def _get_situation(self, budget, now, end=None):
        """What the plan of the reading depends on, of marketplaces that stand at the same point.

        :param SharedBudget budget: What is left of Amazon's allowance.
        :param datetime now: Amazon's time, aware.
        :param datetime end: The latest time that Amazon's search answers for, naive UTC.
        :rtype: Situation
        """
        account, first = self.account_id, self[:1]
        end = end or to_naive_utc(now - const.SEARCH_SETTLES_AFTER).replace(microsecond=0)
        situation = Situation(
            now=end,
            read_until=first.read_until or None,
            shipped_until=first.shipped_until or None,
            shipped_settled_until=first.shipped_settled_until or None,
            pace=self._get_pace(),
            left=budget.left("searchOrders", now),
            rate=budget.rate("searchOrders"),
            overlap=account._get_reading_overlap(),
            asked=any(self.mapped("whole_wanted")),
            found=(first.pending_window or {}).get("orders", 0),
            pushed=account._is_pushed() and not account.sync_failing,
            received_until=account._get_received_until(now),
        )
        if situation.is_small:
            return situation
        return replace(situation, **self.env["amazon.cancellation.sweep"]._get_reports(account, self.marketplace_id))

    def _get_situation_now(self, budget=None):
        """The same without asking Amazon anything, of all positions together: the one that is furthest behind counts.

        :param RateBudget budget: What is left of Amazon's allowance, where it is known already.
        :rtype: Situation
        """
        first = self.sorted(lambda cursor: (bool(cursor.read_until), cursor.read_until))[:1]
        budget = budget or self.env["amazon.cancellation.allowance"]._look(self.account_id)
        situation = first._get_situation(budget, self.account_id._get_amazon_time())
        return replace(situation, pace=self._get_pace())

    def _is_small(self):
        """Whether so little changes that all is read together, and a report moves nothing.

        :rtype: bool
        """
        if not self:
            return True
        now = self.account_id._get_amazon_time()
        return Situation(now=now, pace=self._get_pace(), overlap=self.account_id._get_reading_overlap()).is_small

    def _make_window(self, search):
        """The search as Amazon is asked it.

        :param Search search: What the plan says, in naive UTC.
        :rtype: SearchWindow
        """
        start = search.start or self.account_id._get_first_read_start(search.end)
        return SearchWindow(
            last_updated_after=min(start, search.end - timedelta(minutes=1)).replace(tzinfo=UTC),
            last_updated_before=search.end.replace(tzinfo=UTC),
            marketplace_ids=tuple(sorted(self.marketplace_id.mapped("api_ref"))),
            statuses=search.statuses,
        )

    def _get_window_end(self, client):
        """The latest time that Amazon's search answers for, naive UTC in whole seconds."""
        return to_naive_utc(client.now() - const.SEARCH_SETTLES_AFTER).replace(microsecond=0)

    def _summarise(self, counts, throttled):
        parts = [
            _lt(
                "%(orders)s read in %(calls)s, %(known)s of them known; %(requests)s.",
                orders=counted.orders(counts["read"]),
                calls=counted.calls(counts["calls"]),
                known=counts["known"],
                requests=counted.new_requests(counts["requested"]),
            )
        ]
        if counts["malformed"]:
            parts.append(
                _lt("%(orders)s not understood; see the server log.", orders=counted.orders(counts["malformed"]))
            )
        if counts["failed"]:
            parts.append(_lt("%(orders)s not updated; see the server log.", orders=counted.orders(counts["failed"])))
        if throttled:
            parts.append(self.account_id._get_error_facts(throttled, retried=True))
        return parts
