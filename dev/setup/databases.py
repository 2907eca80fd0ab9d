"""Copying and dropping Odoo databases together with their file stores."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .environment import Environment


def filestore(environment: Environment, database: str) -> Path:
    """The directory of a database's attachments."""
    return environment.data / "filestore" / database


def copy(environment: Environment, source: str, target: str) -> None:
    """Make `target` a copy of the database `source`; whatever `target` was before is dropped.

    :raise SetupError: somebody is connected to `source`, or it does not exist.
    """
    drop(environment, target)
    environment.postgres.run("createdb", f"--template={source}", target)
    # Attachments are named by their content and never written twice, so both stores may share the files.
    store = filestore(environment, source)
    if store.exists():
        shutil.copytree(store, filestore(environment, target), copy_function=_link_or_copy)


def drop(environment: Environment, database: str) -> None:
    """Drop `database` and its attachments, cutting its connections; nothing happens if there is none."""
    environment.postgres.run("dropdb", "--if-exists", "--force", database)
    shutil.rmtree(filestore(environment, database), ignore_errors=True)


def is_in_use(environment: Environment, database: str) -> bool:
    """Whether anybody is connected to `database`."""
    quoted = database.replace("'", "''")
    return bool(environment.postgres.query(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{quoted}' LIMIT 1"))


def names(environment: Environment, prefix: str) -> list[str]:
    """The databases whose names begin with `prefix`."""
    rows = environment.postgres.query("SELECT datname FROM pg_database ORDER BY datname")
    return [name for name in rows if name.startswith(prefix)]


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
