from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError

from ... import const


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "amazon.activity.mixin"]

    # === IDENTITY AT AMAZON === #
    amazon_order_ref = fields.Char(
        string="Amazon Order", copy=False, index="btree_not_null", help="Amazon's order id, as in 902-1234567-1234567."
    )
    amazon_channel = fields.Selection(
        [("fbm", "Fulfilled by Merchant"), ("fba", "Fulfilled by Amazon")], string="Fulfilment Channel", copy=False
    )
    amazon_seller_account_id = fields.Many2one(
        "amazon.seller.account",
        string="Amazon Account",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    amazon_marketplace_id = fields.Many2one("amazon.seller.marketplace", string="Marketplace", copy=False)
    amazon_duplicate = fields.Boolean(
        copy=False,
        readonly=True,
        help="Another sale order stands for the same Amazon order, so nothing is cancelled by itself.",
    )

    # === AS AMAZON SHOWS IT === #
    amazon_status = fields.Selection(
        const.ORDER_STATUSES, string="Status at Amazon", copy=False, readonly=True, index="btree_not_null"
    )
    amazon_item_refs = fields.Json(
        string="Amazon Items", copy=False, readonly=True, help="Amazon's ids of all items of the order."
    )
    amazon_ship_by = fields.Datetime(string="Ship By", copy=False, readonly=True, help="Amazon's latest ship date.")
    amazon_last_update = fields.Datetime(
        string="Changed at Amazon", copy=False, readonly=True, help="When the order last changed at Amazon."
    )
    amazon_checked_date = fields.Datetime(
        string="Last Read", copy=False, readonly=True, help="When Odoo last read the order at Amazon."
    )
    amazon_cancelled_by = fields.Selection(const.CANCELLED_BY, string="Cancelled By", copy=False, readonly=True)
    amazon_cancelled_reason = fields.Char(string="Reason at Amazon", copy=False, readonly=True)

    # === THE BUYER'S REQUEST === #
    amazon_cancel_request = fields.Selection(
        const.REQUEST_STATES,
        string="Cancellation Request",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The buyer's request to cancel this order.\n"
        "Requested: the buyer asks, nobody has decided.\n"
        "Accepted: the order was cancelled in Odoo.\n"
        "Declined: the order is kept and will be shipped.\n"
        "Withdrawn: the request is no longer shown at Amazon.\n"
        "Overtaken: shipped or cancelled at Amazon before it was decided.",
    )
    amazon_cancel_request_reason = fields.Char(
        string="Buyer's Reason", copy=False, readonly=True, help="In the buyer's own words."
    )
    amazon_cancel_request_date = fields.Datetime(string="Requested On", copy=False, readonly=True)
    amazon_request_seen_date = fields.Datetime(
        string="Request Seen On", copy=False, readonly=True, help="When Odoo first showed the open request."
    )
    amazon_request_fingerprint = fields.Json(
        copy=False, readonly=True, help="The request as Amazon last showed it: reason by item. Empty when not shown."
    )
    amazon_declined_fingerprint = fields.Json(
        copy=False, readonly=True, help="The request that was declined, to tell a new one from it."
    )

    # === THE CANCELLATION === #
    amazon_cancellation_ids = fields.One2many(
        "amazon.order.cancellation", "order_id", string="Amazon Cancellations", readonly=True
    )
    amazon_cancellation_id = fields.Many2one(
        "amazon.order.cancellation",
        compute="_compute_amazon_cancellation",
        store=True,
        help="The latest cancellation of this order.",
    )
    amazon_cancellation_state = fields.Selection(
        related="amazon_cancellation_id.state", string="Cancellation at Amazon", store=True
    )

    # === COMPUTE METHODS === #

    @api.depends("amazon_cancellation_ids")
    def _compute_amazon_cancellation(self):
        for order in self:
            order.amazon_cancellation_id = order.amazon_cancellation_ids.sorted("id")[-1:]

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: whatever way an order of Amazon is cancelled or reopened, Amazon is to know."""
        if "state" not in vals:
            return super().write(vals)
        cancelled = self.filtered(lambda order: vals["state"] == "cancel" and order.state != "cancel")
        reopened = self.filtered(lambda order: vals["state"] != "cancel" and order.state == "cancel")
        states = {order.id: order.state for order in cancelled}
        cancelled = cancelled._amazon_filter_to_tell()
        self.env["amazon.cancellation.guard"]._check(cancelled)
        reopened._amazon_check_reopen()
        result = super().write(vals)
        cancelled._amazon_schedule_cancellation(states)
        return result

    # === ACTION METHODS === #

    def action_amazon_accept_cancellation(self):
        """Accept the buyers' requests: cancel the orders in Odoo, and by that at Amazon.

        :return: A notification that says what was done, and what was not and why.
        :rtype: dict
        :raise UserError: If none of the orders could be cancelled, with the reasons.
        """
        requested = self._amazon_get_requested()
        refusals = requested._amazon_try_cancel()
        if len(refusals) == len(requested):
            raise UserError("\n".join(refusals))
        count = len(requested) - len(refusals)
        return self._amazon_get_decision_notification(
            self - requested, refusals, self.env._("%(count)s cancelled; Amazon will be told.", count=count)
        )

    def action_amazon_keep_order(self):
        """Decline the buyers' requests: the orders stay and are to be shipped.

        :return: A notification that says what was done and what was not.
        :rtype: dict
        :raise UserError: If none of the orders has an open request.
        """
        requested = self._amazon_get_requested()
        requested._amazon_keep()
        return self._amazon_get_decision_notification(
            self - requested, [], self.env._("%(count)s kept. Ship by the ship-by date.", count=len(requested))
        )

    def action_amazon_open_keep(self):
        """Open the dialog that asks why the orders are kept, and may write to the buyers.

        :raise UserError: If none of the orders has an open request.
        """
        return self._amazon_open_dialog(
            "amazon.keep.dialog", self.env._("Keep the order"), self._amazon_get_requested()
        )

    def action_amazon_open_ask_buyer(self):
        """Open the dialog that asks the buyers, who wrote a message, to cancel from "Your Orders"."""
        self.check_access("write")
        return self._amazon_open_dialog("amazon.ask.dialog", self.env._("Ask the buyer to use Your Orders"), self)

    def action_amazon_open_cancel(self):
        """Open the dialog that asks for the reason before an order of Amazon is cancelled.

        Note: self.ensure_one()
        """
        self.ensure_one()
        if self.locked:
            raise UserError(self.env._("You cannot cancel a locked order. Please unlock it first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the order in Odoo and at Amazon"),
            "res_model": "amazon.cancel.dialog",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_amazon_open_seller_central(self):
        """Open the order in Seller Central of its marketplace.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"{self.amazon_marketplace_id.seller_central_url}/orders-v3/order/{self.amazon_order_ref}",
            "target": "new",
        }

    def action_amazon_undo_cancellation(self):
        """Undo the cancellation while it is not sent: the order is again as it was before.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_withdraw()

    # === BUSINESS METHODS: FOLLOWING AMAZON === #

    def _amazon_follow_cancelled(self):
        """Cancel the orders that Amazon shows as cancelled, where the account follows Amazon; nothing is sent."""
        followed = self.filtered(
            lambda order: (
                order.state != "cancel" and order.amazon_seller_account_id.follow_amazon and not order.amazon_duplicate
            )
        )
        gone = followed.filtered(lambda order: "done" in order.picking_ids.mapped("state"))
        gone._amazon_warn_goods_on_the_way()
        followed -= gone
        if not followed:
            return
        states = {order.id: order.state for order in followed}
        followed.with_context(amazon_local_only=True, disable_cancel_warning=True)._action_cancel()
        self.env["amazon.order.cancellation"]._create_confirmed(followed, states)
        followed._message_log_batch({order.id: order._amazon_get_cancelled_text() for order in followed})

    def _amazon_warn_goods_on_the_way(self):
        for order in self._amazon_filter_without_activity("goods_on_the_way"):
            order._amazon_schedule_activity(
                "goods_on_the_way",
                summary=self.env._("Cancelled at Amazon, but delivered"),
                note=self.env._(
                    "%(text)s The goods are on their way already: ask for them back, or refund the buyer.",
                    text=order._amazon_get_cancelled_text(),
                ),
            )

    # === BUSINESS METHODS: CANCELLING === #

    def _amazon_try_cancel(self):
        """Cancel the orders together; where one is refused, in halves, so that it does not stop the others.

        A locked order is cancelled, too: this is a decision on it, not an edit of it.

        :return: Why orders were not cancelled, one text for each of these.
        :rtype: list[str]
        """
        try:
            with self.env.cr.savepoint():
                self._action_cancel()
        except UserError as error:
            if len(self) == 1:
                return [str(error)]
            half = len(self) // 2
            return self[:half]._amazon_try_cancel() + self[half:]._amazon_try_cancel()
        return []

    def _amazon_filter_to_tell(self):
        """The orders whose cancellation in Odoo concerns Amazon."""
        if self.env.context.get("amazon_local_only"):
            return self.browse()
        self._amazon_identify()
        return self.filtered(lambda order: order.amazon_order_ref and order.amazon_seller_account_id)

    def _amazon_identify(self):
        """Link orders that carry an Amazon order id but were never read, where their company has just one account."""
        matcher = self.env["amazon.order.matcher"]
        strangers = self.filtered(lambda order: not order.amazon_seller_account_id)
        accounts_sudo = self.env["amazon.seller.account"].sudo()  # a salesperson may not see the accounts
        accounts_sudo = accounts_sudo.search([("company_id", "in", strangers.company_id.ids)])
        for company, accounts in accounts_sudo.grouped("company_id").items():
            if len(accounts) > 1:
                continue
            for order in strangers.filtered(lambda order, company=company: order.company_id == company):
                order_ref = matcher._get_order_ref(accounts, order)
                if order_ref:
                    order.write({"amazon_order_ref": order_ref, "amazon_seller_account_id": accounts.id})

    def _amazon_schedule_cancellation(self, states):
        """Write the outbox in the transaction that cancels; nobody is called. A scheduled action sends.

        :param dict states: The state of each order before, by order id.
        """
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        self.env["amazon.order.cancellation"]._schedule(self, states)
        self.env["amazon.cancellation.guard"]._warn(self)
        requested.amazon_cancel_request = "accepted"

    def _amazon_check_reopen(self):
        """Withdraw what is not sent yet; refuse to reopen what was promised to Amazon.

        :raise UserError: If the cancellation was sent already.
        """
        self.amazon_cancellation_ids._withdraw_for_reopening()

    def _amazon_auto_accept(self):
        """Accept the requests that the accounts' rules accept without a person."""
        guard = self.env["amazon.cancellation.guard"]
        for order in self.filtered(lambda order: order.state != "cancel" and guard._may_accept_alone(order)):
            order._message_log(
                body=self.env._(
                    "Accepted by the rule of the account %(account)s.", account=order.amazon_seller_account_id.name
                )
            )
            order._action_cancel()

    def _amazon_keep(self, reason=None):
        """Decline the requests of the orders.

        :param str reason: Why, for the record.
        """
        for order in self:
            order.write({"amazon_cancel_request": "declined", **order._prepare_amazon_declined_vals()})
        body = self.env._(
            "The order is kept; the buyer's cancellation request is declined. %(reason)s", reason=reason or ""
        )
        self._message_log_batch({order.id: body for order in self})

    def _amazon_get_requested(self):
        """The orders of the selection that have an open request.

        :raise UserError: If there is none.
        :raise AccessError: If the user may not decide requests.
        """
        self._amazon_check_decider()
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        if not requested:
            raise UserError(self.env._("None of the selected orders has an open cancellation request."))
        return requested

    def _amazon_check_decider(self):
        """Check that the user may decide about the cancellation of these orders.

        :raise AccessError: If not.
        """
        self.check_access("write")
        # Stock users may write sale orders, too: Odoo needs that for deliveries.
        if not self.env.su and not self.env.user.has_group("sale_amazon_cancellation.group_amazon_user"):
            raise AccessError(self.env._("You are not allowed to decide buyers' cancellation requests."))

    # === GETTERS === #

    def _amazon_get_decision_notification(self, left, refusals, message):
        parts = [message, *refusals]
        if left:
            parts.append(
                self.env._(
                    "Without an open request, and left alone: %(orders)s.", orders=", ".join(left.mapped("name"))
                )
            )
        kind = "warning" if left or refusals else "success"
        return self.env["amazon.seller.account"]._get_notification_action("\n".join(parts), kind)

    def _amazon_open_dialog(self, model, name, orders):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_ids": [(6, 0, orders.ids)]},
        }

    def _amazon_get_relay_address(self):
        """The buyer's address at Amazon's mail relay, which connectors keep on the customer.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        partners = self.partner_id | self.partner_invoice_id | self.partner_shipping_id
        return next(
            (p.email_normalized for p in partners if const.RELAY_ADDRESS.search(p.email_normalized or "")), False
        )

    def _amazon_get_status_label(self):
        return dict(self._fields["amazon_status"]._description_selection(self.env)).get(self.amazon_status, "")

    @api.model
    def _amazon_get_cancelled_by(self, cancelled_by):
        value = cancelled_by.lower()
        return value if value in dict(const.CANCELLED_BY) else False

    def _amazon_get_cancelled_text(self):
        """Who cancelled the order at Amazon, and why, in words."""
        labels = dict(self._fields["amazon_cancelled_by"]._description_selection(self.env))
        return self.env._(
            "Cancelled at Amazon by: %(who)s. Reason: %(reason)s.",
            who=labels.get(self.amazon_cancelled_by) or self.env._("unknown"),
            reason=self.amazon_cancelled_reason or self.env._("none given"),
        )

    def _amazon_schedule_activity(self, xml_name, **values):
        """Give an activity to who is responsible.

        Note: self.ensure_one()
        """
        self.activity_schedule(
            f"sale_amazon_cancellation.mail_activity_{xml_name}",
            user_id=self._amazon_get_responsible().id,
            **values,
        )

    def _amazon_get_responsible(self):
        """The salesperson, or the team's leader, or the account's manager; never a robot, as it reads no activities.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        people = (self.user_id | self.team_id.user_id).filtered(lambda user: user.active and user.id != SUPERUSER_ID)
        return people[:1] or self.amazon_seller_account_id._get_manager()
