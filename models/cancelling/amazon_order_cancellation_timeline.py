from odoo import api, fields, models
from odoo.tools import format_datetime


class AmazonOrderCancellation(models.Model):
    """The evidence: what happened to a cancellation, in order, on its form and on one printed page."""

    _inherit = "amazon.order.cancellation"

    request_date = fields.Datetime(string="Asked On", readonly=True, help="When the buyer asked, as Amazon tells it.")
    request_reason = fields.Char(string="Buyer's Reason", readonly=True)
    request_seen_date = fields.Datetime(string="Seen On", readonly=True, help="When Odoo first showed the request.")
    # In superuser mode: accountants and the warehouse read cancellations, yet neither accounts nor feeds.
    timeline = fields.Html(compute="_compute_timeline", compute_sudo=True, sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "lang")
    def _compute_timeline(self):
        for cancellation in self:
            cancellation.timeline = self.env["ir.qweb"]._render(
                "sale_amazon_cancellation.amazon_cancellation_timeline", {"events": cancellation._get_timeline()}
            )

    # === BUSINESS METHODS === #

    def _prepare_schedule_vals(self, order, state_before):
        """Extend to keep what the buyer asked, as the order shows only the latest request."""
        vals = super()._prepare_schedule_vals(order, state_before)
        if order.amazon_cancel_request == "requested":
            vals.update(
                request_date=order.amazon_cancel_request_date,
                request_reason=order.amazon_cancel_request_reason,
                request_seen_date=order.amazon_request_seen_date,
            )
        return vals

    def action_print(self):
        """Print the evidence as one page.

        :rtype: dict
        """
        return self.env.ref("sale_amazon_cancellation.action_report_amazon_cancellation").report_action(self)

    # === GETTERS === #

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
            (self.request_date, env._("The buyer asked Amazon to cancel"), self.request_reason),
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
            facts.append((self.write_date, env._("Refused"), self.amazon_message))
        facts.append(
            (
                self.confirmed_date,
                env._("Amazon shows the order as cancelled"),
                self.order_id._amazon_get_cancelled_text(),
            )
        )
        for move in self.order_id.invoice_ids.reversal_move_ids.filtered(lambda m: m.state == "posted"):
            facts.append((move.create_date, env._("Credited"), move.name))
        return facts

    def _get_decision_text(self):
        self.ensure_one()
        if self.decided_by_id == self.env.ref("base.user_root"):
            return self.env._("Cancelled in Odoo by a rule")
        return self.env._("Cancelled in Odoo by %(user)s", user=self.decided_by_id.name)
