from datetime import timedelta
from zoneinfo import ZoneInfo

from markupsafe import escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ... import const, counted
from ...codes import SEPARATOR
from ...spapi.fields import COUNT_LIMIT
from ...tools import Own, start_of_day, to_naive_seconds


class SaleOrder(models.Model):
    """The buyer's request: who decides it and how, and whom it is brought to."""

    _name = "sale.order"
    _inherit = "sale.order"

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
        string="Buyer's Reason as Told", copy=False, readonly=True, help="As Amazon tells it: words, or a code."
    )
    amazon_cancel_request_words = fields.Char(
        string="Buyer's Reason",
        compute="_compute_amazon_cancel_request_words",
        help="Amazon's codes in words; what is no known code, as the buyer wrote it.",
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
    amazon_declined_number = fields.Integer(
        copy=False,
        readonly=True,
        help="Which of the buyer's requests was declined; a new one begins after a proven end.",
    )
    amazon_decided_date = fields.Datetime(
        string="Decided On", copy=False, readonly=True, help="When the request was accepted or declined."
    )

    amazon_keep_reason_id = fields.Many2one(
        "amazon.keep.reason", string="Kept Because", copy=False, readonly=True, index="btree_not_null"
    )
    amazon_just_decided = fields.Boolean(
        string="Just Decided",
        compute="_compute_amazon_just_decided",
        search="_search_amazon_just_decided",
        help="The decision can be undone by a click.",
    )

    amazon_cancel_items = fields.Char(
        string="Items Asked For", compute="_compute_amazon_cancel_items", help="What the buyer wants cancelled."
    )
    amazon_cancel_rest = fields.Char(
        string="Also Cancelled",
        compute="_compute_amazon_cancel_items",
        help="What the buyer did not ask for, and would be cancelled with it.",
    )
    amazon_cancel_partial = fields.Boolean(
        compute="_compute_amazon_cancel_items",
        help="The buyer asks for a part of the items, while Amazon cancels whole orders only.",
    )
    amazon_request_scope = fields.Selection(
        const.REQUEST_SCOPES,
        string="What Is Asked For",
        compute="_compute_amazon_request_scope",
        store=True,
        help="Requests for a part of the items stand apart: Amazon cancels whole orders only.",
    )
    amazon_calendar_title = fields.Char(
        compute="_compute_amazon_calendar", help="The buyer and the reason, as a calendar shows them."
    )
    amazon_calendar_date = fields.Date(
        string="Ship-By Day",
        compute="_compute_amazon_calendar_date",
        search="_search_amazon_calendar_date",
        help="A deadline is no appointment: calendars show it on its day, in the time zone of who reads them.",
    )

    # === COMPUTE METHODS === #

    @api.depends("amazon_cancel_request_reason")
    @api.depends_context("lang")
    def _compute_amazon_cancel_request_words(self):
        words = self.env["amazon.cancellation.words"]
        for order in self:
            order.amazon_cancel_request_words = words._word_code(order.amazon_cancel_request_reason)

    @api.depends("amazon_request_fingerprint", "amazon_item_refs", "order_line.amazon_cancel_requested")
    def _compute_amazon_cancel_items(self):
        for order in self:
            order.amazon_cancel_partial = order._amazon_is_request_partial()
            asked = order.order_line.filtered("amazon_cancel_requested")
            order.amazon_cancel_items = asked._amazon_get_names()
            rest = (order.order_line - asked).filtered("product_id")
            order.amazon_cancel_rest = order.amazon_cancel_partial and rest._amazon_get_names()

    @api.depends("amazon_request_fingerprint", "amazon_item_refs")
    def _compute_amazon_request_scope(self):
        for order in self:
            scope = "part" if order._amazon_is_request_partial() else "whole"
            order.amazon_request_scope = bool(order.amazon_request_fingerprint) and scope

    @api.depends("amazon_cancel_request", "amazon_decided_date")
    def _compute_amazon_just_decided(self):
        for order in self:
            order.amazon_just_decided = order._amazon_get_undo_seconds() > 0

    @api.model
    def _search_amazon_just_decided(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._amazon_get_just_decided_domain()
        return domain if True in value else ~domain

    @api.depends("partner_id", "amazon_cancel_request_words")
    @api.depends_context("lang")
    def _compute_amazon_calendar(self):
        for order in self:
            parts = (order.partner_id.name or order.name, order.amazon_cancel_request_words)
            order.amazon_calendar_title = ": ".join(filter(None, parts))

    @api.depends("amazon_ship_by")
    @api.depends_context("tz", "uid")
    def _compute_amazon_calendar_date(self):
        for order in self:
            ship_by = order.amazon_ship_by
            order.amazon_calendar_date = ship_by and fields.Datetime.context_timestamp(order, ship_by).date()

    @api.model
    def _search_amazon_calendar_date(self, operator, value):
        if operator == "in":
            name = "amazon_calendar_date"
            return Domain.OR(
                Domain(name, ">=", day) & Domain(name, "<=", day) if day else Domain("amazon_ship_by", "=", False)
                for day in value
            )
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        day = fields.Date.to_date(value) + timedelta(days=operator in ("<=", ">"))
        begin = start_of_day(day, ZoneInfo(str(self.env.tz)))
        return Domain("amazon_ship_by", "<" if operator in ("<", "<=") else ">=", begin)

    # === BUSINESS METHODS: THE REQUEST'S STATE === #

    def _amazon_set_request(self, request):
        """Let the request be decided, or open again. For the later stages.

        :param str request: A key of `const.REQUEST_STATES`.
        """
        self._amazon_write({"amazon_cancel_request": request})

    def _amazon_note_decision(self, vals, write):
        """Write values, with the time of a decision among them, whoever takes it. A decided request needs nobody any
        more; one that an undo opens again does.

        :param dict vals: The values.
        :param callable write: Writes them.
        :return: What `write` returned.
        """
        if "amazon_cancel_request" not in vals:
            return write(vals)
        request = vals["amazon_cancel_request"]
        if request in ("accepted", "declined"):
            vals = {"amazon_decided_date": fields.Datetime.now(), **vals}
        elif request == "requested":
            vals = {"amazon_decided_date": False, "amazon_keep_reason_id": False, **vals}
        open_before = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        result = write(vals)
        if isinstance(self.env.context.get("amazon_reading"), Own):
            return result  # the reader tells it, after everything is shown and its rules had their turn
        if request != "requested":
            open_before._amazon_close_decision_activities(request)
        else:
            (self - open_before)._amazon_ask_to_decide()
        return result

    # === BUSINESS METHODS: READING === #

    def _amazon_get_events(self, before, after, vals):
        """Extend by the buyer's request: its fields follow from what is known, and from what was decided here."""
        events = super()._amazon_get_events(before, after, vals)
        was, request = self.amazon_cancel_request, self._amazon_get_next_request(after)
        vals.update(self._prepare_amazon_request_vals(after), amazon_cancel_request=request)
        if request != was and request in ("requested", "withdrawn", "overtaken"):
            events.append(request)
            if request == "requested":
                vals["amazon_request_seen_date"] = fields.Datetime.now()
        elif request == "requested" and after.proof != before.proof:
            events.append("proved")
        return events

    def _prepare_amazon_request_vals(self, knowledge):
        """The fields that tell the buyer's latest request.

        :rtype: dict
        """
        vals = {"amazon_request_fingerprint": knowledge.asked or False}
        if knowledge.request:
            vals["amazon_cancel_request_date"] = to_naive_seconds(knowledge.request.since)
            words = dict.fromkeys(filter(None, knowledge.request.items.values()))
            vals["amazon_cancel_request_reason"] = SEPARATOR.join(words) or False
        return vals

    def _amazon_get_next_request(self, knowledge):
        """The state of the buyer's request that follows from what is known, and from what was decided here.

        Note: self.ensure_one()

        :rtype: str|bool
        """
        self.ensure_one()
        current = self.amazon_cancel_request
        if knowledge.is_fba:
            return current  # nobody here can decide on it
        if current == "accepted" and (self.state == "cancel" or not knowledge.is_open):
            return current
        if current == "declined" and not self._amazon_is_new_request(knowledge):
            return current
        return knowledge.request_state or False

    def _amazon_is_new_request(self, knowledge):
        """Whether the request shown is another than the one that was declined: of another item, or after a proven end.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        if not knowledge.is_open:
            return False
        if self.amazon_declined_number and knowledge.request.number != self.amazon_declined_number:
            return True
        return not knowledge.asked.keys() <= (self.amazon_declined_fingerprint or {}).keys()

    @api.model
    def _amazon_get_urgent_domain(self):
        """Extend: what is held waits for the answer."""
        return super()._amazon_get_urgent_domain() | Domain("amazon_cancel_request", "=", "requested")

    def _amazon_is_request_proven(self):
        """Whether the order itself shows the whole request, so that a rule may accept it.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        knowledge = self._amazon_get_knowledge()
        return bool(knowledge.asked) and not knowledge.doubtful and not knowledge.claims_more_than_proof

    def _amazon_get_consequences(self):
        """Extend: a person is asked to decide."""
        return [*super()._amazon_get_consequences(), "_amazon_ask_to_decide"]

    def _amazon_on_follow_up_failed(self, failures):
        """Extend: who is responsible for the order is told once, in the words of who refused."""
        result = super()._amazon_on_follow_up_failed(failures)
        for order in self._amazon_filter_without_activity("follow_up"):
            order = order._amazon_for_responsible()
            order._amazon_schedule_activity(
                "follow_up",
                summary=order.env._("What follows at Odoo was refused; it is tried again"),
                note="\n".join(failures),
            )
        return result

    # === ACTION METHODS === #

    def action_amazon_restore_request(self):
        """Put a withdrawn request back, as a manager who knows that the buyer asks: the delivery is held again.

        :return: A notification.
        :rtype: dict
        :raise AccessError: If the user is no manager of the Amazon accounts.
        :raise UserError: If nothing is left to ask for.
        """
        self._amazon_check_decider()
        if not self.env.su and not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            raise AccessError(self.env._("Only a manager of the Amazon accounts can put a request back."))
        for order_sudo in self.sudo():  # what is known is written by the addon's own steps alone
            before, heard = order_sudo._amazon_get_knowledge(), order_sudo.amazon_cancel_account_id._get_amazon_time()
            try:
                after = before.restore(heard)
            except ValueError as error:
                raise UserError(
                    self.env._("%(order)s has no withdrawn request to put back.", order=order_sudo.name)
                ) from error
            order_sudo._amazon_show(before, after, heard)
            order_sudo._amazon_log(
                lambda order: order.env._(
                    "%(user)s put the buyer's cancellation request back.", user=self.env.user.name
                )
            )
        return self.env["amazon.cancellation.account"]._get_notification_action(
            self.env._("The request is open again, and the delivery is held."), "success"
        )

    def action_amazon_accept_cancellation(self):
        """Accept the buyers' requests: cancel the orders in Odoo, and by that at Amazon.

        With `amazon_ask` in the context, as the buttons have it, a person is asked first where a click is not enough:
        where more is cancelled than was asked for, and where nothing can be undone.

        :return: A notification that says what was done, and what was not and why.
        :rtype: dict
        :raise UserError: If none of the orders could be cancelled, with the reasons.
        """
        orders, missed = self._amazon_split_selection()
        return orders._amazon_add_missed(orders._amazon_accept_or_ask(), missed)

    def action_amazon_keep_order(self):
        """Decline the buyers' requests: the orders stay and are to be shipped.

        :return: A notification that says what was done and what was not, and offers reasons for it.
        :rtype: dict
        :raise UserError: If none of the orders has an open request.
        """
        orders, missed = self._amazon_split_selection()
        requested = orders._amazon_get_requested()
        requested._amazon_keep()
        return orders._amazon_add_missed(orders._amazon_get_kept_notification(requested), missed)

    def action_amazon_note_keep_reason(self, reason_id):
        """Note why orders were kept, as one of the reasons that are offered.

        :param int reason_id: An `amazon.keep.reason`.
        :return: A notification.
        :rtype: dict
        :raise UserError: If none of the orders is kept.
        """
        orders, missed = self._amazon_split_selection()
        orders._amazon_check_decider()
        kept = orders.filtered(lambda order: order.amazon_cancel_request == "declined")
        is_id = isinstance(reason_id, int) and reason_id <= COUNT_LIMIT  # from outside it may be anything
        reason = self.env["amazon.keep.reason"].browse(reason_id if is_id else ()).exists()
        if not kept or not reason:
            raise UserError(self.env._("None of these orders is kept, or the reason was deleted."))
        kept._amazon_note_keep_reason(reason)
        action = orders._amazon_get_decision_notification(
            orders - kept, [], self.env._("Noted: %(reason)s", reason=reason.name), decided=kept
        )
        self._amazon_add_missed(action, missed)
        del action["params"]["next"]  # what the page shows stays as it is
        return action

    def action_amazon_undo_decision(self):
        """Undo the decisions on these orders, as far as Amazon was not told yet: the requests are open again.

        :return: A notification that says what was undone, and what was not and why.
        :rtype: dict
        :raise UserError: If none could be undone, with the reasons.
        """
        orders, missed = self._amazon_split_selection()
        return orders._amazon_add_missed(orders._amazon_undo_decisions(), missed)

    def action_amazon_open_keep(self):
        """Open the dialog that asks why the orders are kept, and writes to the buyers where it can.

        :raise UserError: If none of the orders has an open request.
        """
        requested = self._amazon_get_requested()
        action = self._amazon_open_dialog("amazon.keep.dialog", self.env._("Keep the order"), requested)
        unreachable = self.env["amazon.keep.dialog"]._get_unreachable_message(requested)
        action["context"]["default_notify_buyer"] = not unreachable
        return action

    def action_amazon_open_ask_buyer(self):
        """Open the dialog that asks the buyers, who wrote a message, to cancel from "Your Orders"."""
        self.check_access("write")
        return self._amazon_open_dialog("amazon.ask.dialog", self.env._("Ask the buyer to use Your Orders"), self)

    # === BUSINESS METHODS: DECIDING === #

    def _amazon_split_selection(self):
        """The orders of a selection on which the user can decide still, and what to say of the others.

        :return: The orders, and a text or False.
        :rtype: tuple(recordset of `sale.order`, str|bool)
        :raise AccessError: If the user may decide on none of them.
        :raise MissingError: If none is left.
        """
        left = self.exists()
        orders = left._filtered_access("write")
        if orders == self:
            return orders, False
        if not orders:
            (left or self).check_access("write")
            raise MissingError(self.env._("The selected orders were deleted meanwhile."))
        return orders, self.env._(
            "Left alone: %(count)s that were deleted meanwhile, or that you may not change.",
            count=self.env["amazon.cancellation.words"]._word(counted.orders(len(self) - len(orders))),
        )

    @api.model
    def _amazon_add_missed(self, action, missed):
        """What a decision answers, with what to say of orders that it has missed.

        :param dict action: A notification, or a question.
        :param str|bool missed: The text, if there is one.
        :rtype: dict
        """
        if not missed:
            return action
        params = action.get("params") or {}
        if "message" not in params:
            return self._amazon_say_before(missed, action)
        params.update(message=f"{params['message']}\n{missed}", type="warning", sticky=True)
        return action

    @api.model
    def _amazon_say_before(self, message, question):
        notification = self.env["amazon.cancellation.account"]._get_notification_action(message, "warning")
        notification["params"]["next"] = question
        return notification

    @api.model
    def _amazon_decide_and_ask(self, decide, question):
        """Decide on what needs no question, and then ask: a refusal of the one hides not the other.

        :param callable decide: Decides, and gives a notification.
        :param dict question: What opens the question.
        :rtype: dict
        """
        try:
            with self.env.cr.savepoint():
                action = decide()
        except UserError as error:
            return self._amazon_say_before(str(error), question)
        action["params"]["next"] = question
        return action

    def _amazon_accept_or_ask(self):
        """As `action_amazon_accept_cancellation`."""
        requested = self._amazon_get_requested()
        to_ask = requested._amazon_filter_to_ask() if self.env.context.get("amazon_ask") else self.browse()
        if not to_ask:
            return self._amazon_accept(requested)
        asked = self if to_ask == requested else to_ask
        question = self._amazon_open_dialog("amazon.accept.dialog", self.env._("Cancel at Amazon?"), asked)
        if to_ask == requested:
            return question
        rest = (self - to_ask).with_context(amazon_bulk=True)
        return self._amazon_decide_and_ask(lambda: rest._amazon_accept(requested - to_ask), question)

    def _amazon_undo_decisions(self):
        """As `action_amazon_undo_decision`."""
        self._amazon_check_decider()
        refusals = []
        for order in self:
            try:
                with self.env.cr.savepoint():
                    order._amazon_undo_decision()
            except UserError as error:
                refusals.append(order._amazon_get_refusal(error))
        if len(refusals) == len(self):
            raise UserError("\n".join(refusals) or self.env._("Choose the orders first."))
        undone = len(self) - len(refusals)
        message = (
            self.env._("%(count)s decisions are undone. Amazon is told nothing.", count=undone)
            if len(self) > 1
            else self.env._("The decision on %(order)s is undone. Amazon is told nothing.", order=self.name)
        )
        action = self._amazon_get_decision_notification(self.browse(), refusals, message)
        action["tag"] = const.DECISION_ACTION  # it takes the place of the message whose decision is undone
        return action

    def _amazon_accept(self, requested, parts_known=False):
        """Accept requests.

        :param recordset requested: Those orders of `self` that have an open request.
        :param bool parts_known: Whether a person was told of those that ask for a part only.
        :return: As `action_amazon_accept_cancellation`.
        :rtype: dict
        :raise UserError: If none of the orders could be cancelled, with the reasons.
        """
        bulk = len(self) > 1 or self.env.context.get("amazon_bulk")
        cancelled = requested.filtered(lambda order: order.state == "cancel")
        refusals = cancelled._amazon_try_tell_too(bulk)
        rest = requested - cancelled
        if not rest:
            told = cancelled.filtered(lambda order: order not in refusals)
            if not told:
                raise UserError("\n".join(refusals.values()))
            message = self.env._("%(count)s cancelled in Odoo already; Amazon will be told too.", count=len(told))
            return self._amazon_get_decision_notification(
                self - cancelled, list(refusals.values()), message, decided=told
            )
        if bulk:
            refusals.update(rest._amazon_get_reasons_to_look(parts_known))
        elif rest._amazon_get_others_sudo()[rest]:
            return rest._amazon_open_choice()  # a person's choice, which names the others
        chosen = rest.filtered(lambda order: order not in refusals)
        not_cancelled, answer = chosen._amazon_try_cancel() if chosen else ({}, True)
        refusals = {**refusals, **not_cancelled}
        if isinstance(answer, dict) and not bulk:
            return answer  # Odoo, or an app, asks something first
        if len(refusals) == len(requested):
            raise UserError("\n".join(refusals.values()))
        accepted = requested.filtered(lambda order: order not in refusals)
        return self._amazon_get_decision_notification(
            self - requested,
            list(refusals.values()),
            self.env._("%(count)s cancelled; Amazon will be told.", count=len(accepted)),
            decided=accepted,
        )

    def _amazon_try_tell_too(self, bulk):
        """Tell Amazon of orders that are cancelled in Odoo already; of several, one that cannot be stops no other.

        :param bool bulk: Whether a refusal is given back, and not raised.
        :return: Why Amazon is not told, by order.
        :rtype: dict
        """
        if not self:
            return {}
        try:
            with self.env.cr.savepoint():
                self._amazon_tell_too()
        except UserError as error:
            if not bulk:
                raise
            if len(self) == 1:
                return {self: self._amazon_get_refusal(error)}
        else:
            return {}
        half = len(self) // 2
        return {**self[:half]._amazon_try_tell_too(bulk), **self[half:]._amazon_try_tell_too(bulk)}

    def _amazon_get_refusal(self, error):
        """Why something was refused for an order. Odoo and other modules say why, but not of which order.

        :param UserError error: What was raised.
        :rtype: str
        """
        reason = str(error)
        if self.name in reason:
            return reason
        return self.env._("%(order)s: %(reason)s", order=self.name, reason=reason)

    def _amazon_filter_to_ask(self):
        """The open requests on which one click is not enough: all is cancelled for a part, or nothing can be undone."""
        return self.filtered(lambda order: order.amazon_request_scope == "part" or order._amazon_is_told_at_once())

    def _amazon_undo_decision(self):
        """Undo the decision on an order. Here: it is no longer kept; the buyer's request is open again.

        Note: self.ensure_one()

        :raise UserError: If there is no decision to undo, or the buyer no longer asks.
        """
        self.ensure_one()
        if self.amazon_cancel_request == "requested":
            return  # undone with another sale order of its Amazon order
        if self.amazon_cancel_request != "declined":
            raise UserError(self.env._("%(order)s: there is no decision that can be undone.", order=self.name))
        before, heard = self._amazon_get_knowledge(), self.amazon_cancel_account_id._get_amazon_time()
        if not before.is_open:
            try:
                after = before.restore(heard)  # what a person had put back ended with the decision
            except ValueError:
                after = before
            if after is before or before.request.ended_by != "person":
                raise UserError(self.env._("%(order)s: the buyer no longer asks to cancel it.", order=self.name))
            self._amazon_show(before, after, heard)
        self._amazon_write(
            {
                "amazon_cancel_request": "requested",
                "amazon_declined_fingerprint": False,
                "amazon_declined_number": 0,
            }
        )
        self._amazon_log(
            lambda order: order.env._("The decision to keep the order is undone: the buyer's request is open again.")
        )

    def _amazon_note_keep_reason(self, reason):
        """Note why these orders are kept.

        :param recordset reason: One of those that are offered.
        """
        self._amazon_write({"amazon_keep_reason_id": reason.id})
        self._amazon_log(lambda order: order.env._("Kept because: %(reason)s", reason=reason.with_env(order.env).name))

    def _amazon_get_reasons_to_look(self, parts_known=False):
        """Why orders are not accepted together with others, but looked at one by one.

        :param bool parts_known: Whether a person was told of those that ask for a part only.
        :return: The reasons in words, by order.
        :rtype: dict[recordset of `sale.order`, str]
        """
        reasons = {}
        for order, others in self._amazon_get_others_sudo().items():
            if order.amazon_cancel_partial and not parts_known:
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
                    others=others._amazon_name_family(order.company_id),
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
                return {self: self._amazon_get_refusal(error)}, True
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

    def _amazon_cancel_in_odoo(self):
        """Cancel the orders in Odoo, and see that it was done: other modules may answer with a question instead.

        :raise UserError: If an order is not cancelled after all.
        """
        self._action_cancel()
        left = self.filtered(lambda order: order.state != "cancel")
        if left:
            raise UserError(
                self.env._(
                    "%(orders)s: another module asks for more before it cancels. Cancel the order by its own button.",
                    orders=", ".join(left.mapped("name")),
                )
            )

    def _amazon_keep(self, reason=None, keep_reason=None):
        """Decline the requests of the orders.

        :param str reason: Why, for the record, in somebody's own words.
        :param recordset keep_reason: Why, as one of the reasons that are offered.
        """
        for order in self:
            before, heard = order._amazon_get_knowledge(), order.amazon_cancel_account_id._get_amazon_time()
            order._amazon_write(
                {
                    "amazon_cancel_request": "declined",
                    "amazon_declined_fingerprint": order.amazon_request_fingerprint,
                    "amazon_declined_number": before.request.number if before.request else 0,
                }
            )
            if order.amazon_knowledge:
                order._amazon_show(before, before.decide(heard), heard)
        self._amazon_log(
            lambda order: order.env._(
                "The order is kept; the buyer's cancellation request is declined. %(reason)s", reason=reason or ""
            )
        )
        if keep_reason:
            self._amazon_note_keep_reason(keep_reason)

    def _amazon_end_claims(self, user):
        """End what only uploaded files tell of these orders, as a person says that it is no longer so.

        :param recordset user: Who says so.
        """
        pairs = []
        for order in self.with_context(amazon_reading=Own("reading")):
            before, heard = order._amazon_get_knowledge(), order.amazon_cancel_account_id._get_amazon_time()
            events, snapshot = order._amazon_show(before, before.end_claims(heard), heard)
            if "withdrawn" in events:
                pairs.append((order, snapshot))
        if pairs:
            self.env["amazon.order.reader"]._tell("withdrawn", pairs)
            orders = self.browse(order.id for order, _snapshot in pairs)
            orders._amazon_log(
                lambda order: order.env._("%(user)s said so when uploading an order report.", user=user.name)
            )

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
            lambda order: order.amazon_cancel_request_words or order.env._("No reason given."),
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
        self.env["ir.cron"]._commit_progress(len(orders))

    def _amazon_remind(self, xml_name, get_note, get_due):
        """Schedule an activity for each order that has none of that type, in the language and the time zone of who is
        to do it.

        Without an e-mail for each: a first reading may find hundreds.

        :param str xml_name: The activity type's name after `mail_activity_`.
        :param callable get_note: Gives the note for an order, which has that language in its context.
        :param callable get_due: Gives the time, naive UTC, on whose day the activity of an order is due.
        """
        if self.env.context.get("mail_activity_automation_skip"):
            return
        activity_type, model_id = self._amazon_get_activity_type(xml_name), self.env["ir.model"]._get_id(self._name)
        vals_list = []
        for order in self._amazon_filter_without_activity(xml_name):
            user, order = order._amazon_get_responsible(), order._amazon_for_responsible()
            due = fields.Datetime.context_timestamp(order, get_due(order))
            vals_list.append(
                {
                    "activity_type_id": activity_type.id,
                    "automated": True,
                    "summary": activity_type.with_env(order.env).summary,
                    "note": escape(get_note(order)),  # it may hold the buyer's words
                    "date_deadline": due.date(),
                    "res_model_id": model_id,
                    "res_id": order.id,
                    "user_id": user.id,
                    # What Odoo would compute, and write into the new rows once more.
                    "res_name": order.display_name,
                    "user_tz": user.tz,
                }
            )
        context = clean_context(self.env.context)
        # All in one go: to schedule them order by order asks the same for each.
        self.env["mail.activity"].with_context(context, mail_activity_quick_update=True).create(vals_list)

    def _amazon_close_decision_activities(self, request):
        """Close the activities of requests that nobody needs to decide any more.

        :param str request: What became of them.
        """
        self._amazon_close_activities(
            "request", "ship_by", "warehouse", get_feedback=lambda order: order._amazon_get_request_end_text(request)
        )
        self._amazon_calm_supplies()

    def _amazon_get_request_end_text(self, request):
        """How the buyer's request ended, in plain words, with who showed it and both times.

        Note: self.ensure_one()

        :param str|bool request: The state of the request.
        :rtype: str
        """
        self.ensure_one()
        known = self._amazon_get_knowledge().request
        order = self._amazon_for_responsible()
        if request in ("accepted", "declined") or not known or not known.ended:
            return order.env._("The request is decided.")
        values = {
            "asked": order._amazon_format_time(known.shown),
            "ended": order._amazon_format_time(known.ended),
            "teller": order._amazon_get_evidence_labels()[0].get(known.ended_by, known.ended_by),
        }
        if known.outcome == "withdrawn" and known.ended_by == "person":
            return order.env._(
                "The buyer's cancellation request, told last for %(asked)s, was ended by a person on %(ended)s.",
                **values,
            )
        if known.outcome == "withdrawn":
            return order.env._(
                "The buyer's cancellation request is no longer shown at Amazon: last shown on %(asked)s, and not on "
                "%(ended)s (%(teller)s).",
                **values,
            )
        return order.env._(
            "The buyer's cancellation request, last shown on %(asked)s, is overtaken: at Amazon what it asks for was "
            "shipped or cancelled, and the order is now %(status)s, as shown on %(ended)s (%(teller)s).",
            status=order._amazon_get_status_label(),
            **values,
        )

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

    # === HOOKS FOR LATER STAGES === #

    def _amazon_is_told_at_once(self):
        """Hook: whether Amazon is told as soon as a request is accepted, so that nothing can be undone.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return False

    def _amazon_warn_supplies(self):
        """Hook: the buyers of these orders ask to cancel."""

    def _amazon_calm_supplies(self):
        """Hook: the requests of these orders are decided, or gone."""

    def _amazon_tell_too(self):
        """Hook: the buyers of orders that are cancelled in Odoo alone ask to cancel, and somebody accepts."""

    def _amazon_open_choice(self):
        """Hook: open what asks a person about an order that does not stand for its Amazon order alone.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        return {}

    # === GETTERS === #

    def _amazon_is_request_partial(self):
        """Whether the buyer asks for a part of the items.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        asked = set(self.amazon_request_fingerprint or {})
        return bool(asked) and asked != set(self.amazon_item_refs or [])

    def _amazon_get_responsible(self):
        """The salesperson, or the team's leader, or the account's manager; never a robot, as it reads no activities.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()

        def is_person(user):
            return user.active and user.id != SUPERUSER_ID

        person = self.user_id.filtered(is_person) or self.team_id.user_id.filtered(is_person)
        return person or self.amazon_cancel_account_id._get_manager()

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

    def _amazon_get_undo_seconds(self):
        """For how long the decision on this order can be undone by a click. Hook for later stages.

        Note: self.ensure_one()

        :rtype: int
        """
        self.ensure_one()
        if self.amazon_cancel_request != "declined" or not self.amazon_decided_date:
            return 0
        left = self.amazon_decided_date + const.KEPT_JUST_NOW - fields.Datetime.now()
        return max(0, int(left.total_seconds()))

    @api.model
    def _amazon_get_just_decided_domain(self):
        """The orders whose decision can be undone by a click. Hook for later stages."""
        return Domain("amazon_cancel_request", "=", "declined") & Domain(
            "amazon_decided_date", ">", fields.Datetime.now() - const.KEPT_JUST_NOW
        )

    def _amazon_get_kept_notification(self, kept):
        """What to tell after orders were kept, with the reasons that are offered for it.

        :param recordset kept: Those of `self` that were kept.
        :rtype: dict
        """
        message = self.env._("%(count)s kept. Ship by the ship-by date.", count=len(kept))
        action = self._amazon_get_decision_notification(self - kept, [], message, decided=kept)
        reasons = self.env["amazon.keep.reason"].search([], limit=const.KEEP_REASONS_OFFERED)
        action["params"]["reasons"] = [] if kept.amazon_keep_reason_id else reasons.read(["name"])
        return action

    def _amazon_get_decision_notification(self, left, refusals, message, decided=None):
        """What to tell after decisions, with *Undo* for as long as that is possible.

        :param recordset left: Orders that were left alone, without an open request.
        :param list[str] refusals: Why something was not done.
        :param str message: What was done.
        :param recordset|None decided: The orders that were decided.
        :rtype: dict
        """
        parts = [message, *refusals]
        if left:
            parts.append(
                self.env._(
                    "Without an open request, and left alone: %(orders)s.", orders=", ".join(left.mapped("name"))
                )
            )
        kind = "warning" if left or refusals else "success"
        action = self.env["amazon.cancellation.account"]._get_notification_action("\n".join(parts), kind)
        seconds = {order: order._amazon_get_undo_seconds() for order in decided or ()}
        undoable = [order.id for order in seconds if seconds[order]]
        if undoable:
            action["tag"] = const.DECISION_ACTION
            action["params"].update(undo_ids=undoable, undo_seconds=min(filter(None, seconds.values())))
        return action

    def _amazon_open_dialog(self, model, name, orders):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],  # also as what follows on a message
            "target": "new",
            "context": {"default_order_ids": [(6, 0, orders.ids)]},
        }
