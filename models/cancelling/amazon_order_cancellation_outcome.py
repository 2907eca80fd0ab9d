from odoo import api, fields, models

from ... import const


class AmazonOrderCancellation(models.Model):
    """What becomes of a cancellation: sent, accepted, confirmed by reading back, or refused with Amazon's words."""

    _inherit = "amazon.order.cancellation"

    # === BUSINESS METHODS === #

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
                "amazon_message": False,
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
        self.write({"state": "sent", "sent_date": fields.Datetime.now(), "amazon_message": False})
        self._log_on_orders(
            lambda c: self.env._("The cancellation was sent to Amazon (%(reason)s).", reason=c._get_reason_label())
        )

    def _on_accepted(self, message=False):
        """Amazon's report says done. That is not yet cancelled: the order is read back."""
        self.write(
            {"state": "accepted", "amazon_message": message, "next_check_date": fields.Datetime.now(), "check_count": 0}
        )
        self._log_on_orders(lambda _c: self.env._("Amazon accepted the cancellation; the order will be read back."))

    def _on_amazon_cancelled(self):
        """Amazon shows the orders as cancelled."""
        done = self.sudo().filtered(lambda c: c.state in const.OPEN_CANCELLATION_STATES)
        done |= self.sudo().filtered(
            lambda c: c.state == "refused" and c == c.order_id.amazon_cancellation_id and c.order_id.state == "cancel"
        )
        if not done:
            return
        done.write({"state": "confirmed", "confirmed_date": fields.Datetime.now(), "next_check_date": False})
        done._log_on_orders(lambda c: self.env._("Confirmed: %(text)s", text=c.order_id._amazon_get_cancelled_text()))
        done._on_confirmed()

    def _on_confirmed(self):
        """Hook: Amazon has cancelled the orders. Never called for what is merely sent or accepted."""
        if self:
            self._amazon_get_activities("refused").action_feedback(
                feedback=self.env._("Amazon shows the order as cancelled.")
            )
            self.env["amazon.cancellation.accounting"]._plan(self)

    def _on_amazon_shipped(self):
        """Amazon shows something of the orders as shipped: what is open has come too late."""
        for cancellation in self.sudo().filtered(lambda c: c.state in const.OPEN_CANCELLATION_STATES):
            order = cancellation.order_id
            guard = self.env["amazon.cancellation.guard"]
            cancellation._refuse(guard._get_amazon_obstacle(order.amazon_channel, order.amazon_status))

    def _refuse(self, message, next_attempt_date=False):
        """End in `refused`, with the words; without a next attempt also with an activity for who decided.

        Note: self.ensure_one()

        :param str message: Amazon's words, or those of the safety check.
        :param datetime next_attempt_date: When it is sent again by itself, or False.
        """
        self.ensure_one()
        self.write(
            {
                "state": "refused",
                "amazon_message": message,
                "next_check_date": False,
                "next_attempt_date": next_attempt_date,
            }
        )
        if next_attempt_date:
            self._log_on_orders(
                lambda _c: self.env._(
                    "Amazon refused the cancellation: %(message)s It will be sent again.", message=message
                )
            )
            self._trigger_sending({next_attempt_date})
            return
        self._log_on_orders(lambda _c: self.env._("The cancellation was refused: %(message)s", message=message))
        if not self._amazon_get_activities("refused"):
            self.activity_schedule(
                "sale_amazon_cancellation.mail_activity_refused",
                summary=self.env._("%(order)s is cancelled in Odoo, not at Amazon", order=self.order_id.name),
                note=message,
                user_id=self._get_responsible().id,
            )

    def _retry_or_refuse(self, message, refused):
        """Amazon has not cancelled the order: plan the next attempt, with growing pauses, or end in `refused`.

        Note: self.ensure_one()

        :param str message: Amazon's words.
        :param bool refused: Whether Amazon said no; otherwise it said nothing.
        """
        self.ensure_one()
        if self.attempt_count >= const.MAX_ATTEMPTS:
            self._refuse(message)
            return
        pause = const.RETRY_PAUSES[min(self.attempt_count, len(const.RETRY_PAUSES)) - 1]
        next_attempt_date = fields.Datetime.now() + pause
        if refused:
            self._refuse(message, next_attempt_date)
            return
        self._reschedule(next_attempt_date, amazon_message=message)
        self._log_on_orders(
            lambda _c: self.env._(
                "Amazon did not carry out the cancellation. %(message)s It will be sent again.", message=message
            )
        )

    @api.model
    def _wake_refused(self, account):
        """Schedule the refused cancellations whose next attempt is due."""
        due = self.search(
            [
                ("seller_account_id", "=", account.id),
                ("state", "=", "refused"),
                ("next_attempt_date", "<=", fields.Datetime.now()),
            ]
        ).try_lock_for_update()
        due.filtered(lambda c: c.order_id.state != "cancel").next_attempt_date = False
        due.filtered("next_attempt_date")._reschedule(fields.Datetime.now())

    # === GETTERS === #

    def _get_responsible(self):
        """Who looks after a refusal: who decided, if a manager and so able to try again; else the account's manager.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        decided_by = self.decided_by_id
        if decided_by.active and decided_by.has_group("sale_amazon_cancellation.group_amazon_manager"):
            return decided_by
        return self.seller_account_id._get_manager()

    def _log_on_orders(self, get_body):
        self.order_id._message_log_batch({cancellation.order_id.id: get_body(cancellation) for cancellation in self})
