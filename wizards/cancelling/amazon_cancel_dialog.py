from babel.numbers import format_percent

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import babel_locale_parse, get_lang

from ... import const, counted
from ...facts import fact as _lt
from ...tools import Own


class AmazonCancelDialog(models.TransientModel):
    """Asks for the reason before an order of Amazon is cancelled from its form."""

    _name = "amazon.cancel.dialog"
    _description = "Cancel an Amazon Order"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    official_request = fields.Boolean(compute="_compute_official_request")
    buyer_reason = fields.Char(related="order_id.amazon_cancel_request_words")
    channel = fields.Selection(related="order_id.amazon_channel")
    reason = fields.Selection(const.SELLER_CANCEL_REASONS, string="Reason for Amazon")
    undo_text = fields.Char(compute="_compute_undo_text")
    rate_preview = fields.Char(compute="_compute_rate_preview", string="Cancellation Rate")
    rate_too_high = fields.Boolean(compute="_compute_rate_preview")
    family_names = fields.Char(
        string="Also For This Amazon Order",
        compute="_compute_family_names",
        help="Other sale orders that stand for the same Amazon order and are not cancelled.",
    )
    family_choice = fields.Selection(
        [
            ("all", "Cancel all of them, and tell Amazon"),
            ("one", "Cancel this one in Odoo only: Amazon is told when all of them are cancelled"),
        ],
        string="What to Cancel",
    )
    local_only = fields.Boolean(
        string="In Odoo only", help="Cancel in Odoo and tell Amazon nothing. The order stays open at Amazon."
    )
    obstacle = fields.Text(compute="_compute_obstacle", help="Why Amazon would not cancel the order.")

    @api.depends("order_id")
    def _compute_official_request(self):
        for dialog in self:
            dialog.official_request = dialog.order_id.amazon_cancel_request == "requested"

    @api.depends("order_id")
    def _compute_family_names(self):
        for dialog in self:
            order = dialog.order_id
            dialog.family_names = order._amazon_get_others_sudo()[order]._amazon_name_family(order.company_id)

    @api.depends("order_id")
    def _compute_obstacle(self):
        for dialog in self:
            dialog.obstacle = self.env["amazon.cancellation.guard"]._get_order_obstacle(dialog.order_id)

    @api.depends("order_id")
    def _compute_undo_text(self):
        for dialog in self:
            account = dialog.order_id.amazon_cancel_account_id
            if account.cancel_channel == "file":
                dialog.undo_text = account._get_file_telling()
                continue
            minutes = account.undo_minutes
            dialog.undo_text = bool(minutes) and self.env["amazon.cancellation.words"]._word(
                _lt("Amazon is told in %(minutes)s. Until then you can undo.", minutes=counted.minutes(minutes))
            )

    @api.depends("order_id")
    @api.depends_context("lang")
    def _compute_rate_preview(self):
        for dialog in self:
            rate = dialog.order_id.amazon_cancel_account_id._get_cancellation_rate(const.RATE_DAYS)
            after = (rate.cancelled + 1) / max(rate.orders, 1)
            dialog.rate_too_high = after >= const.RATE_LIMIT
            dialog.rate_preview = self.env._(
                "Last %(days)s days: %(orders)s, %(cancelled)s cancelled by you (%(before)s). "
                "With this one: %(after)s. Amazon's limit: %(limit)s.",
                days=const.RATE_DAYS,
                orders=self.env["amazon.cancellation.words"]._word(counted.orders(rate.orders)),
                cancelled=rate.cancelled,
                before=self._format_rate(rate.rate),
                after=self._format_rate(after),
                limit=self._format_rate(const.RATE_LIMIT),
            )

    def action_confirm(self):
        """Cancel the order with the chosen reason.

        Note: self.ensure_one()

        :raise UserError: If no reason is chosen, or the order can not be cancelled.
        """
        self.ensure_one()
        if self.local_only:
            self.order_id.with_context(amazon_local_only=True).action_cancel()
            self.order_id._amazon_log(lambda order: order.env._("Cancelled in Odoo only; Amazon is not told."))
            return {"type": "ir.actions.act_window_close"}
        if self.family_names and not self.family_choice:
            raise UserError(
                self.env._(
                    "%(orders)s stands for the same Amazon order. Choose whether to cancel all, or this one only.",
                    orders=self.family_names,
                )
            )
        orders = self.order_id
        if self.family_choice == "all":
            orders = self._get_whole_family()
        if not self.official_request and not self.reason and self.family_choice != "one":
            raise UserError(self.env._("Choose the reason that Amazon is told."))
        orders = orders.with_context(amazon_cancel_reason=self.reason and Own(self.reason))
        # Like Accept, the decision on a request is none on a lock.
        answer = orders._action_cancel() if self.official_request else orders.action_cancel()
        if isinstance(answer, dict):  # another app asks something first
            return answer
        if any(order.state != "cancel" for order in orders):
            raise UserError(self.env._("The order is not cancelled: another app stopped it without saying why."))
        return {"type": "ir.actions.act_window_close"}

    def _format_rate(self, rate):
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_percent(round(rate, 3), locale=locale, decimal_quantization=False)

    def _get_whole_family(self):
        """The order and all others of its Amazon order, also those of other companies that the user works for.

        Note: self.ensure_one()

        :rtype: recordset of `sale.order`
        :raise UserError: If one of them is not for this user to cancel.
        """
        others_sudo = self.order_id._amazon_get_others_sudo()[self.order_id]
        companies = self.env.companies | (others_sudo.company_id & self.env.user.company_ids)
        orders = self.order_id.with_context(allowed_company_ids=companies.ids)
        others = orders.browse(others_sudo.ids)
        foreign = others - others._filtered_access("write")
        if foreign:
            raise UserError(
                self.env._(
                    "You may not cancel %(orders)s. Ask who may, or cancel this one in Odoo only: Amazon is told when "
                    "all of them are cancelled.",
                    orders=foreign.sudo()._amazon_name_family(self.order_id.company_id),
                )
            )
        return orders | others
