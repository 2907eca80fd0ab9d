"""What is done about an error of Amazon's: the one table from (operation, kind of error) to what it is about.

An error stops only what it is about. Of an *account*: nothing can be asked, so the run ends and the next one tries
again. Of a *marketplace*, *feed* or *order*: that one is pushed back with growing pauses, and all others go on.
"""

from enum import Enum
from typing import NamedTuple

from .answer import TokenRefused
from .errors import (
    AccessDenied,
    CredentialsError,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    SpApiError,
    Throttled,
    Unreachable,
)


class About(Enum):
    """What an error is about."""

    ACCOUNT = "account"
    MARKETPLACE = "marketplace"
    FEED = "feed"
    ORDER = "order"


class Then(Enum):
    """What is done about it."""

    WAIT = "wait until Amazon's allowance lets a call pass"
    STOP = "end the run; the next one tries again"
    TELL = "end the run and tell a person, who alone can mend it; the next run tries again"
    PUSH_BACK = "leave it alone with growing pauses; nothing is decided"
    COUNT = "leave it alone with growing pauses; the third same refusal over hours is Amazon's no"
    SPLIT = "divide what was sent, by marketplace and then by halves, until the refused part stands alone"
    LOOK = "Amazon may have done it: look there before anything is sent again"


class Handling(NamedTuple):
    """A row of the table."""

    about: About
    then: Then


# The first row that fits counts: the operation (None: any), and the error's class or one of its bases.
_TABLE: tuple[tuple[tuple[str, ...] | None, type[SpApiError], Handling], ...] = (
    # whatever is asked
    (None, Throttled, Handling(About.ACCOUNT, Then.WAIT)),
    (None, CredentialsError, Handling(About.ACCOUNT, Then.TELL)),
    (None, TokenRefused, Handling(About.ACCOUNT, Then.STOP)),
    (("getAccessToken",), SpApiError, Handling(About.ACCOUNT, Then.STOP)),
    # reading one order
    (("getOrder",), NotFound, Handling(About.ORDER, Then.COUNT)),
    (("getOrder",), AccessDenied, Handling(About.ORDER, Then.COUNT)),
    (("getOrder",), InvalidRequest, Handling(About.ORDER, Then.COUNT)),
    (("getOrder",), MalformedAnswer, Handling(About.ORDER, Then.PUSH_BACK)),
    (("getOrder",), Unreachable, Handling(About.ORDER, Then.PUSH_BACK)),
    # reading by search: a part of the marketplaces, a smaller window, fewer data sets
    (("searchOrders",), AccessDenied, Handling(About.MARKETPLACE, Then.SPLIT)),
    (("searchOrders",), InvalidRequest, Handling(About.MARKETPLACE, Then.SPLIT)),
    (("searchOrders",), MalformedAnswer, Handling(About.MARKETPLACE, Then.SPLIT)),
    (("searchOrders",), Unreachable, Handling(About.MARKETPLACE, Then.SPLIT)),
    # telling Amazon by a feed
    (("createFeed",), InvalidRequest, Handling(About.FEED, Then.SPLIT)),
    (("createFeed",), AccessDenied, Handling(About.MARKETPLACE, Then.SPLIT)),
    (("createFeed",), Unreachable, Handling(About.FEED, Then.LOOK)),
    # following a feed
    (("getFeed", "getFeeds", "getFeedDocument"), SpApiError, Handling(About.FEED, Then.PUSH_BACK)),
    # telling Amazon by its cancellation call
    (("cancelOrder",), Unreachable, Handling(About.ORDER, Then.LOOK)),
    (("cancelOrder",), InvalidRequest, Handling(About.ORDER, Then.COUNT)),
    # Amazon's presigned links name no operation of the API: they belong to the feed or report at hand
    (None, MalformedAnswer, Handling(About.FEED, Then.PUSH_BACK)),
    # the rest stops the account: the access as a whole, or what nobody has met yet
    (None, AccessDenied, Handling(About.ACCOUNT, Then.TELL)),
    (None, SpApiError, Handling(About.ACCOUNT, Then.STOP)),
)


def get_handling(error: SpApiError) -> Handling:
    """Return what is done about the error.

    No connection at all is the account's, whatever was asked: the next call would fail as well.
    """
    if isinstance(error, Unreachable) and not error.maybe_done and error.status is None:
        return Handling(About.ACCOUNT, Then.STOP)
    return next(
        handling
        for operations, kind, handling in _TABLE
        if isinstance(error, kind) and (operations is None or error.operation in operations)
    )
