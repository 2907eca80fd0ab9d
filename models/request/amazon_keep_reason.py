from odoo import fields, models


class AmazonKeepReason(models.Model):
    """A reason that is offered to whoever keeps an order although its buyer asked to cancel; never demanded."""

    _name = "amazon.keep.reason"
    _description = "Reason to Keep an Order"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="The first ones are offered beside the decision.")
    active = fields.Boolean(default=True)
