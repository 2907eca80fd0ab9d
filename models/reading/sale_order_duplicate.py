from odoo import models


class SaleOrder(models.Model):
    """Sale orders that stand for the same order of Amazon: nothing may be cancelled by itself until one is left."""

    _inherit = "sale.order"

    def _amazon_filter_standing(self):
        """Of several orders with one Amazon order id, those that really stand for it.

        One that was cancelled in Odoo alone, as after a second import, does not; if that leaves none, all do.
        """
        standing = self.filtered(lambda order: order.state != "cancel" or order.amazon_cancellation_ids)
        return standing or self

    def _amazon_mark_duplicates(self, account, order_ref):
        """Flag the orders where there are several, tell the account's manager once, and unflag the one that is left.

        :param recordset account: The account that the order was read by.
        :param str order_ref: The Amazon order id that they stand for.
        """
        if len(self) == 1:
            if self.amazon_duplicate:
                self.amazon_duplicate = False
                self._message_log(body=self.env._("This is again the only order of its Amazon order."))
            return
        unflagged = self.filtered(lambda order: not order.amazon_duplicate)
        if not unflagged:
            return
        unflagged.amazon_duplicate = True
        body = self.env._(
            "The Amazon order %(ref)s is in Odoo more than once (%(orders)s). Nothing is cancelled by itself until one "
            "is left: cancel the others in Odoo alone, or delete them.",
            ref=order_ref,
            orders=", ".join(self.mapped("name")),
        )
        unflagged._message_log_batch({order.id: body for order in unflagged})
        account._ask_manager("duplicate", self.env._("Amazon order %(ref)s is in Odoo twice", ref=order_ref), body)
