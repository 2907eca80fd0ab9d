from odoo import api, models
from odoo.exceptions import UserError

from ... import const
from ...facts import fact as _lt


class AmazonCancellationGuard(models.AbstractModel):
    """Says whether an order may be cancelled: at Amazon, whose answer decides, and in the warehouse.

    Asked when a user cancels, with what was last read, and again just before sending, with a fresh reading.
    """

    _name = "amazon.cancellation.guard"
    _description = "Amazon Cancellation Guard"

    # === BUSINESS METHODS === #

    @api.model
    def _check(self, orders):
        """Refuse the cancellation of orders that can not be cancelled at Amazon.

        :param recordset orders: Orders of Amazon accounts.
        :raise UserError: With the order, the obstacle and the way out.
        """
        for order in orders:
            obstacle = self._get_order_obstacle(order)
            if obstacle:
                raise UserError(
                    self.env._(
                        "%(order)s (%(ref)s): %(obstacle)s",
                        order=order.name,
                        ref=order._amazon_get_ref(),
                        obstacle=obstacle,
                    )
                )

    @api.model
    def _warn(self, orders):
        """Leave a warning on orders that a manager cancels although their goods have left."""
        progress = orders._amazon_get_goods_progress()
        left = orders.filtered(lambda order: progress[order] == "left")
        left._amazon_log(
            lambda order: order.env._(
                "Warning: a delivery of this order is done in Odoo, while Amazon shows it as unshipped. "
                "Ask for the goods back."
            )
        )

    # === GETTERS === #

    @api.model
    def _get_order_obstacle(self, order):
        """Why the order may not be cancelled now, as last read, with the way out.

        :param recordset order: One sale order.
        :return: The obstacle in words, or False.
        :rtype: str|bool
        """
        obstacle = False
        if order.amazon_last_update:  # an order that was never read is read before anything is sent
            fact = self._get_amazon_obstacle(order.amazon_channel, order.amazon_fulfillment_status)
            obstacle = fact and self.env["amazon.cancellation.words"]._word(fact)
        if obstacle and order.amazon_channel != "fba" and self._may_know_better(order):
            obstacle = False
        return obstacle or self._get_delivery_obstacle(order)

    @api.model
    def _may_know_better(self, order):
        """Whether who cancels, a manager or another app, may know more than an old reading: Amazon is asked anyway.

        :param recordset order: One sale order.
        :rtype: bool
        """
        # Not only of a whole reading: a status that nobody knows leaves a doubt, and stands all the same.
        return self._is_trusted() and not order._amazon_is_freshly_read()

    @api.model
    def _is_trusted(self):
        return self.env.su or self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager")

    @api.model
    def _get_snapshot_obstacle(self, snapshot):
        """Why Amazon would not, or must not, cancel the order, as a fresh snapshot shows it.

        :param OrderSnapshot snapshot: The order as Amazon shows it now.
        :return: The obstacle as a fact, or False.
        :rtype: dict|bool
        """
        channel = "fba" if snapshot.is_fba else "fbm"
        status = "partially_shipped" if snapshot.anything_shipped and snapshot.status != "shipped" else snapshot.status
        return self._get_amazon_obstacle(channel, status)

    @api.model
    def _get_amazon_obstacle(self, channel, status):
        """Why Amazon would not, or must not, cancel an order of this channel and status.

        :return: The obstacle as a fact, or False.
        :rtype: dict|bool
        """
        if status == "cancelled":
            return False  # nothing is asked of Amazon any more
        if channel == "fba":
            return _lt(
                "Amazon fulfils this order, so only Amazon or the buyer can cancel it. A manager can cancel it in Odoo "
                "alone."
            )
        if status == "partially_shipped":
            return _lt(
                "A part is shipped at Amazon, so the order can no longer be cancelled there: Amazon would refund all "
                "of it. Ship and confirm what goes out, and refund the rest in Seller Central."
            )
        if status == "shipped":
            return _lt(
                "It is shipped at Amazon and can no longer be cancelled there. Refund the buyer in Seller Central, or "
                "let a manager cancel it in Odoo alone."
            )
        if status not in const.KNOWN_ORDER_STATUSES or status == "unfulfillable":
            return _lt(
                "Amazon shows it with a status that cannot be cancelled from here. Look at it in Seller Central; a "
                "manager can cancel it in Odoo alone."
            )
        return False

    @api.model
    def _get_delivery_obstacle(self, order):
        """Why this user may not cancel: the goods have left, while Amazon says unshipped. Managers may.

        :param recordset order: One sale order.
        :rtype: str|bool
        """
        if self._is_trusted():
            return False
        if order._amazon_get_goods_progress()[order] == "left":
            return self.env._(
                "A delivery is done in Odoo. Confirm the shipment at Amazon and refund the buyer, or let a manager "
                "cancel the order."
            )
        return False

    @api.model
    def _may_accept_alone(self, order):
        """Whether the account's rule accepts the buyer's request without a person.

        Never for a part of the items, as Amazon cancels whole orders only.

        :param recordset order: One sale order with an open request.
        :rtype: bool
        """
        rule = order.amazon_cancel_account_id.auto_accept
        if rule == "never" or order.amazon_duplicate or self._get_order_obstacle(order):
            return False
        if set(order.amazon_request_fingerprint or {}) != set(order.amazon_item_refs or []):
            return False
        progress = order._amazon_get_goods_progress()[order]
        return progress == "none" or (progress == "picking" and rule == "before_shipping")
