"""Whether the addon can be uninstalled and installed again without a loss."""

from .reinstall import run

__all__ = ["run"]
