from odoo import api, models

from ... import const
from ...facts import any_of, label
from ...facts import fact as _lt
from ...spapi.refusal import Refusal, get_refusal
from ...spapi.roles import get_roles


class AmazonCancellationRefusal(models.AbstractModel):
    """Says what Amazon refused, why, and what a person can do: one table of operations, one of refusals.

    As facts, which are worded for who reads them.
    """

    _name = "amazon.cancellation.refusal"
    _description = "Amazon Refusals in Words"

    @api.model
    def _get_facts(self, error, region=None, report_type=None, region_works=False, retried=False, details=None):
        """What went wrong at Amazon and what to do, to be worded for the user.

        :param SpApiError error: An error of the wire; its text holds no secret.
        :param str region: The account's region.
        :param str report_type: What report it was about.
        :param bool region_works: Whether the account reads orders, so that its region is right.
        :param bool retried: Whether the caller is asked again without a person.
        :param dict details: What the answer lacked, as a fact; by default what the wire says of it.
        :rtype: dict|list
        """
        refusal = get_refusal(error)
        sentence = getattr(self, f"_say_{refusal}")(
            error=error,
            feature=self._get_feature(error.operation),
            # Amazon's own names, in every language.
            roles=get_roles(error.operation, region, report_type),
            region_works=region_works,
            details=details or error.message,
        )
        again = self._say_again(refusal, error, retried)
        return [sentence, again] if again else sentence

    @api.model
    def _get_region_facts(self, right, wrong):
        """That the refresh token is another region's.

        :param str right: The region in which it works.
        :param str wrong: The region of the account.
        :rtype: dict
        """
        return _lt(
            "The refresh token is of the region %(right)s. Choose that region, or paste the token that the application "
            "got in %(wrong)s: each region has a token of its own.",
            right=label("amazon.cancellation.account", "region", right),
            wrong=label("amazon.cancellation.account", "region", wrong),
        )

    @api.model
    def _get_marketplace_facts(self):
        """That a marketplace is refused where others answer, so that neither role nor region is the reason.

        :rtype: dict
        """
        return _lt(
            "Amazon refuses it and answers for others: the seller is not active there. Take it off the account if that "
            "is so."
        )

    # === WHAT WAS REFUSED === #

    @api.model
    def _get_feature(self, operation):
        """What an operation is for, to be worded for the user.

        :param str|None operation: Amazon's name, such as `searchOrders`.
        :rtype: dict
        """
        features = {
            "login": _lt("Logging in"),
            "orders": _lt("Reading the orders"),
            "marketplaces": _lt("The list of your marketplaces"),
            "cancelling": _lt("Telling Amazon a cancellation"),
            "feeds": _lt("Telling Amazon cancellations by feed"),
            "lost_feeds": _lt("Finding a feed again whose answer was lost"),
            "reports": _lt("The sweep by report"),
            "finances": _lt("What Amazon booked for an order"),
            "notifications": _lt("Notifications"),
            "queue": _lt("The queue"),
            "document": _lt("A document of Amazon's"),
        }
        return features[const.AMAZON_FEATURES.get(operation, "queue" if operation else "document")]

    # === WHY === #

    def _say_client(self, error, **_facts):
        if not error.code:
            return _lt("Fill in the whole access: seller ID, LWA client id or secret is missing.")
        return _lt(
            "Amazon refused the LWA client id or secret. Copy both again from the Solution Provider Portal; a secret "
            "expires after 180 days."
        )

    def _say_application(self, **_facts):
        return _lt(
            "The refresh token was given to another application than the one of this LWA client id. Authorise this "
            "application for the seller, and paste the token that Amazon shows then."
        )

    def _say_grant(self, error, **_facts):
        if not error.code:
            return _lt("Fill in the whole access: the LWA refresh token is missing.")
        return _lt(
            "Amazon refused the refresh token: it is wrong or expired, or the seller has revoked it. Authorise the "
            "application again and paste the new token."
        )

    def _say_token(self, feature, **_facts):
        return _lt(
            "%(feature)s: Amazon refused the access token that it has just given. Authorise the application again and "
            "paste the new refresh token.",
            feature=feature,
        )

    def _say_access(self, feature, roles, region_works, **_facts):
        if not roles:
            return _lt("%(feature)s: Amazon denied the access.", feature=feature)
        if region_works:
            return _lt(
                "%(feature)s: Amazon denied the access, as the application lacks a role (%(role)s) or got it after the "
                "seller authorised it. Authorise it again once it has the role.",
                feature=feature,
                role=any_of(roles),
            )
        return _lt(
            "%(feature)s: Amazon denied the access. Either the application lacks a role (%(role)s) or got it after the "
            "seller authorised it: authorise it again once it has the role. Or the refresh token is another region's.",
            feature=feature,
            role=any_of(roles),
        )

    def _say_marketplace(self, feature, **_facts):
        return _lt(
            "%(feature)s: the seller is not active in this marketplace. Take it off the account.", feature=feature
        )

    def _say_throttled(self, feature, **_facts):
        return _lt("%(feature)s: Amazon's rate limit is reached.", feature=feature)

    def _say_time_is_up(self, feature, **_facts):
        return _lt("%(feature)s: it takes long, and goes on in the next run.", feature=feature)

    def _say_disturbed(self, error, feature, **_facts):
        return _lt("%(feature)s: Amazon is out of order (HTTP %(status)s).", feature=feature, status=error.status)

    def _say_unreachable(self, feature, **_facts):
        return _lt("%(feature)s: Amazon could not be reached from this server.", feature=feature)

    def _say_unreadable(self, feature, details, **_facts):
        return _lt(
            "%(feature)s: Amazon's answer could not be understood. %(details)s", feature=feature, details=details
        )

    def _say_not_found(self, error, feature, **_facts):
        return _lt(
            "%(feature)s: Amazon does not know what was asked for. %(details)s",
            feature=feature,
            details=error.words or error.message,
        )

    def _say_request(self, error, feature, **_facts):
        return _lt(
            "%(feature)s: Amazon refused the request. %(details)s",
            feature=feature,
            details=error.words or error.message,
        )

    # === WHAT COMES NEXT === #

    def _say_again(self, refusal, error, retried):
        """When it is tried again, and by whom; False where trying again is pointless."""
        if refusal not in (Refusal.THROTTLED, Refusal.DISTURBED, Refusal.UNREACHABLE):
            return False
        if retried:
            return _lt("Nothing is lost; it is tried again by itself.")
        return _lt("Try again in a few minutes.")
