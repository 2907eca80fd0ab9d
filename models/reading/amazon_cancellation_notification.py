from odoo import api, fields, models

from ... import const


class AmazonCancellationNotification(models.Model):
    """A notification that was taken from a queue: known again when the queue repeats it, and kept if it is odd."""

    _name = "amazon.cancellation.notification"
    _description = "Amazon Notification"
    _inherit = ["amazon.protected.mixin"]
    _order = "id desc"
    _rec_name = "notification_ref"

    subscription_id = fields.Many2one(
        "amazon.cancellation.subscription", required=True, readonly=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(related="subscription_id.account_id", store=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    notification_ref = fields.Char(string="Notification", required=True, readonly=True)
    order_ref = fields.Char(string="Amazon Order", readonly=True, index="btree_not_null")
    state = fields.Selection(
        [("applied", "Applied"), ("ignored", "Not ours"), ("parked", "Parked")],
        required=True,
        readonly=True,
        index=True,
        help="Parked: it could not be worked off, and is kept here so that nothing is lost and nothing waits for it.",
    )
    message = fields.Text(readonly=True)
    body = fields.Text(readonly=True, groups="sale_amazon_cancellation.group_amazon_manager")

    _ref_unique = models.Constraint("UNIQUE(subscription_id, notification_ref)", "This notification is known already.")

    # === ACTION METHODS === #

    def action_retry(self):
        """Try parked notifications once more; what still fails stays parked, with its message.

        :return: True
        :rtype: bool
        """
        self.check_access("unlink")
        for notification in self.sudo().filtered(lambda n: n.state == "parked"):  # reading writes orders
            notification.subscription_id._retry_parked(notification)
        return True

    # === BUSINESS METHODS === #

    @api.autovacuum
    def _gc_worked_off(self):
        """Forget what no queue repeats any more; parked ones stay until somebody decides."""
        self.search(
            [
                ("state", "!=", "parked"),
                ("create_date", "<", fields.Datetime.now() - const.NOTIFICATIONS_KEPT),
            ],
            limit=10000,
        ).unlink()
