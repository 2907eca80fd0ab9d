from odoo import api, models

from ...spapi import errors as spapi_errors
from ...spapi.refusal import Refusal, get_refusal
from ..account.amazon_cancellation_access import AccessCheck

# Of the form of Amazon's ids, and nobody's.
_NO_ORDER = "000-0000000-0000000"


class AmazonCancellationAccess(models.AbstractModel):
    """What the books can do without: what Amazon booked for an order."""

    _inherit = "amazon.cancellation.access"

    @api.model
    def _get_checks(self, account):
        """Override to add what Amazon booked, where that is wanted."""
        checks = super()._get_checks(account)
        if account.ask_for_proof:
            checks.append(AccessCheck("listTransactions", False, self._try_transactions))
        return checks

    @api.model
    def _try_transactions(self, client):
        try:
            client.list_transactions(_NO_ORDER)
        except spapi_errors.InvalidRequest as error:
            if get_refusal(error) is Refusal.ACCESS:
                raise
