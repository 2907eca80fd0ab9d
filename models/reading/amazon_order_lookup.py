import logging
from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain

from ... import const
from ...facts import fact as _lt
from ...facts import without_repeats
from ...spapi import errors as spapi_errors
from ...spapi.client import CreationWindow
from ...spapi.handling import About, get_handling
from ...spapi.window import PAGE_LIMIT

_logger = logging.getLogger(__name__)


class AmazonOrderLookup(models.AbstractModel):
    """Reads orders one by one: those that the search does not show, and those that somebody waits for."""

    _name = "amazon.order.lookup"
    _description = "Amazon Order Lookup"

    # === READING === #

    @api.model
    def _read_each(self, account, client, orders):
        """Read orders one by one, where the search does not show them.

        :param recordset account: Their account.
        :param SellerClient client: The account's client.
        :param recordset orders: Sale orders with an Amazon order id.
        :return: Counts as of the reader.
        :rtype: dict
        :raise Throttled: If Amazon's rate limit is reached; what was read is applied.
        """
        snapshots, refused, asked, throttled = [], {}, orders.browse(), None
        for order in orders:
            try:
                snapshots.append(client.get_order(self._get_order_ref(account, order)))
            except spapi_errors.Throttled as error:
                throttled = error
                break
            except spapi_errors.SpApiError as error:
                if get_handling(error).about is not About.ORDER:
                    raise
                refused[order] = account._get_error_facts(error)
                if not snapshots and len(refused) >= const.FAILURES_OF_ALL:
                    asked |= order
                    break  # more than an order is wrong: the others wait
            asked |= order
        counts = self.env["amazon.order.reader"]._apply_and_commit(account, snapshots, list_unknown=False)
        for order, facts in refused.items():
            if not order.amazon_read_tries:
                order._amazon_log(lambda order, facts=facts: order.env["amazon.cancellation.words"]._word(facts))
            order._amazon_want_reading(failed=True)
        unanswered = asked.filtered(lambda order: order.amazon_read_wanted and not order.amazon_read_after)
        unanswered._amazon_want_reading(failed=True)
        self.env["ir.cron"]._commit_progress()
        if throttled:
            raise throttled
        return counts

    @api.model
    def _read_now(self, account, orders):
        """Read orders at Amazon while somebody waits: short time-outs, and no second try.

        :param recordset account: Their account.
        :param recordset orders: Sale orders with an Amazon order id.
        :return: Why an order could not be read, as a fact by order id.
        :rtype: dict[int, dict|list]
        """
        snapshots, failures, start = [], {}, self.env["amazon.cancellation.log"]._start()
        try:
            with account._open_client(timeout=const.CHECK_TIMEOUT, insist=True, purpose="person") as client:
                for order in orders:
                    try:
                        snapshot = client.get_order(order._amazon_get_ref())
                    except (spapi_errors.InvalidRequest, spapi_errors.MalformedAnswer) as error:
                        failures[order.id] = account._get_error_facts(error)
                        continue
                    snapshots.append(snapshot)
                    if not snapshot.is_whole:  # what it tells counts; what it does not tell is no answer
                        failures[order.id] = self._get_gap_facts(account, snapshot)
        except spapi_errors.SpApiError as error:
            # It would be the same for the others, and the user waits.
            _logger.info("Amazon account %s did not answer while a person waits: %s", account.id, error)
            read = {snapshot.order_id for snapshot in snapshots}
            failures.update(
                {order.id: account._get_error_facts(error) for order in orders if order._amazon_get_ref() not in read}
            )
        counts = self.env["amazon.order.reader"]._apply(account, snapshots, list_unknown=False)
        facts = without_repeats([*failures.values()])
        self.env["amazon.cancellation.log"]._note(
            account, "lookup", start, {**counts, "calls": len(orders)}, facts, failed=bool(failures)
        )
        return failures

    @api.model
    def _read_imported(self, account, client):
        """Read orders that no reading has shown, where they are too many to be read one by one: those that came at the
        time of theirs, a hundred in a call, as far as Amazon's allowance has calls to spare. Commits each page.

        Those that it ought to have shown, and those among too many others, are read one by one.

        :param recordset account: Their account.
        :param SellerClient client: The account's client.
        :return: Counts as of the reader, with the calls as `imports`; empty where nothing was searched for.
        :rtype: collections.Counter
        :raise Throttled: If Amazon's rate limit is reached; what was read is applied.
        """
        reader, counts = self.env["amazon.order.reader"], Counter()
        calls = client.budget.left("searchOrders", client.now()) - const.IMPORT_CALLS_SPARED
        imported = self.env["sale.order"]
        if calls > 0:
            imported = self._search_unread(account, calls * PAGE_LIMIT)
        if len(imported) <= const.SINGLE_READS_PER_RUN:
            return counts
        window, token = self._get_creation_window(account, imported, client.now()), None
        try:
            while calls > counts["imports"] and (token or not counts["imports"]):
                page = client.search_orders(window, token)
                counts.update(reader._apply_and_commit(account, page.orders), imports=1)
                token = page.next_token
        except spapi_errors.Throttled:
            raise
        except spapi_errors.SpApiError as error:
            _logger.warning("Amazon account %s: imported orders are read one by one: %s", account.id, error)
            token = None
        left = imported.filtered(lambda order: not order.amazon_checked_date)
        if not token or len(imported - left) <= counts["imports"] * const.SINGLE_READS_PER_RUN:
            reader._want(account, filter(None, (self._get_order_ref(account, order) for order in left)))
            self.env["ir.cron"]._commit_progress()
        return counts

    # === GETTERS === #

    @api.model
    def _get_unread(self, account):
        """Orders that wait to be read one by one: those that a source asks for, then recent ones that carry an Amazon
        order id and were never read, as they were imported after their last change or are FBA.

        :param recordset account: Their account.
        :rtype: recordset of `sale.order`
        """
        limit = const.SINGLE_READS_PER_RUN
        return (self._get_wanted(account) | self._search_unread(account, limit))[:limit]

    @api.model
    def _get_wanted(self, account):
        """Orders that are to be read: urgent ones first, and then those that wait longest.

        :param recordset account: Their account.
        :rtype: recordset of `sale.order`
        """
        SaleOrder, limit = self.env["sale.order"], const.SINGLE_READS_PER_RUN
        wanted = (
            Domain("amazon_cancel_account_id", "=", account.id)
            & Domain("amazon_read_wanted", "=", True)
            & (Domain("amazon_read_after", "=", False) | Domain("amazon_read_after", "<=", fields.Datetime.now()))
        )
        order = "amazon_read_tries NULLS FIRST, amazon_checked_date, id"  # one that is refused keeps no other waiting
        urgent = SaleOrder.search(wanted & SaleOrder._amazon_get_urgent_domain(), order=order, limit=limit)
        if len(urgent) == limit:
            return urgent
        return (urgent | SaleOrder.search(wanted, order=order, limit=limit))[:limit]

    @api.model
    def _search_unread(self, account, limit):
        """The newest orders that carry an Amazon order id, that no reading has shown, and that nothing wants read yet.
        Many of them are an import: the search shows those that change, so that they are looked for in a while.

        :param recordset account: Their account.
        :param int limit: How many at most.
        :rtype: recordset of `sale.order`
        """
        matcher = self.env["amazon.order.matcher"]
        company_ids = matcher._get_company_ids(account.company_id.id)
        others = account.search([("id", "!=", account.id)]).company_id
        shared = set().union(*(matcher._get_company_ids(company.id) for company in others))
        unlinked = Domain("amazon_cancel_account_id", "=", False) & Domain("company_id", "in", {*company_ids} - shared)
        domain = (
            Domain("company_id", "in", company_ids)
            & (Domain("amazon_cancel_account_id", "=", account.id) | unlinked)
            & Domain("amazon_checked_date", "=", False)
            & Domain("amazon_read_wanted", "=", False)
            & Domain("create_date", ">=", account._get_first_read_start(fields.Datetime.now()))
        )
        # Each by an index of its own.
        ways = matcher._get_candidate_domains(account)

        def search(domain, limit):
            found = (self.env["sale.order"].search(domain & way, order="id desc", limit=limit) for way in ways)
            return self.env["sale.order"].union(*found)

        unread = search(domain, const.SINGLE_READS_PER_RUN + 1)
        if len(unread) > const.SINGLE_READS_PER_RUN:
            before = fields.Datetime.now() - const.IMPORT_READ_WITHIN
            unread = search(domain & Domain("create_date", "<", max(before, account.whole_sync_date or before)), limit)
        return unread.sorted("id", reverse=True)[:limit]

    @api.model
    def _get_creation_window(self, account, orders, now):
        """The search that shows orders by when they were made at Amazon, as far as that is known.

        :param recordset account: Their account.
        :param recordset orders: Sale orders.
        :param datetime now: Amazon's time, aware.
        :rtype: CreationWindow
        """
        made = [order._amazon_get_made_date() for order in orders]
        end = min(now - const.SEARCH_SETTLES_AFTER, max(made) + const.IMPORT_TAKES)
        start = min(min(made) - const.IMPORT_TAKES, end)
        return CreationWindow(start, end, tuple(sorted(account.marketplace_ids.mapped("api_ref"))))

    @api.model
    def _get_order_ref(self, account, order):
        """The Amazon order id of an order that may not be linked yet."""
        return order._amazon_get_ref() or self.env["amazon.order.matcher"]._get_order_ref(account, order)

    @api.model
    def _get_gap_facts(self, account, snapshot):
        """That an answer of Amazon's does not show an order whole, and so proves nothing.

        :param recordset account: Its account.
        :param OrderSnapshot snapshot: The order as Amazon gave it.
        :rtype: dict|list
        """
        gap = (
            _lt("Amazon gave the order without its fulfilment, or with unknown words.")
            if snapshot.items
            else _lt("Amazon gave the order without its items.")
        )
        return account._get_error_facts(spapi_errors.MalformedAnswer(gap["text"], operation="getOrder"), details=gap)
