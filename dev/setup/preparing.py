"""The whole set-up, built step by step."""

import contextlib
import dataclasses
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from .chromium import ensure_chromium
from .environment import Environment
from .neighbours import NEIGHBOUR_MODULES, ensure_neighbours
from .odoo import ensure_odoo
from .paths import ADDON, CLONE, cache_directory
from .postgres import ensure_postgres
from .python_env import ensure_python
from .say import SetupError, say
from .template import TEMPLATE_MODULES, ensure_template, template_name

# Odoo unpacked, its packages, a cluster and a template together, with room to work.
_BYTES_NEEDED = 4 * 1024**3


def prepare(modules: Sequence[str] = TEMPLATE_MODULES, *, beside: bool = False) -> Environment:
    """Build whatever is missing, start the database server, and link the clone into its addons path.

    Takes under a second when nothing is missing. Two processes may call it at once: one waits for the other.

    :param modules: what the template database has installed; the default is what the addon's tests need.
    :param beside: whether the template has the neighbours, too: addons of other departments and of other authors.
    :raise SetupError: something cannot be had; the text says what and why.
    """
    cache = cache_directory()
    with _locked(cache):
        python = ensure_python(cache)
        odoo = ensure_odoo(cache)
        chromium = ensure_chromium()
        postgres = ensure_postgres(cache)
        neighbours = ensure_neighbours(cache, python) if beside else None
        environment = Environment(cache, python, odoo, postgres, chromium, template="", neighbours=neighbours)
        _link_clone(environment.addons)
    modules = NEIGHBOUR_MODULES if beside else modules
    # Another lock, so that who needs another template does not wait for the minutes that this one takes.
    with _locked(cache, template_name(environment, modules)):
        return dataclasses.replace(environment, template=ensure_template(environment, modules))


@contextlib.contextmanager
def _locked(cache: Path, name: str = "lock") -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / name).open("w")
    except OSError as error:
        raise SetupError(f"the cache directory {cache} cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up in the same cache directory")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(cache.glob("postgres-*")) and (free := shutil.disk_usage(cache).free) < _BYTES_NEEDED:
            raise SetupError(f"{cache} has {free / 1e9:.1f} GB free; {_BYTES_NEEDED / 1e9:.1f} GB are needed")
        yield


def _link_clone(addons: Path) -> None:
    """Odoo takes a module's name from its directory, and a clone's directory may have any name."""
    addons.mkdir(parents=True, exist_ok=True)
    targets = {
        ADDON: CLONE,
        **{bridge.parent.name: bridge.parent for bridge in CLONE.glob("bridges/*/__manifest__.py")},
    }
    for link in addons.iterdir():
        if link.is_symlink() and link.resolve() != targets.get(link.name):
            link.unlink()
    for name, target in targets.items():
        if not (addons / name).is_symlink():
            (addons / name).symlink_to(target, target_is_directory=True)
