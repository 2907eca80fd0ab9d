from odoo import api, fields, models

from ... import const
from ...spapi.knowledge import OrderKnowledge
from ...tools import to_naive_utc


class AmazonCancellationUnknown(models.Model):
    """An order at Amazon that no sale order of the company stands for.

    What was read is kept, so that the order is up to date the moment it appears in Odoo.
    """

    _name = "amazon.cancellation.unknown"
    _description = "Unknown Amazon Order"
    _inherit = ["amazon.protected.mixin"]
    _order = "last_seen desc, id desc"
    _rec_name = "order_ref"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    order_ref = fields.Char(string="Amazon Order", required=True, readonly=True)
    marketplace_id = fields.Many2one("amazon.cancellation.marketplace", readonly=True)
    amazon_status = fields.Selection(const.ORDER_STATUSES, string="Status at Amazon", readonly=True)
    cancel_requested = fields.Boolean(string="Cancellation Requested", readonly=True)
    cancel_reason = fields.Char(string="Buyer's Reason", readonly=True)
    last_seen = fields.Datetime(readonly=True, help="When Amazon last changed the order.")
    item_summary = fields.Text(string="Items", compute="_compute_item_summary")
    knowledge = fields.Json(readonly=True, help="What each source told about the order, and for which time.")

    _order_unique = models.Constraint("UNIQUE(account_id, order_ref)", "An unknown order is listed once per account.")

    # === COMPUTE METHODS === #

    @api.depends("knowledge")
    def _compute_item_summary(self):
        for entry in self:
            items = entry._get_knowledge().to_snapshot().items if entry.knowledge else ()
            entry.item_summary = "\n".join(
                f"{item.quantity or '?'} × {item.sku or '?'} {item.title or ''}".strip() for item in items
            )

    # === ACTION METHODS === #

    def action_match(self):
        """Open the dialog that says by hand which sale order this is.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match by Hand"),
            "res_model": "amazon.match.dialog",
            "view_mode": "form",
            "target": "new",
            "context": {"default_unknown_order_id": self.id},
        }

    # === BUSINESS METHODS === #

    @api.autovacuum
    def _gc_closed(self):
        """Forget orders that were closed long ago: nothing can happen to them any more."""
        self.search(
            [
                ("amazon_status", "in", ("shipped", "cancelled")),
                ("last_seen", "<", fields.Datetime.now() - const.UNKNOWN_ORDERS_KEPT),
            ],
            limit=10000,
        ).unlink()

    @api.model
    def _list(self, account, read):
        """Add or refresh the entries of the orders that nothing in Odoo stands for.

        :param recordset account: The account that they were read by.
        :param Iterable[OrderKnowledge] read: What was read, one per order.
        """
        listed = {entry.order_ref: entry for entry in self._search_listed(account, [k.order_id for k in read])}
        new_vals = []
        for knowledge in read:
            entry = listed.get(knowledge.order_id)
            if entry:
                entry.write(self._prepare_vals(account, entry._get_knowledge().merge(knowledge)))
            else:
                new_vals.append(self._prepare_vals(account, knowledge))
        self.create(new_vals)

    def _prepare_vals(self, account, knowledge):
        snapshot = knowledge.to_snapshot()
        last_seen = knowledge.last_updated or knowledge.last_asked or knowledge.last_clear
        return {
            "account_id": account.id,
            "order_ref": snapshot.order_id,
            "marketplace_id": self.env["amazon.cancellation.marketplace"]._get_by_api_ref(snapshot.marketplace_id),
            "amazon_status": snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False,
            "cancel_requested": knowledge.request == "requested",
            "cancel_reason": snapshot.cancel_reason,
            "last_seen": last_seen and to_naive_utc(last_seen).replace(microsecond=0),
            "knowledge": knowledge.to_dict(),
        }

    def _rematch(self):
        """Apply what was read of the orders that have appeared in Odoo since, and strike them off the list."""
        for account, entries in self.grouped("account_id").items():
            found = self.env["amazon.order.matcher"]._match(account, entries.mapped("order_ref"))
            self.env["amazon.order.reader"]._apply_knowledge(
                account,
                {entry.order_ref: entry._get_knowledge() for entry in entries if entry.order_ref in found},
                list_unknown=False,
            )

    # === GETTERS === #

    @api.model
    def _search_listed(self, account, order_refs):
        return self.search([("account_id", "=", account.id), ("order_ref", "in", list(order_refs))])

    def _get_knowledge(self):
        self.ensure_one()
        return OrderKnowledge.from_dict(self.knowledge)
