"""Seals that only this server can make: for page tokens and presigned links."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json


def seal(secret: str, *parts: str) -> str:
    """A hexadecimal seal over the parts."""
    return hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def pack(secret: str, value: dict) -> str:
    """An opaque, sealed token that holds a JSON object."""
    text = json.dumps(value)
    return base64.urlsafe_b64encode(f"{seal(secret, text)}{text}".encode()).decode("ascii")


def unpack(secret: str, token: str) -> dict:
    """The object of a token.

    :raise ValueError: not made here
    """
    text = base64.urlsafe_b64decode(token.encode()).decode("utf-8")
    seal_given, text = text[:64], text[64:]
    if not hmac.compare_digest(seal_given, seal(secret, text)):
        raise ValueError("The token was not made here.")
    return json.loads(text)
