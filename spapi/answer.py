"""Judges one HTTP answer of the API: its JSON object, or the error that says what to do."""

import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .errors import AccessDenied, InvalidRequest, MalformedAnswer, NotFound, SpApiError, Throttled, Unreachable

# Said in 401 and 403 answers when another access token may help, in contrast to a missing role.
_TOKEN_REFUSED = re.compile(r"token\b.{0,80}\b(?:expired|revoked|malformed|invalid)", re.IGNORECASE | re.DOTALL)

# A full page of orders has five levels and some ten thousand values.
DEPTH_LIMIT = 32
VALUES_LIMIT = 1_000_000
LONGEST_WAIT = timedelta(days=1)


class TokenRefused(AccessDenied):
    """The access token, not the app's or seller's right, was refused."""


def read_json(response: httpx.Response) -> Any:
    """Return the decoded body, None when it is not JSON in UTF-8, or nested or large beyond measure."""
    try:
        body = json.loads(response.content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return body if _is_within_measure(body) else None


def _is_within_measure(body: Any) -> bool:
    level, values = [body], 0
    for _depth in range(DEPTH_LIMIT):
        values += len(level)
        if not level or values > VALUES_LIMIT:
            break
        level = [
            value
            for container in level
            if isinstance(container, (dict, list))
            for value in (container.values() if isinstance(container, dict) else container)
        ]
    return not level


def read_answer(
    response: httpx.Response,
    operation: str,
    *,
    now: datetime,
    retry_at: datetime | None = None,
    secrets: tuple[str, ...] = (),
    may_be_empty: bool = False,
) -> dict[str, Any]:
    """Return the JSON object of a successful answer.

    :param now: Amazon's time.
    :param retry_at: when the own budget expects the next call to pass, for a 429 without ``Retry-After``.
    :param secrets: exact values to keep out of errors.
    :param may_be_empty: an empty body is a success too (``{}`` is returned).
    :raises SpApiError: any other answer, as the class whose docstring fits.
    """
    status = response.status_code
    body = read_json(response)
    facts: dict[str, Any] = {
        "operation": operation,
        "status": status,
        "request_id": response.headers.get("x-amzn-requestid"),
        "secrets": secrets,
    }
    if 200 <= status < 300:
        return _read_success(response, body, may_be_empty, facts)
    code, message = read_error(body)
    facts |= {"code": code, "words": message}
    raise _build_error(response, body, message, facts, now=now, retry_at=retry_at)


def read_error(body: Any) -> tuple[str | None, str | None]:
    """Return code and message of Amazon's error body: ``errors`` as list or object, or a bare ``message``."""
    if not isinstance(body, dict):
        return None, None
    entry = body.get("errors") or body.get("error") or body
    if isinstance(entry, list):
        entry = next((item for item in entry if isinstance(item, dict)), {})
    if not isinstance(entry, dict):
        return None, str(entry)
    code, message, details = (entry.get(name) for name in ("code", "message", "details"))
    message = message or entry.get("Message")
    text = " ".join(str(part).strip() for part in (message, details) if part)
    return (str(code) if code else None), (text or None)


def _read_success(response: httpx.Response, body: Any, may_be_empty: bool, facts: dict[str, Any]) -> dict[str, Any]:
    operation = facts["operation"]
    if body is None and may_be_empty and not response.content.strip():
        return {}
    if body is None:
        raise Unreachable(
            f"{operation}: the answer is not JSON (of a sane size), so it may not be Amazon's.",
            maybe_done=True,
            **facts,
        )
    if not isinstance(body, dict):
        raise MalformedAnswer(f"{operation}: the answer is not an object.", **facts)
    if body.get("errors"):
        code, message = read_error(body)
        raise InvalidRequest(
            f"{operation}: {message or 'Amazon reported an error.'}", **facts, code=code, words=message
        )
    return body


def _build_error(
    response: httpx.Response,
    body: Any,
    message: str | None,
    facts: dict[str, Any],
    *,
    now: datetime,
    retry_at: datetime | None,
) -> SpApiError:
    operation, status = facts["operation"], facts["status"]
    words = f"{operation}: {message or 'no reason given'} (HTTP {status})"
    if status == 429:
        wait = read_retry_after(response)
        return Throttled(words, retry_at=now + wait if wait else retry_at, now=now, **facts)
    if status == 401 or (status == 403 and _TOKEN_REFUSED.search(message or "")):
        return TokenRefused(words, **facts)
    if status == 403:
        return AccessDenied(words, **facts)
    # A 404 that is not Amazon's JSON comes from something in between: it must not read as "no such order".
    if status >= 500 or status < 400 or status == 408 or (status == 404 and not isinstance(body, dict)):
        return Unreachable(words, maybe_done=status >= 500 or status == 408, **facts)
    return (NotFound if status == 404 else InvalidRequest)(words, **facts)


def read_retry_after(response: httpx.Response) -> timedelta | None:
    """Return the wait of a ``Retry-After`` header, seconds or a date, at most a day; None without a usable one."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
        # From the answer's own date on: the two come from one clock, ours may be another.
        wait = until - parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None
