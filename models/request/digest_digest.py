from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

_CALLED_FOR = Domain("amazon_cancel_request", "!=", False)
_STOPPED = _CALLED_FOR & Domain("amazon_fulfillment_status", "=", "cancelled")
_SHIPPED = _CALLED_FOR & Domain("amazon_fulfillment_status", "in", ("shipped", "partially_shipped"))


class DigestDigest(models.Model):
    """What buyers' requests came to in the period: for who decides about them."""

    _inherit = "digest.digest"

    kpi_amazon_requests = fields.Boolean("Amazon Cancellation Requests")
    kpi_amazon_requests_value = fields.Integer(compute="_compute_kpi_amazon_requests_value")
    kpi_amazon_minutes = fields.Boolean("Minutes to Decide Amazon Requests")
    kpi_amazon_minutes_value = fields.Integer(compute="_compute_kpi_amazon_minutes_value")
    kpi_amazon_stopped = fields.Boolean("Amazon Parcels Stopped")
    kpi_amazon_stopped_value = fields.Integer(compute="_compute_kpi_amazon_stopped_value")
    kpi_amazon_shipped = fields.Boolean("Amazon Parcels Shipped Anyway")
    kpi_amazon_shipped_value = fields.Integer(compute="_compute_kpi_amazon_shipped_value")
    kpi_amazon_saved = fields.Boolean("Cost Saved by Stopped Amazon Parcels")
    kpi_amazon_saved_value = fields.Monetary(compute="_compute_kpi_amazon_saved_value")

    # === COMPUTE METHODS === #

    def _compute_kpi_amazon_requests_value(self):
        self._count_amazon_requests("kpi_amazon_requests_value", _CALLED_FOR)

    def _compute_kpi_amazon_stopped_value(self):
        self._count_amazon_requests("kpi_amazon_stopped_value", _STOPPED)

    def _compute_kpi_amazon_shipped_value(self):
        self._count_amazon_requests("kpi_amazon_shipped_value", _SHIPPED)

    def _compute_kpi_amazon_minutes_value(self):
        decided = self._get_amazon_domain("amazon_decided_date") & Domain("amazon_cancel_request_date", "!=", False)
        orders = self.env["sale.order"].search_fetch(
            decided, ["company_id", "amazon_decided_date", "amazon_cancel_request_date"]
        )
        for digest in self:
            company = digest._get_amazon_company()
            of_company = orders.filtered(lambda order, company=company: order.company_id == company)
            waits = [order.amazon_decided_date - order.amazon_cancel_request_date for order in of_company]
            # Amazon's clock, which tells when a buyer asked, may be ahead of ours.
            seconds = sum(max(0, wait.total_seconds()) for wait in waits)
            digest.kpi_amazon_minutes_value = seconds / 60 / len(waits or [0])

    def _compute_kpi_amazon_saved_value(self):
        groups = self.env["sale.order"]._read_group(
            self._get_amazon_domain("amazon_cancel_request_date") & _STOPPED,
            ["company_id", "amazon_cancel_account_id"],
            ["__count"],
        )
        for digest in self:
            digest.kpi_amazon_saved_value = sum(
                count * account.returned_parcel_cost
                for company, account, count in groups
                if company == digest._get_amazon_company()
            )

    def _compute_kpis_actions(self, company, user):
        """Override of `digest`: the numbers lead to the requests, and to what became of them."""
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("sale.sale_menu_root").id
        actions["kpi_amazon_requests"] = f"sale_amazon_cancellation.amazon_request_action?menu_id={menu}"
        if user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            analysis = f"sale_amazon_cancellation.amazon_cancellation_report_action?menu_id={menu}"
            names = ("minutes", "stopped", "shipped", "saved")
            actions.update({f"kpi_amazon_{name}": analysis for name in names})
        return actions

    # === BUSINESS METHODS === #

    def _count_amazon_requests(self, field, domain):
        self._check_amazon_access()
        self._calculate_company_based_kpi(
            "sale.order", field, date_field="amazon_cancel_request_date", additional_domain=domain
        )

    # === GETTERS === #

    @api.model
    def _check_amazon_access(self):
        """Let a digest leave out what its reader may not see.

        :raise AccessError: If the user sees only their own orders.
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))

    def _get_amazon_domain(self, date_field):
        """The orders with a request of the period.

        :param str date_field: By which they belong to it.
        :raise AccessError: If the user sees only their own orders.
        """
        self._check_amazon_access()
        start, end, companies = self._get_kpi_compute_parameters()
        return (
            _CALLED_FOR
            & Domain("company_id", "in", companies.ids)
            & Domain(date_field, ">=", start)
            & Domain(date_field, "<", end)
        )

    def _get_amazon_company(self):
        self.ensure_one()
        return self.company_id or self.env.company
