import logging
from collections import Counter

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ... import const
from ...spapi.knowledge import OrderKnowledge
from ...tools import Own

_logger = logging.getLogger(__name__)


class AmazonOrderReader(models.AbstractModel):
    """The one reader: whatever its source, an order of Amazon reaches Odoo as a snapshot, and by `_apply` alone."""

    _name = "amazon.order.reader"
    _description = "Amazon Order Reading"

    @api.model
    def _apply(self, account, snapshots, list_unknown=True):
        """Bring the sale orders up to date with what Amazon shows. Idempotent, and in any order.

        :param recordset account: The account that the snapshots were read by.
        :param Iterable[OrderSnapshot] snapshots: Orders as Amazon showed them.
        :param bool list_unknown: Whether orders that are not in Odoo are listed on the account.
        :return: Counts of orders `read`, `known`, newly `requested`, `cancelled` and `failed`.
        :rtype: collections.Counter
        """
        read = {}
        for snapshot in snapshots:
            told = OrderKnowledge.from_snapshot(snapshot)
            read[told.order_id] = read[told.order_id].merge(told) if told.order_id in read else told
        return self._apply_knowledge(account, read, list_unknown)

    @api.model
    def _apply_knowledge(self, account, read, list_unknown=True):
        """Bring the sale orders up to date with what was read.

        :param dict[str, OrderKnowledge] read: What was read, by Amazon order id.
        :return: Counts as of `_apply`.
        :rtype: collections.Counter
        """
        # What Amazon shows is applied alike, whatever the context of who asks.
        self = self.with_context(amazon_reading=Own("reading"), amazon_cancel_reason=None, amazon_local_only=None)
        if not read:
            return Counter()
        UnknownOrder = self.env["amazon.cancellation.unknown"].sudo()  # a sales user's own reading lists them too
        orders_by_ref = self.env["amazon.order.matcher"]._match(account, list(read))
        found_since = UnknownOrder._search_listed(account, orders_by_ref)
        for entry in found_since:
            read[entry.order_ref] = entry._get_knowledge().merge(read[entry.order_ref])
        for ref, orders in orders_by_ref.items():
            orders_by_ref[ref] = orders._amazon_filter_standing() if len(orders) > 1 else orders
            orders_by_ref[ref]._amazon_mark_duplicates(account, ref)
        counts = Counter(read=len(read), known=len(orders_by_ref))
        counts.update(
            self._apply_to_orders(
                account, [(order, read[ref]) for ref, orders in orders_by_ref.items() for order in orders]
            )
        )
        found_since.unlink()
        unknown = [knowledge for ref, knowledge in read.items() if ref not in orders_by_ref]
        if list_unknown and unknown:
            UnknownOrder._list(account, unknown)
        return counts

    @api.model
    def _apply_and_commit(self, account, snapshots, list_unknown=True):
        """Apply in a transaction of its own, once more where another worker changed the same orders meanwhile.

        The caller has written nothing that is not committed.

        :return: Counts as of `_apply`.
        :rtype: collections.Counter
        """
        for tries_left in reversed(range(const.CONCURRENT_TRIES)):
            try:
                counts = self._apply(account, snapshots, list_unknown)
                # Counted, so that Odoo does not take a long reading whose worker is ended for one that hangs.
                self.env["ir.cron"]._commit_progress(len(snapshots))
                return counts
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                if not tries_left:
                    raise
        return Counter()

    @api.model
    def _want(self, account, order_refs):
        """Have the orders of these ids read one by one soon.

        :param Iterable[str] order_refs: Amazon order ids; those that no sale order stands for are left out.
        :return: The sale orders.
        :rtype: recordset of `sale.order`
        """
        found = self.env["amazon.order.matcher"]._match(account, list(dict.fromkeys(order_refs)))
        orders = self.env["sale.order"].union(*found.values())
        orders.filtered(lambda order: not order.amazon_cancel_account_id).amazon_cancel_account_id = account
        orders.write({"amazon_read_wanted": True})
        return orders

    @api.model
    def _apply_to_orders(self, account, applied):
        """Apply the knowledge together; where that fails, one by one, so that one odd order stops no other."""
        if not applied:
            return Counter()
        try:
            with self.env.cr.savepoint():
                return self._apply_batch(account, applied)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            if len(applied) == 1:
                order, knowledge = applied[0]
                _logger.exception("Amazon order %s could not be applied to sale order %s", knowledge.order_id, order.id)
                order.write({"amazon_read_wanted": True, "amazon_checked_date": fields.Datetime.now()})
                return Counter(failed=1)
        counts = Counter()
        for pair in applied:
            counts.update(self._apply_to_orders(account, [pair]))
        return counts

    @api.model
    def _apply_batch(self, account, applied):
        happened = {}
        together = tuple(order.id for order, _knowledge in applied)  # what one order needs is fetched for all
        for order, knowledge in applied:
            order = order.with_prefetch(together)
            events, snapshot = order._amazon_learn(knowledge)
            order._amazon_link(account, snapshot)
            for event in events:
                happened.setdefault(event, []).append((order, snapshot))
        for event, pairs in happened.items():
            getattr(self, f"_on_{event}")(pairs)
        self.env.flush_all()
        return Counter(requested=len(happened.get("requested", ())), cancelled=len(happened.get("cancelled", ())))

    # === EVENTS === #

    @api.model
    def _on_requested(self, pairs):
        """Hook: a buyer asks to cancel. Called once per request with `[(sale.order, OrderSnapshot)]`."""
        orders = self.env["sale.order"].union(*(order for order, _snapshot in pairs))
        orders.amazon_request_seen_date = fields.Datetime.now()
        self._log(
            pairs,
            lambda order, _snapshot: self.env._(
                "The buyer asks Amazon to cancel this order: %(reason)s",
                reason=order.amazon_cancel_request_reason or self.env._("no reason given"),
            ),
        )
        orders._amazon_auto_accept()
        orders._amazon_ask_to_decide()  # a person, for what no rule has decided

    @api.model
    def _on_withdrawn(self, pairs):
        """Hook: the request is no longer shown at Amazon."""
        self._log(pairs, lambda *_: self.env._("The buyer's cancellation request is no longer shown at Amazon."))

    @api.model
    def _on_overtaken(self, pairs):
        """Hook: the order was shipped or cancelled at Amazon before the request was decided."""
        self._log(
            pairs,
            lambda order, _snapshot: self.env._(
                "The buyer's cancellation request is overtaken: at Amazon the order is now %(status)s.",
                status=order._amazon_get_status_label(),
            ),
        )

    @api.model
    def _on_shipped(self, pairs):
        """Hook: something of the order is shipped at Amazon, so it can no longer be cancelled there."""
        orders = self.env["sale.order"].union(*(order for order, _snapshot in pairs))
        orders.amazon_cancellation_ids._on_amazon_shipped()

    @api.model
    def _on_cancelled(self, pairs):
        """Hook: Amazon shows the order as cancelled."""
        orders = self.env["sale.order"].union(*(order for order, _snapshot in pairs))
        orders.amazon_cancellation_ids._on_amazon_cancelled()
        orders._amazon_follow_cancelled()

    @api.model
    def _log(self, pairs, get_body):
        orders = self.env["sale.order"].union(*(order for order, _snapshot in pairs))
        orders._message_log_batch({order.id: get_body(order, snapshot) for order, snapshot in pairs})
