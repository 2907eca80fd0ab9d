"""The template database: Odoo with the addon's dependencies and demo data, and the web client's bundles built."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from .commands import failure
from .databases import drop, filestore
from .environment import Environment
from .paths import digest
from .say import SetupError, say

TEMPLATE_MODULES = (
    "sale_management",
    "sale_stock",
    "stock_picking_batch",
    "account",
    "stock_account",
    "l10n_de",
    "l10n_fr_account",
)

# The first page that a browser opens would build these for ten seconds or more.
_BUILD_BUNDLES = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"


def template_name(environment: Environment, modules: Sequence[str]) -> str:
    """The name of the template database with `modules`.

    Odoo's identity and the modules are in it, so another Odoo or another list makes another template.
    """
    return f"template_{digest(environment.odoo.identity, *sorted(modules))}"


def ensure_template(environment: Environment, modules: Sequence[str]) -> str:
    """The name of a template database with `modules` and their demo data, built if there is none.

    :raise SetupError: Odoo could not install the modules.
    """
    name = template_name(environment, modules)
    if environment.postgres.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        return name
    say(f"building the template database with {', '.join(modules)} (about 2 minutes)")
    unfinished = f"unfinished_{name}"
    drop(environment, unfinished)
    environment.postgres.run("createdb", "--template=template0", "--encoding=UTF8", unfinished)
    install(environment, unfinished, modules, "--with-demo")
    build_bundles(environment, unfinished)
    # Renamed at the very end: a template that exists is whole.
    filestore(environment, unfinished).rename(filestore(environment, name))
    environment.postgres.query(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


def install(environment: Environment, database: str, modules: Sequence[str], *options: str) -> None:
    """Install `modules` into `database`, telling how far it is.

    :raise SetupError: Odoo failed, or logged an error while it went on.
    """
    arguments = ["-d", database, "-i", ",".join(modules), "--stop-after-init", "--no-http", "--max-cron-threads=0"]
    _odoo(environment, f"installing {', '.join(modules)}", [*arguments, *options])


def build_bundles(environment: Environment, database: str) -> None:
    """Build the asset bundles that pages will ask for, and keep them in `database`.

    :raise SetupError: a bundle could not be built.
    """
    say("building the web client's asset bundles")
    _odoo(environment, "building asset bundles", ["shell", "-d", database, "--no-http"], _BUILD_BUNDLES)


def _odoo(environment: Environment, doing: str, arguments: Sequence[str], stdin: str = "") -> None:
    command, options = ([arguments[0]], arguments[1:]) if arguments[0] == "shell" else (["server"], arguments)
    process = subprocess.Popen(
        [str(environment.python), "-m", "odoo", *command, *environment.odoo_options(), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment.process_variables,
    )
    with process:
        assert process.stdin and process.stdout  # both are pipes
        process.stdin.write(stdin)
        process.stdin.close()
        lines = []
        for line in process.stdout:
            lines.append(line)
            progress = re.search(r"Loading module (\S+) \((\d+)/(\d+)\)", line)
            if progress and int(progress[2]) % 10 == 0:
                say(f"  module {progress[2]} of {progress[3]}: {progress[1]}")
    errors = [line for line in lines if re.search(r" (ERROR|CRITICAL) ", line)]
    if process.returncode or errors:
        raise SetupError(failure(doing, "".join(errors[:5] + lines[-15:])))
