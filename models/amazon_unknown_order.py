from odoo import fields, models

from .. import const
from ..spapi.snapshot import OrderSnapshot


class AmazonUnknownOrder(models.Model):
    """An order at Amazon that no sale order of the company stands for.

    The last snapshot is kept, so that the order is up to date the moment it appears in Odoo.
    """

    _name = "amazon.unknown.order"
    _description = "Unknown Amazon Order"
    _order = "last_seen desc, id desc"
    _rec_name = "order_ref"

    account_id = fields.Many2one("amazon.seller.account", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    order_ref = fields.Char(string="Amazon Order", required=True, readonly=True)
    marketplace_id = fields.Many2one("amazon.seller.marketplace", readonly=True)
    amazon_status = fields.Selection(const.ORDER_STATUSES, string="Status at Amazon", readonly=True)
    cancel_requested = fields.Boolean(string="Cancellation Requested", readonly=True)
    cancel_reason = fields.Char(string="Buyer's Reason", readonly=True)
    last_seen = fields.Datetime(readonly=True, help="When Amazon last changed the order.")
    snapshot = fields.Json(readonly=True)

    _order_unique = models.Constraint("UNIQUE(account_id, order_ref)", "An unknown order is listed once per account.")

    def _list(self, account, snapshots):
        """Add or refresh the entries of the orders that nothing in Odoo stands for.

        :param recordset account: The account that they were read by.
        :param list[OrderSnapshot] snapshots: One per order.
        """
        listed = {
            entry.order_ref: entry
            for entry in self.search(
                [("account_id", "=", account.id), ("order_ref", "in", [s.order_id for s in snapshots])]
            )
        }
        new_vals = []
        for snapshot in snapshots:
            vals = self._prepare_vals(account, snapshot)
            entry = listed.get(snapshot.order_id)
            if not entry:
                new_vals.append(vals)
            elif not entry.last_seen or not vals["last_seen"] or vals["last_seen"] >= entry.last_seen:
                entry.write(vals)
        self.create(new_vals)

    def _prepare_vals(self, account, snapshot):
        marketplace = account.marketplace_ids.filtered(lambda m: m.api_ref == snapshot.marketplace_id)
        return {
            "account_id": account.id,
            "order_ref": snapshot.order_id,
            "marketplace_id": marketplace.id,
            "amazon_status": snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False,
            "cancel_requested": snapshot.cancel_requested,
            "cancel_reason": snapshot.cancel_reason,
            "last_seen": snapshot.last_updated and snapshot.last_updated.replace(tzinfo=None, microsecond=0),
            "snapshot": snapshot.to_dict(),
        }

    def _rematch(self):
        """Apply the kept snapshots of the orders that have appeared in Odoo since, and strike them off the list."""
        for account, entries in self.grouped("account_id").items():
            self.env["amazon.order.reader"]._apply(
                account, [OrderSnapshot.from_dict(entry.snapshot) for entry in entries], list_unknown=False
            )
