from odoo import api, models

from ... import const
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.answer import TokenRefused
from ...spapi.const import FEED_ACKNOWLEDGEMENT, FEED_CONTENT_TYPE
from ..account.amazon_cancellation_access import AccessCheck, AccessProblem


class AmazonCancellationAccess(models.AbstractModel):
    """What telling Amazon needs."""

    _inherit = "amazon.cancellation.access"

    @api.model
    def _get_checks(self, account):
        """Override to add what tells: the feed, which also stands in for Amazon's cancellation call, and that call."""
        checks = super()._get_checks(account)
        if account.cancel_channel != "file":
            # A document is reserved; nothing is told by that.
            checks.append(
                AccessCheck(
                    "createFeedDocument",
                    True,
                    lambda client: client.create_feed_document(FEED_CONTENT_TYPE).document_id,
                )
            )
            # Of this type of feed: what Amazon shows is asked for where the creation of a feed was not answered.
            checks.append(
                AccessCheck(
                    "getFeeds",
                    True,
                    lambda client: client.list_feeds(FEED_ACKNOWLEDGEMENT, client.now() - const.FEEDS_TRIED_SINCE),
                )
            )
        if account.cancel_channel == "rest":
            checks.append(AccessCheck("cancelOrder", False, self._try_call))
        return checks

    @api.model
    def _try_call(self, client):
        """Try Amazon's cancellation call, on no order.

        :raise AccessProblem: If Amazon does not offer it to the account, so that the feed stands in.
        """
        try:
            client.try_cancel_order()
        except TokenRefused:
            raise
        except (spapi_errors.AccessDenied, spapi_errors.InvalidRequest) as error:
            raise AccessProblem(
                _lt(
                    "Amazon's order cancellation call is not available for this account (%(details)s). Cancellations "
                    "are sent by feed instead; the call is tried again from time to time.",
                    details=str(error),
                )
            ) from error
