import logging

from odoo import fields, models

from ... import const
from ...spapi import errors as spapi_errors

_logger = logging.getLogger(__name__)


class AmazonCancellationAccount(models.Model):
    """What holds the deliveries of an account, and the question to Amazon while one is validated."""

    _inherit = "amazon.cancellation.account"

    hold_deliveries = fields.Boolean(
        default=True,
        tracking=True,
        help="Stop the validation of deliveries whose buyer asked to cancel.",
    )
    check_before_shipping = fields.Selection(
        [("off", "No"), ("warn", "Ask, and warn"), ("block", "Ask, and block")],
        required=True,
        default="off",
        tracking=True,
        help="Ask Amazon once more when a delivery is validated. Where Amazon does not answer within a few seconds, "
        "'warn' lets the delivery pass with a note and 'block' stops it with a dialog that a manager may override.",
    )

    # === BUSINESS METHODS === #

    def _check_orders(self, orders):
        """Read orders at Amazon while somebody waits: short time-outs, and no second try.

        Note: self.ensure_one()

        :param recordset orders: Sale orders with an Amazon order id.
        :return: Why an order could not be read, by order id.
        :rtype: dict[int, str]
        """
        self.ensure_one()
        snapshots, failures, start = [], {}, self.env["amazon.cancellation.log"]._start()
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
        self.env["amazon.cancellation.log"]._note(
            self, "lookup", start, {**counts, "calls": len(orders)}, message, failed=bool(failures)
        )
        return failures
