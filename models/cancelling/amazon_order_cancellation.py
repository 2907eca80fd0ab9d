from datetime import timedelta

from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import LockError, MissingError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ... import const, counted
from ...facts import fact as _lt
from ...spapi.acknowledgement import CancelMessage
from ...spapi.handling import Then, get_handling
from ...tools import get_pause


class AmazonOrderCancellation(models.Model):
    """One cancellation of an order of Amazon: the outbox entry, and the evidence of what became of it.

    Four facts are never mixed: the buyer asked, Odoo sent, Amazon accepted, Amazon did it (read back).
    """

    _name = "amazon.order.cancellation"
    _description = "Amazon Order Cancellation"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "amazon.activity.mixin",
        "amazon.protected.mixin",
        "amazon.worded.mixin",
    ]
    _check_company_auto = True
    _order = "id desc"
    _rec_name = "order_name"

    order_id = fields.Many2one(
        "sale.order", string="Sales Order", readonly=True, index=True, ondelete="set null", check_company=True
    )
    # What the evidence says of its order, also when the order is deleted.
    order_name = fields.Char(string="Order", compute="_compute_order_facts", store=True)
    amazon_order_ref = fields.Char(
        string="Amazon Order", compute="_compute_order_facts", store=True, index="btree_not_null"
    )
    partner_id = fields.Many2one("res.partner", string="Customer", compute="_compute_order_facts", store=True)
    amazon_marketplace_id = fields.Many2one(
        "amazon.cancellation.marketplace", string="Marketplace", compute="_compute_order_facts", store=True
    )
    amazon_ship_by = fields.Datetime(related="order_id.amazon_ship_by", string="Ship By")
    seller_account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    origin = fields.Selection(
        [("odoo", "Cancelled in Odoo"), ("amazon", "Cancelled at Amazon")],
        required=True,
        readonly=True,
        default="odoo",
        help="Where the cancellation began.",
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)
    order_state_before = fields.Char(readonly=True, help="The state of the order before, to which an undo returns.")
    undo_data = fields.Json(readonly=True, help="What was cancelled with the order, by order id, for an undo.")
    reason = fields.Selection(
        const.CANCEL_REASONS, readonly=True, help="The reason told to Amazon. Empty where Amazon cancelled by itself."
    )
    state = fields.Selection(
        const.CANCELLATION_STATES,
        required=True,
        readonly=True,
        default="scheduled",
        index=True,
        group_expand=True,
        help="Scheduled: will be sent when the undo window is over.\n"
        "Sent: handed to Amazon, which has not answered yet.\n"
        "Accepted by Amazon: Amazon's report says done; the order is not read back yet.\n"
        "Cancelled at Amazon: Amazon shows the order as cancelled.\n"
        "Refused by Amazon: Amazon or a safety check said no; see the message.\n"
        "Withdrawn: undone before it was sent.",
    )
    send_after = fields.Datetime(readonly=True, help="Until then it can be undone.")
    telling = fields.Char(compute="_compute_telling", compute_sudo=True, help="When, and by what, Amazon is told.")
    sent_date = fields.Datetime(string="Sent On", readonly=True)
    confirmed_date = fields.Datetime(
        string="Confirmed On", readonly=True, help="When Odoo read at Amazon that the order is cancelled."
    )
    refused_date = fields.Datetime(string="Refused On", readonly=True, help="When it was refused last.")
    withdrawn_date = fields.Datetime(string="Undone On", readonly=True, help="When it was undone.")
    feed_id = fields.Many2one("amazon.cancellation.feed", readonly=True, index="btree_not_null")
    amazon_message = fields.Text(string="Amazon's Words", compute="_compute_worded")
    amazon_message_facts = fields.Json(readonly=True)
    attempt_count = fields.Integer(string="Attempts", readonly=True)
    next_check_date = fields.Datetime(
        string="Next Check", readonly=True, help="When the order is read at Amazon again."
    )
    next_attempt_date = fields.Datetime(
        string="Next Attempt", readonly=True, help="When a refused cancellation is sent again by itself."
    )
    check_count = fields.Integer(readonly=True)
    last_attempt_date = fields.Datetime(
        string="Last Attempt", readonly=True, help="When a refused cancellation is tried once more by itself."
    )
    failure_count = fields.Integer(
        string="Failures in a Row",
        readonly=True,
        help="How often in a row Amazon gave no usable answer for this order; others are not stopped by that.",
    )
    failure_message = fields.Text(string="Last Failure", compute="_compute_worded")
    failure_message_facts = fields.Json(readonly=True)
    failure_repeated = fields.Json(
        readonly=True, help="Amazon's last refusal of this order, how often the same came in a row, and since when."
    )
    feed_part = fields.Char(
        readonly=True,
        help="The part of a refused feed in which it is sent, until the part that is refused stands alone.",
    )
    request_date = fields.Datetime(string="Asked On", readonly=True, help="When the buyer asked, as Amazon tells it.")
    request_reason = fields.Char(string="Buyer's Reason", readonly=True, help="As Amazon tells it: words, or a code.")
    request_seen_date = fields.Datetime(string="Seen On", readonly=True, help="When Odoo first showed the request.")
    amazon_calendar_title = fields.Char(
        compute="_compute_amazon_calendar", help="The buyer and the reason, as a calendar shows them."
    )
    amazon_calendar_date = fields.Date(related="order_id.amazon_calendar_date")
    # In superuser mode: accountants and the warehouse read cancellations, yet neither accounts nor feeds.
    timeline = fields.Html(compute="_compute_timeline", compute_sudo=True, sanitize=False)

    _work_index = models.Index("(seller_account_id, state, send_after)")
    _rate_index = models.Index("(seller_account_id, create_date)")
    _date_index = models.Index("(create_date)")
    _one_open_per_order = models.UniqueIndex(
        "(order_id) WHERE state IN ('scheduled', 'sent', 'accepted')",
        "This order has an open cancellation already.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "order_id.name",
        "order_id.amazon_order_ref",
        "order_id.amazon_linked_ref",
        "order_id.partner_id",
        "order_id.amazon_cancel_marketplace_id",
    )
    def _compute_order_facts(self):
        for cancellation in self:
            order, fact = cancellation.order_id, cancellation
            cancellation.order_name = order.name if order else fact.order_name
            cancellation.amazon_order_ref = order._amazon_get_ref() if order else fact.amazon_order_ref
            cancellation.partner_id = order.partner_id if order else fact.partner_id
            cancellation.amazon_marketplace_id = (
                order.amazon_cancel_marketplace_id if order else fact.amazon_marketplace_id
            )

    @api.depends("partner_id", "request_reason", "reason")
    @api.depends_context("lang")
    def _compute_amazon_calendar(self):
        words = self.env["amazon.cancellation.words"]
        for cancellation in self:
            parts = (
                cancellation.partner_id.name or cancellation.order_name,
                words._word_code(cancellation.request_reason) or cancellation._get_reason_label(),
            )
            cancellation.amazon_calendar_title = ": ".join(filter(None, parts))

    @api.depends("state", "feed_id", "send_after", "seller_account_id.cancel_channel")
    @api.depends_context("lang", "tz")
    def _compute_telling(self):
        for cancellation in self:
            cancellation.telling = cancellation.state == "scheduled" and cancellation._get_telling()

    @api.depends_context("uid", "lang")
    def _compute_timeline(self):
        for cancellation in self:
            cancellation.timeline = self.env["ir.qweb"]._render(
                "sale_amazon_cancellation.amazon_cancellation_timeline", {"events": cancellation._get_timeline()}
            )

    # === CONSTRAINT METHODS === #

    @api.constrains("reason", "order_id")
    def _check_buyer_canceled(self):
        for cancellation in self:
            if cancellation.reason == const.BUYER_CANCELED and not cancellation._has_official_request():
                raise ValidationError(
                    self.env._(
                        "%(order)s: the reason Buyer cancelled is only for orders whose buyer asked through Amazon. "
                        "Without that request it counts against your cancellation rate.",
                        order=cancellation.order_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: the analysis tells of them."""
        cancellations = super().create(vals_list)
        self.env["amazon.cancellation.report"]._renew_with_commit(cancellations.order_id)
        return cancellations

    def write(self, vals):
        """Override of `base`: the analysis tells what becomes of them."""
        result = super().write(vals)
        if "state" in vals:  # the reason is settled before
            self.env["amazon.cancellation.report"]._renew_with_commit(self.order_id)
        return result

    # === ACTION METHODS === #

    def action_withdraw(self):
        """Undo: withdraw cancellations that are not sent yet, and put their orders back as they were.

        :return: True, or the dialog that says what cannot be brought back.
        :rtype: bool|dict
        :raise UserError: If one was sent, or is being sent right now.
        """
        self.order_id._amazon_check_decider()
        for cancellation in self:
            if not cancellation.order_id:
                raise MissingError(self.env._("The selected orders were deleted meanwhile."))
            if cancellation.state not in ("scheduled", "refused"):
                raise UserError(cancellation._get_reopening_refusal())
        if not self.env.context.get("amazon_undo_losses_known"):
            losses = [loss for cancellation in self for loss in cancellation._get_undo_losses()]
            if losses:
                return self._open_undo_dialog(losses)
        for cancellation in self:
            data_by_order = cancellation._get_undo_data()
            self.env["sale.order"].union(*data_by_order).write({"state": "draft"})  # withdraws this cancellation
            for order, data in data_by_order.items():
                order._amazon_undo(data)
        return True

    def action_undo(self):
        """Undo what is not sent yet, and say so.

        :return: As `sale.order.action_amazon_undo_decision`.
        :rtype: dict
        """
        latest = self.filtered(lambda cancellation: cancellation == cancellation.order_id.amazon_cancellation_id)
        return latest.order_id.action_amazon_undo_decision()

    def action_retry(self):
        """Send once more what Amazon has not done: refused, or sent and still open there, or waiting after a failure.

        The order is read first, and Amazon refuses what is sent twice.

        :return: True
        :rtype: bool
        :raise UserError: If one is done or withdrawn, or its order was reopened.
        """
        self._check_manager()
        for cancellation in self:
            if cancellation.state in ("confirmed", "withdrawn") or cancellation.order_id.state != "cancel":
                raise UserError(
                    self.env._(
                        "%(order)s: only a cancelled order that Amazon does not show as cancelled can be tried again.",
                        order=cancellation.order_name,
                    )
                )
        now = fields.Datetime.now()
        self_sudo = self.sudo()  # users only read the outbox
        waiting_sudo = self_sudo.filtered(lambda c: c.state == "scheduled")  # its undo window and its feed stay
        waiting_sudo._clear_failures()
        waiting_sudo.next_attempt_date = False
        (self_sudo - waiting_sudo)._reschedule(now, attempt_count=0, last_attempt_date=False, feed_part=False)
        (self_sudo - waiting_sudo)._clear_failures()
        self._trigger_sending({now})
        self_sudo._amazon_close_activities("refused", get_feedback=lambda c: c.env._("Tried again."))
        self_sudo._refuse_untellable()
        return True

    def action_print(self):
        """Print the evidence as one page.

        :rtype: dict
        """
        return self.env.ref("sale_amazon_cancellation.action_report_amazon_cancellation").report_action(self)

    # === BUSINESS METHODS: OUTBOX === #

    @api.model
    def _schedule(self, orders, states):
        """Write the outbox entries of orders that are being cancelled in Odoo.

        :param recordset orders: Orders of Amazon accounts.
        :param dict states: The state of each order before, by order id.
        :return: The cancellations.
        :rtype: recordset of `amazon.order.cancellation`
        """
        cancellations_sudo = self.sudo().create(  # users only read the outbox
            [self._prepare_schedule_vals(order, states[order.id]) for order in orders]
        )
        scheduled_sudo = cancellations_sudo.filtered(lambda c: c.state == "scheduled")
        scheduled_sudo._log_on_orders(lambda c: c._get_scheduled_text())
        if scheduled_sudo:
            self._trigger_sending(set(scheduled_sudo.mapped("send_after")))
        cancellations_sudo.filtered(lambda c: c.state == "confirmed")._on_confirmed()
        scheduled_sudo._refuse_untellable()
        return cancellations_sudo

    def _refuse_untellable(self):
        """End those of archived accounts in `refused`: nobody would tell Amazon, nor say that it was not told."""
        for cancellation in self.filtered(lambda c: not c.seller_account_id.active):
            cancellation._refuse(
                _lt(
                    "The Amazon account %(account)s is archived, so nobody tells Amazon. Unarchive it and try again, "
                    "or cancel the order in Seller Central.",
                    account=cancellation.seller_account_id.name,
                )
            )

    def _follow_account(self):
        """Have Amazon told by the account of the order, where that was set right before anything was sent."""
        untold = self.filtered(lambda c: c.state in ("scheduled", "refused") and not c.feed_id)
        moved = untold.filtered(lambda c: c.seller_account_id != c.order_id.amazon_cancel_account_id)
        for account, cancellations in moved.grouped(lambda c: c.order_id.amazon_cancel_account_id).items():
            cancellations.seller_account_id = account
        moved._clear_failures()
        scheduled = moved.filtered(lambda c: c.state == "scheduled")
        if scheduled:
            self._trigger_sending(set(scheduled.mapped("send_after")))
        scheduled._refuse_untellable()

    def _filter_one_of_each(self):
        """Of several cancellations of one Amazon order the first: it is told once, and that shows at all of them."""
        return self.browse(together[0].id for together in self.grouped("amazon_order_ref").values())

    @api.model
    def _keep_undo_data(self, data_by_order):
        """Keep what was cancelled with orders, so that an undo brings it back.

        :param dict data_by_order: What `_prepare_amazon_undo_data` gave, by order.
        """
        cancelled = [order for order in data_by_order if order.state == "cancel"]
        scheduled_sudo = self.sudo().search(  # users only read the outbox
            [
                ("state", "=", "scheduled"),
                ("amazon_order_ref", "in", [order._amazon_get_ref() for order in cancelled]),
                ("seller_account_id", "in", [order.amazon_cancel_account_id.id for order in cancelled]),
            ]
        )
        for cancellation in scheduled_sudo.filtered(lambda c: not c.undo_data):
            cancellation.undo_data = {
                str(order.id): data_by_order[order]
                for order in cancelled
                if order._amazon_get_ref() == cancellation.amazon_order_ref
            }

    def _prepare_schedule_vals(self, order, state_before):
        """The values of an outbox entry. Hook for integrators."""
        account = order.amazon_cancel_account_id
        now = fields.Datetime.now()
        vals = {
            "order_id": order.id,
            "seller_account_id": account.id,
            "company_id": order.company_id.id,
            "decided_by_id": self.env.user.id,
            "order_state_before": state_before,
            "reason": self._get_reason(order),
            "send_after": now + timedelta(minutes=account.undo_minutes),
        }
        if order.amazon_fulfillment_status == "cancelled":
            vals.update(
                state="confirmed", confirmed_date=now, amazon_message_facts=[order._amazon_get_cancelled_fact()]
            )
        if order.amazon_cancel_request == "requested":  # kept here, as the order shows only the latest request
            vals.update(
                request_date=order.amazon_cancel_request_date,
                request_reason=order.amazon_cancel_request_reason,
                request_seen_date=order.amazon_request_seen_date,
            )
        return vals

    @api.model
    def _create_confirmed(self, orders, states):
        """Write the evidence for orders that Amazon cancelled by itself and Odoo followed.

        :param recordset orders: Orders that Amazon shows as cancelled.
        :param dict states: The state of each order before, by order id.
        """
        now = fields.Datetime.now()
        self.sudo().create(  # whoever reads the orders may not write the outbox
            [
                {
                    "order_id": order.id,
                    "seller_account_id": order.amazon_cancel_account_id.id,
                    "company_id": order.company_id.id,
                    "origin": "amazon",
                    "order_state_before": states[order.id],
                    "state": "confirmed",
                    "confirmed_date": now,
                    "amazon_message_facts": [order._amazon_get_cancelled_fact()],
                }
                for order in orders
            ]
        )._on_confirmed()

    def _withdraw_for_reopening(self):
        """Withdraw the cancellations that are not sent yet, as their orders are reopened.

        :raise UserError: If one was promised to Amazon, or done there.
        """
        for cancellation in self:
            if cancellation.state in ("sent", "accepted") or (
                cancellation.state == "confirmed" and cancellation.order_id.amazon_fulfillment_status == "cancelled"
            ):
                raise UserError(cancellation._get_reopening_refusal())
        scheduled_sudo = self.filtered(lambda c: c.state == "scheduled").sudo()  # users only read the outbox
        try:
            scheduled_sudo.lock_for_update()
        except LockError as error:
            raise UserError(scheduled_sudo[:1]._get_reopening_refusal()) from error
        if scheduled_sudo.feed_id:
            raise UserError(scheduled_sudo[:1]._get_reopening_refusal())
        refused_sudo = self.filtered(lambda c: c.state == "refused").sudo()
        vals = {"state": "withdrawn", "withdrawn_date": fields.Datetime.now(), "next_attempt_date": False}
        refused_sudo.write({**vals, "last_attempt_date": False})
        refused_sudo._amazon_close_activities("refused", get_feedback=lambda c: c.env._("The order was reopened."))
        scheduled_sudo.write(vals)
        # Before the order is cancelled once more: one is open for each.
        scheduled_sudo.flush_recordset(["state"])
        (scheduled_sudo | refused_sudo)._log_on_orders(
            lambda c: c.env._("The cancellation was undone; Amazon is not told.")
        )

    def _prepare_message(self, item_refs):
        """The feed's message of this cancellation; its id is the record's own, so that Amazon's report leads back here.

        Note: self.ensure_one()

        :param list[str] item_refs: Amazon's ids of all items of the order.
        :rtype: CancelMessage
        """
        self.ensure_one()
        return CancelMessage(
            message_id=self.id, order_id=self.amazon_order_ref, reason=self.reason, items=tuple(item_refs)
        )

    def _reschedule(self, send_after, **vals):
        if not self:
            return  # a run planned for nothing would plan the next one, without end
        self.write(
            {
                "state": "scheduled",
                "send_after": send_after,
                "feed_id": False,
                "next_check_date": False,
                "next_attempt_date": False,
                **vals,
            }
        )
        self._trigger_sending({send_after})

    @api.model
    def _trigger_sending(self, dates):
        """Plan runs of the sending action.

        :param Iterable[datetime] dates: When something is due.
        """
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_cancel").sudo()  # users may not see the jobs
        cron_sudo._trigger(at=dates)

    # === BUSINESS METHODS: OUTCOME === #

    def _promise(self):
        """Note that the cancellation is being handed to Amazon by a call whose answer may get lost.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.write(
            {
                "state": "sent",
                "sent_date": fields.Datetime.now(),
                "attempt_count": self.attempt_count + 1,
                "amazon_message_facts": False,
                "next_check_date": fields.Datetime.now() + const.READ_BACK_PAUSES[0],
            }
        )

    def _take_back_promise(self):
        """Amazon certainly did not get the call.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.write(
            {
                "state": "scheduled",
                "sent_date": False,
                "attempt_count": self.attempt_count - 1,
                "next_check_date": False,
            }
        )

    def _on_sent(self):
        self.write({"state": "sent", "sent_date": fields.Datetime.now(), "amazon_message_facts": False})
        self._log_on_orders(
            lambda c: c.env._("The cancellation was sent to Amazon (%(reason)s).", reason=c._get_reason_label())
        )

    def _on_accepted(self):
        """Amazon's report says done. That is not yet cancelled: the order is read back."""
        self.write({"state": "accepted", "amazon_message_facts": False, "check_count": 0})
        self._look_soon()
        self._log_on_orders(lambda c: c.env._("Amazon accepted the cancellation; the order will be read back."))

    def _look_soon(self):
        """Have it seen at the orders what became of them: of a few at once, of many when Amazon's search shows them."""
        pause = const.SEARCH_SHOWS_WITHIN if len(self) > const.SINGLE_READS_PER_RUN else timedelta(0)
        self.next_check_date = fields.Datetime.now() + pause

    def _count_attempts(self, step):
        for count, cancellations in self.grouped("attempt_count").items():
            cancellations.attempt_count = count + step

    def _on_amazon_cancelled(self):
        """Amazon shows the orders as cancelled."""
        done = self.sudo().filtered(lambda c: c.state in const.OPEN_CANCELLATION_STATES)
        done |= self.sudo().filtered(lambda c: c.state == "refused" and c == c.order_id.amazon_cancellation_id)
        if not done:
            return
        done.write(
            {
                "state": "confirmed",
                "confirmed_date": fields.Datetime.now(),
                "next_check_date": False,
                "next_attempt_date": False,
                "last_attempt_date": False,
            }
        )
        done._clear_failures()
        done._log_on_orders(lambda c: c.env._("Confirmed: %(text)s", text=c.order_id._amazon_get_cancelled_text()))
        done._on_confirmed()

    def _on_confirmed(self):
        """Hook: Amazon has cancelled the orders. Never called for what is merely sent or accepted."""
        self._amazon_close_activities("refused", get_feedback=lambda c: c.env._("Amazon shows the order as cancelled."))

    def _on_amazon_shipped(self):
        """Amazon shows something of the orders as shipped: what is open has come too late."""
        for cancellation in self.sudo().filtered(lambda c: c.state in const.OPEN_CANCELLATION_STATES):
            order = cancellation.order_id
            guard = self.env["amazon.cancellation.guard"]
            obstacle = guard._get_amazon_obstacle(order.amazon_channel, order.amazon_fulfillment_status)
            cancellation._refuse(obstacle, try_once_more=False)

    def _refuse(self, *facts, next_attempt_date=False, try_once_more=True):
        """End in `refused`, with the words; without a next attempt also with an activity for who decided.

        Note: self.ensure_one()

        :param facts: Amazon's words, or what the safety check found.
        :param datetime next_attempt_date: When it is sent again by itself, or False.
        :param bool try_once_more: Whether it is tried once more after a day, as the world may have changed.
        """
        self.ensure_one()
        vals = {
            "state": "refused",
            "refused_date": fields.Datetime.now(),
            "amazon_message_facts": facts,
            "next_check_date": False,
            "next_attempt_date": next_attempt_date,
        }
        if not next_attempt_date:
            tried = self.last_attempt_date and self.last_attempt_date <= fields.Datetime.now()
            once_more = try_once_more and not tried
            vals["last_attempt_date"] = fields.Datetime.now() + const.REFUSED_TRIED_AGAIN_AFTER if once_more else False
        self.write(vals)
        if next_attempt_date:
            self._log_on_orders(
                lambda c: c.env._(
                    "Amazon refused the cancellation: %(message)s It will be sent again.", message=c.amazon_message
                )
            )
            self._trigger_sending({next_attempt_date})
            return
        self._log_on_orders(lambda c: c.env._("The cancellation was refused: %(message)s", message=c.amazon_message))
        if not self._amazon_get_activities("refused"):
            cancellation = self._amazon_for_responsible()
            cancellation.activity_schedule(
                "sale_amazon_cancellation.mail_activity_refused",
                summary=cancellation.env._("%(order)s is cancelled in Odoo, not at Amazon", order=self.order_name),
                note=escape(cancellation.amazon_message),  # Amazon's words are no markup
                user_id=self._amazon_get_responsible().id,
            )

    def _retry_or_refuse(self, *facts, refused):
        """Amazon has not cancelled the order: plan the next attempt, with growing pauses, or end in `refused`.

        Note: self.ensure_one()

        :param facts: Amazon's words, or that there were none.
        :param bool refused: Whether Amazon said no; otherwise it said nothing.
        """
        self.ensure_one()
        if self.attempt_count >= const.MAX_ATTEMPTS:
            self._refuse(*facts)
            return
        pause = get_pause(const.RETRY_PAUSES, self.attempt_count - 1)
        next_attempt_date = fields.Datetime.now() + pause
        if refused:
            self._refuse(*facts, next_attempt_date=next_attempt_date)
            return
        self._reschedule(next_attempt_date, amazon_message_facts=facts)
        self._log_on_orders(
            lambda c: c.env._(
                "Amazon did not carry out the cancellation. %(message)s It will be sent again.",
                message=c.amazon_message,
            )
        )

    @api.model
    def _wake_refused(self, account):
        """Schedule the refused cancellations whose next, or last, attempt is due."""
        now = fields.Datetime.now()
        due = self.search(
            Domain("seller_account_id", "=", account.id)
            & Domain("state", "=", "refused")
            & (Domain("next_attempt_date", "<=", now) | Domain("last_attempt_date", "<=", now))
        ).try_lock_for_update()
        reopened = due.filtered(lambda c: c.order_id.state != "cancel")
        reopened.write({"next_attempt_date": False, "last_attempt_date": False})
        (due - reopened)._reschedule(now)

    def _push_back(self, error, is_refusal=None, details=None):
        """Amazon gave no usable answer for this order: leave it alone with growing pauses, and count.

        The third same refusal over hours is Amazon's no. Nothing is decided by any other failure.

        Note: self.ensure_one()

        :param SpApiError error: What Amazon answered for this order alone.
        :param bool|None is_refusal: Whether it counts as Amazon's refusal; None leaves that to the table of handlings.
        :param dict details: What the answer lacked, as a fact.
        """
        self.ensure_one()
        if is_refusal is None:
            is_refusal = get_handling(error).then in (Then.COUNT, Then.SPLIT)
        now = fields.Datetime.now()
        facts = [self.seller_account_id._get_error_facts(error, details=details)]
        repeated = {"what": f"{type(error).__name__} {error.status} {error.code}", "count": 1, "since": str(now)}
        last = self.failure_repeated or {}
        if last.get("what") == repeated["what"]:
            repeated.update(count=last["count"] + 1, since=last["since"])
        pause = get_pause(const.FAILED_ORDER_PAUSES, self.failure_count)
        self.write(
            {
                "failure_count": self.failure_count + 1,
                "failure_message_facts": facts,
                "failure_repeated": repeated if is_refusal else False,
                "next_check_date" if self.state in ("sent", "accepted") else "next_attempt_date": now + pause,
            }
        )
        if self.failure_count == 1:
            self._log_on_orders(
                lambda c: c.env._(
                    "Amazon gave no usable answer for this order: %(message)s It is asked again.",
                    message=c.failure_message,
                )
            )
        lasting = now - fields.Datetime.to_datetime(repeated["since"]) >= const.REFUSAL_IS_FINAL_AFTER
        if is_refusal and lasting and repeated["count"] >= const.REFUSAL_IS_FINAL_COUNT:
            self._refuse(*facts)

    def _leave_out_of_file(self):
        """No file can name the order: say so, once, until its items are read.

        Note: self.ensure_one()
        """
        self.ensure_one()
        facts = [
            _lt(
                "The file names the items of an order, and Amazon's ids of these are not read yet. Read the "
                "order, or upload an order report; or cancel the order in Seller Central."
            )
        ]
        if self.failure_message_facts == facts:
            return
        self.write({"failure_count": self.failure_count or 1, "failure_message_facts": facts})
        self._log_on_orders(
            lambda c: c.env._("Amazon is not told of the cancellation: %(message)s", message=c.failure_message)
        )

    def _clear_failures(self):
        """Amazon answered for these orders as it should."""
        failed = self.filtered(lambda c: c.failure_count or c.failure_repeated)
        if failed:
            failed.write({"failure_count": 0, "failure_message_facts": False, "failure_repeated": False})

    # === GETTERS === #

    def _get_undo_data(self):
        """What an undo brings back, by order. Of an order cancelled by writing its state only that is known.

        Note: self.ensure_one()

        :rtype: dict[recordset of `sale.order`, dict]
        """
        self.ensure_one()
        SaleOrder = self.env["sale.order"]
        kept = {SaleOrder.browse(int(order_id)): data for order_id, data in (self.undo_data or {}).items()}
        kept = {order: data for order, data in kept.items() if order.exists()}
        return kept or {self.order_id: {"state": self.order_state_before}}

    def _get_undo_losses(self):
        """What an undo of this cancellation cannot bring back, in words, one text each.

        Note: self.ensure_one()

        :rtype: list[str]
        """
        return [
            self.env._("%(order)s: %(loss)s", order=order.name, loss=loss)
            for order, data in self._get_undo_data().items()
            for loss in order._amazon_get_undo_losses(data)
        ]

    def _open_undo_dialog(self, losses):
        dialog = self.env["amazon.undo.dialog"].create({"cancellation_ids": self.ids, "losses": "\n".join(losses)})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Undo the cancellation"),
            "res_model": dialog._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "views": [(False, "form")],  # also as what follows on a message
            "target": "new",
        }

    def _get_reason(self, order):
        """The reason to tell Amazon: the buyer's where there is an official request, else the user's, else the default.

        :rtype: str
        """
        if order.amazon_cancel_request == "requested":
            return const.BUYER_CANCELED
        reason = self._amazon_get_context("amazon_cancel_reason")
        return str(reason) if reason else order.amazon_cancel_account_id.default_cancel_reason

    def _has_official_request(self):
        self.ensure_one()
        return bool(self.order_id.amazon_request_fingerprint)

    def _get_look_date(self):
        """Since when it is due to look at the order: what was shown before decides nothing.

        Note: self.ensure_one()

        :rtype: datetime
        """
        self.ensure_one()
        return self.next_check_date if self.state in ("sent", "accepted") else self.send_after

    def _get_reason_label(self):
        self.ensure_one()
        return dict(self._fields["reason"]._description_selection(self.env)).get(self.reason, "")

    def _get_scheduled_text(self):
        self.ensure_one()
        if self.seller_account_id.cancel_channel == "file":
            return self.env._(
                "Cancelled in Odoo (%(reason)s). Amazon is told by the file that you upload in Seller Central.",
                reason=self._get_reason_label(),
            )
        if not self.seller_account_id.undo_minutes:
            return self.env._(
                "Cancelled in Odoo (%(reason)s). Amazon is told at once.", reason=self._get_reason_label()
            )
        return self.env._(
            "Cancelled in Odoo (%(reason)s). Amazon will be told in %(minutes)s; until then it can be undone.",
            reason=self._get_reason_label(),
            minutes=self.env["amazon.cancellation.words"]._word(counted.minutes(self.seller_account_id.undo_minutes)),
        )

    def _get_telling(self):
        """When Amazon is told of a scheduled cancellation, and until when it can be undone.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        if self.feed_id:
            return self.env._("It stands in a feed or file that Amazon has not taken yet.")
        if self.seller_account_id.cancel_channel == "file":
            return self.seller_account_id._get_file_telling()
        time = format_datetime(self.env, self.send_after, dt_format="short")
        if self.send_after > fields.Datetime.now():
            return self.env._("Amazon is told at %(time)s. Until then you can undo.", time=time)
        return self.env._(
            "Amazon was to be told at %(time)s, and is told as soon as possible. Until then you can undo.", time=time
        )

    def _get_reopening_refusal(self):
        self.ensure_one()
        if self.state == "confirmed":
            return self.env._(
                "%(order)s is cancelled at Amazon, which cannot be undone. Ask the buyer to order again.",
                order=self.order_name,
            )
        return self.env._(
            "The cancellation of %(order)s was sent to Amazon already and can no longer be undone.",
            order=self.order_name,
        )

    def _check_manager(self):
        if not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            raise UserError(self.env._("Only a manager of the Amazon accounts can do this."))

    def _amazon_get_responsible(self):
        """Override: who decided, if a manager and so able to try a refused one again; else the account's manager.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        decided_by = self.decided_by_id
        if decided_by.active and decided_by.has_group("sale_amazon_cancellation.group_amazon_manager"):
            return decided_by
        return self.seller_account_id._get_manager()

    def _log_on_orders(self, get_body):
        """Log on the orders, each in the language of who is responsible for it.

        :param callable get_body: Gives the text for a cancellation, which has that language in its context.
        """
        by_order = self.grouped("order_id")
        self.order_id._amazon_log(lambda order: get_body(by_order[order][:1].with_env(order.env)))

    def _get_timeline(self):
        """What happened, in order. Hook for further facts.

        Note: self.ensure_one()

        :return: The date in the user's time zone, the fact in words, and the words of who said it.
        :rtype: list[dict]
        """
        self.ensure_one()
        return [
            {"date": format_datetime(self.env, date), "fact": fact, "words": words or ""}
            for date, fact, words in self._get_timeline_facts()
            if date
        ]

    def _get_timeline_facts(self):
        """The facts as `(date, fact, words)`, in the order in which they follow from each other, as Amazon's clock and
        ours may differ; those without a date did not happen.

        Note: self.ensure_one()

        :rtype: list[tuple]
        """
        self.ensure_one()
        env = self.env
        held = self.seller_account_id.hold_deliveries and self.request_seen_date
        facts = [
            (
                self.request_date,
                env._("The buyer asked Amazon to cancel"),
                env["amazon.cancellation.words"]._word_code(self.request_reason),
            ),
            (held, env._("Odoo showed the request and held the delivery"), False),
            (self.origin == "odoo" and self.create_date, self._get_decision_text(), self._get_reason_label()),
        ]
        for feed in self.env["amazon.cancellation.feed"].search([("cancellation_ids", "in", self.ids)], order="id"):
            sent = feed.submitted_date and feed.create_date
            facts.append((sent, env._("Sent to Amazon"), feed.feed_ref))
            facts.append((feed.report_attachment_id.create_date, env._("Amazon reported on the feed"), feed.message))
        if not self.feed_id:
            facts.append((self.sent_date, env._("Sent to Amazon"), False))
        if self.state == "refused":
            facts.append((self.refused_date, env._("Refused"), self.amazon_message))
        if self.state == "withdrawn":
            facts.append((self.withdrawn_date, env._("Undone"), False))
        facts.append(
            (
                self.confirmed_date,
                env._("Amazon shows the order as cancelled"),
                self.order_id._amazon_get_cancelled_text(),
            )
        )
        return facts

    def _get_decision_text(self):
        self.ensure_one()
        if self.decided_by_id == self.env.ref("base.user_root"):
            return self.env._("Cancelled in Odoo by a rule")
        return self.env._("Cancelled in Odoo by %(user)s", user=self.decided_by_id.name)
