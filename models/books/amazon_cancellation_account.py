from odoo import fields, models


class AmazonCancellationAccount(models.Model):
    """What the books of an account's cancelled orders need."""

    _inherit = "amazon.cancellation.account"

    credit_note_policy = fields.Selection(
        [("none", "Do nothing"), ("draft", "Draft credit note"), ("post", "Posted credit note")],
        string="Credit Notes",
        required=True,
        default="post",
        tracking=True,
        help="What happens with the posted, unpaid invoices of an order once Amazon shows it as cancelled.",
    )
    ask_for_proof = fields.Boolean(
        string="Ask Amazon for Proof",
        tracking=True,
        help="48 hours after Amazon confirmed a cancellation, ask what Amazon booked for the order. Where no money "
        "moved, the books are settled; where it did, an accountant is to look. Needs the role Finance and Accounting.",
    )
    proof_days = fields.Integer(
        string="Ask Until",
        default=60,
        help="For how many days after a cancellation Amazon is asked again, after each of its settlements, whether it "
        "booked or refunded anything for the order.",
    )
    proof_message = fields.Text(
        string="Proof Problem", compute="_compute_worded", help="Why Amazon's bookings cannot be read now."
    )
    proof_message_facts = fields.Json(readonly=True, copy=False)
