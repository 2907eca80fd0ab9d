"""Keeps the state in one JSON file, whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path

from .codec import decode, encode
from .marketplaces import of_region
from .records import Application, Seller, State
from .role_names import ROLES

# One seller a region; the refresh token of each is Atzr|local-<seller id>.
DEFAULT_SELLERS = {"A1LOCALNA": "na", "A1LOCALEU": "eu", "A1LOCALFE": "fe"}


def new_state() -> State:
    """An empty shop with a seller in each region, and one application with all roles."""
    sellers = {
        seller_id: Seller(seller_id, region, of_region(region), store_name=f"Local Store {region.upper()}")
        for seller_id, region in DEFAULT_SELLERS.items()
    }
    application = Application(roles=list(ROLES))
    return State(secret=secrets.token_hex(16), applications={application.client_id: application}, sellers=sellers)


def load(path: Path | None) -> State:
    """The state of a file; a new one where there is none.

    :raise ValueError: the file is no state
    """
    if path is None or not path.exists():
        return new_state()
    return decode(State, json.loads(path.read_text("utf-8")))


def save(state: State, path: Path) -> None:
    """Replace the file in one step, so a crash leaves the old or the new state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(encode(state), file, ensure_ascii=False)
    Path(draft).replace(path)
