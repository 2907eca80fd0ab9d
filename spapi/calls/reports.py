"""Reports API 2021-06-30."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from ..documents import REPORT_LIMIT
from ..fields import get_id, get_text, get_time
from ..timestamps import format_time
from .connection import reading
from .documents import DocumentCalls

DOCUMENTS_PATH = "/reports/2021-06-30/documents"


@dataclass(frozen=True)
class Report:
    """A report's state at Amazon.

    :ivar status: ``IN_QUEUE``, ``IN_PROGRESS``, ``DONE``, ``FATAL`` or ``CANCELLED``, the last also when
        there was nothing to report.
    :ivar created: aware UTC; what the report says is at least as new.
    :ivar document_id: its content's, once there is one.
    """

    report_id: str
    report_type: str | None
    status: str
    created: datetime | None
    document_id: str | None


class ReportCalls(DocumentCalls):
    """Asking for reports and fetching them."""

    def request_report(
        self,
        report_type: str,
        marketplace_ids: list[str] | tuple[str, ...],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> str:
        """Ask for a report and return its id.

        :param report_type: e.g. ``const.REPORT_ACTIONABLE``, which takes no times.
        :param start: aware; the orders' earliest time, for the types that take one; ``end`` likewise.
        :raises ValueError: no marketplace.
        """
        if not marketplace_ids:
            raise ValueError("a report needs a marketplace")
        data = {"reportType": report_type, "marketplaceIds": list(marketplace_ids)}
        times = {"dataStartTime": start, "dataEndTime": end}
        data |= {name: format_time(value) for name, value in times.items() if value}
        operation = "createReport"
        # A second report is only a second report.
        answer = self._call(operation, lambda api: api.create_report(**data))
        with reading(operation):
            return get_id(answer, "reportId")

    def get_report(self, report_id: str) -> Report:
        """Return the report's state.

        :raises NotFound: Amazon does not know the report.
        """
        operation = "getReport"
        answer = self._call(operation, lambda api: api.get_report(report_id))
        with reading(operation):
            return Report(
                report_id=get_id(answer, "reportId"),
                report_type=get_text(answer, "reportType"),
                status=get_id(answer, "processingStatus"),
                created=get_time(answer, "createdTime"),
                document_id=get_text(answer, "reportDocumentId"),
            )

    def download_report(self, document_id: str, file: BinaryIO) -> None:
        """Write the unpacked content of an order report, which is a restricted one, to the file, piece by piece.

        It holds buyers' addresses: use a temporary file that nobody else can read.

        :raises AccessDenied, InvalidRequest: the application lacks the restricted role.
        :raises Unreachable: not to be had now; what the file holds then is worthless.
        :raises MalformedAnswer: damaged, or larger than ``documents.REPORT_LIMIT``.
        """
        pieces = self._download("getReportDocument", DOCUMENTS_PATH, document_id, limit=REPORT_LIMIT, restricted=True)
        for piece in pieces:
            file.write(piece)
