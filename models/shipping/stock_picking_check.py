import logging

from odoo import SUPERUSER_ID, fields, models

from ... import const
from ...spapi import errors as spapi_errors

_logger = logging.getLogger(__name__)


class StockPicking(models.Model):
    """Asks Amazon once more when a delivery is validated, where the account wants it."""

    _inherit = "stock.picking"

    def _amazon_check_before_shipping(self):
        """Read the orders of these deliveries at Amazon, unless they were just read.

        :return: Why Amazon could not be asked, by those deliveries that therefore must not be validated.
        :rtype: dict
        """
        deliveries = self.filtered(lambda p: p.picking_type_code == "outgoing" and p.state not in ("done", "cancel"))
        deliveries = deliveries.filtered(lambda p: not p.sudo().amazon_hold_released)  # a manager's field
        orders = self.env["sale.order"].with_user(SUPERUSER_ID)  # stock users see no orders, yet must be warned
        orders = orders.browse(deliveries._get_amazon_orders_sudo().filtered(self._is_amazon_check_due).ids)
        failures = {}
        for account, of_account in orders.grouped("amazon_seller_account_id").items():
            failures.update(account._check_orders(of_account))
        unanswered = {}
        for delivery in deliveries:
            for order in delivery._get_amazon_orders_sudo():
                if order.id not in failures:
                    continue
                message = self.env._(
                    "Amazon could not be asked about %(order)s: %(error)s", order=order.name, error=failures[order.id]
                )
                if order.amazon_seller_account_id.check_before_shipping == "block":
                    unanswered[delivery] = message
                else:
                    delivery._message_log(body=message)
        return unanswered

    def _is_amazon_check_due(self, order):
        fresh_since = fields.Datetime.now() - const.CHECK_IS_FRESH_FOR
        return (
            order.amazon_order_ref
            and order.amazon_channel != "fba"
            and order.amazon_seller_account_id.check_before_shipping not in (False, "off")
            and not (order.amazon_checked_date and order.amazon_checked_date > fresh_since)
        )


class AmazonSellerAccount(models.Model):
    _inherit = "amazon.seller.account"

    def _check_orders(self, orders):
        """Read orders at Amazon while somebody waits: short time-outs, and no second try.

        Note: self.ensure_one()

        :param recordset orders: Sale orders with an Amazon order id.
        :return: Why an order could not be read, by order id.
        :rtype: dict[int, str]
        """
        self.ensure_one()
        snapshots, failures, start = [], {}, self.env["amazon.sync.log"]._start()
        try:
            with self._get_client(timeout=const.CHECK_TIMEOUT) as client:
                for order in orders:
                    try:
                        snapshots.append(client.get_order(order.amazon_order_ref))
                    except (spapi_errors.InvalidRequest, spapi_errors.MalformedAnswer) as error:
                        failures[order.id] = self._describe_error(error)
        except spapi_errors.SpApiError as error:
            # It would be the same for the others, and the user waits.
            _logger.info("Amazon account %s did not answer before shipping: %s", self.id, error)
            read = {snapshot.order_id for snapshot in snapshots}
            failures.update(
                {order.id: self._describe_error(error) for order in orders if order.amazon_order_ref not in read}
            )
        counts = self.env["amazon.order.reader"]._apply(self, snapshots, list_unknown=False)
        message = "\n".join(dict.fromkeys(failures.values()))
        self.env["amazon.sync.log"]._note(
            self, "lookup", start, {**counts, "calls": len(orders)}, message, failed=bool(failures)
        )
        return failures
