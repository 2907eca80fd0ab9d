"""Reads fields of decoded JSON that may be missing or null, and refuses those of another kind.

Every function raises ValueError with the field's name.
"""

from datetime import datetime
from typing import Any

from .text import clean
from .timestamps import parse_time

# What a database's integer holds.
COUNT_LIMIT = 2**31 - 1
# Nothing of Amazon's comes near: pages have 100 entries, links and page tokens some thousand characters.
LIST_LIMIT = 10_000
ID_LIMIT = 16 * 1024
TEXT_LIMIT = 16 * 1024


def get_dict(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object, empty when missing or null."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return value


def get_list(data: dict[str, Any], name: str) -> list[Any]:
    """Return the list, empty when missing or null."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    if len(value) > LIST_LIMIT:
        raise ValueError(f"{name} has more than {LIST_LIMIT} entries")
    return value


def require_list(data: dict[str, Any], name: str) -> list[Any]:
    """Return the list, which must be there: an answer without it says nothing at all."""
    if data.get(name) is None:
        raise ValueError(f"{name} is missing")
    return get_list(data, name)


def get_id(data: dict[str, Any], name: str) -> str:
    """Return an identifier, which must be non-empty text: a number would already have lost its leading zeros."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip() or clean(value) != value or len(value) > ID_LIMIT:
        raise ValueError(f"{name} is missing or not text")
    return value.strip()


def get_text(data: dict[str, Any], name: str) -> str | None:
    """Return text, cut beyond `TEXT_LIMIT`; None when missing, null or blank. A number is read as its digits."""
    value = data.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return clean(value).strip()[:TEXT_LIMIT] or None


def get_count(data: dict[str, Any], name: str) -> int | None:
    """Return a number of units, None when missing or null; digits as text are read too."""
    value = data.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_LIMIT:
        raise ValueError(f"{name} is not a number of units")
    return value


def get_time(data: dict[str, Any], name: str) -> datetime | None:
    """Return an aware UTC date-time, None when missing, null or blank."""
    value = data.get(name)
    if value is None or value == "":
        return None
    try:
        return parse_time(value)
    except ValueError as error:
        raise ValueError(f"{name} is not a date-time") from error
