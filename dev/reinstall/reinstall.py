"""Gives the story a database of its own, and takes its outcome."""

import json
import subprocess
import tempfile
from pathlib import Path

from dev.setup import Environment, SetupError
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.template import install

_DATABASE = "reinstall"


def run(environment: Environment) -> list[str]:
    """Everything that is wrong after the addon was uninstalled, and after it was installed again.

    :raise SetupError: it could not be installed or uninstalled.
    """
    copy(environment, environment.template, _DATABASE)
    try:
        install(environment, _DATABASE, [ADDON])
        with tempfile.TemporaryDirectory(prefix="reinstall-") as directory:
            outcome = Path(directory) / "faults.json"
            options = [*environment.odoo_options(), "-d", _DATABASE, "--no-http", "--log-level=error"]
            story = str(CLONE / "dev" / "reinstall" / "story.py")
            done = subprocess.run(
                [str(environment.python), story, str(outcome), *options],
                capture_output=True,
                text=True,
                env=environment.process_variables,
                check=False,
            )
            if done.returncode:
                raise SetupError(f"the story broke off: {done.stderr[-3000:]}")
            logged = [line for line in done.stderr.splitlines() if " ERROR " in line]
            return [*json.loads(outcome.read_text()), *(f"logged: {line}" for line in logged)]
    finally:
        drop(environment, _DATABASE)
