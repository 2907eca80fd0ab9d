"""Dataclasses to JSON values and back, exactly."""

from __future__ import annotations

import base64
import types
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints


def encode(value: Any) -> Any:
    """A JSON value for a dataclass, datetime, bytes, list, dict or plain value."""
    if is_dataclass(value):
        return {item.name: encode(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, value: Any) -> Any:
    """The `kind` that :func:`encode` made `value` from.

    :raise TypeError: a field is unknown
    """
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return decode(next(option for option in get_args(kind) if option is not type(None)), value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: decode(hints.get(name), item) for name, item in value.items()})
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value)
    if origin is dict:
        return {key: decode(get_args(kind)[1], item) for key, item in value.items()}
    if origin is list:
        return [decode(get_args(kind)[0], item) for item in value]
    return value
