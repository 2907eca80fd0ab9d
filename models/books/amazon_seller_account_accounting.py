from datetime import timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.fields import Domain

from ... import const


class CancellationRate(NamedTuple):
    """How many of an account's orders the seller cancelled."""

    orders: int
    cancelled: int
    rate: float


class AmazonSellerAccount(models.Model):
    _inherit = "amazon.seller.account"

    ask_for_proof = fields.Boolean(
        string="Ask Amazon for Proof",
        tracking=True,
        help="48 hours after Amazon confirmed a cancellation, ask what Amazon booked for the order. Where no money "
        "moved, the books are settled; where it did, an accountant is to look. Needs the role Finance and Accounting.",
    )

    proof_message = fields.Text(
        string="Proof Problem", readonly=True, copy=False, help="Why Amazon's bookings cannot be read now."
    )

    def _get_cancellation_rate(self, days):
        """The share of the seller's own orders that the seller cancelled, as Amazon's Cancellation Rate counts it.

        Left out are FBA orders and what the buyer cancelled or officially asked to cancel. Amazon's limit is 2.5 %.

        Note: self.ensure_one()

        :param int days: The orders of the last days, by their order date. Amazon looks at 7.
        :return: Orders, seller-caused cancellations among them, and the rate from 0 to 1.
        :rtype: CancellationRate
        """
        self.ensure_one()
        orders = (
            Domain("amazon_seller_account_id", "=", self.id)
            & Domain("amazon_channel", "!=", "fba")
            & Domain("date_order", ">=", fields.Datetime.now() - timedelta(days=days))
        )
        cancelled = Domain("state", "not in", ("refused", "withdrawn")) & (
            (Domain("origin", "=", "odoo") & Domain("reason", "!=", const.BUYER_CANCELED))
            | (
                Domain("origin", "=", "amazon")
                & Domain("order_id.amazon_cancelled_by", "in", ("merchant", "amazon"))
                & Domain("order_id.amazon_request_fingerprint", "=", False)
            )
        )
        order_count = self.env["sale.order"].sudo().search_count(orders)  # of all salespersons, as Amazon counts
        cancelled_count = (
            self.env["sale.order"].sudo().search_count(orders & Domain("amazon_cancellation_ids", "any", cancelled))
        )
        return CancellationRate(order_count, cancelled_count, cancelled_count / order_count if order_count else 0.0)
