"""Feeds API 2021-06-30. A feed moves on one step a getFeed call, unless its plan says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import feed_rules
from .context import Answer, Context
from .documents import document_link, link, new_document
from .errors import invalid
from .listing import cancel, listing, own, progress_json
from .query import Query
from .records import Feed, FeedPlan

if TYPE_CHECKING:
    from .shop import Shop


def create_feed_document(context: Context) -> Answer:
    """Room for a feed's content, and the link to upload it."""
    Query(context.request)
    content_type = context.json_body({"contentType": str})["contentType"]
    if "/" not in content_type:
        raise invalid(f"{content_type!r} is no content type.")
    document = new_document(context.shop, context.seller.seller_id, content_type)
    url = link(context.shop, context.request, document, "PUT")
    return Answer({"feedDocumentId": document.document_id, "url": url}, 201)


def create_feed(context: Context) -> Answer:
    """Queue a feed."""
    Query(context.request)
    shop = context.shop
    body = context.json_body(
        {"feedType": str, "marketplaceIds": list, "inputFeedDocumentId": str}, {"feedOptions": dict}
    )
    marketplace_ids = body["marketplaceIds"]
    if not 1 <= len(marketplace_ids) <= 25 or not all(isinstance(item, str) for item in marketplace_ids):
        raise invalid("marketplaceIds must be 1 to 25 marketplace ids.")
    context.require_marketplaces(marketplace_ids)
    if body["feedType"] not in feed_rules.FEED_TYPES:
        raise invalid(f"There is no feed type {body['feedType']}.")
    document = shop.state.documents.get(body["inputFeedDocumentId"])
    if document is None or document.seller_id != context.seller.seller_id:
        raise invalid("There is no such inputFeedDocumentId.")
    if any(order_id.encode() in (document.content or b"") for order_id in shop.switches.refused_in_feeds):
        raise invalid("The feed cannot be taken.")
    feed = Feed(
        feed_id=str(50000000 + shop.next_number()),
        seller_id=context.seller.seller_id,
        feed_type=body["feedType"],
        marketplace_ids=marketplace_ids,
        document_id=document.document_id,
        created=shop.now(),
        plan=shop.state.feed_plans.pop(0) if shop.state.feed_plans else FeedPlan(),
    )
    shop.state.feeds[feed.feed_id] = feed
    return Answer({"feedId": feed.feed_id}, 202)


def get_feed(context: Context) -> Answer:
    """How far a feed is; asking moves it on."""
    Query(context.request)
    feed = own(context, "feed", context.shop.state.feeds)
    shown = feed_json(feed)
    if feed.plan.reads is not None and feed.status in ("IN_QUEUE", "IN_PROGRESS"):
        feed.reads += 1
        if feed.reads >= feed.plan.reads:
            step(context.shop, feed)
    return Answer(shown)


def step(shop: Shop, feed: Feed) -> None:
    """Move a feed on: from the queue into work, from work to its end."""
    feed.reads = 0
    if feed.status == "IN_QUEUE" and feed.plan.outcome == "CANCELLED":
        feed.status = "CANCELLED"
        feed.ended = shop.now()
    elif feed.status == "IN_QUEUE":
        feed.status = "IN_PROGRESS"
        feed.started = shop.now()
    elif feed.status == "IN_PROGRESS":
        _finish(shop, feed)


def finish_all(shop: Shop) -> None:
    """Bring every feed to its end now."""
    for feed in shop.state.feeds.values():
        while feed.status in ("IN_QUEUE", "IN_PROGRESS"):
            step(shop, feed)


def _finish(shop: Shop, feed: Feed) -> None:
    content = shop.state.documents[feed.document_id].content
    outcome = feed_rules.carry_out(shop, feed, content)
    feed.status = "FATAL" if outcome.rejected else feed.plan.outcome
    feed.ended = shop.now()
    feed.order_ids = outcome.order_ids
    if feed.plan.report:
        report = outcome.report if feed.plan.report_content is None else feed.plan.report_content
        result = new_document(shop, feed.seller_id, outcome.content_type, report)
        feed.result_document_id = result.document_id


def get_feeds(context: Context) -> Answer:
    """The seller's feeds, newest first."""
    return listing(context, "feed", context.shop.state.feeds.values(), lambda feed: feed.feed_type, feed_json)


def cancel_feed(context: Context) -> Answer:
    """Take a feed back that is still in the queue."""
    return cancel(context, "feed", context.shop.state.feeds)


def get_feed_document(context: Context) -> Answer:
    """A link to a result's content."""
    return document_link(context, "feedDocumentId")


def feed_json(feed: Feed) -> dict[str, Any]:
    """The model's `Feed`."""
    shown = {
        "feedId": feed.feed_id,
        "feedType": feed.feed_type,
        "marketplaceIds": feed.marketplace_ids,
        **progress_json(feed),
    }
    if feed.result_document_id:
        shown["resultFeedDocumentId"] = feed.result_document_id
    return shown
