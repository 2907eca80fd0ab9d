from collections import defaultdict
from datetime import timedelta

from markupsafe import escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context

from ... import const
from ...tools import Own


class SaleOrder(models.Model):
    """The buyer's request: who decides it and how, and whom it is brought to."""

    _name = "sale.order"
    _inherit = ["sale.order", "amazon.activity.mixin"]

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
    amazon_decided_date = fields.Datetime(
        string="Decided On", copy=False, readonly=True, help="When the request was accepted or declined."
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: note the time of a decision, whoever takes it. A decided request needs nobody any more;
        one that an undo opens again does.
        """
        if "amazon_cancel_request" not in vals:
            return super().write(vals)
        request = vals["amazon_cancel_request"]
        if request in ("accepted", "declined"):
            vals = {"amazon_decided_date": fields.Datetime.now(), **vals}
        elif request == "requested":
            vals = {"amazon_decided_date": False, **vals}
        open_before = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        result = super().write(vals)
        if request != "requested":
            open_before._amazon_close_decision_activities()
        elif not isinstance(
            self.env.context.get("amazon_reading"), Own
        ):  # the reader asks after its rules had their turn
            (self - open_before)._amazon_ask_to_decide()
        return result

    # === ACTION METHODS === #

    def action_amazon_accept_cancellation(self):
        """Accept the buyers' requests: cancel the orders in Odoo, and by that at Amazon.

        :return: A notification that says what was done, and what was not and why.
        :rtype: dict
        :raise UserError: If none of the orders could be cancelled, with the reasons.
        """
        requested = self._amazon_get_requested()
        bulk = len(self) > 1 or self.env.context.get("amazon_bulk")
        refusals = requested._amazon_get_reasons_to_look() if bulk else {}
        if not bulk and requested._amazon_get_others_sudo()[requested]:
            return requested.action_amazon_open_cancel()  # a person's choice, which names the others
        chosen = requested.filtered(lambda order: order not in refusals)
        not_cancelled, answer = chosen._amazon_try_cancel() if chosen else ({}, True)
        refusals = {**refusals, **not_cancelled}
        if isinstance(answer, dict) and not bulk:
            return answer  # Odoo, or an app, asks something first
        if len(refusals) == len(requested):
            raise UserError("\n".join(refusals.values()))
        count = len(requested) - len(refusals)
        return self._amazon_get_decision_notification(
            self - requested,
            list(refusals.values()),
            self.env._("%(count)s cancelled; Amazon will be told.", count=count),
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

    # === BUSINESS METHODS: DECIDING === #

    def _amazon_get_reasons_to_look(self):
        """Why orders are not accepted together with others, but looked at one by one.

        :return: The reasons in words, by order.
        :rtype: dict[recordset of `sale.order`, str]
        """
        reasons = {}
        for order, others in self._amazon_get_others_sudo().items():
            if order.amazon_cancel_partial:
                reasons[order] = self.env._(
                    "%(order)s: only a part is asked for (%(items)s), while Amazon cancels whole orders only. Open it "
                    "to decide.",
                    order=order.name,
                    items=order.amazon_cancel_items,
                )
            elif others:
                reasons[order] = self.env._(
                    "%(order)s: %(others)s stands for the same Amazon order. Open it to decide.",
                    order=order.name,
                    others=", ".join(others.mapped("name")),
                )
        return reasons

    def _amazon_try_cancel(self):
        """Cancel the orders together; where one is refused or left open, in halves, so that it stops no other.

        A locked order is cancelled, too: this is a decision on it, not an edit of it.

        :return: Why orders were not cancelled, by order; and what Odoo, or an app, answered: an action may ask first.
        :rtype: tuple(dict[recordset of `sale.order`, str], bool|dict)
        """
        try:
            with self.env.cr.savepoint() as savepoint:
                answer = self._action_cancel()
                left_open = self.filtered(lambda order: order.state != "cancel")
                if left_open and len(self) > 1:
                    savepoint.rollback()
        except UserError as error:
            if len(self) == 1:
                return {self: str(error)}, True
            left_open = self
        if not left_open:
            return {}, answer
        if len(self) == 1:
            reason = self.env._(
                "%(order)s: another app asks something first. Cancel it from its form.", order=self.name
            )
            return {self: reason}, answer
        half = len(self) // 2
        refusals = {}
        for orders in (self[:half], self[half:]):
            refusals.update(orders._amazon_try_cancel()[0])
        return refusals, True

    def _amazon_auto_accept(self):
        """Accept the requests that the accounts' rules accept without a person."""
        guard = self.env["amazon.cancellation.guard"]
        for order in self.filtered(lambda order: order.state != "cancel" and guard._may_accept_alone(order)):
            order._action_cancel()
            if order.state != "cancel":
                continue  # another app asks something first: the request stays with a person
            order._message_log(
                body=self.env._(
                    "Accepted by the rule of the account %(account)s.", account=order.amazon_cancel_account_id.name
                )
            )

    def _amazon_keep(self, reason=None):
        """Decline the requests of the orders.

        :param str reason: Why, for the record.
        """
        for order in self:
            order._amazon_write({"amazon_cancel_request": "declined", **order._prepare_amazon_declined_vals()})
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
        if self and not self.env.su and not self.env.user.has_group("sale_amazon_cancellation.group_amazon_user"):
            raise AccessError(self.env._("You are not allowed to decide buyers' cancellation requests."))

    # === BUSINESS METHODS: NOTICES === #

    def _amazon_ask_to_decide(self):
        """Give the open requests of these orders to who is responsible, once per request.

        Due at once, so that Odoo's counter of activities shows it.
        """
        now = fields.Datetime.now()
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        requested._amazon_warn_supplies()
        requested._amazon_remind(
            "request",
            lambda order: order.amazon_cancel_request_reason or order.env._("No reason given."),
            lambda order: min(order.amazon_ship_by or now, now),
        )

    @api.model
    def _cron_remind(self):
        """Remind of undecided requests before their ship-by date: no delivery is held past it silently."""
        soon = fields.Datetime.now() + timedelta(hours=const.REMIND_HOURS)
        orders = self.search(
            [
                ("amazon_cancel_request", "=", "requested"),
                ("state", "!=", "cancel"),
                ("amazon_ship_by", "<=", soon),
                ("amazon_cancel_account_id.active", "=", True),
            ]
        )
        orders._amazon_remind(
            "ship_by",
            lambda order: order.env._(
                "The delivery is held, and Amazon expects the shipment. Accept the request, or keep the order and ship "
                "it: a late shipment counts against the account."
            ),
            lambda order: order.amazon_ship_by,
        )
        self.env["ir.cron"]._commit_progress(len(orders), remaining=0)

    def _amazon_remind(self, xml_name, get_note, get_due):
        """Schedule an activity for each order that has none of that type, in the language and the time zone of who is
        to do it.

        Without an e-mail for each: a first reading may find hundreds.

        :param str xml_name: The activity type's name after `mail_activity_`.
        :param callable get_note: Gives the note for an order, which has that language in its context.
        :param callable get_due: Gives the time, naive UTC, on whose day the activity of an order is due.
        """
        alike = defaultdict(self.browse)
        for order in self._amazon_filter_without_activity(xml_name):
            user = order._amazon_get_responsible()
            order = order.with_context(lang=user.lang, tz=user.tz)
            due = fields.Datetime.context_timestamp(order, get_due(order))
            alike[user, due.date(), get_note(order)] |= order
        for (user, deadline, note), orders in alike.items():
            context = clean_context(self.env.context)
            orders.with_context(context, lang=user.lang, mail_activity_quick_update=True).activity_schedule(
                f"sale_amazon_cancellation.mail_activity_{xml_name}",
                date_deadline=deadline,
                note=escape(note),  # it may hold the buyer's words
                user_id=user.id,
            )

    def _amazon_close_decision_activities(self):
        activities = self._amazon_get_activities("request", "ship_by")
        if activities:
            # Whoever decides closes it, even where it was another's.
            activities.sudo().action_feedback(feedback=self.env._("The request is decided."))
        self._amazon_calm_supplies()

    def _amazon_schedule_activity(self, xml_name, note, **values):
        """Give an activity to who is responsible.

        Note: self.ensure_one()

        :param str note: Plain text, which may hold Amazon's or the buyer's words.
        """
        self.activity_schedule(
            f"sale_amazon_cancellation.mail_activity_{xml_name}",
            user_id=self._amazon_get_responsible().id,
            note=escape(note),
            **values,
        )

    # === GETTERS === #

    def _amazon_get_responsible(self):
        """The salesperson, or the team's leader, or the account's manager; never a robot, as it reads no activities.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        people = (self.user_id | self.team_id.user_id).filtered(lambda user: user.active and user.id != SUPERUSER_ID)
        return people[:1] or self.amazon_cancel_account_id._get_manager()

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

    def _amazon_get_decision_notification(self, left, refusals, message):
        parts = [message, *refusals]
        if left:
            parts.append(
                self.env._(
                    "Without an open request, and left alone: %(orders)s.", orders=", ".join(left.mapped("name"))
                )
            )
        kind = "warning" if left or refusals else "success"
        return self.env["amazon.cancellation.account"]._get_notification_action("\n".join(parts), kind)

    def _amazon_open_dialog(self, model, name, orders):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_ids": [(6, 0, orders.ids)]},
        }
