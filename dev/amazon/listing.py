"""What feeds and reports have in common: whose they are, taking them back, how far they are, lists by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from .clock import to_text
from .context import Answer, Context
from .errors import invalid, not_found
from .query import Query
from .records import Feed, Report
from .signing import pack, unpack

STATUSES = frozenset({"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"})
KEPT = timedelta(days=90)

Made = TypeVar("Made", Feed, Report)


def own(context: Context, kind: str, made: Mapping[str, Made]) -> Made:
    """The calling seller's feed or report that the path names.

    :param kind: `feed` or `report`
    :raise ApiError: 404 where there is none
    """
    key = context.ids[f"{kind}_id"]
    found = made.get(key)
    if found is None or found.seller_id != context.seller.seller_id:
        raise not_found(f"There is no {kind} {key}.")
    return found


def cancel(context: Context, kind: str, made: Mapping[str, Made]) -> Answer:
    """Take a feed or report back that is still in the queue.

    :raise ApiError: 400 for one that is not
    """
    Query(context.request)
    item = own(context, kind, made)
    if item.status != "IN_QUEUE":
        raise invalid(f"{kind.capitalize()} {context.ids[f'{kind}_id']} is {item.status}.")
    item.status = "CANCELLED"
    item.ended = context.shop.now()
    return Answer()


def progress_json(item: Made) -> dict[str, Any]:
    """How far a feed or report is, as both models show it."""
    shown: dict[str, Any] = {"createdTime": to_text(item.created), "processingStatus": item.status}
    if item.started:
        shown["processingStartTime"] = to_text(item.started)
    if item.ended:
        shown["processingEndTime"] = to_text(item.ended)
    return shown


def listing(
    context: Context,
    kind: str,
    made: Iterable[Made],
    type_of: Callable[[Made], str],
    to_json: Callable[[Made], dict[str, Any]],
) -> Answer:
    """The calling seller's feeds or reports, newest first.

    :param kind: `feed` or `report`, as in `feedTypes` and `feeds`
    :raise ApiError: 400 for filters or a token that do not fit
    """
    shop = context.shop
    page = _page(context, f"{kind}Types")
    since = max((shop.now() - KEPT).timestamp(), page["since"] or 0)
    until = page["until"] or shop.now().timestamp()
    found = [
        item
        for item in reversed(list(made))
        if item.seller_id == context.seller.seller_id
        and type_of(item) in page["types"]
        and (not page["marketplaceIds"] or set(item.marketplace_ids) & set(page["marketplaceIds"]))
        and (not page["statuses"] or item.status in page["statuses"])
        and since <= item.created.timestamp() <= until
    ]
    # The newest of one second is the last made: a reversed sort keeps the order of equals.
    found.sort(key=lambda item: item.created, reverse=True)
    start, size = page["start"], page["size"]
    body: dict[str, Any] = {f"{kind}s": [to_json(item) for item in found[start : start + size]]}
    if len(found) > start + size:
        body["nextToken"] = pack(shop.state.secret, {**page, "start": start + size})
    return Answer(body)


def _page(context: Context, types_name: str) -> dict[str, Any]:
    filters = (types_name, "marketplaceIds", "processingStatuses", "createdSince", "createdUntil", "pageSize")
    query = Query(context.request, *filters, "nextToken")
    token = query.text("nextToken")
    if token is not None:
        if any(name in query for name in filters):
            raise invalid("nextToken must be the only parameter.")
        return opened(context, token, types_name)
    types = query.list(types_name, most=10)
    if not types:
        raise invalid(f"Either {types_name} or nextToken is required.")
    since, until = query.moment("createdSince"), query.moment("createdUntil")
    return {
        "of": types_name,
        "seller": context.seller.seller_id,
        "types": types,
        "marketplaceIds": query.list("marketplaceIds", most=10),
        "statuses": query.list("processingStatuses", among=STATUSES),
        "since": since and since.timestamp(),
        "until": until and until.timestamp(),
        "size": query.number("pageSize", 1, 100, 10),
        "start": 0,
    }


def opened(context: Context, token: str, of: str) -> dict[str, Any]:
    """What is in a page token of the calling seller.

    :param of: what the token must be for
    :raise ApiError: 400 for any other text
    """
    try:
        page = unpack(context.shop.state.secret, token)
    except ValueError:
        raise invalid("The token is invalid.") from None
    if (page["of"], page["seller"]) != (of, context.seller.seller_id):
        raise invalid("The token is invalid.")
    return page
