from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_amazon_requests = fields.Boolean("Amazon Cancellation Requests")
    kpi_amazon_requests_value = fields.Integer(compute="_compute_kpi_amazon_requests_value")

    def _compute_kpi_amazon_requests_value(self):
        if not self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))
        self._calculate_company_based_kpi(
            "sale.order",
            "kpi_amazon_requests_value",
            date_field="amazon_cancel_request_date",
            additional_domain=[("amazon_cancel_request", "!=", False)],
        )

    def _compute_kpis_actions(self, company, user):
        """Override of `digest`: the number leads to the requests."""
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("sale.sale_menu_root").id
        actions["kpi_amazon_requests"] = f"sale_amazon_cancellation.amazon_request_action?menu_id={menu}"
        return actions
