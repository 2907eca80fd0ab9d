from odoo import api, fields, models

from ...tools import Own

# Somebody has said why the goods are needed all the same.
_ANYWAY = "amazon_supply_anyway"


class AmazonSupplyMixin(models.AbstractModel):
    """What documents share that get goods for orders: they say which of these wait to be cancelled, and ask first.

    The bridge addons give it to vendors' orders and to manufacturing orders.
    """

    _name = "amazon.supply.mixin"
    _description = "Supply for Amazon Orders"

    amazon_supply_text = fields.Text(
        string="Orders to Be Cancelled",
        compute="_compute_amazon_supply_text",
        help="The orders that these goods are for and that are cancelled, or whose buyers ask for that.",
    )

    @api.depends_context("lang", "uid")
    def _compute_amazon_supply_text(self):
        for supply in self:
            supply.amazon_supply_text = "\n".join(supply._amazon_get_supply_texts())

    # === BUSINESS METHODS === #

    def _amazon_ask_before_supply(self):
        """Which of these documents wait for a person's word, as their goods may not be needed.

        Code that must pass calls `_amazon_supply_anyway`.

        :return: The documents to ask about, and the dialog that asks, or True.
        :rtype: tuple(recordset, dict|bool)
        """
        used = self.env["amazon.cancellation.account"]._is_used()
        if not used or isinstance(self.env.context.get(_ANYWAY), Own):
            return self.browse(), True
        texts = {supply: supply._amazon_get_supply_texts() for supply in self}
        asked = self.filtered(lambda supply: texts[supply])
        if not asked:
            return asked, True
        lines = [f"{supply.display_name}: {text}" for supply in asked for text in texts[supply]]
        dialog = self.env["amazon.supply.dialog"].create(
            {"supply_model": self._name, "supply_ids": asked.ids, "message": "\n".join(lines)}
        )
        return asked, {
            "type": "ir.actions.act_window",
            "name": self.env._("Are these goods still needed?"),
            "res_model": dialog._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    def _amazon_supply_anyway(self, reason):
        """Confirm these documents although their goods may not be needed.

        :param str reason: Why, for the record.
        :return: What Odoo's own confirmation returns.
        """
        body = self.env._("Confirmed although an order is to be cancelled: %(reason)s", reason=reason)
        self._message_log_batch({supply.id: body for supply in self})
        return self.with_context(**{_ANYWAY: Own(_ANYWAY)})._amazon_confirm_supply()

    def _amazon_confirm_supply(self):
        """Hook: confirm these documents in their app's own way."""
        raise NotImplementedError

    # === GETTERS === #

    def _amazon_get_supplied_orders(self):
        """Hook: the sale orders that this document may get goods for.

        :rtype: recordset of `sale.order`
        """
        raise NotImplementedError

    def _amazon_get_supply_texts(self):
        """Which orders that this document gets goods for are cancelled, or wait to be, one text each.

        Note: self.ensure_one()

        :rtype: list[str]
        """
        self.ensure_one()
        supply_sudo = self.sudo()  # who buys or makes goods may see no sale orders
        orders_sudo = supply_sudo._amazon_get_supplied_orders().filtered("amazon_cancel_account_id")
        orders_sudo = orders_sudo.filtered(lambda order: supply_sudo in order._amazon_get_supplies())
        cancelled_sudo = orders_sudo.filtered(lambda order: order.state == "cancel")
        held_sudo = (orders_sudo - cancelled_sudo).filtered_domain(orders_sudo._amazon_get_hold_domain())
        held_sudo = held_sudo._amazon_filter_unreleased()
        texts = []
        for order in held_sudo:
            text = order._amazon_get_hold_text()
            if order.amazon_fulfillment_status != "cancelled":
                text = self.env._("%(buyer)s asks to cancel. %(text)s", buyer=order.partner_id.name, text=text)
            texts.append(text)
        texts += [self.env._("%(order)s is cancelled", order=order.name) for order in cancelled_sudo]
        return texts
