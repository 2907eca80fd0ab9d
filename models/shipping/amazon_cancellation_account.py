from odoo import fields, models


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
