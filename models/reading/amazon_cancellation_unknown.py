from odoo import api, fields, models

from ... import const
from ...spapi.knowledge import OrderKnowledge
from ...tools import to_naive_seconds


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
    order_ref = fields.Char(string="Amazon Order", required=True, readonly=True, index=True)
    marketplace_id = fields.Many2one("amazon.cancellation.marketplace", readonly=True)
    amazon_status = fields.Selection(const.ORDER_STATUSES, string="Status at Amazon", readonly=True)
    cancel_requested = fields.Boolean(string="Cancellation Requested", readonly=True)
    cancel_reason = fields.Char(string="Buyer's Reason as Told", readonly=True)
    cancel_words = fields.Char(string="Buyer's Reason", compute="_compute_cancel_words")
    last_seen = fields.Datetime(readonly=True, help="When Amazon last changed the order.")
    item_summary = fields.Text(string="Items", compute="_compute_item_summary")
    knowledge = fields.Json(readonly=True, help="What each source told about the order, and for which time.")

    _order_unique = models.Constraint("UNIQUE(account_id, order_ref)", "An unknown order is listed once per account.")

    # What may hold a parcel still: few, however many were shipped that another program looks after.
    _open_index = models.Index("(account_id) WHERE amazon_status != 'shipped' OR amazon_status IS NULL")

    # === COMPUTE METHODS === #

    @api.depends("cancel_reason")
    @api.depends_context("lang")
    def _compute_cancel_words(self):
        for entry in self:
            entry.cancel_words = self.env["amazon.cancellation.words"]._word_code(entry.cancel_reason)

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
    def _list(self, account, read, listed, heard):
        """Add or refresh the entries of the orders that nothing in Odoo stands for.

        :param recordset account: The account that they were read by.
        :param dict[str, list[OrderSnapshot]] read: What was read, by Amazon order id.
        :param recordset listed: Those of them that are listed already.
        :param datetime heard: When, by Amazon's clock, aware.
        """
        listed = {entry.order_ref: entry for entry in listed}
        new_vals = []
        for ref, snapshots in read.items():
            entry = listed.get(ref)
            before = entry._get_knowledge() if entry else OrderKnowledge(ref)
            after = before.learn_all(snapshots, heard)
            if entry and after is not before:
                entry.write(self._prepare_vals(account, after))
            elif not entry and snapshots:
                new_vals.append(self._prepare_vals(account, after))
        self.create(new_vals)

    def _prepare_vals(self, account, knowledge):
        snapshot = knowledge.to_snapshot()
        last_seen = knowledge.last_updated or snapshot.shown_at
        return {
            "account_id": account.id,
            "order_ref": snapshot.order_id,
            "marketplace_id": self.env["amazon.cancellation.marketplace"]._get_by_api_ref(snapshot.marketplace_id),
            "amazon_status": snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False,
            "cancel_requested": knowledge.is_open,
            "cancel_reason": snapshot.cancel_reason,
            "last_seen": to_naive_seconds(last_seen),
            "knowledge": knowledge.to_dict(),
        }

    @api.model
    def _rematch_open(self, account):
        """Rematch what may hold a parcel still. What is shipped is struck off when it is read, as each import is.

        :param recordset account: The account.
        """
        self.search([("account_id", "=", account.id), ("amazon_status", "!=", "shipped")])._rematch()

    def _rematch(self):
        """Apply what was read of the orders that have appeared in Odoo since, and strike them off the list."""
        for account, entries in self.grouped("account_id").items():
            found = self.env["amazon.order.matcher"]._match(account, entries.mapped("order_ref"))
            self.env["amazon.order.reader"]._apply(account, [], list_unknown=False, refs=found)

    # === GETTERS === #

    @api.model
    def _search_listed(self, account, order_refs):
        return self.search([("account_id", "=", account.id), ("order_ref", "in", list(order_refs))])

    def _get_knowledge(self):
        self.ensure_one()
        return OrderKnowledge.from_dict(self.knowledge)
