from odoo import api, models
from odoo.tools import format_list

from ... import const
from ...spapi.refusal import Refusal, get_refusal
from ...spapi.roles import get_roles


class AmazonCancellationRefusal(models.AbstractModel):
    """Says what Amazon refused, why, and what a person can do: one table of operations, one of refusals."""

    _name = "amazon.cancellation.refusal"
    _description = "Amazon Refusals in Words"

    @api.model
    def _describe(self, error, region=None, report_type=None, region_works=False, retried=False):
        """Say in the user's words what went wrong at Amazon and what to do.

        :param SpApiError error: An error of the wire; its text holds no secret.
        :param str region: The account's region.
        :param str report_type: What report it was about.
        :param bool region_works: Whether the account reads orders, so that its region is right.
        :param bool retried: Whether the caller is asked again without a person.
        :rtype: str
        """
        refusal = get_refusal(error)
        sentence = getattr(self, f"_say_{refusal}")(
            error=error,
            feature=self._get_feature(error.operation),
            # Amazon's own names, in every language.
            role=format_list(self.env, get_roles(error.operation, region, report_type), "or"),
            region_works=region_works,
        )
        again = self._say_again(refusal, error, retried)
        return f"{sentence} {again}" if again else sentence

    @api.model
    def _describe_region(self, right, wrong):
        """Say that the refresh token is another region's.

        :param str right: The region in which it works.
        :param str wrong: The region of the account.
        :rtype: str
        """
        labels = dict(self.env["amazon.cancellation.account"]._fields["region"]._description_selection(self.env))
        return self.env._(
            "The refresh token is of the region %(right)s. Choose that region, or paste the token that the application "
            "got in %(wrong)s: each region has a token of its own.",
            right=labels[right],
            wrong=labels[wrong],
        )

    @api.model
    def _describe_marketplace(self):
        """Say that a marketplace is refused where others answer, so that neither role nor region is the reason.

        :rtype: str
        """
        return self.env._(
            "Amazon refuses it and answers for others: the seller is not active there. Take it off the account if that "
            "is so."
        )

    # === WHAT WAS REFUSED === #

    @api.model
    def _get_feature(self, operation):
        """What an operation is for, in the user's words.

        :param str|None operation: Amazon's name, such as `searchOrders`.
        :rtype: str
        """
        env = self.env
        features = {
            "login": env._("Logging in"),
            "orders": env._("Reading the orders"),
            "marketplaces": env._("The list of your marketplaces"),
            "cancelling": env._("Telling Amazon a cancellation"),
            "feeds": env._("Telling Amazon cancellations by feed"),
            "reports": env._("The sweep by report"),
            "finances": env._("What Amazon booked for an order"),
            "notifications": env._("Notifications"),
            "queue": env._("The queue"),
            "document": env._("A document of Amazon's"),
        }
        return features[const.AMAZON_FEATURES.get(operation, "queue" if operation else "document")]

    # === WHY === #

    def _say_client(self, error, **_facts):
        if not error.code:
            return self.env._("Fill in the whole access: seller ID, LWA client id or secret is missing.")
        return self.env._(
            "Amazon refused the LWA client id or secret. Copy both again from the Solution Provider Portal; a secret "
            "expires after 180 days."
        )

    def _say_application(self, **_facts):
        return self.env._(
            "The refresh token was given to another application than the one of this LWA client id. Authorise this "
            "application for the seller, and paste the token that Amazon shows then."
        )

    def _say_grant(self, error, **_facts):
        if not error.code:
            return self.env._("Fill in the whole access: the LWA refresh token is missing.")
        return self.env._(
            "Amazon refused the refresh token: it is wrong or expired, or the seller has revoked it. Authorise the "
            "application again and paste the new token."
        )

    def _say_token(self, feature, **_facts):
        return self.env._(
            "%(feature)s: Amazon refused the access token that it has just given. Authorise the application again and "
            "paste the new refresh token.",
            feature=feature,
        )

    def _say_access(self, feature, role, region_works, **_facts):
        if not role:
            return self.env._("%(feature)s: Amazon denied the access.", feature=feature)
        if region_works:
            return self.env._(
                "%(feature)s: Amazon denied the access, as the application lacks a role (%(role)s) or got it after the "
                "seller authorised it. Authorise it again once it has the role.",
                feature=feature,
                role=role,
            )
        return self.env._(
            "%(feature)s: Amazon denied the access. Either the application lacks a role (%(role)s) or got it after the "
            "seller authorised it: authorise it again once it has the role. Or the refresh token is another region's.",
            feature=feature,
            role=role,
        )

    def _say_marketplace(self, feature, **_facts):
        return self.env._(
            "%(feature)s: the seller is not active in this marketplace. Take it off the account.", feature=feature
        )

    def _say_throttled(self, feature, **_facts):
        return self.env._("%(feature)s: Amazon's rate limit is reached.", feature=feature)

    def _say_time_is_up(self, feature, **_facts):
        return self.env._("%(feature)s: it takes long, and goes on in the next run.", feature=feature)

    def _say_disturbed(self, error, feature, **_facts):
        return self.env._(
            "%(feature)s: Amazon is out of order (HTTP %(status)s).", feature=feature, status=error.status
        )

    def _say_unreachable(self, feature, **_facts):
        return self.env._("%(feature)s: Amazon could not be reached from this server.", feature=feature)

    def _say_unreadable(self, error, feature, **_facts):
        return self.env._(
            "%(feature)s: Amazon's answer could not be understood. %(details)s", feature=feature, details=error.message
        )

    def _say_not_found(self, error, feature, **_facts):
        return self.env._(
            "%(feature)s: Amazon does not know what was asked for. %(details)s",
            feature=feature,
            details=error.words or error.message,
        )

    def _say_request(self, error, feature, **_facts):
        return self.env._(
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
            return self.env._("Nothing is lost; it is tried again by itself.")
        return self.env._("Try again in a few minutes.")
