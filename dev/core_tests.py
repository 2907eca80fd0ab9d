"""Odoo's own tests without and with the addon, and what differs: ``python3 -m dev dev.core_tests [MODULE…]``.

Both runs use the same database with the neighbours, in which the addon is installed for the second one only. Tests that
need a browser or a running server are left out: they are the same in both. A test that fails in both is Odoo's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install
from dev.test import write_configuration

_MODULES = ("sale", "sale_stock", "stock", "purchase_stock", "stock_dropshipping", "sale_mrp", "account")


def main() -> int:
    """Run the modules' tests twice and print the difference; gives 0 only if there is none."""
    parser = argparse.ArgumentParser(prog="dev.core_tests", description=__doc__)
    parser.add_argument("modules", nargs="*", default=_MODULES, help="whose tests; default: %(default)s")
    modules = parser.parse_args().modules
    environment = prepare(beside=True)
    database = f"core_{os.getpid()}"
    differences = 0
    try:
        copy(environment, environment.template, database)
        without = {module: _run(environment, database, module) for module in modules}
        install(environment, database, [ADDON])
        for module in modules:
            alone, beside = without[module], _run(environment, database, module)
            differing = sorted(test for test in alone | beside if alone.get(test) != beside.get(test))
            differences += len(differing)
            failed = sum(outcome == "failed" for outcome in alone.values())
            sys.stdout.write(
                f"{module}: {len(alone)} tests, {failed} fail without the addon, {len(differing)} differ\n"
            )
            for test in differing:
                sys.stdout.write(f"  {test}: {alone.get(test)} without, {beside.get(test)} with the addon\n")
    except SetupError as error:
        sys.exit(str(error))
    finally:
        drop(environment, database)
    return 1 if differences else 0


def _run(environment: Environment, database: str, module: str) -> dict[str, str]:
    """The outcome of each test of a module.

    :raise SetupError: the tests did not run to their end.
    """
    say(f"tests of {module} in {database}")
    addons = next(path for path in environment.odoo.addons_paths if (path / module).is_dir())
    with tempfile.TemporaryDirectory(prefix="core-tests-") as scratch:
        report = Path(scratch) / "report.xml"
        configuration = write_configuration(environment, Path(scratch), database)
        flags: list[str | Path] = [
            "-c",
            CLONE / "pyproject.toml",
            f"--odoo-config={configuration}",
            f"--rootdir={addons}",
        ]
        flags += [f"--junit-xml={report}", "-q", "--no-header", "--tb=no", "--show-capture=no", "-W", "ignore"]
        # Odoo's addons bear names of Python's own modules, such as calendar: they must come last on the path.
        command: list[str | Path] = [
            environment.python,
            "-P",
            "-m",
            "pytest",
            "--import-mode=append",
            *flags,
            f"{module}/tests",
        ]
        done = subprocess.run(
            command, cwd=addons, env=environment.process_variables, capture_output=True, text=True, check=False
        )
        if not report.exists():
            raise SetupError(f"the tests of {module} broke off: {(done.stdout + done.stderr)[-2000:]}")
        return {_name(case): _outcome(case) for case in ET.parse(report).iter("testcase")}


def _name(case: ET.Element) -> str:
    return f"{case.get('classname')}.{case.get('name')}"


def _outcome(case: ET.Element) -> str:
    tags = {child.tag for child in case}
    if tags & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in tags else "passed"


if __name__ == "__main__":
    sys.exit(main())
