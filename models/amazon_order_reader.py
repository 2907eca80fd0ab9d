import logging
from collections import Counter

from odoo import api, models

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
        self = self.with_context(amazon_reading=True)
        by_ref = self._get_newest_by_ref(snapshots)
        counts = Counter(read=len(by_ref))
        orders_by_ref = self.env["amazon.order.matcher"]._match(account, list(by_ref))
        applied = []
        for ref, orders in orders_by_ref.items():
            if len(orders) > 1:
                orders._amazon_flag_duplicates(ref)
            applied += [(order, by_ref[ref]) for order in orders]
        counts["known"] = len(orders_by_ref)
        counts.update(self._apply_to_orders(account, applied))

        unknown = [snapshot for ref, snapshot in by_ref.items() if ref not in orders_by_ref]
        UnknownOrder = self.env["amazon.unknown.order"].sudo()  # a sales user's own reading lists them too
        if list_unknown and unknown:
            UnknownOrder._list(account, unknown)
        if orders_by_ref:
            UnknownOrder.search([("account_id", "=", account.id), ("order_ref", "in", list(orders_by_ref))]).unlink()
        return counts

    @api.model
    def _apply_to_orders(self, account, applied):
        """Apply the snapshots together; where that fails, one by one, so that one odd order stops no other."""
        try:
            with self.env.cr.savepoint():
                return self._apply_batch(account, applied)
        except Exception:
            if len(applied) == 1:
                order, snapshot = applied[0]
                _logger.exception("Amazon order %s could not be applied to sale order %s", snapshot.order_id, order.id)
                return Counter(failed=1)
        counts = Counter()
        for pair in applied:
            counts.update(self._apply_to_orders(account, [pair]))
        return counts

    @api.model
    def _apply_batch(self, account, applied):
        events = {}
        for order, snapshot in applied:
            order._amazon_link(account, snapshot)
            for event in order._amazon_update(snapshot):
                events.setdefault(event, []).append((order, snapshot))
        for event, pairs in events.items():
            getattr(self, f"_on_{event}")(pairs)
        self.env.flush_all()
        return Counter(requested=len(events.get("requested", ())), cancelled=len(events.get("cancelled", ())))

    @api.model
    def _get_newest_by_ref(self, snapshots):
        newest = {}
        for snapshot in snapshots:
            other = newest.get(snapshot.order_id)
            if (
                other is None
                or not other.last_updated
                or (snapshot.last_updated and snapshot.last_updated >= other.last_updated)
            ):
                newest[snapshot.order_id] = snapshot
        return newest

    # === EVENTS === #

    @api.model
    def _on_requested(self, pairs):
        """Hook: a buyer asks to cancel. Called once per request with `[(sale.order, OrderSnapshot)]`."""
        self._log(
            pairs,
            lambda order, _snapshot: self.env._(
                "The buyer asks Amazon to cancel this order: %(reason)s",
                reason=order.amazon_cancel_request_reason or self.env._("no reason given"),
            ),
        )

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
