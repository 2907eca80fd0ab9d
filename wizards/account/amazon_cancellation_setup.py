from datetime import UTC, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.client import SearchWindow
from ...spapi.snapshot import OrderSnapshot


class AmazonCancellationSetup(models.TransientModel):
    """Leads through the connection of a seller account, and shows what it will do before it does anything.

    The account is archived until the last step, so that no scheduled action reads it. It knows its step, so a set-up
    that was left is gone on with there, or thrown away whole.
    """

    _name = "amazon.cancellation.setup"
    _description = "Set Up an Amazon Account"

    step = fields.Selection(const.SETUP_STEPS, required=True, default="connect", readonly=True)
    account_id = fields.Many2one("amazon.cancellation.account", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    left_account_id = fields.Many2one(
        "amazon.cancellation.account",
        string="Left",
        readonly=True,
        default=lambda self: self._get_left_account(),
        context={"active_test": False},
    )

    # === CONNECT === #
    name = fields.Char(string="Account Name")
    region = fields.Selection(const.REGIONS, required=True, default="eu")
    seller_id = fields.Char(string="Seller ID")
    lwa_client_id = fields.Char(string="LWA Client ID")
    lwa_client_secret = fields.Char(string="LWA Client Secret")
    lwa_refresh_token = fields.Char(string="LWA Refresh Token")

    # === MARKETPLACES === #
    marketplace_ids = fields.Many2many("amazon.cancellation.marketplace", domain="[('region', '=', region)]")
    list_refused = fields.Boolean(readonly=True, help="Amazon does not list the seller's marketplaces.")
    finding_ids = fields.One2many(related="account_id.finding_ids", string="Tried at Amazon")
    sweep_method = fields.Selection(related="account_id.sweep_method")

    # === ORDERS === #
    days = fields.Integer(string="Days to Look Back", default=30)
    order_ref_path = fields.Char(related="account_id.order_ref_path", readonly=False)
    order_ref_prefix = fields.Char(related="account_id.order_ref_prefix", readonly=False)
    order_ref_suffix = fields.Char(related="account_id.order_ref_suffix", readonly=False)
    order_ref_field_id = fields.Many2one(related="account_id.order_ref_field_id", readonly=False)
    order_ref_message = fields.Text(related="account_id.order_ref_message")
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
        self._go(1)
        return self._reopen()

    def action_back(self):
        """Go back one step.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self._go(-1)
        return self._reopen()

    def action_finish(self):
        """Put the account to work.

        Note: self.ensure_one()

        :return: The account's form.
        :rtype: dict
        """
        self.ensure_one()
        self.account_id.write({"active": True, "setup_step": False})
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()  # not everybody may see the jobs
        cron_sudo._trigger()
        return {
            "type": "ir.actions.act_window",
            "res_model": "amazon.cancellation.account",
            "res_id": self.account_id.id,
            "view_mode": "form",
            "target": "current",
        }

    def action_resume(self):
        """Go on with the set-up that was left.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return self._resume(self.left_account_id)

    def action_throw_away(self):
        """Delete the account that is being set up, or the one that was left, with its secrets.

        Note: self.ensure_one()
        """
        self.ensure_one()
        account = self.account_id or self.left_account_id
        self.write({"account_id": False, "left_account_id": False})
        return account.action_throw_away_setup()

    # === STEPS === #

    def _go(self, steps):
        names = [step for step, _label in const.SETUP_STEPS]
        self.step = names[max(names.index(self.step) + steps, 0)]
        self.account_id.setup_step = self.step

    @api.model
    def _resume(self, account):
        """Open the set-up of an account at the step at which it was left.

        :return: The form.
        :rtype: dict
        """
        setup = self.create(
            {
                "account_id": account.id,
                "left_account_id": False,
                "step": account.setup_step,
                "company_id": account.company_id.id,
                "name": account.name,
                "region": account.region,
                "seller_id": account.seller_id,
                "marketplace_ids": [(6, 0, account.marketplace_ids.ids)],
                "list_refused": not account.marketplace_ids,
            }
        )
        if setup.step == "match":
            setup._check_match()
        elif setup.step == "dry_run":
            setup._dry_run()
        return setup._reopen()

    def _finish_connect(self):
        """Make the account, and try what Amazon lets it do. The secrets do not stay in this wizard."""
        account = self.account_id or self._get_same_account()
        vals = {"name": self.name, "seller_id": self.seller_id, "region": self.region}
        # What was kept from an earlier try need not be pasted again.
        secrets = ("lwa_client_id", "lwa_client_secret", "lwa_refresh_token")
        vals |= {name: self[name] for name in secrets if self[name]}
        if account:
            moved = account.region != self.region
            account.write({**vals, **({"marketplace_ids": [(5,)]} if moved else {})})
        else:
            account = account.create(
                {**vals, "active": False, "setup_step": "connect", "company_id": self.company_id.id}
            )
        findings = account._test_access()
        listed = account._get_listed_marketplaces(findings)
        self.write(
            {
                "account_id": account.id,
                "left_account_id": False,
                "marketplace_ids": [(6, 0, (account.marketplace_ids or listed).ids)],
                "list_refused": not listed,
                **dict.fromkeys(secrets, False),
            }
        )

    def _get_same_account(self):
        """The account of the same seller whose set-up was left, to go on with.

        :raise RedirectWarning: If an account of this seller works already, or is archived.
        """
        Account = self.env["amazon.cancellation.account"].with_context(active_test=False)
        account = Account.search(
            [
                ("seller_id", "=", (self.seller_id or "").strip()),
                ("region", "=", self.region),
                ("company_id", "=", self.company_id.id),
            ]
        )
        if account and not account.setup_step:
            raise RedirectWarning(
                self.env._("There is an account of this seller and region already: %(name)s.", name=account.name)
                if account.active
                else self.env._(
                    "There is an archived account of this seller and region: %(name)s. Unarchive it to use it again.",
                    name=account.name,
                ),
                {
                    "type": "ir.actions.act_window",
                    "res_model": account._name,
                    "res_id": account.id,
                    "views": [(False, "form")],
                },
                self.env._("Open the account"),
            )
        return account.with_context(active_test=True)

    def _finish_marketplaces(self):
        if not self.marketplace_ids:
            raise UserError(self.env._("Choose at least one marketplace."))
        account = self.account_id
        account.marketplace_ids = self.marketplace_ids
        if self.list_refused:
            self._try_each_marketplace()
        account._test_access()
        self._check_match()

    def _try_each_marketplace(self):
        """Ask for one order of each marketplace that was picked by hand.

        :raise UserError: With those that Amazon refuses.
        """
        try:
            with self.account_id._open_client(insist=True) as client:
                refused = self.env["amazon.cancellation.access"]._get_refused_marketplaces(client, self.marketplace_ids)
        except spapi_errors.SpApiError as error:
            raise UserError(self.account_id._describe_error(error)) from error
        if refused and refused != self.marketplace_ids:  # where all are, the marketplaces are not the reason
            raise UserError(
                self.env._(
                    "Amazon refuses %(marketplaces)s, while it answers for the others: the seller is not active there. "
                    "Take them off the list.",
                    marketplaces=", ".join(refused.mapped("name")),
                )
            )

    def _finish_match(self):
        """Nothing is left to do: how orders are found is kept on the account."""

    def _finish_rules(self):
        self._dry_run()

    def action_check_match(self):
        """Read the orders again, with another field or over other days.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self._check_match()
        return self._reopen()

    def action_find_order_refs(self):
        """Look once more in which field the order ids stand, and check with it.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.account_id.order_ref_path = False
        return self.action_check_match()

    # === BUSINESS METHODS === #

    def _check_match(self):
        """Read the orders of the last days and see which of them are in Odoo; nothing is written to them.

        Where no field is chosen, the one is that holds the most order ids.
        """
        snapshots, self.incomplete = self._read_snapshots()
        account = self.account_id
        if not account.order_ref_path:
            Finder = self.env["amazon.order.finder"]
            for place in Finder._look(account)[:1]:
                Finder._choose(account, place)
        self.invalidate_recordset(["order_ref_path", "order_ref_prefix", "order_ref_suffix", "order_ref_message"])
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
        refs = tuple(sorted(self.marketplace_ids.mapped("api_ref")))
        try:
            with account._open_client(insist=True) as client:
                client.try_search(refs)  # its answer tells Amazon's time
                end = (client.now() - const.SEARCH_SETTLES_AFTER).astimezone(UTC)
                window = SearchWindow(
                    last_updated_after=end - timedelta(days=min(max(self.days, 1), 365)),
                    last_updated_before=end,
                    marketplace_ids=refs,
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
        if self.snapshots is False or self.snapshots is None:
            self._check_match()  # the set-up was left since
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
                    {"order_id": order.id, "outcome": outcome, "reason": order.amazon_cancel_request_words}
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
        return "linked" if order._amazon_get_ref() else False

    # === GETTERS === #

    @api.model
    def _get_left_account(self):
        """The latest account whose set-up was left."""
        return self.env["amazon.cancellation.account"].search(
            [("active", "=", False), ("setup_step", "!=", False), ("company_id", "=", self.env.company.id)],
            order="write_date desc",
            limit=1,
        )

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
    _order = "rank, id"

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
    rank = fields.Integer(compute="_compute_rank", store=True, help="What changes most comes first.")
    reason = fields.Char(string="Buyer's Reason")

    @api.depends("outcome")
    def _compute_rank(self):
        outcomes = [outcome for outcome, _label in self._fields["outcome"].selection]
        for line in self:
            line.rank = outcomes.index(line.outcome)


class _TakeBackError(Exception):
    """Rolls back what a dry run wrote."""
