"""A local Amazon for each test, and a client whose every answer is held against Amazon's own models."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).parent))

from amazon_models import Models  # noqa: E402

from dev.amazon.auth import CLIENT_ID, CLIENT_SECRET  # noqa: E402
from dev.amazon.server import LocalAmazon  # noqa: E402

SELLER = "A1LOCALEU"
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
LONG_AGO = "2020-01-01T00:00:00Z"


def pytest_configure(config: pytest.Config) -> None:
    """Find Amazon's models once."""
    folder = Path(os.environ.get("SPAPI_MODELS_DIR") or ROOT.parent / "shared" / "spapi" / "models")
    config.stash[MODELS] = Models(folder) if folder.is_dir() else None


MODELS = pytest.StashKey[Models | None]()


class Caller:
    """A seller's client over HTTP. Answers are checked against the models, where those are at hand."""

    def __init__(self, amazon: LocalAmazon, models: Models | None, http: httpx.Client) -> None:
        self.amazon = amazon
        self.models = models
        self.http = http
        self.token: str | None = None
        self.seller_id = SELLER

    def login(self, seller_id: str = SELLER, **changes: str) -> httpx.Response:
        """Ask LWA for a token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": f"Atzr|local-{seller_id}",
        }
        return self.http.post(f"{self.amazon.url}/auth/o2/token", data={**form, **changes})

    def as_seller(self, seller_id: str = SELLER) -> Caller:
        """Further calls are this seller's."""
        self.token, self.seller_id = self.login(seller_id).json()["access_token"], seller_id
        return self

    def grantless(self) -> Caller:
        """Further calls are the application's."""
        answer = self.login(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
        self.token = answer.json()["access_token"]
        return self

    def call(self, method: str, path: str, *, judged: bool = True, **options: Any) -> httpx.Response:
        """Call an operation."""
        headers = options.pop("headers", {})
        if self.token:
            headers.setdefault("x-amz-access-token", self.token)
        answer = self.http.request(method, f"{self.amazon.url}{path}", headers=headers, **options)
        if judged and self.models:
            self.models.check(method, path, answer)
        return answer

    def search(self, **query: Any) -> httpx.Response:
        """searchOrders, of all times unless told."""
        if not {"createdAfter", "lastUpdatedAfter"} & query.keys():
            query["lastUpdatedAfter"] = LONG_AGO
        shown = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", "/orders/2026-01-01/orders", params=shown)

    def found(self, **query: Any) -> list[str]:
        """The order ids of the first page."""
        answer = self.search(**query)
        assert answer.status_code == 200, answer.text
        return [order["orderId"] for order in answer.json()["orders"]]

    def order(self, order_id: str, data_sets: str | None = "CANCELLATION,FULFILLMENT") -> httpx.Response:
        """getOrder."""
        params = {"includedData": data_sets} if data_sets else {}
        return self.call("GET", f"/orders/2026-01-01/orders/{order_id}", params=params)

    def status(self, order_id: str) -> str:
        """An order's status as getOrder shows it."""
        return self.order(order_id).json()["order"]["fulfillment"]["fulfillmentStatus"]

    def upload(self, content: bytes, content_type: str = "text/xml; charset=UTF-8") -> str:
        """Upload a feed's content and return the document id."""
        made = self.call("POST", "/feeds/2021-06-30/documents", json={"contentType": content_type}).json()
        put = self.http.put(made["url"], content=content, headers={"Content-Type": content_type})
        assert put.status_code == 200, put.text
        return made["feedDocumentId"]

    def submit(
        self,
        content: bytes,
        feed_type: str = "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        marketplace_ids: tuple[str, ...] = (DE, FR),
        content_type: str = "text/xml; charset=UTF-8",
    ) -> str:
        """Upload and queue a feed; its id."""
        body = {
            "feedType": feed_type,
            "marketplaceIds": list(marketplace_ids),
            "inputFeedDocumentId": self.upload(content, content_type),
        }
        answer = self.call("POST", "/feeds/2021-06-30/feeds", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()["feedId"]

    def feed(self, feed_id: str) -> dict[str, Any]:
        """getFeed."""
        return self.call("GET", f"/feeds/2021-06-30/feeds/{feed_id}").json()

    def finished(self, feed_id: str) -> dict[str, Any]:
        """The feed, asked for until it ends."""
        for _turn in range(5):
            feed = self.feed(feed_id)
            if feed["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
                return feed
        raise AssertionError("The feed does not end.")

    def result(self, feed: dict[str, Any]) -> str:
        """A finished feed's report."""
        return self.document("feeds", feed["resultFeedDocumentId"]).decode()

    def document(self, api: str, document_id: str) -> bytes:
        """A document's content, unpacked; a report's with a token made for it."""
        path, headers = f"/{api}/2021-06-30/documents/{document_id}", {}
        if api == "reports":
            resources = {"restrictedResources": [{"method": "GET", "path": path}]}
            made = self.call("POST", "/tokens/2021-03-01/restrictedDataToken", judged=False, json=resources)
            headers = {"x-amz-access-token": made.json()["restrictedDataToken"]}
        shown = self.call("GET", path, headers=headers).json()
        content = self.http.get(shown["url"]).content
        return gzip.decompress(content) if shown.get("compressionAlgorithm") == "GZIP" else content


@pytest.fixture
def amazon() -> Iterator[LocalAmazon]:
    """An empty Amazon."""
    with LocalAmazon() as local:
        yield local


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all tests: a new one reads the certificates each time."""
    with httpx.Client() as client:
        yield client


@pytest.fixture
def caller(amazon: LocalAmazon, pytestconfig: pytest.Config, http: httpx.Client) -> Caller:
    """The European seller's client."""
    return Caller(amazon, pytestconfig.stash[MODELS], http).as_seller()


@pytest.fixture
def models(pytestconfig: pytest.Config) -> Models:
    """Amazon's own models."""
    found = pytestconfig.stash[MODELS]
    if found is None:
        pytest.skip("Amazon's models are not there: set SPAPI_MODELS_DIR to their folder.")
    return found
