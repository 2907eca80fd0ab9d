from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ... import const


class SaleOrder(models.Model):
    """The cancellation: whatever way an order is cancelled or reopened, Amazon is to know; and what became of it."""

    _inherit = "sale.order"

    amazon_cancellation_ids = fields.One2many(
        "amazon.order.cancellation", "order_id", string="Amazon Cancellations", readonly=True
    )
    amazon_cancellation_id = fields.Many2one(
        "amazon.order.cancellation",
        compute="_compute_amazon_cancellation",
        store=True,
        index="btree_not_null",
        help="The latest cancellation of this order.",
    )
    amazon_cancellation_history_ids = fields.One2many(
        "amazon.order.cancellation",
        string="Cancellation History",
        compute="_compute_amazon_cancellation_history",
        help="The same, for the form: an order that was never cancelled asks for none.",
    )
    amazon_cancellation_state = fields.Selection(
        related="amazon_cancellation_id.state", string="Cancellation at Amazon", store=True
    )
    amazon_cancel_progress = fields.Selection(
        const.CANCEL_PROGRESS,
        string="Amazon Cancellation Progress",
        compute="_compute_amazon_cancel_progress",
        store=True,
        index="btree_not_null",
        group_expand=True,
        help="The buyer's request and what became of it, for badges and columns.",
    )
    amazon_cancel_part = fields.Char(
        string="Part of the Order",
        compute="_compute_amazon_cancel_part",
        help="Marks requests for a part of the items: Amazon cancels whole orders only.",
    )
    amazon_open_though_cancelled = fields.Boolean(
        compute="_compute_amazon_open_though_cancelled",
        help="Cancelled at Amazon, yet open in Odoo: not to be shipped.",
    )
    amazon_cancellation_message = fields.Text(related="amazon_cancellation_id.amazon_message")
    amazon_cancellation_telling = fields.Char(related="amazon_cancellation_id.telling")
    amazon_cancellation_feed_id = fields.Many2one(related="amazon_cancellation_id.feed_id")
    amazon_untold = fields.Selection(
        const.UNTOLD_REASONS,
        string="Amazon Not Told",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="Why Amazon is not told that this order is cancelled in Odoo.",
    )
    amazon_family_names = fields.Char(
        string="Same Amazon Order",
        compute="_compute_amazon_family_names",
        help="The other sale orders that stand for the same Amazon order.",
    )
    amazon_cancellation_next_attempt = fields.Datetime(related="amazon_cancellation_id.next_attempt_date")

    # What the analysis and the cancellation rate start from.
    _amazon_analysed_index = models.Index(
        "(id) WHERE amazon_cancel_request IS NOT NULL OR amazon_cancellation_id IS NOT NULL"
    )
    _amazon_rate_index = models.Index(
        "(amazon_cancel_account_id, date_order) INCLUDE (amazon_channel) WHERE amazon_cancel_account_id IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    @api.depends("amazon_cancellation_ids")
    def _compute_amazon_cancellation(self):
        for order in self:
            order.amazon_cancellation_id = order.amazon_cancellation_ids.sorted("id")[-1:]

    @api.depends("amazon_cancellation_id")
    def _compute_amazon_cancellation_history(self):
        for order in self:
            order.amazon_cancellation_history_ids = order.amazon_cancellation_id and order.amazon_cancellation_ids

    @api.depends("amazon_duplicate", "amazon_order_ref", "amazon_linked_ref")
    def _compute_amazon_family_names(self):
        for order in self:
            # Flagged at each reading; an ordinary order costs nothing.
            others = order._amazon_get_others_sudo()[order] if order.amazon_duplicate else self.browse()
            order.amazon_family_names = others._amazon_name_family(order.company_id)

    @api.depends("state", "amazon_cancel_request", "amazon_cancellation_state", "amazon_untold")
    def _compute_amazon_cancel_progress(self):
        of_cancellation = {**dict.fromkeys(const.OPEN_CANCELLATION_STATES, "cancelling")}
        of_cancellation.update(refused="refused", confirmed="cancelled")
        of_request = {"requested": "requested", "declined": "kept", "withdrawn": "withdrawn", "overtaken": "overtaken"}
        for order in self:
            if order.state == "cancel":
                progress = "untold" if order.amazon_untold else of_cancellation.get(order.amazon_cancellation_state)
                if not progress and order.amazon_cancel_request == "requested":
                    progress = "requested"  # cancelled in Odoo alone, before the buyer asked
            else:
                progress = of_request.get(order.amazon_cancel_request)
            order.amazon_cancel_progress = progress or False

    @api.depends("amazon_cancel_request", "amazon_request_fingerprint", "amazon_item_refs")
    @api.depends_context("lang")
    def _compute_amazon_cancel_part(self):
        for order in self:
            open_request = order.amazon_cancel_request == "requested"
            order.amazon_cancel_part = open_request and order._amazon_is_request_partial() and self.env._("Only a part")

    @api.depends("state", "amazon_fulfillment_status")
    def _compute_amazon_open_though_cancelled(self):
        for order in self:
            order.amazon_open_though_cancelled = (
                order.amazon_fulfillment_status == "cancelled" and order.state != "cancel"
            )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: whatever way an order of Amazon is cancelled or reopened, Amazon is to know."""
        if "amazon_order_ref" in vals and not self._is_amazon_step():
            self._amazon_check_other_ref(vals["amazon_order_ref"])
        if (
            not vals.keys() & {"state", "amazon_cancel_account_id"}
            or not self.env["amazon.cancellation.account"]._is_used()
        ):
            result = self._amazon_note_decision(vals, super().write)
            self._amazon_renew_analysis(vals)
            return result
        state = vals.get("state")
        cancelled = self.filtered(lambda order: state == "cancel" and order.state != "cancel")
        reopened = self.filtered(lambda order: state and state != "cancel" and order.state == "cancel")
        states = {order.id: order.state for order in cancelled}
        unclear = cancelled._amazon_identify()
        to_tell = cancelled._amazon_filter_to_tell()
        to_tell._amazon_check_decider()
        self.env["amazon.cancellation.guard"]._check(to_tell)
        reopened._amazon_reopen()
        result = self._amazon_note_decision(vals, super().write)
        to_tell._amazon_tell_cancelled(states)
        of_amazon = cancelled.filtered(lambda order: order._amazon_get_ref())
        of_amazon._amazon_stop_supplies()
        of_amazon._amazon_calm_warehouse()
        unclear._amazon_note_unclear()
        if vals.get("amazon_cancel_account_id"):
            self.filtered(lambda order: order.amazon_untold == "account")._amazon_tell_late()
            self.sudo().amazon_cancellation_ids._follow_account()  # users only read the outbox
        self._amazon_renew_analysis(vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_amazon_open(self):
        """Refuse to delete what Amazon or a buyer still waits for.

        :raise UserError: With the way out.
        """
        for order in self:
            obstacle = order._amazon_get_deletion_obstacle()
            if obstacle:
                raise UserError(
                    self.env._("%(order)s cannot be deleted: %(obstacle)s", order=order.name, obstacle=obstacle)
                )

    # === CORE BUSINESS METHODS === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of `base`: orders of Amazon are cancelled by one button, whatever button another app puts there."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and arch.xpath("//field[@name='amazon_cancel_account_id']"):
            for name in const.CANCEL_BUTTONS_OF_OTHERS:
                for button in arch.xpath("//header//button[@name=$name]", name=name):
                    shown_unless = button.get("invisible") or "False"
                    button.set("invisible", f"({shown_unless}) or amazon_cancel_account_id")
        return arch, view

    def _action_cancel(self):
        """Override of `sale`: the user decides on an order of Amazon; what follows in other apps is done by the system.

        A salesperson may neither read a vendor's orders nor cancel a draft invoice, which Odoo does on the way.
        """
        if not self.env["amazon.cancellation.account"]._is_used():
            return super()._action_cancel()
        standing = self.filtered(lambda order: order.state != "cancel")
        standing._amazon_identify()
        to_tell = standing._amazon_filter_to_tell()
        if not to_tell:
            return super(SaleOrder, self._amazon_keep_shared_drafts())._action_cancel()
        to_tell._amazon_check_decider()
        self.env["amazon.cancellation.guard"]._check(to_tell)
        undo_data = {order: order._prepare_amazon_undo_data() for order in to_tell}
        cancelled = self._amazon_keep_shared_drafts()
        to_tell_sudo = to_tell.with_env(cancelled.env)._amazon_with_own_context().sudo()
        parts = (cancelled - to_tell, to_tell_sudo)
        results = [super(SaleOrder, orders)._action_cancel() for orders in parts if orders]
        self.env["amazon.order.cancellation"]._keep_undo_data(undo_data)
        return next((result for result in results if result is not True), True)

    # === ACTION METHODS === #

    def action_amazon_tell(self):
        """Tell Amazon of orders that were cancelled in Odoo without its being told, as a person now wants it.

        :raise UserError: If one is told already, or another sale order of its Amazon order stands.
        """
        self._amazon_check_decider()
        for order, others in self._amazon_get_others_sudo().items():
            if not order.amazon_untold or not order.amazon_cancel_account_id or others:
                names = others._amazon_name_family(order.company_id)
                reason = (
                    self.env._("It stands as %(orders)s, too.", orders=names)
                    if others
                    else self.env._("Set its Amazon account first, if it is not told already.")
                )
                raise UserError(
                    self.env._("%(order)s: Amazon cannot be told now. %(reason)s", order=order.name, reason=reason)
                )
        self._amazon_tell_late()

    def _amazon_open_choice(self):
        """Extend: the dialog asks what becomes of the others of the family."""
        return self.action_amazon_open_cancel()

    def action_amazon_open_cancel(self):
        """Open the dialog that asks for the reason before an order of Amazon is cancelled.

        Note: self.ensure_one()
        """
        self.ensure_one()
        if self.locked and self.amazon_cancel_request != "requested":
            raise UserError(self.env._("You cannot cancel a locked order. Please unlock it first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the order in Odoo and at Amazon"),
            "res_model": "amazon.cancel.dialog",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_amazon_undo_cancellation(self):
        """Undo the cancellation while it is not sent: the order is again as it was before.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_withdraw()

    def action_amazon_retry_cancellation(self):
        """Send the refused cancellation once more.

        Note: self.ensure_one()

        :raise UserError: If the user may not, or there is nothing to send.
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_retry()

    # === BUSINESS METHODS: IDENTITY === #

    def _amazon_check_other_ref(self, order_ref):
        """Refuse to say that orders are another order of Amazon, which would be cancelled in their stead.

        :param str order_ref: The other Amazon order id.
        :raise UserError: With the way out.
        """
        for order in self.filtered(lambda o: o.amazon_cancellation_id.state in const.OPEN_CANCELLATION_STATES):
            if order._amazon_would_change("amazon_order_ref", order_ref):
                raise UserError(self.env._("%(order)s is cancelled: undo the cancellation first.", order=order.name))

    def _amazon_check_relink(self):
        """Extend to keep an order whose cancellation Amazon was, or will be, told."""
        if self.state == "cancel" or self.amazon_cancellation_id.state in const.OPEN_CANCELLATION_STATES:
            raise UserError(self.env._("%(order)s is cancelled: undo the cancellation first.", order=self.name))
        return super()._amazon_check_relink()

    def _amazon_keep_shared_drafts(self):
        """Hook: what is to stay although these orders are cancelled.

        :return: The orders.
        """
        return self

    def _amazon_is_standing(self):
        """Extend: one whose cancellation Amazon was told of stands for the order, too."""
        return super()._amazon_is_standing() or bool(self.amazon_cancellation_ids)

    # === BUSINESS METHODS: FOLLOWING AMAZON === #

    def _amazon_get_consequences(self):
        """Extend: what a rule accepts needs nobody, so it comes before a person is asked."""
        return [
            "_amazon_settle_cancellations",
            "_amazon_follow_cancelled",
            "_amazon_auto_accept",
            *super()._amazon_get_consequences(),
        ]

    @api.model
    def _amazon_get_urgent_domain(self):
        """Extend: what was promised to Amazon waits for its proof."""
        promised = Domain("amazon_cancellation_state", "in", const.OPEN_CANCELLATION_STATES)
        return super()._amazon_get_urgent_domain() | promised

    def _amazon_renew_analysis(self, vals):
        """Have the analysis tell what was written.

        :param dict vals: The values.
        """
        if vals.keys() & const.ANALYSED_FIELDS:
            self.env["amazon.cancellation.report"]._renew_with_commit(
                self.filtered(lambda order: order.amazon_cancel_request or order.amazon_cancellation_id)
            )

    def _amazon_settle_cancellations(self):
        """Let the cancellations follow what Amazon shows of their orders."""
        self.filtered(
            lambda order: order.amazon_fulfillment_status == "cancelled"
        ).amazon_cancellation_ids._on_amazon_cancelled()
        shipped = self.filtered(lambda order: order.amazon_fulfillment_status in ("shipped", "partially_shipped"))
        shipped.amazon_cancellation_ids._on_amazon_shipped()

    def _amazon_auto_accept(self):
        """Accept the requests that the accounts' rules accept without a person."""
        guard = self.env["amazon.cancellation.guard"]
        for order in self:
            if order.amazon_cancel_request != "requested" or order.state == "cancel":
                continue
            if not guard._may_accept_alone(order) or not order._amazon_is_request_proven():
                continue
            order._amazon_log(
                lambda order: order.env._(
                    "Accepted by the rule of the account %(account)s.", account=order.amazon_cancel_account_id.name
                )
            )
            order._amazon_cancel_in_odoo()

    def _amazon_follow_cancelled(self):
        """Cancel the orders that Amazon shows as cancelled, where the account follows Amazon; nothing is sent."""
        followed = self.filtered(
            lambda order: (
                order.amazon_fulfillment_status == "cancelled"
                and order.state != "cancel"
                and order.amazon_cancel_account_id.follow_amazon
                and not order.amazon_duplicate
            )
        )
        if not followed:
            return
        progress = followed._amazon_get_goods_progress()
        gone = followed.filtered(lambda order: progress[order] == "left")
        gone._amazon_warn_goods_on_the_way()
        followed -= gone
        if not followed:
            return
        states = {order.id: order.state for order in followed}
        # Whoever reads, the system follows.
        followed.sudo().with_context(amazon_local_only=True, disable_cancel_warning=True)._action_cancel()
        left_open = followed.filtered(lambda order: order.state != "cancel")
        left_open._amazon_ask_to_cancel()
        followed -= left_open
        self.env["amazon.order.cancellation"]._create_confirmed(followed, states)
        followed._amazon_log(lambda order: order._amazon_get_cancelled_text())
        picked = followed.filtered(lambda order: progress[order] == "picking")
        picked._amazon_log(lambda order: order.env._("Goods of this order were picked already: put them back."))

    def _amazon_ask_to_cancel(self):
        """Another app asked a question instead of cancelling: a person is to answer it."""
        for order in self._amazon_filter_without_activity("request"):
            order = order._amazon_for_responsible()
            order._amazon_schedule_activity(
                "request",
                summary=order.env._("Cancel the order: another app asks something first"),
                note=order.env._("It could not be cancelled by itself."),
            )

    def _amazon_warn_goods_on_the_way(self):
        for order in self._amazon_filter_without_activity("goods_on_the_way"):
            order = order._amazon_for_responsible()
            order._amazon_schedule_activity(
                "goods_on_the_way",
                summary=order.env._("Cancelled at Amazon, but delivered"),
                note=order.env._(
                    "%(text)s The goods are on their way already: ask for them back, or refund the buyer.",
                    text=order._amazon_get_cancelled_text(),
                ),
            )

    # === BUSINESS METHODS: TELLING AMAZON === #

    def _amazon_filter_to_tell(self):
        """The orders whose cancellation in Odoo concerns Amazon.

        :raise UserError: If who may not do so wants to cancel in Odoo alone.
        """
        known = self.filtered(lambda order: order._amazon_get_ref() and order.amazon_cancel_account_id)
        if not known or not self.env.context.get("amazon_local_only"):
            return known
        if not self._amazon_get_context("amazon_local_only"):
            raise UserError(self.env._("Only a manager of the Amazon accounts can cancel in Odoo alone."))
        return self.browse()

    def _amazon_tell_cancelled(self, states):
        """Write the outbox in the transaction that cancels; nobody is called. A scheduled action sends.

        Of several sale orders of one Amazon order Amazon is told once, and not before all of them are cancelled.

        :param dict states: The state of each order before, by order id.
        """
        if not self:
            return
        families_sudo = self.sudo()._amazon_get_families()
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        told = covered = withheld = self.browse()
        for order in self:
            family_sudo = families_sudo[order.sudo()]
            if any(other.state != "cancel" for other in family_sudo):
                withheld |= order
            elif any(other.amazon_cancellation_state in const.OPEN_CANCELLATION_STATES for other in family_sudo):
                covered |= order
            elif not self.browse(family_sudo.ids) & told:
                told |= order
        self.env["amazon.order.cancellation"]._schedule(told, states)
        self.env["amazon.cancellation.guard"]._warn(told)
        requested._amazon_set_request("accepted")
        for order_sudo in (told | covered).sudo():
            families_sudo[order_sudo].amazon_untold = False
        withheld.sudo().amazon_untold = "family"
        for order in withheld:
            standing_sudo = families_sudo[order.sudo()].filtered(lambda other: other.state != "cancel")
            order._amazon_log(
                lambda order, standing=standing_sudo: order.env._(
                    "Cancelled in Odoo only: %(orders)s stands for the same Amazon order. Amazon is told when all are "
                    "cancelled.",
                    orders=standing._amazon_name_family(order.company_id),
                )
            )

    def _amazon_tell_late(self):
        """Tell Amazon of orders that were cancelled before anybody knew which account they are of."""
        self._amazon_identify()
        self.sudo().amazon_untold = False
        cancelled = self.filtered(lambda order: order.state == "cancel")
        cancelled._amazon_tell_cancelled(
            {order.id: "sale" if order.order_line.move_ids or order.invoice_ids else "draft" for order in cancelled}
        )

    def _amazon_tell_too(self):
        """Tell Amazon of orders that were cancelled in Odoo alone, as their buyers ask now.

        :raise UserError: If Amazon cannot cancel one.
        """
        told = self.filtered(lambda order: order.amazon_cancellation_state in const.OPEN_CANCELLATION_STATES)
        told._amazon_set_request("accepted")  # Amazon is being told already; the look before sending takes the reason
        untold = self - told
        self.env["amazon.cancellation.guard"]._check(untold)
        untold._amazon_tell_cancelled(dict.fromkeys(untold.ids, "cancel"))

    def _amazon_note_unclear(self):
        """Keep in sight that Amazon is not told of these orders, as several accounts can be meant."""
        if not self or self._amazon_get_context("amazon_local_only"):
            return
        self.sudo().amazon_untold = "account"
        self._amazon_log(
            lambda order: order.env._(
                "Cancelled in Odoo; Amazon is not told yet: the company has several Amazon accounts, and none has read "
                "this order. The first that reads it tells Amazon; to be sure, set the account on the order."
            )
        )

    def _amazon_reopen(self):
        """Withdraw what is not sent yet; refuse to reopen what was promised to Amazon.

        :raise AccessError: If the user may not decide about the orders.
        :raise UserError: If the cancellation was sent already.
        """
        self.filtered("amazon_cancel_account_id")._amazon_check_decider()
        if not self:
            return
        families_sudo = self.sudo()._amazon_get_families()
        family_sudo = self.sudo().union(*families_sudo.values())
        family_sudo.amazon_cancellation_ids._withdraw_for_reopening()
        self.sudo()._amazon_end_release()
        for order_sudo in self.sudo().filtered(lambda order: order.amazon_cancel_request == "accepted"):
            order_sudo._amazon_set_request("requested" if order_sudo.amazon_request_fingerprint else "withdrawn")
        family_sudo.amazon_untold = False
        (family_sudo - self.sudo()).filtered(lambda order: order.state == "cancel").amazon_untold = "family"

    # === BUSINESS METHODS: UNDO === #

    def _amazon_undo_decisions(self):
        """Extend: what an undo cannot bring back is said first."""
        if self.env.context.get("amazon_undo_losses_known"):
            return super()._amazon_undo_decisions()
        losing = self.amazon_cancellation_id.filtered(lambda c: c.state == "scheduled" and c._get_undo_losses())
        if not losing:
            return super()._amazon_undo_decisions()
        question = losing.action_withdraw()
        rest = self - losing.order_id
        return self._amazon_decide_and_ask(rest._amazon_undo_decisions, question) if rest else question

    def _amazon_undo_decision(self):
        """Extend: an order that was cancelled is restored, as long as Amazon was not told."""
        if self.state != "cancel" or self.amazon_cancellation_id.state in (False, "withdrawn"):
            return super()._amazon_undo_decision()
        # What it cannot bring back was said before.
        self.amazon_cancellation_id.with_context(amazon_undo_losses_known=True).action_withdraw()
        return None

    def _amazon_get_undo_seconds(self):
        """Extend: a cancellation can be undone until Amazon is told."""
        cancellation = self.amazon_cancellation_id
        if self.state != "cancel" or cancellation.state != "scheduled" or cancellation.feed_id:
            return super()._amazon_get_undo_seconds()
        return max(0, int((cancellation.send_after - fields.Datetime.now()).total_seconds()))

    @api.model
    def _amazon_get_just_decided_domain(self):
        """Extend: cancelled, and Amazon is not told yet."""
        return super()._amazon_get_just_decided_domain() | (
            Domain("state", "=", "cancel")
            & Domain("amazon_cancellation_id.state", "=", "scheduled")
            & Domain("amazon_cancellation_id.feed_id", "=", False)
            & Domain("amazon_cancellation_id.send_after", ">", fields.Datetime.now())
        )

    def _amazon_is_told_at_once(self):
        """Extend: where the account has no undo window; what a file tells can be undone until it is prepared."""
        account = self.amazon_cancel_account_id
        at_once = not account.undo_minutes and account.cancel_channel != "file"
        return super()._amazon_is_told_at_once() or at_once

    def _prepare_amazon_undo_data(self):
        """What the cancellation is about to change, for an undo. Hook for other apps.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        order_sudo = self.sudo()  # a salesperson may read neither transfers nor invoices
        moves = order_sudo._amazon_get_moves().filtered(lambda move: move.state not in ("done", "cancel"))
        return {
            "state": self.state,
            "date_order": fields.Datetime.to_string(self.date_order),
            "locked": self.locked,
            "line_ids": self.order_line.ids,
            "invoice_ids": order_sudo.invoice_ids.filtered(lambda invoice: invoice.state == "draft").ids,
            "moves": {
                str(move.id): {
                    "move_orig_ids": move.move_orig_ids.ids,
                    "procure_method": move.procure_method,
                    "sale_line_id": move.sale_line_id.id,
                    "state": move.state,
                }
                for move in moves
            },
        }

    def _amazon_undo(self, data):
        """Put an order back as it was before its cancellation.

        Note: self.ensure_one()

        :param dict data: What `_prepare_amazon_undo_data` kept.
        :raise UserError: If Odoo, or an app, does not confirm the order without a question.
        """
        self.ensure_one()
        order_sudo = self.sudo()  # the decision was the user's; what follows in other apps is the system's
        order_sudo.invoice_ids.browse(data.get("invoice_ids", ())).exists().filtered(
            lambda invoice: invoice.state == "cancel"
        ).button_draft()
        # Before the order is confirmed: what is there is not procured once more.
        line_ids = set(order_sudo.order_line.ids)
        wanted = {
            move_id: before
            for move_id, before in data.get("moves", {}).items()
            if not before.get("sale_line_id") or before["sale_line_id"] in line_ids
        }
        self.env["stock.move"].sudo()._amazon_revive(wanted)
        if data["state"] == "cancel":
            order_sudo.with_context(amazon_local_only=True)._action_cancel()
        elif data["state"] == "sale":
            order_sudo.action_confirm()
        elif data["state"] == "sent":
            order_sudo.state = "sent"
        if order_sudo.state != data["state"]:
            raise UserError(
                self.env._(
                    "%(order)s cannot be undone in one step, as its confirmation asks a question first. Set it to "
                    "quotation and confirm it; Amazon is then not told either.",
                    order=self.name,
                )
            )
        order_sudo.write({name: data[name] for name in ("date_order", "locked") if name in data})
        self._amazon_resume_supplies()

    def _amazon_get_undo_losses(self, data):
        """What an undo cannot bring back. Hook for other apps.

        Note: self.ensure_one()

        :param dict data: What `_prepare_amazon_undo_data` kept.
        :return: What is lost, in words, one text each.
        :rtype: list[str]
        """
        self.ensure_one()
        order_sudo = self.sudo()  # a salesperson may read neither transfers nor invoices
        losses = []
        if "moves" not in data and data["state"] == "sale":
            losses.append(self.env._("It is not known what was cancelled with it: deliveries are made anew."))
        if not set(data.get("line_ids", ())) <= set(self.order_line.ids):
            losses.append(self.env._("Lines of the order were deleted since: it comes back without them."))
        moves = self.env["stock.move"].sudo().browse(int(move_id) for move_id in data.get("moves", ()))
        if moves - moves.exists():
            losses.append(self.env._("A delivery that was cancelled with it was deleted since: it is made anew."))
        invoices = order_sudo.invoice_ids.browse(data.get("invoice_ids", ()))
        if invoices - invoices.exists():
            losses.append(self.env._("A draft invoice that was cancelled with it was deleted since."))
        short = moves.exists().filtered(
            lambda move: (
                data["moves"][str(move.id)]["state"] == "assigned"
                and not data["moves"][str(move.id)]["move_orig_ids"]
                and not move._should_bypass_reservation()
                and move.product_uom._compute_quantity(move.product_uom_qty, move.product_id.uom_id)
                > move.product_id.with_context(location=move.location_id.id).free_qty
            )
        )
        if short:
            losses.append(
                self.env._(
                    "Its goods were reserved for others since: %(products)s.",
                    products=", ".join(short.product_id.mapped("display_name")),
                )
            )
        return losses

    # === GETTERS === #

    def _amazon_get_deletion_obstacle(self):
        """Why the order must not be deleted now, with the way out.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        cancellations_sudo = self.sudo().amazon_cancellation_ids  # of whoever deletes
        if self.amazon_cancel_request == "requested" and self.state != "cancel":
            return self.env._("its buyer asks to cancel it. Accept the cancellation, or keep the order, first.")
        if self.amazon_untold == "account":
            return self.env._(
                "Amazon is not told yet that it is cancelled. Set its Amazon account, or set it to quotation, first."
            )
        if any(c.state == "scheduled" for c in cancellations_sudo):
            return self.env._("Amazon is still to be told that it is cancelled. Wait until that is done, or undo it.")
        if any(c.state in const.OPEN_CANCELLATION_STATES or c.next_attempt_date for c in cancellations_sudo):
            return self.env._("Amazon was told to cancel it and has not shown it done yet. Wait until it has.")
        return False
