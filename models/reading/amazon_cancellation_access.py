from odoo import api, models

from ...spapi import errors as spapi_errors
from ..account.amazon_cancellation_access import AccessCheck, AccessProblem


class AmazonCancellationAccess(models.AbstractModel):
    """What reading needs: the search; and what it can do without: the report of open orders, and notifications."""

    _inherit = "amazon.cancellation.access"

    @api.model
    def _get_checks(self, account):
        """Override to add the sources."""
        checks = [
            *super()._get_checks(account),
            AccessCheck("searchOrders", True, lambda client: self._try_search(account, client)),
        ]
        if account.sweep_rhythm != "never":
            checks.append(
                AccessCheck(
                    "createReport", False, lambda client: self._try_report(account, client), account.sweep_report
                )
            )
        if account.subscription_ids:
            checks.append(AccessCheck("getSubscription", False, self._try_subscription))
        return checks

    @api.model
    def _try_search(self, account, client):
        """Ask for one order; where the marketplaces are refused together, one by one.

        :raise AccessProblem: With the marketplaces that are refused alone, or the region in which the token works.
        """
        marketplaces = account.marketplace_ids
        try:
            client.try_search(marketplaces.mapped("api_ref"))
        except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest) as error:
            refused = self._get_refused_marketplaces(client, marketplaces)
            if not marketplaces or refused == marketplaces:
                self._raise_refused(account, error)
            if refused:
                raise AccessProblem(
                    f"{', '.join(refused.mapped('name'))}: "
                    f"{self.env['amazon.cancellation.refusal']._describe_marketplace()}"
                ) from error

    @api.model
    def _raise_refused(self, account, error):
        region = self._find_region(account, error)
        if region:
            refusals = self.env["amazon.cancellation.refusal"]
            raise AccessProblem(refusals._describe_region(region, account.region)) from error
        raise error

    @api.model
    def _get_refused_marketplaces(self, client, marketplaces):
        """Those of which Amazon does not give one order.

        :raise SpApiError: If Amazon does not answer, so that nothing is known.
        """
        refused = marketplaces.browse()
        for marketplace in marketplaces:
            try:
                client.try_search([marketplace.api_ref])
            except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest):
                refused |= marketplace
        return refused

    @api.model
    def _try_report(self, account, client):
        """Ask for the report of open orders; it is applied as a sweep, so that nothing is asked for in vain."""
        if not account.marketplace_ids:
            return
        Sweep = self.env["amazon.cancellation.sweep"].sudo()  # who connects accounts writes no sweeps
        Sweep._try_report(account.sudo(), client)

    @api.model
    def _try_subscription(self, client):
        try:
            client.get_subscription()
        except spapi_errors.NotFound:
            return  # the role is there, and notifications are not set up
