from datetime import UTC, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..spapi import errors as spapi_errors
from ..spapi.client import SearchWindow
from ..spapi.snapshot import OrderSnapshot

STEPS = [
    ("connect", "Connect"),
    ("marketplaces", "Marketplaces"),
    ("match", "Orders"),
    ("rules", "Rules"),
    ("dry_run", "Dry Run"),
]


class AmazonCancellationSetup(models.TransientModel):
    """Leads through the connection of a seller account, and shows what it will do before it does anything.

    The account is archived until the last step, so that no scheduled action reads it.
    """

    _name = "amazon.cancellation.setup"
    _description = "Set Up an Amazon Account"

    step = fields.Selection(STEPS, required=True, default="connect", readonly=True)
    account_id = fields.Many2one("amazon.cancellation.account", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)

    # === CONNECT === #
    name = fields.Char(string="Account Name")
    region = fields.Selection(const.REGIONS, required=True, default="eu")
    seller_id = fields.Char(string="Seller ID")
    lwa_client_id = fields.Char(string="LWA Client ID")
    lwa_client_secret = fields.Char(string="LWA Client Secret")
    lwa_refresh_token = fields.Char(string="LWA Refresh Token")

    # === MARKETPLACES === #
    marketplace_ids = fields.Many2many("amazon.cancellation.marketplace", domain="[('region', '=', region)]")

    # === ORDERS === #
    days = fields.Integer(string="Days to Look Back", default=30)
    order_ref_field_id = fields.Many2one(
        "ir.model.fields",
        string="Order ID Field",
        domain=[("model", "=", "sale.order"), ("ttype", "=", "char"), ("store", "=", True)],
        help="Where your connector keeps the Amazon order id, if not in one of Odoo's own fields.",
    )
    snapshots = fields.Json(readonly=True)
    read_count = fields.Integer(readonly=True)
    known_count = fields.Integer(readonly=True)
    double_count = fields.Integer(readonly=True)
    request_count = fields.Integer(readonly=True)
    unknown_refs = fields.Text(readonly=True, help="Some of the orders that are not in Odoo.")
    incomplete = fields.Boolean(readonly=True, help="There are more orders than were read.")

    # === RULES === #
    auto_accept = fields.Selection(related="account_id.auto_accept", readonly=False)
    undo_minutes = fields.Integer(related="account_id.undo_minutes", readonly=False)
    follow_amazon = fields.Boolean(related="account_id.follow_amazon", readonly=False)
    hold_deliveries = fields.Boolean(related="account_id.hold_deliveries", readonly=False)
    check_before_shipping = fields.Selection(related="account_id.check_before_shipping", readonly=False)
    credit_note_policy = fields.Selection(related="account_id.credit_note_policy", readonly=False)

    # === DRY RUN === #
    line_ids = fields.One2many("amazon.cancellation.setup.line", "setup_id", readonly=True)

    # === ACTION METHODS === #

    def action_next(self):
        """Do the work of this step and go on to the next one.

        Note: self.ensure_one()

        :return: This form again.
        :rtype: dict
        :raise UserError: If something is missing, or Amazon cannot be reached or refuses the access.
        """
        self.ensure_one()
        getattr(self, f"_finish_{self.step}")()
        steps = [step for step, _label in STEPS]
        self.step = steps[steps.index(self.step) + 1]
        return self._reopen()

    def action_back(self):
        """Go back one step; the connection is made once.

        Note: self.ensure_one()
        """
        self.ensure_one()
        steps = [step for step, _label in STEPS]
        self.step = steps[max(steps.index(self.step) - 1, 1)]
        return self._reopen()

    def action_finish(self):
        """Put the account to work.

        Note: self.ensure_one()

        :return: The account's form.
        :rtype: dict
        """
        self.ensure_one()
        self.account_id.active = True
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()  # not everybody may see the jobs
        cron_sudo._trigger()
        return {
            "type": "ir.actions.act_window",
            "res_model": "amazon.cancellation.account",
            "res_id": self.account_id.id,
            "view_mode": "form",
            "target": "current",
        }

    # === STEPS === #

    def _finish_connect(self):
        """Make the account, test it and let Amazon tell its marketplaces. The secrets do not stay in this wizard."""
        account = self.env["amazon.cancellation.account"].create(
            {
                "name": self.name,
                "active": False,
                "company_id": self.company_id.id,
                "region": self.region,
                "seller_id": self.seller_id,
                "lwa_client_id": self.lwa_client_id,
                "lwa_client_secret": self.lwa_client_secret,
                "lwa_refresh_token": self.lwa_refresh_token,
            }
        )
        account.action_test_connection()
        self.write(
            {
                "account_id": account.id,
                "marketplace_ids": [(6, 0, account.marketplace_ids.ids)],
                "lwa_client_id": False,
                "lwa_client_secret": False,
                "lwa_refresh_token": False,
            }
        )

    def _finish_marketplaces(self):
        if not self.marketplace_ids:
            raise UserError(self.env._("Choose at least one marketplace."))
        self.account_id.marketplace_ids = self.marketplace_ids
        self._check_match()

    def _finish_match(self):
        if self.account_id.order_ref_field_id != self.order_ref_field_id:
            self.account_id.order_ref_field_id = self.order_ref_field_id

    def _finish_rules(self):
        self._dry_run()

    def action_check_match(self):
        """Read the orders again, with another field or over other days.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self._finish_match()
        self._check_match()
        return self._reopen()

    # === BUSINESS METHODS === #

    def _check_match(self):
        """Read the orders of the last days and see which of them are in Odoo; nothing is written to them."""
        snapshots, self.incomplete = self._read_snapshots()
        refs = [snapshot.order_id for snapshot in snapshots]
        matched = self.env["amazon.order.matcher"]._match(self.account_id, refs)
        unknown = [ref for ref in refs if ref not in matched]
        self.write(
            {
                "snapshots": [snapshot.to_dict() for snapshot in snapshots],
                "read_count": len(refs),
                "known_count": len(matched),
                "double_count": sum(len(orders) > 1 for orders in matched.values()),
                "request_count": sum(bool(snapshot.cancel_requested) for snapshot in snapshots),
                "unknown_refs": ", ".join(unknown[: const.SETUP_UNKNOWN_SHOWN]) or False,
            }
        )

    def _read_snapshots(self):
        """The orders that changed in the last days, up to a number that a person waits for.

        :return: The orders, and whether there are more.
        :rtype: tuple(list[OrderSnapshot], bool)
        :raise UserError: If Amazon cannot be reached or refuses.
        """
        account, snapshots, token = self.account_id, [], None
        try:
            with account._get_client() as client:
                client.get_marketplace_participations()  # its answer tells Amazon's time
                end = (client.now() - const.SEARCH_SETTLES_AFTER).astimezone(UTC)
                window = SearchWindow(
                    last_updated_after=end - timedelta(days=min(max(self.days, 1), 365)),
                    last_updated_before=end,
                    marketplace_ids=tuple(sorted(self.marketplace_ids.mapped("api_ref"))),
                )
                for _page in range(const.SETUP_PAGES):
                    page = client.search_orders(window, token)
                    snapshots += page.orders
                    token = page.next_token
                    if not token:
                        break
        except spapi_errors.SpApiError as error:
            raise UserError(account._describe_error(error)) from error
        return snapshots, bool(token)

    def _dry_run(self):
        """Apply what was read, by the rules as they are now, note what that does, and take all of it back."""
        snapshots = [OrderSnapshot.from_dict(values) for values in self.snapshots or []]
        lines = []
        quiet = {"tracking_disable": True, "mail_activity_automation_skip": True, "mail_notrack": True}
        try:
            with self.env.cr.savepoint():
                # As the scheduled action does it. Amazon is not asked; only the outbox would be, by another action.
                account = self.account_id.with_user(SUPERUSER_ID).with_context(**quiet)
                orders = self.env["sale.order"].union(
                    *account.env["amazon.order.matcher"]._match(account, [s.order_id for s in snapshots]).values()
                )
                states = {order.id: order.state for order in orders}
                account.env["amazon.order.reader"]._apply(account, snapshots, list_unknown=False)
                lines = [
                    {"order_id": order.id, "outcome": outcome, "reason": order.amazon_cancel_request_reason}
                    for order in orders
                    if (outcome := self._get_outcome(order, states[order.id]))
                ]
                raise _TakeBackError
        except _TakeBackError:
            self.env.invalidate_all()
        self.line_ids.unlink()
        self.line_ids = [(0, 0, line) for line in lines]

    @api.model
    def _get_outcome(self, order, state_before):
        """What the first reading would do to an order, or False."""
        if order.state == "cancel" and state_before != "cancel":
            return "accepted" if order.amazon_cancel_request == "accepted" else "followed"
        if order.amazon_cancel_progress == "requested":
            return "requested"
        if order.amazon_fulfillment_status == "cancelled" and order.state != "cancel":
            return "open_in_odoo"
        return "linked" if order.amazon_order_ref else False

    # === GETTERS === #

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up an Amazon Account"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class AmazonCancellationSetupLine(models.TransientModel):
    """What the first reading would do to one order."""

    _name = "amazon.cancellation.setup.line"
    _description = "Outcome of a Dry Run"
    _order = "outcome, id"

    setup_id = fields.Many2one("amazon.cancellation.setup", required=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="order_id.partner_id")
    outcome = fields.Selection(
        [
            ("accepted", "Cancelled by your rule, and at Amazon"),
            ("followed", "Cancelled in Odoo, as it is at Amazon"),
            ("open_in_odoo", "Stays open, though cancelled at Amazon"),
            ("requested", "Shown as Cancellation requested, delivery held"),
            ("linked", "Only recognised"),
        ],
        required=True,
    )
    reason = fields.Char(string="Buyer's Reason")


class _TakeBackError(Exception):
    """Rolls back what a dry run wrote."""
