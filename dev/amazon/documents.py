"""Feed and report documents behind presigned links that live five minutes of Amazon's time, like S3's."""

from __future__ import annotations

import gzip
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from werkzeug import Request, Response

from .clock import from_text, to_text
from .context import Answer, Context
from .errors import not_found
from .query import Query
from .records import Document
from .signing import seal

if TYPE_CHECKING:
    from .shop import Shop

LINK_SECONDS = 300


def new_document(shop: Shop, seller_id: str, content_type: str, content: bytes | None = None) -> Document:
    """Make a document; with content it is compressed where the switch says so."""
    packed = content is not None and shop.switches.gzip
    document = Document(
        document_id=f"amzn1.tortuga.4.eu.{uuid.uuid4()}.T{shop.next_number()}",
        seller_id=seller_id,
        content_type=content_type,
        content=gzip.compress(content) if packed and content is not None else content,
        gzip=packed,
    )
    shop.state.documents[document.document_id] = document
    return document


def document_link(context: Context, id_name: str) -> Answer:
    """Answer getFeedDocument or getReportDocument: a link to a document of the calling seller.

    :param id_name: the field of the model that holds the id
    :raise ApiError: 404
    """
    query = Query(context.request, "enableContentEncodingUrlHeader")
    # Only the default is played: the compressed content comes without a Content-Encoding header.
    query.list("enableContentEncodingUrlHeader", most=1, among=frozenset({"false"}))
    document_id = context.ids["document_id"]
    document = context.shop.state.documents.get(document_id)
    if document is None or document.seller_id != context.seller.seller_id:
        raise not_found(f"There is no document {document_id}.")
    body = {id_name: document_id, "url": link(context.shop, context.request, document, "GET")}
    if document.gzip:
        body["compressionAlgorithm"] = "GZIP"
    return Answer(body)


def link(shop: Shop, request: Request, document: Document, method: str) -> str:
    """A presigned link for one method; an upload link also binds the content type."""
    expires = to_text(shop.now() + timedelta(seconds=LINK_SECONDS))
    signature = _signature(shop, document, method, expires)
    return f"{request.host_url}documents/{quote(document.document_id)}?Expires={expires}&X-Amz-Signature={signature}"


def _signature(shop: Shop, document: Document, method: str, expires: str) -> str:
    signed_type = document.content_type if method == "PUT" else ""
    return seal(shop.state.secret, method, document.document_id, expires, signed_type)


def serve(shop: Shop, request: Request, document_id: str) -> Response:
    """Answer a presigned link as S3 does, refusals in its XML."""
    document = shop.state.documents.get(document_id)
    expires = request.args.get("Expires", "")
    signature = request.args.get("X-Amz-Signature", "")
    if document is None or signature != _signature(shop, document, request.method, expires):
        return _refusal(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
        )
    if from_text(expires) <= shop.now():
        return _refusal("AccessDenied", "Request has expired")
    if request.method == "GET":
        return Response(document.content, content_type=document.content_type)
    if request.headers.get("Content-Type") != document.content_type:
        return _refusal(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
        )
    document.content = request.get_data()
    return Response(status=200)


def _refusal(code: str, message: str) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status=403, content_type="application/xml")
