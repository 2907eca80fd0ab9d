from odoo import fields, models

from ... import const


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    amazon_account_count = fields.Integer(string="Connected Accounts", compute="_compute_amazon_account_count")
    amazon_log_days = fields.Integer(
        string="Days to Keep the Reading Log",
        config_parameter=const.LOG_DAYS_PARAMETER,
        default=const.LOG_DAYS,
        help="Older lines of the reading log are deleted.",
    )
    amazon_lanes = fields.Integer(
        string="Workers for Amazon",
        config_parameter=const.LANES_PARAMETER,
        default=1,
        help="So many accounts are read, and told cancellations, at the same time. Each takes a worker of Odoo's "
        "scheduled actions (max_cron_threads), on this server or another one.",
    )

    def set_values(self):
        """Override of `base`: make or remove the scheduled actions of the lanes."""
        lanes = int(self.env["ir.config_parameter"].sudo().get_param(const.LANES_PARAMETER) or 1)
        if self.amazon_lanes != lanes:
            self.env["amazon.cancellation.unit"]._set_lanes(self.amazon_lanes)
        return super().set_values()

    def _compute_amazon_account_count(self):
        count = self.env["amazon.cancellation.account"].search_count([])
        self.amazon_account_count = count

    def action_amazon_accounts(self):
        return self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_seller_account_action")

    def action_amazon_setup(self):
        return self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_setup_action")
