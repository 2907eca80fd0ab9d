from odoo import api, models
from odoo.tools.misc import format_date

from ...facts import fact as _lt
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
        known = self.env["sale.order"]._amazon_get_last_read(account)
        if known:
            checks.append(AccessCheck("getOrder", True, lambda client: self._try_order(known, client)))
        if account.sweep_rhythm != "never":
            checks.append(
                AccessCheck(
                    "createReport", False, lambda client: self._try_report(account, client), account.sweep_report
                )
            )
        if account.subscription_ids:
            checks += [
                AccessCheck("getSubscription", False, self._try_subscription),
                AccessCheck("getDestinations", False, lambda client: client.get_destinations()),
                AccessCheck("GetQueueUrl", False, lambda client: account.subscription_ids._get_queue().find()),
            ]
        return checks

    @api.model
    def _try_order(self, order, client):
        """Read an order that this account has read before: where Amazon no longer knows it, the token is another's.

        :raise AccessProblem: If Amazon does not know the order.
        """
        try:
            client.get_order(order._amazon_get_ref())
        except spapi_errors.NotFound as error:
            raise AccessProblem(
                _lt(
                    "Amazon does not know the order %(ref)s, which this account read on %(date)s: the refresh token "
                    "may be another seller's.",
                    ref=order._amazon_get_ref(),
                    date=format_date(self.env, order.amazon_checked_date),
                ),
                needed=False,
                state="token",
            ) from error

    @api.model
    def _try_search(self, account, client):
        """Ask for one order; where the marketplaces are refused together, find out which of them are.

        In a set-up those that are refused alone are taken off, so that it can go on with the others.

        :raise AccessProblem: With the marketplaces that are refused, or the region in which the token works.
        """
        marketplaces = account.marketplace_ids
        try:
            client.try_search(marketplaces.mapped("api_ref"))
        except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest) as error:
            if not marketplaces or self._is_search_refused(client):
                self._raise_refused(account, error)
            refused = self._find_refused_marketplaces(client, marketplaces)
            if refused == marketplaces:
                self._raise_refused(account, error, alone=True)
            if not refused:
                return
            if account.setup_step:
                account._leave_out(refused)
            raise AccessProblem(self._get_refused_facts(refused), needed=False, state="marketplace") from error

    @api.model
    def _is_search_refused(self, client):
        """Whether reading is refused whatever the marketplace."""
        try:
            client.try_search()
        except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest):
            return True
        return False

    @api.model
    def _raise_refused(self, account, error, alone=False):
        """Say why reading is refused.

        :param SpApiError error: What Amazon answered.
        :param bool alone: Whether it is refused in the chosen marketplaces alone.
        :raise AccessProblem: If the token works in another region, or the marketplaces are the reason.
        :raise SpApiError: The error itself otherwise.
        """
        region = self._find_region(account, error)
        if region:
            refusals = self.env["amazon.cancellation.refusal"]
            raise AccessProblem(refusals._get_region_facts(region, account.region), state="region") from error
        if alone:
            raise AccessProblem(self._get_refused_facts(account.marketplace_ids), state="marketplace") from error
        raise error

    @api.model
    def _get_refused_facts(self, marketplaces):
        facts = self.env["amazon.cancellation.refusal"]._get_marketplace_facts()
        return [f"{', '.join(marketplaces.mapped('name'))}:", facts]

    @api.model
    def _find_refused_marketplaces(self, client, marketplaces):
        """Those of refused marketplaces of which Amazon does not give one order, found by halving: calls are few.

        :raise SpApiError: If Amazon does not answer, so that nothing is known.
        """
        if len(marketplaces) == 1:
            return marketplaces
        middle = len(marketplaces) // 2
        refused = marketplaces.browse()
        for half in (marketplaces[:middle], marketplaces[middle:]):
            try:
                client.try_search(half.mapped("api_ref"))
            except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest):
                refused |= self._find_refused_marketplaces(client, half)
        return refused

    @api.model
    def _get_refused_marketplaces(self, client, marketplaces):
        """Those of which Amazon does not give one order, each asked for by itself.

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
