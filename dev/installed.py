"""Installing as an administrator does it: ``python3 -m dev dev.installed``.

A fresh virtual environment with what Odoo needs and nothing of ours; the addon by pip from this clone, whatever its
folder is called; a database; and Odoo that loads it. Then what must be refused or told in words: a wrong folder name, a
missing boto3. Last, the tests of a clone are imported as Odoo does it for whoever runs tests of other addons.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from dev.setup import Environment, SetupError, prepare
from dev.setup.commands import run
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE, REQUIREMENTS
from dev.setup.say import say

_ODOO_NEEDS = CLONE / "dev" / "odoo.in"
_WRONG_NAME = "amazon_cancellation_main"
_DATABASE = f"installed_{os.getpid()}"
# In the wheel at the top of the addon; nothing that only developers need.
_NEVER = {"dev", "tests", "bridges", "docs", ".ci", ".git", "Makefile", "pyproject.toml", "PKG-INFO"}

_LOADED = f"""
from odoo.modules.module import Manifest
account = env["amazon.cancellation.account"].create({{"name": "Shop", "seller_id": "A", "region": "eu"}})
subscription = env["amazon.cancellation.subscription"].create(
    {{"account_id": account.id, "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders"}}
)
try:
    subscription._get_queue()
except Exception as error:
    print("QUEUE:", error)
print("PATH:", Manifest.for_addon("{ADDON}").path)
print("STATE:", env["ir.module.module"].search([("name", "=", "{ADDON}")]).state)
"""
_IMPORT_TESTS = f"""
import sys
from odoo.tools import config
config.parse_config(sys.argv[1:])
from odoo.modules.module import load_openerp_module
from odoo.tests.loader import get_test_modules
import odoo.service.server
load_openerp_module("{ADDON}")
print("TESTS:", len(get_test_modules("{ADDON}")))
"""


class Wrong(Exception):
    """What an administrator would meet, and should not."""


@dataclasses.dataclass
class Fresh:
    """The fresh environment, with this project's database server and Odoo."""

    environment: Environment
    directory: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "venv" / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where pip puts things."""
        return Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())

    def run(self, *arguments: str | Path, doing: str = "running Python", stdin: str = "") -> str:
        """Run its Python; gives what it printed.

        :raise SetupError: it failed.
        """
        return run([self.python, *arguments], doing, cwd=self.directory, env=self.environment.variables, stdin=stdin)

    def pip(self, *arguments: str | Path, doing: str) -> None:
        """Run its pip."""
        self.run("-m", "pip", "--no-input", "--disable-pip-version-check", *arguments, doing=doing)

    def options(self, *addons: Path) -> list[str]:
        """Odoo's options: no addons path of ours, other than `addons`."""
        return [
            f"--addons-path={','.join(map(str, (*addons, *self.environment.odoo.addons_paths)))}",
            f"--data-dir={self.environment.data}",
            f"--config={os.devnull}",
        ]


def main() -> int:
    """Do it all; gives 0 if it went as it should."""
    environment = prepare()
    with tempfile.TemporaryDirectory(prefix="installed-") as scratch:
        fresh = Fresh(environment, Path(scratch))
        try:
            _check(fresh)
        except (SetupError, Wrong) as error:
            say(f"installed: {error}")
            return 1
        finally:
            drop(environment, _DATABASE)
    say(
        "installed: from wheel and checkout, loaded, refused under a wrong name, tests imported without their libraries"
    )
    return 0


def _check(fresh: Fresh) -> None:
    say("installed: a fresh environment with what Odoo needs")
    run([sys.executable, "-m", "venv", fresh.directory / "venv"], "creating the virtual environment")
    fresh.pip("install", "-r", _ODOO_NEEDS, "-c", REQUIREMENTS, doing="installing what Odoo needs")
    say("installed: the wheel")
    _check_wheel(fresh)
    say("installed: into a database, and loaded")
    _check_loaded(fresh)
    say("installed: tests, without the libraries that only they need")
    _check_tests(fresh)
    say("installed: under a wrong name")
    _check_wrong_name(fresh)


def _check_wheel(fresh: Fresh) -> None:
    wheels = fresh.directory / "wheels"
    fresh.pip("wheel", "--no-deps", "--wheel-dir", wheels, CLONE, doing="building the wheel")
    [wheel] = wheels.iterdir()
    prefix = f"odoo/addons/{ADDON}/"
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.removeprefix(prefix) for name in archive.namelist() if name.startswith(prefix)}
        others = [name for name in archive.namelist() if not name.startswith((prefix, "odoo_addon_"))]
    if others or (wrong := {name.split("/")[0] for name in inside} & _NEVER):
        raise Wrong(f"the wheel holds {others or wrong}")
    fresh.pip("install", wheel, "-c", REQUIREMENTS, doing="installing the wheel")
    installed = fresh.site_packages / prefix
    by_wheel = {path.relative_to(installed) for path in installed.rglob("*") if path.suffix != ".pyc"}
    fresh.pip("install", "--no-deps", "--force-reinstall", CLONE, doing="pip install of the checkout")
    by_checkout = {path.relative_to(installed) for path in installed.rglob("*") if path.suffix != ".pyc"}
    if by_wheel != by_checkout:
        raise Wrong(f"wheel and checkout differ in {by_wheel ^ by_checkout}")


def _check_loaded(fresh: Fresh) -> None:
    copy(fresh.environment, fresh.environment.template, _DATABASE)
    _odoo(fresh, "server", "-i", ADDON, "--stop-after-init")
    printed = _odoo(fresh, "shell", stdin=_LOADED)
    installed = fresh.site_packages / "odoo" / "addons" / ADDON
    for words in (f"PATH: {installed}", "STATE: installed", "pip install"):
        if words not in printed:
            raise Wrong(f"Odoo with the addon does not say {words!r}:\n{printed[-2000:]}")


def _check_tests(fresh: Fresh) -> None:
    for library in ("hypothesis", "pytest", "moto", "boto3", "websocket"):
        if (fresh.site_packages / library).exists():
            raise Wrong(f"the fresh environment has {library}, so nothing is shown")
    addons = fresh.directory / "addons"
    addons.mkdir()
    (addons / ADDON).symlink_to(CLONE, target_is_directory=True)
    fresh.pip("uninstall", "--yes", f"odoo-addon-{ADDON}", doing="uninstalling the addon")
    printed = fresh.run("-c", _IMPORT_TESTS, *fresh.options(addons), doing="importing the tests as Odoo does")
    if "TESTS: " not in printed or "TESTS: 0" in printed:
        raise Wrong(f"Odoo finds no tests in a clone:\n{printed}")


def _check_wrong_name(fresh: Fresh) -> None:
    addons = fresh.directory / "wrong"
    addons.mkdir()
    (addons / _WRONG_NAME).symlink_to(CLONE, target_is_directory=True)
    copy(fresh.environment, fresh.environment.template, _DATABASE)
    command = [fresh.python, "-m", "odoo", "server", *fresh.options(addons), "-d", _DATABASE, "-i", _WRONG_NAME]
    done = subprocess.run(
        [*map(str, command), "--stop-after-init", "--no-http"],
        env=fresh.environment.process_variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if f"must have the name {ADDON}" not in done.stdout + done.stderr:
        raise Wrong(f"a wrong folder name is not refused in words:\n{(done.stdout + done.stderr)[-2000:]}")


def _odoo(fresh: Fresh, command: str, *arguments: str, stdin: str = "") -> str:
    options = [*fresh.options(), "-d", _DATABASE, "--no-http", *arguments]
    return fresh.run("-m", "odoo", command, *options, doing=f"Odoo ({command})", stdin=stdin)


if __name__ == "__main__":
    sys.exit(main())
