from odoo import api, models

from ... import const
from ...spapi.const import FEED_ACKNOWLEDGEMENT, FEED_CONTENT_TYPE
from ..account.amazon_cancellation_access import AccessCheck


class AmazonCancellationAccess(models.AbstractModel):
    """What telling Amazon needs."""

    _inherit = "amazon.cancellation.access"

    @api.model
    def _get_checks(self, account):
        """Override to add the feed, which also stands in where Amazon's cancellation call is not available."""
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
        return checks
