"""Addons that the addon is tried beside: Odoo's own of other departments, and those of other authors."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import standin
from .commands import run
from .paths import CLONE, digest
from .say import say
from .template import TEMPLATE_MODULES

_LIST = CLONE / "dev" / "neighbours.txt"

# Odoo's own that touch what the addon touches, those of `_LIST`, and a stand-in for the one that is not public.
NEIGHBOUR_MODULES = (
    *TEMPLATE_MODULES,
    "sale_mrp",
    "purchase_stock",
    "stock_dropshipping",
    "stock_delivery",
    "base_automation",
    "sale_cancel_reason",
    "sale_exception",
    "sale_automatic_workflow",
    "queue_job",
    "stock_picking_batch_extended",
    standin.NAME,
)


def ensure_neighbours(cache: Path, python: Path) -> Path:
    """The directory with the packages of other authors, installed if they are not there in these versions.

    :raise SetupError: the packages cannot be had.
    """
    directory = cache / f"neighbours-{digest(_LIST.read_bytes(), Path(standin.__file__).read_bytes())}"
    if directory.exists():
        return directory
    say("installing the addons of other authors")
    unfinished = directory.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    options: list[str | Path] = ["--no-deps", "--no-input", "--disable-pip-version-check"]
    options += ["--target", unfinished, "--requirement", _LIST]
    run([python, "-m", "pip", "install", *options], "installing the addons of other authors")
    standin.write(unfinished / "odoo" / "addons")
    unfinished.rename(directory)
    return directory
