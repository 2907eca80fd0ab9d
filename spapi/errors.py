"""What can go wrong between us and Amazon, told apart by what the caller should do next.

Every error's ``str()`` is a sentence for a person and, like ``details``, free of secrets.
"""

from datetime import datetime, timedelta
from typing import Any

from .redaction import redact
from .text import clean

MESSAGE_LIMIT = 2000
# Odoo plans to the minute, and no allowance is worth asking for more often.
LEAST_PAUSE = timedelta(minutes=1)


class SpApiError(Exception):
    """Base of all errors of the wire.

    :ivar message: the sentence that ``str()`` gives, at most 2,000 characters.
    :ivar details: facts for a log or a support case (operation, HTTP status, Amazon's request id…), JSON-safe.
    """

    def __init__(self, message: str, *, secrets: tuple[str, ...] = (), **details: Any) -> None:
        self.message = clean(redact(str(message), secrets))[:MESSAGE_LIMIT]
        self.details = {
            key: clean(redact(value, secrets))[:MESSAGE_LIMIT] if isinstance(value, str) else value
            for key, value in details.items()
            if value is not None
        }
        super().__init__(self.message)

    @property
    def operation(self) -> str | None:
        """Amazon's name of the operation, e.g. ``searchOrders``."""
        return self.details.get("operation")

    @property
    def status(self) -> int | None:
        """The HTTP status, where there was an answer."""
        status = self.details.get("status")
        return status if isinstance(status, int) else None

    @property
    def words(self) -> str | None:
        """What Amazon itself said, without ours around it."""
        return self.details.get("words")

    @property
    def code(self) -> str | None:
        """Amazon's error code, e.g. ``InvalidInput``."""
        return self.details.get("code")


class CredentialsError(SpApiError):
    """Login with Amazon said no.

    :ivar kind: ``client`` (wrong client id or secret) or ``grant`` (refresh token expired, revoked or another app's).
    """

    def __init__(self, message: str, *, kind: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.kind = kind


class AccessDenied(SpApiError):
    """401 or 403: the app lacks the role, or the seller has not authorised it for the marketplace."""


class InvalidRequest(SpApiError):
    """Amazon refused the request as it stands; sending it again unchanged is pointless."""


class NotFound(InvalidRequest):
    """404: Amazon does not know what was asked for."""


class Throttled(SpApiError):
    """429, or the own budget for the operation is empty: nothing was done.

    :ivar retry_at: aware UTC time of Amazon's from which the next call is expected to pass.
    :ivar wait: how long that is from the answer on, whatever the own clock shows; None when it is not known.
    """

    def __init__(
        self, message: str, *, retry_at: datetime | None = None, now: datetime | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.retry_at = retry_at
        self.wait = retry_at - now if retry_at and now else None

    def get_pause(self, default: timedelta = LEAST_PAUSE) -> timedelta:
        """Return for how long not to ask again, by any clock; never so short that asking becomes a loop."""
        return max(self.wait or default, LEAST_PAUSE)


class TimeIsUp(Throttled):
    """The caller's own time is over: nothing was asked, and it goes on at another time."""


class Unreachable(SpApiError):
    """No usable answer: DNS, connection, time-out, 5xx or an answer that no Amazon service gives.

    :ivar maybe_done: True when the request may have reached Amazon, so a write may have been carried out.
    """

    def __init__(self, message: str, *, maybe_done: bool = False, **details: Any) -> None:
        super().__init__(message, **details)
        self.maybe_done = maybe_done


class MalformedAnswer(SpApiError):
    """A successful answer or document without the documented form.

    :ivar order_id: the order whose data it is, where that much could be read.
    """

    def __init__(self, message: str, *, order_id: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.order_id = order_id
