from odoo import fields, models

from ... import const


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    amazon_account_count = fields.Integer(string="Connected Accounts", compute="_compute_amazon_account_count")
    amazon_log_days = fields.Integer(
        string="Days to Keep the Reading Log", config_parameter=const.LOG_DAYS_PARAMETER, default=const.LOG_DAYS
    )

    def _compute_amazon_account_count(self):
        count = self.env["amazon.cancellation.account"].search_count([])
        self.amazon_account_count = count

    def action_amazon_accounts(self):
        return self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_seller_account_action")

    def action_amazon_setup(self):
        return self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_setup_action")
