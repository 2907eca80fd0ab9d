"""Reports API 2021-06-30: the three order reports. A report moves on one step a getReport call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import from_text, to_text
from .context import Answer, Context
from .documents import document_link, new_document
from .errors import invalid
from .listing import cancel, listing, own, progress_json
from .order_report import REPORT_TYPES, order_report
from .query import Query
from .records import Report
from .roles import require_for_report
from .tokens import require_for_document


def create_report(context: Context) -> Answer:
    """Queue a report."""
    Query(context.request)
    shop = context.shop
    optional = {"dataStartTime": str, "dataEndTime": str, "reportOptions": dict}
    body = context.json_body({"reportType": str, "marketplaceIds": list}, optional)
    marketplace_ids = body["marketplaceIds"]
    if not 1 <= len(marketplace_ids) <= 25 or not all(isinstance(item, str) for item in marketplace_ids):
        raise invalid("marketplaceIds must be 1 to 25 marketplace ids.")
    context.require_marketplaces(marketplace_ids)
    if body["reportType"] not in REPORT_TYPES:
        raise invalid(f"There is no report type {body['reportType']}.")
    if shop.switches.report_role_at == "createReport":
        require_for_report(context.shop, context.seller, body["reportType"])
    start, end = (_moment(context, body, name) for name in ("dataStartTime", "dataEndTime"))
    if end < start:
        raise invalid("dataEndTime is before dataStartTime.")
    report = Report(
        report_id=str(70000000 + shop.next_number()),
        seller_id=context.seller.seller_id,
        report_type=body["reportType"],
        marketplace_ids=marketplace_ids,
        created=shop.now(),
        data_start=start,
        data_end=end,
    )
    shop.state.reports[report.report_id] = report
    return Answer({"reportId": report.report_id}, 202)


def _moment(context: Context, body: dict[str, Any], name: str) -> datetime:
    """Now unless given, as the model says."""
    now = context.shop.now()
    if name not in body:
        return now
    try:
        moment = from_text(body[name])
    except ValueError:
        raise invalid(f"{name} is not an ISO 8601 date-time.") from None
    if moment > now:
        raise invalid(f"{name} is in the future.")
    return moment


def get_report(context: Context) -> Answer:
    """How far a report is; asking moves it on."""
    Query(context.request)
    report = own(context, "report", context.shop.state.reports)
    shown = report_json(report)
    if report.status in ("IN_QUEUE", "IN_PROGRESS"):
        report.reads += 1
        if report.reads >= context.shop.switches.report_reads:
            _step(context, report)
    return Answer(shown)


def _step(context: Context, report: Report) -> None:
    shop = context.shop
    report.reads = 0
    if report.status == "IN_QUEUE":
        report.status = "IN_PROGRESS"
        report.started = shop.now()
        return
    report.status = shop.switches.report_outcome
    report.ended = shop.now()
    if report.status == "DONE":
        document = new_document(shop, report.seller_id, "text/plain", order_report(shop, report))
        report.document_id = document.document_id


def get_reports(context: Context) -> Answer:
    """The seller's reports, newest first."""
    reports = context.shop.state.reports.values()
    return listing(context, "report", reports, lambda report: report.report_type, report_json)


def cancel_report(context: Context) -> Answer:
    """Take a report back that is still in the queue."""
    return cancel(context, "report", context.shop.state.reports)


def get_report_document(context: Context) -> Answer:
    """A link to a report's content, for the token that was made for it where it holds buyers' addresses."""
    require_for_document(context)
    return document_link(context, "reportDocumentId")


def report_json(report: Report) -> dict[str, Any]:
    """The model's `Report`."""
    shown = {
        "reportId": report.report_id,
        "reportType": report.report_type,
        "marketplaceIds": report.marketplace_ids,
        "dataStartTime": to_text(report.data_start),
        "dataEndTime": to_text(report.data_end),
        **progress_json(report),
    }
    if report.document_id:
        shown["reportDocumentId"] = report.document_id
    return shown
