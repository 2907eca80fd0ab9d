"""Refusals in Amazon's own form."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal that the client gets as `{"errors": [{code, message, details}]}`.

    :param status: HTTP status
    :param code: Amazon's code, such as `InvalidInput`
    """

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(f"{status} {code}: {message} {details}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    @property
    def body(self) -> dict:
        """The answer's JSON."""
        return {"errors": [{"code": self.code, "message": self.message, "details": self.details}]}


def invalid(details: str) -> ApiError:
    """400, as Amazon's sandbox words it."""
    return ApiError(400, "InvalidInput", "Invalid Input", details)


def denied(details: str = "") -> ApiError:
    """403, as production words it."""
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_found(details: str) -> ApiError:
    """404 for an id that this seller does not have."""
    return ApiError(404, "NotFound", "Resource not found.", details)


def quota_exceeded() -> ApiError:
    """429, as production words it."""
    return ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
