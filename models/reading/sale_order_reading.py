from odoo import api, fields, models

from ... import const
from ...spapi.knowledge import OrderKnowledge
from ...tools import to_naive_utc


class SaleOrder(models.Model):
    """What is read at Amazon: how it is kept, and what follows from it for the order."""

    _inherit = "sale.order"

    amazon_knowledge = fields.Json(
        copy=False, readonly=True, prefetch=False, help="What each source told about the order, and for which time."
    )
    amazon_read_wanted = fields.Boolean(
        copy=False, readonly=True, help="Something is missing that only Amazon itself can tell: it is asked soon."
    )
    amazon_declined_seen = fields.Datetime(
        copy=False, readonly=True, help="When the declined request was last shown at Amazon before it was declined."
    )
    amazon_last_checked = fields.Datetime(
        string="Last Checked at Amazon",
        compute="_compute_amazon_last_checked",
        help="Up to when it is known what Amazon shows: a reading without a change of this order has checked it, too.",
    )
    amazon_last_checked_ago = fields.Char(string="Last Checked", compute="_compute_amazon_last_checked")

    _amazon_read_wanted_index = models.Index("(amazon_seller_account_id) WHERE amazon_read_wanted")

    # === COMPUTE METHODS === #

    @api.depends("amazon_checked_date", "amazon_seller_account_id.last_sync_date", "amazon_channel")
    @api.depends_context("lang")
    def _compute_amazon_last_checked(self):
        for order in self:
            account_sudo = order.amazon_seller_account_id.sudo()  # stock users and portal see no accounts
            # The search shows orders that the seller fulfils only.
            searched = order.amazon_checked_date and order.amazon_channel != "fba" and account_sudo.last_sync_date
            order.amazon_last_checked = max(filter(None, (order.amazon_checked_date, searched)), default=False)
            order.amazon_last_checked_ago = account_sudo._format_ago(order.amazon_last_checked)

    # === BUSINESS METHODS === #

    def _amazon_link(self, account, snapshot):
        """Remember which order of Amazon this is, so that later readings find it by one indexed search.

        Note: self.ensure_one()

        :param recordset account: The account that the order was read by.
        :param OrderSnapshot snapshot: The order as it is known.
        """
        self.ensure_one()
        vals = {"amazon_order_ref": snapshot.order_id, "amazon_seller_account_id": account.id}
        if snapshot.marketplace_id and snapshot.marketplace_id != self.amazon_marketplace_id.api_ref:
            vals["amazon_marketplace_id"] = self.env["amazon.seller.marketplace"]._get_by_api_ref(
                snapshot.marketplace_id
            )
        self._amazon_write_changed(vals)

    def _amazon_learn(self, knowledge):
        """Join what was read with what is known, and write what follows.

        Note: self.ensure_one()

        :param OrderKnowledge knowledge: What was read.
        :return: What happened (`requested`, `withdrawn`, `overtaken`, `shipped`, `cancelled`), and the order as it is
            known now.
        :rtype: tuple(list[str], OrderSnapshot)
        """
        self.ensure_one()
        if self.amazon_knowledge and self.amazon_knowledge["order_id"] == knowledge.order_id:
            knowledge = OrderKnowledge.from_dict(self.amazon_knowledge).merge(knowledge)
        snapshot = knowledge.to_snapshot()
        status_before, request_before = self.amazon_status, self.amazon_cancel_request
        request = self._amazon_get_next_request(knowledge)
        self._amazon_write_changed(
            {
                "amazon_knowledge": knowledge.to_dict(),
                "amazon_checked_date": fields.Datetime.now(),
                "amazon_last_update": _to_naive(knowledge.last_updated),
                "amazon_cancel_request": request,
                **self._prepare_amazon_request_vals(knowledge),
                **self._prepare_amazon_snapshot_vals(snapshot),
            }
        )
        lines = self.env["amazon.order.matcher"]._match_lines(self, snapshot)
        for item in snapshot.items:
            if item.item_id in lines:
                lines[item.item_id]._amazon_update(item)

        events = [request] if request != request_before and request in ("requested", "withdrawn", "overtaken") else []
        if self.amazon_status in ("shipped", "partially_shipped") and self.amazon_status != status_before:
            events.append("shipped")
        if self.amazon_status == "cancelled":
            events.append("cancelled")
        return events, snapshot

    def _prepare_amazon_request_vals(self, knowledge):
        """The fields that tell the buyer's latest request.

        :rtype: dict
        """
        vals = {"amazon_request_fingerprint": knowledge.fingerprint or False}
        if knowledge.asked_since:
            reasons = dict.fromkeys(knowledge.reasons.values())
            vals["amazon_cancel_request_date"] = _to_naive(knowledge.asked_since)
            vals["amazon_cancel_request_reason"] = "; ".join(reasons) or False
        return vals

    def _prepare_amazon_snapshot_vals(self, snapshot):
        """The fields that follow from a snapshot as they are. Hook for integrators.

        :rtype: dict
        """
        vals = {}
        if snapshot.fulfilled_by:
            vals["amazon_channel"] = "fba" if snapshot.fulfilled_by == "AMAZON" else "fbm"
        if snapshot.status:
            vals["amazon_status"] = snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False
        if snapshot.items:
            vals["amazon_item_refs"] = [item.item_id for item in snapshot.items]
        if snapshot.ship_by:
            vals["amazon_ship_by"] = _to_naive(snapshot.ship_by)
        if snapshot.status == "cancelled" and snapshot.cancelled_by:
            vals["amazon_cancelled_by"] = self._amazon_get_cancelled_by(snapshot.cancelled_by)
            vals["amazon_cancelled_reason"] = next(
                (item.executed_reason for item in snapshot.items if item.executed_reason), False
            )
        return vals

    def _prepare_amazon_declined_vals(self):
        """What to remember of the request that is declined, to tell a new one from it.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        known = self.amazon_knowledge and OrderKnowledge.from_dict(self.amazon_knowledge)
        return {
            "amazon_declined_fingerprint": self.amazon_request_fingerprint,
            "amazon_declined_seen": known and _to_naive(known.last_asked),
        }

    def _amazon_get_next_request(self, knowledge):
        """The state of the buyer's request that follows from what is known, and from what was decided here.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        current = self.amazon_cancel_request
        if knowledge.is_fba:
            return current  # nobody here can decide on it
        if current == "accepted" and (self.state == "cancel" or knowledge.request != "requested"):
            return current
        if current == "declined" and not self._amazon_is_new_request(knowledge):
            return current
        return knowledge.request or False

    def _amazon_is_new_request(self, knowledge):
        """Whether the request shown is another than the one that was declined.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        if knowledge.request != "requested":
            return False
        cleared = _to_naive(knowledge.last_clear)
        if cleared and self.amazon_declined_seen and cleared > self.amazon_declined_seen:
            return True
        declined = self.amazon_declined_fingerprint or {}
        return any(
            item_id not in declined or (reason and declined[item_id] and reason != declined[item_id])
            for item_id, reason in knowledge.fingerprint.items()
        )

    def _amazon_write_changed(self, vals):
        """Write those values that differ, so that a reading without news costs no UPDATE of the other fields."""
        changed = {}
        for name, value in vals.items():
            current = self[name].id if self._fields[name].type == "many2one" else self[name]
            if (current or False) != (value or False):
                changed[name] = value
        if changed:
            self.write(changed)


def _to_naive(moment):
    return moment and to_naive_utc(moment).replace(microsecond=0)
