import time
from datetime import timedelta

from odoo import api, fields, models

from ... import const


class AmazonCancellationLog(models.Model):
    """What one reading of an account's orders took, found and failed at. Kept for the time chosen in the settings."""

    _name = "amazon.cancellation.log"
    _description = "Amazon Reading Log"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "start_date desc, id desc"
    _rec_name = "start_date"

    account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    source = fields.Selection(
        [
            ("search", "Search"),
            ("lookup", "Single orders"),
            ("notification", "Notifications"),
            ("sweep", "Sweep"),
            ("upload", "Uploaded report"),
        ],
        required=True,
        readonly=True,
        default="search",
        index=True,
        help="Where the orders were read from.",
    )
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
    message = fields.Text(compute="_compute_worded")
    message_facts = fields.Json(readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _start(self):
        """When a reading begins, as `_note` wants it.

        :rtype: tuple(datetime, float)
        """
        return fields.Datetime.now(), time.monotonic()

    @api.model
    def _note(self, account, source, start, counts, facts=False, failed=False):
        """Note a reading that has ended.

        :param recordset account: The account that was read.
        :param str source: Where from.
        :param tuple start: What `_start` returned when it began.
        :param dict counts: Counts as of the reader, and `calls`.
        :param list facts: What is to be said, or False.
        :param bool failed: Whether something could not be read.
        """
        self.sudo().create(  # users cause readings, yet never write the log
            {
                "account_id": account.id,
                "source": source,
                "start_date": start[0],
                "duration": time.monotonic() - start[1],
                "failed": failed,
                "call_count": counts.get("calls", 0),
                "read_count": counts.get("read", 0),
                "known_count": counts.get("known", 0),
                "requested_count": counts.get("requested", 0),
                "cancelled_count": counts.get("cancelled", 0),
                "problem_count": counts.get("malformed", 0) + counts.get("failed", 0),
                "message_facts": facts,
            }
        )

    @api.autovacuum
    def _gc_old(self):
        """Forget what is older than the settings want to keep."""
        days = self.env["ir.config_parameter"].sudo().get_param(const.LOG_DAYS_PARAMETER, const.LOG_DAYS)
        self.search([("start_date", "<", fields.Datetime.now() - timedelta(days=int(days)))]).unlink()
