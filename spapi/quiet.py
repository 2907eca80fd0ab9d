"""Keeps the libraries' own log lines from telling secrets while the wire uses them.

httpx logs whole URLs at INFO, presigned signatures included; sp_api logs headers, tokens included, at DEBUG; botocore
logs signatures at DEBUG. Other modules' use of the same libraries is logged as ever.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LIBRARIES = ("httpx", "httpcore", "sp_api", "botocore", "boto3", "urllib3")
_silent: ContextVar[bool] = ContextVar("spapi_silent", default=False)


class _Silence(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _silent.get()


_SILENCE = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Drop the libraries' log records of this context (thread or task) while it lasts."""
    # A filter of a parent does not see its children's records, so each logger gets it.
    for name in list(logging.root.manager.loggerDict):
        if name.split(".", 1)[0] in _LIBRARIES:
            logging.getLogger(name).addFilter(_SILENCE)
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)
