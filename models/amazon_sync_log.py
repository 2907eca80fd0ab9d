from datetime import timedelta

from odoo import api, fields, models

from .. import const


class AmazonSyncLog(models.Model):
    """What one reading of an account's orders took, found and failed at. Kept for the time chosen in the settings."""

    _name = "amazon.sync.log"
    _description = "Amazon Reading Log"
    _order = "start_date desc, id desc"
    _rec_name = "start_date"

    account_id = fields.Many2one("amazon.seller.account", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    start_date = fields.Datetime(string="Start", required=True, readonly=True, index=True)
    duration = fields.Float(string="Seconds", readonly=True, digits=(8, 2))
    failed = fields.Boolean(readonly=True)
    call_count = fields.Integer(string="Calls", readonly=True)
    read_count = fields.Integer(string="Orders Read", readonly=True)
    known_count = fields.Integer(string="In Odoo", readonly=True)
    requested_count = fields.Integer(string="New Requests", readonly=True)
    cancelled_count = fields.Integer(string="Cancelled at Amazon", readonly=True)
    problem_count = fields.Integer(
        string="Not Readable", readonly=True, help="Orders that could not be understood or updated."
    )
    message = fields.Text(readonly=True)

    @api.autovacuum
    def _gc_old(self):
        """Forget what is older than the settings want to keep."""
        days = self.env["ir.config_parameter"].sudo().get_param(const.LOG_DAYS_PARAMETER, const.LOG_DAYS)
        self.search([("start_date", "<", fields.Datetime.now() - timedelta(days=int(days)))]).unlink()
