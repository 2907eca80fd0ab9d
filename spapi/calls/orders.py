"""Orders API v2026-01-01."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from ..const import ORDER_ID, REST_REASONS
from ..errors import InvalidRequest, MalformedAnswer
from ..fields import get_dict, get_text, require_list
from ..library import fill_query_params
from ..orders import DATA_SETS, parse_order
from ..snapshot import OrderSnapshot
from ..timestamps import format_time
from ..window import SearchWindow
from .connection import Connection, reading, writing

_CANCELLATION_PATH = "/orders/2026-01-01/orders/{}/cancellation"
# Of the form of Amazon's order ids, and none of them.
NO_ORDER = "000-0000000-0000000"


@dataclass(frozen=True)
class OrderPage:
    """One page of a search.

    :ivar next_token: the next page's, None on the last one; Amazon keeps it 24 hours.
    :ivar malformed: (order id or None, message) of each order that could not be read.
    """

    orders: tuple[OrderSnapshot, ...]
    next_token: str | None
    malformed: tuple[tuple[str | None, str], ...] = ()


class OrderCalls(Connection):
    """Reading and cancelling orders.

    What an order shows is true for the time at which it was asked for, or for that of the answer's ``Date`` if earlier.
    """

    def search_orders(
        self, window: SearchWindow, page_token: str | None = None, data_sets: Collection[str] = DATA_SETS
    ) -> OrderPage:
        """Return one page of the orders updated in the window, with their items, requests and fulfilment.

        :param window: the same for all pages of a search.
        :param page_token: ``next_token`` of the page before.
        :param data_sets: what to ask for beside the items; where one of them is left out, only a yes counts.
        :raises SpApiError: as the class says; an outage never gives an empty page.
        """
        parameters = window.to_parameters()
        if data_sets:
            parameters["includedData"] = list(data_sets)
        if page_token:
            parameters["paginationToken"] = page_token
        operation = "searchOrders"
        asked_at = self.now()
        answer = self._call(operation, lambda api: api.search_orders(**parameters))
        shown_at = min(asked_at, self.now())
        with reading(operation):
            entries = require_list(answer, "orders")
            next_token = get_text(get_dict(answer, "pagination"), "nextToken")
            if next_token is not None and next_token == page_token:
                raise ValueError("a page leads to itself")
        orders, malformed = [], []
        for data in entries:
            try:
                orders.append(parse_order(data, "search", shown_at, data_sets))
            except MalformedAnswer as error:
                malformed.append((error.order_id, str(error)))
        return OrderPage(tuple(orders), next_token, tuple(malformed))

    def try_search(self, marketplace_ids: Collection[str] = ()) -> None:
        """Ask for one order of the last day, to see whether reading is open.

        :param marketplace_ids: none for all of the seller's.
        :raises SpApiError: as the class says.
        """
        parameters = {
            "lastUpdatedAfter": format_time(self.now() - timedelta(days=1)),
            "maxResultsPerPage": 1,
            "includedData": list(DATA_SETS),
        }
        if marketplace_ids:
            parameters["marketplaceIds"] = list(marketplace_ids)
        operation = "searchOrders"
        answer = self._call(operation, lambda api: api.search_orders(**parameters))
        with reading(operation):
            require_list(answer, "orders")

    def get_order(self, order_id: str) -> OrderSnapshot:
        """Return the order as Amazon shows it now.

        :raises NotFound: Amazon does not know the order.
        :raises InvalidRequest: not of the form of an order id; nothing was called.
        :raises SpApiError: as the class says.
        """
        operation = "getOrder"
        check_order_id(order_id, operation)
        asked_at = self.now()
        answer = self._call(operation, lambda api: api.get_order(order_id, includedData=list(DATA_SETS)))
        try:
            snapshot = parse_order(answer.get("order") or {}, "get", min(asked_at, self.now()))
        except MalformedAnswer as error:
            raise MalformedAnswer(str(error), operation=operation, order_id=order_id) from None
        if snapshot.order_id != order_id:
            raise MalformedAnswer(f"{operation}: Amazon gave another order.", operation=operation, order_id=order_id)
        return snapshot

    def cancel_order(self, order_id: str, reason_code: str) -> bool:
        """Ask Amazon to cancel the whole order (REST); done only once the order reads as cancelled.

        :param reason_code: a value of ``const.REST_REASONS``, e.g. ``BUYER_CANCELLED``.
        :return: whether Amazon accepted it, as documented (202); any other success says nothing.
        :raises ValueError: another reason.
        :raises AccessDenied, NotFound, InvalidRequest: refused; 403, 404, 405 also where Amazon does not offer it.
        :raises Unreachable: ``maybe_done`` tells whether Amazon may have it.
        """
        operation = "cancelOrder"
        check_order_id(order_id, operation)
        if reason_code not in REST_REASONS.values():
            raise ValueError(f"not a cancellation reason of Amazon's: {reason_code}")
        path = fill_query_params(_CANCELLATION_PATH, order_id)
        data = {"method": "PUT", "cancelReasonCode": reason_code}
        with writing(operation):
            self._call(operation, lambda api: api._request(path, data=data, res_no_data=True), repeatable=False)
        return self._api.status == HTTPStatus.ACCEPTED

    def try_cancel_order(self) -> None:
        """See whether Amazon offers its cancellation call, by a request that can cancel nothing.

        It names no reason, and an order that cannot be: Amazon refuses it as it stands, where it takes it at all.

        :raises AccessDenied, NotFound, InvalidRequest: 403, 404, 405: Amazon does not offer it, or the role is missing.
        :raises SpApiError: as the class says.
        """
        path = fill_query_params(_CANCELLATION_PATH, NO_ORDER)
        data = {"method": "PUT", "cancelReasonCode": ""}
        try:
            self._call("cancelOrder", lambda api: api._request(path, data=data, res_no_data=True))
        except InvalidRequest as error:
            # Who says which order there is not has looked for it.
            looked_for = NO_ORDER in (error.words or "")
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) and not looked_for:
                raise


def check_order_id(order_id: str, operation: str) -> None:
    """Refuse what is not of the form of Amazon's order ids.

    :raises InvalidRequest: it is not.
    """
    if not isinstance(order_id, str) or not ORDER_ID.fullmatch(order_id):
        raise InvalidRequest(
            f"{str(order_id)[:40]!r} is not an Amazon order id.", code="InvalidInput", operation=operation
        )
