from odoo import api, fields, models

from ... import const


class AmazonCancellationFinding(models.Model):
    """What became of one call of an account's last connection test, and where it is mended."""

    _name = "amazon.cancellation.finding"
    _description = "Amazon Connection Finding"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "account_id, sequence, id"
    _rec_name = "operation"

    account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    sequence = fields.Integer(readonly=True)
    operation = fields.Char(string="Call", required=True, readonly=True, help="Amazon's own name of the call.")
    feature = fields.Char(string="What It Is For", compute="_compute_worded")
    feature_facts = fields.Json(readonly=True)
    needed = fields.Boolean(readonly=True, help="Without it the addon is of no use.")
    lost = fields.Boolean(readonly=True, help="It does not work, and did before or is needed.")
    state = fields.Selection(const.CONNECTION_STATES, string="Result", required=True, readonly=True)
    message = fields.Text(string="What To Do", compute="_compute_worded")
    message_facts = fields.Json(readonly=True)
    page_url = fields.Char(string="Mend It At", compute="_compute_links", help="The page in Seller Central.")
    doc_url = fields.Char(string="Read More", compute="_compute_links")

    @api.depends("state", "operation", "account_id.region", "account_id.marketplace_ids")
    def _compute_links(self):
        for finding in self:
            page = const.SELLER_CENTRAL_PAGES.get(finding.state)
            finding.page_url = page and f"{finding.account_id._get_seller_central_url()}{page}"
            anchor = const.CONNECTION_DOCS.get(finding.state)
            finding.doc_url = anchor and f"{const.DOCS_URL}{anchor}"
