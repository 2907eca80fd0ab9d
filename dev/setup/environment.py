"""The whole set-up, and what it gives to those who run things in it."""

import contextlib
import dataclasses
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from .chromium import ensure_chromium
from .odoo import Odoo, ensure_odoo
from .paths import ADDON, CLONE, cache_directory, clone_directory
from .postgres import Postgres, ensure_postgres
from .python_env import ensure_python
from .say import SetupError, say
from .template import TEMPLATE_MODULES, ensure_template

# Odoo unpacked, its packages, a cluster and a template together, with room to work.
_BYTES_NEEDED = 4 * 1024**3


@dataclasses.dataclass(frozen=True)
class Environment:
    """Everything that is needed to run Odoo with this addon."""

    cache: Path
    python: Path
    odoo: Odoo
    postgres: Postgres
    chromium: str
    template: str

    @property
    def addons(self) -> Path:
        """This clone's addons path: it holds one link, named as the addon, to the clone."""
        return clone_directory(self.cache) / "addons"

    @property
    def data(self) -> Path:
        """Odoo's data directory (file stores and sessions), one for all clones."""
        return self.cache / "data"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which a child process finds Odoo and the database server."""
        return {**self.postgres.variables, "PYTHONPATH": str(self.odoo.python_path), "PYTHONUNBUFFERED": "1"}

    @property
    def process_variables(self) -> dict[str, str]:
        """A child process's whole environment: this process's own, and :attr:`variables`."""
        return {**os.environ, **self.variables}

    def odoo_options(self, *more_addons: Path) -> list[str]:
        """The command line options that every Odoo process of the project shares."""
        paths = (self.addons, *more_addons, *self.odoo.addons_paths)
        return [
            f"--addons-path={','.join(map(str, paths))}",
            f"--data-dir={self.data}",
            "--no-database-list",
            # Ours alone: an Odoo configuration file of the user's must not matter.
            f"--config={os.devnull}",
        ]


def prepare(modules: Sequence[str] = TEMPLATE_MODULES) -> Environment:
    """Build whatever is missing, start the database server, and link the clone into its addons path.

    Takes under a second when nothing is missing. Two processes may call it at once: one waits for the other.

    :param modules: what the template database has installed; the default is what the addon's tests need.
    :raise SetupError: something cannot be had; the text says what and why.
    """
    cache = cache_directory()
    with _locked(cache):
        python = ensure_python(cache)
        odoo = ensure_odoo(cache)
        chromium = ensure_chromium()
        postgres = ensure_postgres(cache)
        environment = Environment(cache, python, odoo, postgres, chromium, template="")
        _link_clone(environment.addons)
        return dataclasses.replace(environment, template=ensure_template(environment, modules))


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / "lock").open("w")
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
    link = addons / ADDON
    if not link.is_symlink() or link.resolve() != CLONE:
        link.unlink(missing_ok=True)
        link.symlink_to(CLONE, target_is_directory=True)
