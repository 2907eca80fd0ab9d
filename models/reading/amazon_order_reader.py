import logging
from collections import Counter

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ... import const
from ...spapi.snapshot import ORDER_SOURCES
from ...tools import Own

_logger = logging.getLogger(__name__)


class RulesDone(dict):
    """The context value in which `base_automation` keeps which rules ran for which records: all, for an order."""

    def __init__(self, order):
        super().__init__(order=order.ids)  # by which contexts differ
        self._done = {"sale.order": order, "sale.order.line": order.order_line}

    def get(self, rule, default=None):
        """The records that a rule is not to run for; `default` is an empty recordset of their model."""
        return self._done.get(default._name, default) if isinstance(default, models.BaseModel) else default


class AmazonOrderReader(models.AbstractModel):
    """The one reader: whatever its source, an order of Amazon reaches Odoo as a snapshot, and by `_apply` alone.

    First everything is shown, and deliveries are held; then it is told, and what follows from it is done, each step in
    a savepoint of its own. So nothing that refuses to follow can hide what was read.
    """

    _name = "amazon.order.reader"
    _description = "Amazon Order Reading"

    @api.model
    def _apply(self, account, snapshots, list_unknown=True, refs=()):
        """Bring the sale orders up to date with what Amazon shows. Idempotent, and in any order.

        :param recordset account: The account that the snapshots were read by.
        :param Iterable[OrderSnapshot] snapshots: Orders as Amazon showed them.
        :param bool list_unknown: Whether orders that are not in Odoo are listed on the account.
        :param Iterable[str] refs: Further Amazon order ids, of which only what was read before is applied.
        :return: Counts of orders `read`, `known`, newly `requested`, `cancelled` and `failed`.
        :rtype: collections.Counter
        """
        counts, due = self._show(account, snapshots, list_unknown, refs)
        self.env["amazon.order.follow.up"]._do(due)
        return counts

    @api.model
    def _apply_and_commit(self, account, snapshots, list_unknown=True, follow_up=True):
        """Apply in transactions of their own: what is shown is committed before anything follows from it.

        Once more where another worker changed the same orders meanwhile; what still meets others is applied in halves,
        down to single orders, each with its own tries: the smaller a transaction, the fewer it meets. The caller has
        written nothing that is not committed.

        :param bool follow_up: Whether what follows is done now; otherwise the caller has it done, by
            `amazon.order.follow.up._do_due`.
        :return: Counts as of `_apply`, and for how many orders something follows as `due`.
        :rtype: collections.Counter
        """
        snapshots = list(snapshots)
        tries = const.CONCURRENT_TRIES if len(snapshots) <= 1 else const.CONCURRENT_TRIES_TOGETHER
        guarded = False
        while tries:
            try:
                counts, due = self._show(account, snapshots, list_unknown, guarded=guarded)
                # Counted, so that Odoo does not take a long reading whose worker is ended for one that hangs.
                self.env["ir.cron"]._commit_progress(len(snapshots))
                break
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                tries -= 1
            except Exception:
                self.env.cr.rollback()
                if guarded:
                    raise
                guarded = True  # once more, and what fails is left out
        else:
            return self._apply_in_halves(account, snapshots, list_unknown, follow_up) if snapshots else Counter()
        counts["due"] = len(due)
        if follow_up:
            self.env["amazon.order.follow.up"]._do_and_commit(due)
        return counts

    @api.model
    def _apply_in_halves(self, account, snapshots, list_unknown, follow_up):
        """Apply what could not be applied together, as others write the same orders all the time.

        An order that cannot be applied even alone is to be read once more; the others are not kept from being shown.

        :return: Counts as of `_apply`.
        :rtype: collections.Counter
        :raise psycopg2.OperationalError: If not even that can be noted: then the page counts as not read.
        """
        if len(snapshots) == 1:
            [snapshot] = snapshots
            _logger.warning("Amazon order %s is changed by others all the time; it is read again", snapshot.order_id)
            self._want(account, [snapshot.order_id])
            self.env["ir.cron"]._commit_progress(1)
            return Counter(failed=1)
        counts = Counter()
        # Those of one order stay together, in their order.
        refs = list(dict.fromkeys(snapshot.order_id for snapshot in snapshots))
        if len(refs) == 1:
            return self._apply_in_halves(account, snapshots[-1:], list_unknown, follow_up)
        first = set(refs[: len(refs) // 2])
        busy = None
        for half in (
            [snapshot for snapshot in snapshots if snapshot.order_id in first],
            [snapshot for snapshot in snapshots if snapshot.order_id not in first],
        ):
            try:
                counts.update(self._apply_and_commit(account, half, list_unknown, follow_up))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                self.env.cr.rollback()
                busy = error  # only once the others are shown
        if busy:
            raise busy
        return counts

    @api.model
    def _show(self, account, snapshots, list_unknown=True, refs=(), guarded=True):
        """Write what the snapshots show, and tell it.

        :param bool guarded: Whether what fails is left out; otherwise it is raised, and the caller rolls all back.
        :return: Counts as of `_apply`, and the orders for which something follows.
        :rtype: tuple(collections.Counter, recordset of `sale.order`)
        """
        # What Amazon shows is applied alike, whatever the context of who asks.
        self = self.with_context(amazon_reading=Own("reading"), amazon_cancel_reason=None, amazon_local_only=None)
        SaleOrder = self.env["sale.order"]
        read = {ref: [] for ref in refs}
        for snapshot in snapshots:
            read.setdefault(snapshot.order_id, []).append(snapshot)
        if not read:
            return Counter(), SaleOrder
        UnknownOrder = self.env["amazon.cancellation.unknown"].sudo()  # a sales user's own reading lists them too
        found = orders_by_ref = self.env["amazon.order.matcher"]._match(account, list(read))
        # An order that was read since it is in Odoo is listed no more.
        may_be_listed = [
            ref
            for ref, told in read.items()
            if not told or ref not in found or not all(found[ref].mapped("amazon_digest"))
        ]
        listed = UnknownOrder._search_listed(account, may_be_listed)
        found_since = listed.filtered(lambda entry: entry.order_ref in orders_by_ref)
        kept = {entry.order_ref: entry._get_knowledge() for entry in found_since}
        known = len(orders_by_ref)
        orders_by_ref = {
            ref: orders
            for ref, orders in orders_by_ref.items()
            if not read[ref] or ref in kept or not orders._amazon_is_shown_again(account, read[ref])
        }
        unknown = {ref: told for ref, told in read.items() if ref not in found}
        for ref, orders in orders_by_ref.items():
            orders_by_ref[ref] = orders._amazon_filter_standing() if len(orders) > 1 else orders
            orders_by_ref[ref]._amazon_mark_duplicates(account, ref)
        applied = [(order, read[ref], kept.get(ref)) for ref, orders in orders_by_ref.items() for order in orders]
        counts, happened = self._show_and_tell(account, applied, guarded)
        counts.update(read=len(read), known=known)
        self.env["amazon.cancellation.subscription"]._note_missed(
            account,
            {event: [pair for pair in pairs if pair[1].order_id not in kept] for event, pairs in happened.items()},
            read,
        )
        found_since.unlink()
        if list_unknown and unknown:
            UnknownOrder._list(account, unknown, listed - found_since, self._get_heard(account))
        if any(snapshot.source not in ORDER_SOURCES for told in read.values() for snapshot in told):
            self._plan_readings([order for order, _read, _kept in applied])
        due = SaleOrder.union(*(order for pairs in happened.values() for order, _snapshot in pairs))
        return counts, due.filtered("amazon_follow_up_date").with_context(
            amazon_reading=None, amazon_cancel_reason=None, amazon_local_only=None
        )

    @api.model
    def _want(self, account, order_refs, shown=True):
        """Have the orders of these ids read one by one soon.

        :param Iterable[str] order_refs: Amazon order ids; those that no sale order stands for are left out.
        :param bool shown: Whether Amazon has shown them to the account, so that they are its own. Else one that may be
            another account's stays open to both, until a search shows it.
        :return: The sale orders.
        :rtype: recordset of `sale.order`
        """
        found = self.env["amazon.order.matcher"]._match(account, list(dict.fromkeys(order_refs)))
        orders = self.env["sale.order"].union(*found.values())
        if shown:
            unlinked = orders.filtered(lambda order: not order.amazon_cancel_account_id)
            unlinked._amazon_write({"amazon_cancel_account_id": account.id})
        else:
            orders._amazon_identify()
        orders.filtered(lambda order: order.amazon_cancel_account_id == account)._amazon_want_reading()
        return orders

    @api.model
    def _plan_readings(self, orders):
        """Have those orders read now that are held for what somebody else told.

        :param list orders: Sale orders.
        """
        new = self.env["sale.order"].union(*orders).filtered(lambda o: o.amazon_read_wanted and not o.amazon_read_tries)
        if new.filtered_domain(new._amazon_get_urgent_domain()):
            self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()._trigger()  # users may not see the jobs

    # === SHOWING === #

    @api.model
    def _show_and_tell(self, account, applied, guarded=True):
        """Show what was read, and tell it, together; where that fails, one after the other, and in the end one by one.

        :param list applied: As of `_show_orders`.
        :param bool guarded: As of `_show`.
        :return: As of `_show_orders`.
        """
        if not applied:
            return Counter(), {}
        if not guarded:
            return self._show_and_tell_together(account, applied)
        try:
            with self.env.cr.savepoint():
                return self._show_and_tell_together(account, applied)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.debug("What was read of Amazon orders is shown first, and told then", exc_info=True)
        counts, happened = self._show_orders(account, applied)
        self._tell_all(happened)
        return counts, happened

    @api.model
    def _show_and_tell_together(self, account, applied):
        counts, happened = self._show_batch(account, applied)
        self._call_hooks(happened)
        return counts, happened

    @api.model
    def _show_orders(self, account, applied):
        """Show what was read together; where that fails, one by one, so that one odd order stops no other.

        :param list applied: `(sale.order, [OrderSnapshot], OrderKnowledge|None)`.
        :return: Counts, and what happened: `[(sale.order, OrderSnapshot)]` by event.
        :rtype: tuple(collections.Counter, dict)
        """
        if not applied:
            return Counter(), {}
        try:
            with self.env.cr.savepoint():
                return self._show_batch(account, applied)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(applied) == 1:
                [(order, snapshots, kept)] = applied
                if "base.automation" in self.env and not order.env.context.get("__action_done"):
                    return self._show_without_rules(account, order, snapshots, kept, error)
                _logger.exception("What was read of an Amazon order could not be applied to sale order %s", order.id)
                order._amazon_want_reading(failed=True)
                return Counter(failed=1), {}
        counts, happened = Counter(), {}
        for one in applied:
            its_counts, its_events = self._show_orders(account, [one])
            counts.update(its_counts)
            for event, pairs in its_events.items():
                happened.setdefault(event, []).extend(pairs)
        return counts, happened

    @api.model
    def _show_without_rules(self, account, order, snapshots, kept, error):
        """Show what was read of an order past the automation rules, one of which may have refused it.

        What a rule does is left to a person; what Amazon shows counts, and goods that a buyer wants no more are held.

        :param Exception error: Why it failed with the rules.
        :return: As `_show_orders`.
        """
        without_rules = order.with_context(__action_done=RulesDone(order))
        counts, happened = self._show_orders(account, [(without_rules, snapshots, kept)])
        happened = {
            event: [(shown.with_env(order.env), snapshot) for shown, snapshot in pairs]
            for event, pairs in happened.items()
        }
        if not counts.get("failed"):
            _logger.warning("Sale order %s: an automation rule refused what Amazon shows", order.id, exc_info=error)
            order._amazon_on_follow_up_failed([str(error)])
        return counts, happened

    @api.model
    def _show_batch(self, account, applied):
        happened, heard = {}, self._get_heard(account)
        together = self.env["sale.order"].browse(order.id for order, _read, _kept in applied)
        together.fetch(together._amazon_get_fetched_fields())
        lines = self.env["amazon.order.matcher"]._fetch_lines(together)
        for order, snapshots, kept in applied:
            order = order.with_prefetch(together.ids)  # what one order needs is fetched for all
            if not snapshots and not kept:
                continue
            events, snapshot = order._amazon_learn(snapshots, heard, kept, lines.get(order))
            order._amazon_link(account, snapshot)
            for event in events:
                happened.setdefault(event, []).append((order, snapshot))
        self.env.flush_all()
        return Counter(
            requested=len(happened.get("requested", ())), cancelled=len(happened.get("cancelled", ()))
        ), happened

    @api.model
    def _get_heard(self, account):
        """Now, by Amazon's clock where one of its answers has told it."""
        return account._get_amazon_time()

    # === EVENTS === #

    @api.model
    def _tell_all(self, happened):
        """Call the events' hooks, together; where that fails, one by one, so that one stops no other.

        :param dict happened: `[(sale.order, OrderSnapshot)]` by event.
        """
        if not happened:
            return
        try:
            with self.env.cr.savepoint():
                self._call_hooks(happened)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.debug("What happened to Amazon orders is told one by one", exc_info=True)
            for event, pairs in happened.items():
                self._tell(event, pairs)

    @api.model
    def _call_hooks(self, happened):
        for event, pairs in happened.items():
            getattr(self, f"_on_{event}")(pairs)
        self.env.flush_all()

    @api.model
    def _tell(self, event, pairs):
        """Call an event's hook; where it fails for all together, for each order alone."""
        try:
            with self.env.cr.savepoint():
                self._call_hooks({event: pairs})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            if len(pairs) > 1:
                for pair in pairs:
                    self._tell(event, [pair])
                return
            _logger.exception("Amazon order %s: telling that it is %s failed", pairs[0][1].order_id, event)

    @api.model
    def _on_requested(self, pairs):
        """Hook: a buyer asks to cancel. Called once per request with `[(sale.order, OrderSnapshot)]`."""

    @api.model
    def _on_withdrawn(self, pairs):
        """Hook: the order itself shows no request any more."""

    @api.model
    def _on_overtaken(self, pairs):
        """Hook: what the buyer asked for was shipped or cancelled at Amazon before it was decided."""

    @api.model
    def _on_shipped(self, pairs):
        """Hook: something of the order is shipped at Amazon, so it can no longer be cancelled there."""

    @api.model
    def _on_items_cancelled(self, pairs):
        """Hook: Amazon shows items as cancelled of orders that go on."""

    @api.model
    def _on_cancelled(self, pairs):
        """Hook: Amazon shows the order as cancelled."""

    @api.model
    def _on_proved(self, pairs):
        """Hook: the order was read whole, and what is known of an open request changed by that."""
