"""Removing all that the set-up built."""

import contextlib
import shutil
from pathlib import Path

from .postgres import stop_postgres
from .say import say

# Only what the set-up makes: the directory was named by the user and may hold other things.
_OURS = ("apt", "clones", "data", "lock", "neighbours-*", "odoo-*", "postgres-*", "python*", "template_*")


def clean(cache: Path) -> None:
    """Stop the database server and remove everything of ours from `cache`, and `cache` itself if that empties it.

    :raise SetupError: the server does not stop.
    """
    stop_postgres(cache)
    say(f"removing what was built in {cache}")
    for pattern in _OURS:
        for path in cache.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    with contextlib.suppress(OSError):
        cache.rmdir()
