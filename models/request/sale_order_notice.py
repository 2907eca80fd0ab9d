from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import clean_context

from ... import const


class SaleOrder(models.Model):
    """Notice: an activity for each open request, closed by its decision, and a second one before the time is up."""

    _inherit = "sale.order"

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: a decided request needs nobody any more; one that an undo opens again does."""
        if "amazon_cancel_request" not in vals:
            return super().write(vals)
        open_before = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        result = super().write(vals)
        if vals["amazon_cancel_request"] != "requested":
            open_before._amazon_close_decision_activities()
        elif not self.env.context.get("amazon_reading"):  # the reader asks after its rules had their turn
            (self - open_before)._amazon_ask_to_decide()
        return result

    # === BUSINESS METHODS === #

    def _amazon_ask_to_decide(self):
        """Give the open requests of these orders to who is responsible, once per request.

        Due at once, so that Odoo's counter of activities shows it.
        """
        now = fields.Datetime.now()
        self.filtered(lambda order: order.amazon_cancel_request == "requested")._amazon_remind(
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
                ("amazon_seller_account_id.active", "=", True),
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
                note=note,
                user_id=user.id,
            )

    def _amazon_close_decision_activities(self):
        activities = self._amazon_get_activities("request", "ship_by")
        if activities:
            # Whoever decides closes it, even where it was another's.
            activities.sudo().action_feedback(feedback=self.env._("The request is decided."))
