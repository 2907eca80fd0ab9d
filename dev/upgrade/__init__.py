"""Whether a database of the version before can be updated without a loss."""

from .update import NoHistory, run

__all__ = ["NoHistory", "run"]
