from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from odoo import api, models

from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.client import SellerClient
from ...spapi.refusal import Refusal, get_refusal
from ...spapi.region import find_other_region

# What a refusal is for who has to mend it.
_STATES = {
    Refusal.CLIENT: "client",
    **dict.fromkeys((Refusal.APPLICATION, Refusal.GRANT, Refusal.TOKEN), "token"),
    Refusal.ACCESS: "role",
    Refusal.REGION: "region",
    Refusal.MARKETPLACE: "marketplace",
    **dict.fromkeys(
        (Refusal.THROTTLED, Refusal.DISTURBED, Refusal.UNREACHABLE, Refusal.UNREADABLE),
        "disturbed",
    ),
}


class AccessProblem(Exception):
    """What stands in the way of a check.

    :ivar facts: What it is, to be worded for the user.
    :ivar needed: Whether it stands in the way of everything; None where that follows from the check.
    :ivar state: What kind of obstacle it is, a key of `const.CONNECTION_STATES`.
    """

    def __init__(self, facts, needed=None, state="refused"):
        super().__init__(facts)
        self.facts = facts
        self.needed = needed
        self.state = state


@dataclass(frozen=True)
class AccessCheck:
    """One thing that the addon does at Amazon, and how to try it without doing any harm.

    :ivar operation: Amazon's name of it, such as `searchOrders`.
    :ivar needed: Whether the addon is of no use without it.
    :ivar run: Tries it; raises what the wire raises, or `AccessProblem`.
    :ivar report_type: What report it is about, as each has a role of its own.
    """

    operation: str
    needed: bool
    run: Callable[[SellerClient], Any]
    report_type: str | None = None


@dataclass(frozen=True)
class AccessFinding:
    """What became of a check, as facts; there is no `problem` where it works, and `result` is what it gave.

    :ivar state: A key of `const.CONNECTION_STATES`.
    """

    operation: str
    feature: dict
    needed: bool
    problem: dict | list | str | None = None
    result: Any = None
    state: str = "works"

    @property
    def line(self):
        """The finding in one line, which names the feature once; what can be done without has a sign of its own.

        :rtype: list
        """
        if not self.problem:
            return ["✔", self.feature]
        sign = "✘" if self.needed else "○"
        sentences = self.problem if isinstance(self.problem, list) else [self.problem]
        if isinstance(sentences[0], dict) and sentences[0].get("values", {}).get("feature") == self.feature:
            return [sign, *sentences]
        return [sign, _lt("%(feature)s: %(problem)s", feature=self.feature, problem=self.problem)]


class AmazonCancellationAccess(models.AbstractModel):
    """Tries, call by call, what Amazon lets an account do. Each stage adds what it needs."""

    _name = "amazon.cancellation.access"
    _description = "Amazon Access Checks"

    @api.model
    def _check(self, account):
        """Try all that the addon does at Amazon for the account.

        :return: What works and what does not, in the order of the stages; the login alone where that fails.
        :rtype: list[AccessFinding]
        """
        login = AccessCheck("getAccessToken", True, lambda client: client.check_login())
        outcomes = []
        try:
            with account._open_client(insist=True) as client:
                outcomes.append(self._try(client, login))
                if not outcomes[0][1]:
                    outcomes += [self._try(client, check) for check in self._get_checks(account)]
        except (spapi_errors.CredentialsError, spapi_errors.Unreachable) as error:
            outcomes.append((login, error, None))  # nothing at all can be asked
        # What works tells that the region is right, also to what was tried before.
        region_works = any(check is not login and not problem for check, problem, _result in outcomes)
        return [self._find(account, region_works, *outcome) for outcome in outcomes]

    @api.model
    def _try(self, client, check):
        """Run a check.

        :return: The check, what stands in its way, and what it gave.
        :rtype: tuple(AccessCheck, Exception|None, Any)
        :raise Unreachable: If nothing answers, as nothing else would then.
        """
        try:
            return check, None, check.run(client)
        except AccessProblem as problem:
            return replace(check, needed=check.needed if problem.needed is None else problem.needed), problem, None
        except spapi_errors.SpApiError as error:
            if isinstance(error, spapi_errors.Unreachable) and error.status is None:
                raise
            return check, error, None

    @api.model
    def _find(self, account, region_works, check, problem, result):
        feature = self.env["amazon.cancellation.refusal"]._get_feature(check.operation)
        state = getattr(problem, "state", "works")
        if isinstance(problem, spapi_errors.SpApiError):
            state = _STATES.get(get_refusal(problem), "refused")
            problem = account._get_error_facts(problem, report_type=check.report_type, region_works=region_works)
        elif problem:
            problem = problem.facts
        return AccessFinding(check.operation, feature, check.needed, problem, result, state)

    @api.model
    def _get_checks(self, account):
        """Hook: what the addon does at Amazon for the account.

        :rtype: list[AccessCheck]
        """
        operation = "getMarketplaceParticipations"
        return [AccessCheck(operation, False, lambda client: self._list_marketplaces(account, client))]

    @api.model
    def _list_marketplaces(self, account, client):
        """The marketplaces that Amazon lists for the seller; they are filled in where none is chosen yet.

        :rtype: recordset of `amazon.cancellation.marketplace`
        :raise AccessProblem: If Amazon leaves something out, or lists those of another region.
        """
        participations = client.get_marketplace_participations()
        untold = [p.name or p.marketplace_id for p in participations if not p.is_told]
        if untold:
            raise AccessProblem(
                _lt(
                    "Amazon does not tell whether the seller takes part in %(marketplaces)s, so its answer proves "
                    "nothing.",
                    marketplaces=", ".join(untold),
                )
            )
        sold_at = [p.marketplace_id for p in participations if p.participating and not p.suspended]
        listed = self.env["amazon.cancellation.marketplace"].search([("api_ref", "in", sold_at)])
        marketplaces = listed.filtered(lambda marketplace: marketplace.region == account.region)
        if listed and not marketplaces:
            raise AccessProblem(
                self.env["amazon.cancellation.refusal"]._get_region_facts(listed[0].region, account.region),
                needed=True,
                state="region",
            )
        if not account.marketplace_ids:
            account.marketplace_ids = marketplaces
        return marketplaces

    @api.model
    def _find_region(self, account, error):
        """The other region in which the account's token works, where a plain refusal leaves that open.

        :param SpApiError error: The refusal of reading the orders.
        :return: A region, or None.
        """
        return find_other_region(account._get_credentials()) if get_refusal(error) is Refusal.ACCESS else None
