"""What the set-up gives to those who run things in it."""

import dataclasses
import os
from pathlib import Path

from .odoo import Odoo
from .paths import clone_directory
from .postgres import Postgres


@dataclasses.dataclass(frozen=True)
class Environment:
    """Everything that is needed to run Odoo with this addon."""

    cache: Path
    python: Path
    odoo: Odoo
    postgres: Postgres
    chromium: str
    template: str
    neighbours: Path | None = None

    @property
    def addons(self) -> Path:
        """This clone's addons path: it holds links, named as the addons, to the clone and to its bridges."""
        return clone_directory(self.cache) / "addons"

    @property
    def addons_paths(self) -> tuple[Path, ...]:
        """All addons paths, in the order in which Odoo is to look: ours, those of other authors, Odoo's own."""
        others = (self.neighbours / "odoo" / "addons",) if self.neighbours else ()
        return (self.addons, *others, *self.odoo.addons_paths)

    @property
    def data(self) -> Path:
        """Odoo's data directory (file stores and sessions), one for all clones."""
        return self.cache / "data"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which a child process finds Odoo and the database server."""
        paths = [self.odoo.python_path, *([self.neighbours] if self.neighbours else [])]
        return {**self.postgres.variables, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONUNBUFFERED": "1"}

    @property
    def process_variables(self) -> dict[str, str]:
        """A child process's whole environment: this process's own, and :attr:`variables`."""
        return {**os.environ, **self.variables}

    def odoo_options(self) -> list[str]:
        """The command line options that every Odoo process of the project shares."""
        return [
            f"--addons-path={','.join(map(str, self.addons_paths))}",
            f"--data-dir={self.data}",
            "--no-database-list",
            # Ours alone: an Odoo configuration file of the user's must not matter.
            f"--config={os.devnull}",
        ]
