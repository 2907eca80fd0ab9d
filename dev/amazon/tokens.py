"""Tokens API 2021-03-01: restricted data tokens, each for the documents that it names."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from .context import Answer, Context
from .errors import denied, invalid, not_found
from .query import Query
from .records import Report, Token
from .roles import ROLE_OF_REPORT, effective_roles

TOKEN_SECONDS = 3600
MOST_RESOURCES = 50
_PATH = re.compile(r"/reports/2021-06-30/documents/(?P<document_id>[^/{}]+)")


def create_restricted_data_token(context: Context) -> Answer:
    """A token for the documents of restricted reports."""
    Query(context.request)
    body = context.json_body({"restrictedResources": list}, {"targetApplication": str})
    resources = body["restrictedResources"]
    if not 1 <= len(resources) <= MOST_RESOURCES:
        raise invalid(f"restrictedResources must be 1 to {MOST_RESOURCES} resources.")
    paths = [_path(context, resource) for resource in resources]
    now = context.shop.now()
    text = f"Atz.sprdt|local-{secrets.token_urlsafe(24)}"
    context.shop.state.tokens[text] = Token(
        now + timedelta(seconds=TOKEN_SECONDS), seller_id=context.seller.seller_id, paths=paths
    )
    return Answer({"restrictedDataToken": text, "expiresIn": TOKEN_SECONDS})


def _path(context: Context, resource: object) -> str:
    if not isinstance(resource, dict) or not {"method", "path"} <= resource.keys() <= {
        "method",
        "path",
        "dataElements",
    }:
        raise invalid("A resource has a method and a path.")
    path = _PATH.fullmatch(str(resource["path"]))
    if resource["method"] != "GET" or path is None:
        raise invalid("Invalid or unsupported document ID found")
    report = report_of(context, path["document_id"])
    if report is None:
        raise not_found(f"There is no document {path['document_id']}.")
    if ROLE_OF_REPORT[report.report_type] not in effective_roles(context.shop, context.seller):
        raise denied()
    return path[0]


def require_for_document(context: Context) -> None:
    """Refuse a restricted report's document to whoever brings another token than the one for it.

    :raise ApiError: 403
    """
    report = report_of(context, context.ids["document_id"])
    token = context.shop.state.tokens[context.request.headers["x-amz-access-token"]]
    if report and report.report_type in ROLE_OF_REPORT and not token.paths:
        raise denied()


def report_of(context: Context, document_id: str) -> Report | None:
    """The calling seller's report whose document it is."""
    for report in context.shop.state.reports.values():
        if report.document_id == document_id and report.seller_id == context.seller.seller_id:
            return report
    return None
