from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const


class SaleOrder(models.Model):
    _inherit = "sale.order"

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
        string="Amazon Duplicate",
        copy=False,
        readonly=True,
        help="Another sale order stands for the same Amazon order, so nothing is cancelled by itself.",
    )

    # === AS AMAZON SHOWS IT === #
    amazon_status = fields.Selection(
        const.ORDER_STATUSES, string="Status at Amazon", copy=False, readonly=True, index="btree_not_null"
    )
    amazon_ship_by = fields.Datetime(string="Ship By", copy=False, readonly=True, help="Amazon's latest ship date.")
    amazon_last_update = fields.Datetime(
        string="Changed at Amazon", copy=False, readonly=True, help="When the order last changed at Amazon."
    )
    amazon_checked_date = fields.Datetime(
        string="Last Checked", copy=False, readonly=True, help="When Odoo last read the order at Amazon."
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
        string="Amazon Cancellation",
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
        cancelled._amazon_check_cancel()
        reopened._amazon_check_reopen()
        result = super().write(vals)
        cancelled._amazon_schedule_cancellation(states)
        return result

    # === ACTION METHODS === #

    def action_amazon_accept_cancellation(self):
        """Accept the buyers' requests: cancel the orders in Odoo, and by that at Amazon.

        :return: A notification that says what was done and what was not.
        :rtype: dict
        :raise UserError: If none of the orders has an open request.
        """
        requested = self._amazon_get_requested()
        requested._action_cancel()  # a locked order too: this is a decision on it, not an edit of it
        return self._amazon_get_decision_notification(
            requested, self.env._("%(count)s cancelled; Amazon will be told.", count=len(requested))
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
            requested, self.env._("%(count)s kept. Ship by the ship-by date.", count=len(requested))
        )

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

    # === BUSINESS METHODS: READING === #

    def _amazon_link(self, account, snapshot):
        """Remember which order of Amazon this is, so that later readings find it by one indexed search.

        Note: self.ensure_one()
        """
        self.ensure_one()
        vals = {"amazon_order_ref": snapshot.order_id, "amazon_seller_account_id": account.id}
        if snapshot.marketplace_id and snapshot.marketplace_id != self.amazon_marketplace_id.api_ref:
            vals["amazon_marketplace_id"] = self.env["amazon.seller.marketplace"]._get_by_api_ref(
                snapshot.marketplace_id
            )
        self._amazon_write_changed(vals)

    def _amazon_update(self, snapshot):
        """Write what Amazon shows, unless something newer was read already.

        Note: self.ensure_one()

        :param OrderSnapshot snapshot: The order as Amazon showed it.
        :return: What happened: `requested`, `withdrawn`, `overtaken`, `shipped`, `cancelled`.
        :rtype: list[str]
        """
        self.ensure_one()
        last_updated = snapshot.last_updated and snapshot.last_updated.astimezone(UTC).replace(tzinfo=None)
        if last_updated and self.amazon_last_update and last_updated < self.amazon_last_update:
            return []
        vals = {"amazon_checked_date": fields.Datetime.now(), **self._prepare_amazon_snapshot_vals(snapshot)}
        if last_updated:
            vals["amazon_last_update"] = last_updated
        status_before, request_before = self.amazon_status, self.amazon_cancel_request
        status = vals.get("amazon_status", status_before)
        request = self._amazon_get_next_request(snapshot, status)
        if request != request_before:
            vals["amazon_cancel_request"] = request
            if request == "requested" or not self.amazon_cancel_request_date:
                vals["amazon_cancel_request_date"] = (
                    snapshot.requested_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
                    if snapshot.requested_at
                    else last_updated or fields.Datetime.now()
                )
        if snapshot.cancel_requested is not None:
            asked = {item.item_id: item.cancel_reason or "" for item in snapshot.items if item.cancel_requested}
            vals["amazon_request_fingerprint"] = asked or False
            if snapshot.cancel_reason:
                vals["amazon_cancel_request_reason"] = snapshot.cancel_reason
            if not asked:
                vals["amazon_declined_fingerprint"] = False
        self._amazon_write_changed(vals)
        lines = self.env["amazon.order.matcher"]._match_lines(self, snapshot.items)
        for item in snapshot.items:
            if item.item_id in lines:
                lines[item.item_id]._amazon_update(item)

        events = [request] if request != request_before and request in ("requested", "withdrawn", "overtaken") else []
        if status in ("shipped", "partially_shipped") and status != status_before:
            events.append("shipped")
        if status == "cancelled":
            events.append("cancelled")
        return events

    def _prepare_amazon_snapshot_vals(self, snapshot):
        """The fields that follow from a snapshot as they are. Hook for integrators.

        :rtype: dict
        """
        vals = {}
        if snapshot.fulfilled_by:
            vals["amazon_channel"] = "fba" if snapshot.fulfilled_by == "AMAZON" else "fbm"
        if snapshot.status:
            vals["amazon_status"] = snapshot.status if snapshot.status in const.KNOWN_ORDER_STATUSES else False
        if snapshot.ship_by:
            vals["amazon_ship_by"] = snapshot.ship_by.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        if snapshot.status == "cancelled" and snapshot.cancelled_by:
            vals["amazon_cancelled_by"] = self._amazon_get_cancelled_by(snapshot.cancelled_by)
            vals["amazon_cancelled_reason"] = next(
                (item.executed_reason for item in snapshot.items if item.executed_reason), False
            )
        return vals

    def _amazon_get_next_request(self, snapshot, status):
        """The state of the buyer's request that follows from what Amazon shows.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        current, asked = self.amazon_cancel_request, snapshot.cancel_requested
        if status in ("cancelled", "shipped"):
            return "overtaken" if current == "requested" or (not current and asked) else current
        if asked is None:
            return current
        if not asked:
            return "withdrawn" if current == "requested" else current
        if current == "declined":
            return "requested" if self._amazon_is_new_request(snapshot) else "declined"
        return current if current == "accepted" and self.state == "cancel" else "requested"

    def _amazon_is_new_request(self, snapshot):
        """Whether the request shown is another than the one that was declined.

        Note: self.ensure_one()
        """
        declined = self.amazon_declined_fingerprint
        asked = {item.item_id: item.cancel_reason for item in snapshot.items if item.cancel_requested}
        if not declined or set(asked) != set(declined):
            return True
        return any(reason and declined[item_id] and reason != declined[item_id] for item_id, reason in asked.items())

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
        for order in self.filtered(lambda order: not order._amazon_get_activities("goods_on_the_way")):
            order._amazon_schedule_activity(
                "goods_on_the_way",
                summary=self.env._("Cancelled at Amazon, but delivered"),
                note=self.env._(
                    "%(text)s The goods are on their way already: ask for them back, or refund the buyer.",
                    text=order._amazon_get_cancelled_text(),
                ),
            )

    def _amazon_flag_duplicates(self, order_ref):
        """Flag orders that stand for the same order of Amazon, and tell once."""
        unflagged = self.filtered(lambda order: not order.amazon_duplicate)
        if not unflagged:
            return
        unflagged.amazon_duplicate = True
        names = ", ".join(self.mapped("name"))
        unflagged._message_log_batch(
            {
                order.id: self.env._(
                    "The Amazon order %(ref)s is in Odoo more than once (%(orders)s). Nothing is cancelled by itself "
                    "until one is left.",
                    ref=order_ref,
                    orders=names,
                )
                for order in unflagged
            }
        )

    # === BUSINESS METHODS: CANCELLING === #

    def _amazon_filter_to_tell(self):
        """The orders whose cancellation in Odoo concerns Amazon."""
        if self.env.context.get("amazon_local_only"):
            return self.browse()
        self._amazon_identify()
        return self.filtered(lambda order: order.amazon_order_ref and order.amazon_seller_account_id)

    def _amazon_identify(self):
        """Give orders that carry an Amazon order id the company's account, where the company has just one."""
        strangers = self.filtered(lambda order: order.amazon_order_ref and not order.amazon_seller_account_id)
        if not strangers:
            return
        accounts = self.env["amazon.seller.account"].sudo().search([("company_id", "in", strangers.company_id.ids)])
        by_company = accounts.grouped("company_id")
        for company, orders in strangers.grouped("company_id").items():
            if len(by_company.get(company, accounts.browse())) == 1:
                orders.amazon_seller_account_id = by_company[company]

    def _amazon_check_cancel(self):
        """Refuse the cancellation of orders that can not be cancelled at Amazon.

        :raise UserError: With the order, the reason and the way out.
        """
        for order in self:
            obstacle = order._amazon_get_cancel_obstacle() or order._amazon_get_delivery_obstacle()
            if obstacle:
                raise UserError(
                    self.env._(
                        "%(order)s (%(ref)s): %(obstacle)s",
                        order=order.name,
                        ref=order.amazon_order_ref,
                        obstacle=obstacle,
                    )
                )

    def _amazon_get_cancel_obstacle(self):
        """Why this order can not be cancelled at Amazon, as last read, with the way out.

        Note: self.ensure_one()

        :return: The obstacle in words, or False.
        :rtype: str|bool
        """
        self.ensure_one()
        if not self.amazon_last_update:
            return False  # never read yet: it is read before anything is sent
        return self._amazon_get_obstacle(self.amazon_channel, self.amazon_status)

    def _amazon_get_obstacle_of(self, snapshot):
        """Why this order can not be cancelled at Amazon, as a fresh snapshot shows it.

        :param OrderSnapshot snapshot: The order as Amazon shows it now.
        :rtype: str|bool
        """
        channel = "fba" if snapshot.fulfilled_by == "AMAZON" else "fbm"
        status = "partially_shipped" if snapshot.anything_shipped and snapshot.status != "shipped" else snapshot.status
        return self._amazon_get_obstacle(channel, status)

    @api.model
    def _amazon_get_obstacle(self, channel, status):
        if channel == "fba":
            return self.env._(
                "Amazon fulfils this order, so only Amazon or the buyer can cancel it. A manager can cancel it in Odoo "
                "alone."
            )
        if status == "partially_shipped":
            return self.env._(
                "A part is shipped at Amazon, so the order can no longer be cancelled there: Amazon would refund all "
                "of it. Ship and confirm what goes out, and refund the rest in Seller Central."
            )
        if status == "shipped":
            return self.env._(
                "It is shipped at Amazon and can no longer be cancelled there. Refund the buyer in Seller Central, or "
                "let a manager cancel it in Odoo alone."
            )
        if status not in const.KNOWN_ORDER_STATUSES or status == "unfulfillable":
            return self.env._(
                "Amazon shows it with a status that cannot be cancelled from here. Look at it in Seller Central; a "
                "manager can cancel it in Odoo alone."
            )
        return False

    def _amazon_get_delivery_obstacle(self):
        """Why a user may not cancel this order: its goods have left, while Amazon says unshipped.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        if self.env.su or self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            return False
        if any(picking.state == "done" and picking.picking_type_code == "outgoing" for picking in self.picking_ids):
            return self.env._(
                "A delivery is done in Odoo. Confirm the shipment at Amazon and refund the buyer, or let a manager "
                "cancel the order."
            )
        return False

    def _amazon_schedule_cancellation(self, states):
        """Write the outbox in the transaction that cancels; nobody is called. A scheduled action sends.

        :param dict states: The state of each order before, by order id.
        """
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        self.env["amazon.order.cancellation"]._schedule(self, states)
        requested.amazon_cancel_request = "accepted"

    def _amazon_check_reopen(self):
        """Withdraw what is not sent yet; refuse to reopen what was promised to Amazon.

        :raise UserError: If the cancellation was sent already.
        """
        self.amazon_cancellation_ids._withdraw_for_reopening()

    def _amazon_keep(self, reason=None):
        """Decline the requests of the orders.

        :param str reason: Why, for the record.
        """
        for order in self:
            order.write(
                {
                    "amazon_cancel_request": "declined",
                    "amazon_declined_fingerprint": order.amazon_request_fingerprint,
                }
            )
        body = self.env._(
            "The order is kept; the buyer's cancellation request is declined. %(reason)s", reason=reason or ""
        )
        self._message_log_batch({order.id: body for order in self})

    def _amazon_get_requested(self):
        """The orders of the selection that have an open request.

        :raise UserError: If there is none.
        """
        self.check_access("write")
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        if not requested:
            raise UserError(self.env._("None of the selected orders has an open cancellation request."))
        return requested

    # === GETTERS === #

    def _amazon_get_decision_notification(self, decided, message):
        left = self - decided
        if left:
            message += " " + self.env._(
                "Without an open request, and left alone: %(orders)s.", orders=", ".join(left.mapped("name"))
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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
        """Give an activity to the salesperson, or to the team's leader, or to the current user.

        Note: self.ensure_one()
        """
        user = self.user_id or self.team_id.user_id or self.env.user
        self.activity_schedule(f"sale_amazon_cancellation.mail_activity_{xml_name}", user_id=user.id, **values)

    def _amazon_get_activities(self, xml_name):
        activity_type = self.env.ref(f"sale_amazon_cancellation.mail_activity_{xml_name}")
        return self.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type)

    def _amazon_write_changed(self, vals):
        """Write those values that differ, so that a reading without news costs no UPDATE of the other fields."""
        changed = {}
        for name, value in vals.items():
            current = self[name].id if self._fields[name].type == "many2one" else self[name]
            if (current or False) != (value or False):
                changed[name] = value
        if changed:
            self.write(changed)
