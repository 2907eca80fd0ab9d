"""Query strings, read as strictly as Amazon does: an unknown name, a repeated name or a bad value is refused."""

from __future__ import annotations

from datetime import datetime

from werkzeug import Request

from .clock import from_text
from .errors import invalid


class Query:
    """The query of a request.

    :param names: the names the operation knows
    :raise ApiError: 400 for unknown or repeated names
    """

    def __init__(self, request: Request, *names: str) -> None:
        self._values = request.args
        if unknown := set(self._values) - set(names):
            raise invalid(f"Unknown query parameters: {', '.join(sorted(unknown))}.")
        if repeated := [name for name in self._values if len(self._values.getlist(name)) > 1]:
            raise invalid(f"Repeated query parameters (lists are comma separated): {', '.join(repeated)}.")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """The value, None where absent.

        :raise ApiError: 400 for an empty value
        """
        value = self._values.get(name)
        if value == "":
            raise invalid(f"{name} is empty.")
        return value

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 date-time.

        :raise ApiError: 400 for anything else
        """
        value = self.text(name)
        try:
            return from_text(value) if value is not None else None
        except ValueError:
            raise invalid(f"{name} is not an ISO 8601 date-time.") from None

    def number(self, name: str, low: int, high: int, default: int) -> int:
        """An integer from `low` to `high`.

        :raise ApiError: 400 for anything else
        """
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise invalid(f"{name} must be from {low} to {high}.")
        return int(value)

    def list(self, name: str, *, most: int | None = None, among: frozenset[str] | None = None) -> list[str]:
        """Comma-separated values; empty where absent.

        :param most: how many there may be
        :param among: the values there are
        :raise ApiError: 400 for anything else
        """
        value = self.text(name)
        values = value.split(",") if value is not None else []
        if not all(values):
            raise invalid(f"{name} has an empty value.")
        if most is not None and len(values) > most:
            raise invalid(f"{name} may have at most {most} values.")
        if among is not None and (unknown := [item for item in values if item not in among]):
            raise invalid(f"{name} does not know {', '.join(unknown)}.")
        return values
