"""Tests: ``python3 -m dev dev.test [--plain-only | --odoo-only | --beside] [--database NAME] [-- PYTEST ARGUMENTS]``.

Plain tests (``tests/spapi``, ``tests/amazon``) run in pytest alone. Odoo's tests run in pytest with pytest-odoo, in a
fresh copy of the template database with the addon installed, in two parts side by side, or in a database that is kept,
for quick turns. A run of all tests ends with the update of a database of the version before (:mod:`dev.upgrade`), and
with the addon uninstalled and installed again (:mod:`dev.reinstall`).
"""

import argparse
import configparser
import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from dev import reinstall, upgrade
from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop, names
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install

# The first takes longer than the others together.
_PLAIN = ("tests/spapi", "tests/amazon", "tests/setup")
# Beside other addons their own tests, and the main job.
_BESIDE = ("tests/beside", "tests/whole/test_main_job.py")
# These take about as long as all others over Odoo together.
_HALF = (
    "tests/whole",
    "tests/account",
    "tests/books/test_accounting_cases.py",
)
_NO_TESTS_COLLECTED = 5
_PREFIX = "test_"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one or more runs of pytest came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False

    @classmethod
    def of(cls, report: Path, status: int) -> Self:
        """Read pytest's JUnit report; a run that ended badly without a failed test is broken."""
        if not report.exists():
            return cls(broken=True)
        # Tests are counted, not the suite's own sums: those count every subtest too.
        cases = list(ET.parse(report).iter("testcase"))
        failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
        skipped = sum(1 for case in cases if {child.tag for child in case} == {"skipped"})
        broken = status not in (0, _NO_TESTS_COLLECTED) and not failed
        return cls(len(cases) - failed - skipped, failed, skipped, broken)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.broken or other.broken,
        )


def main() -> int:
    """Run what the command line asks for; gives 0 only if at least one test ran and none failed."""
    parser = argparse.ArgumentParser(prog="dev.test", description=__doc__)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--plain-only", action="store_true", help="only the tests that need no Odoo")
    part.add_argument("--odoo-only", action="store_true", help="only the tests that need Odoo")
    part.add_argument("--beside", action="store_true", help="only the tests beside other addons, with all of these")
    parser.add_argument("--database", help="use and keep this database, made on first use, instead of a fresh copy")
    parser.add_argument("--no-update", action="store_true", help="with --database: take the addon there as it is")
    parser.add_argument("arguments", nargs="*", help="for pytest, after --")
    options = parser.parse_args()
    environment = prepare(beside=options.beside)
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="test-") as directory:
        scratch = Path(directory)
        if not (options.odoo_only or options.beside):
            outcome += _plain_in_parts(environment, scratch, options.arguments)
        if not options.plain_only:
            outcome += _odoo_in_parts(environment, scratch, options)
    if not (options.plain_only or options.odoo_only or options.beside or options.arguments):
        with ThreadPoolExecutor(2) as both:
            ends = [both.submit(end, environment) for end in (_upgrade, _reinstall)]
            outcome = sum((end.result() for end in ends), outcome)
    if outcome.broken:
        say("a part of the tests broke off; its own output above says why")
    sys.stdout.write(f"\n{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped\n")
    if options.beside and outcome.skipped:
        say("nothing may be skipped here: an addon that a test needs is missing")
        return 1
    return 0 if outcome.passed and not outcome.failed and not outcome.broken else 1


def _plain_in_parts(environment: Environment, scratch: Path, arguments: Sequence[str]) -> Outcome:
    longest, *others = _PLAIN
    return _side_by_side(
        lambda output: _plain(environment, longest, scratch, arguments, output),
        lambda: sum((_plain(environment, folder, scratch, arguments) for folder in others), Outcome()),
        scratch / "longest.txt",
    )


def _plain(
    environment: Environment, folder: str, scratch: Path, arguments: Sequence[str], output: Path | None = None
) -> Outcome:
    say(f"plain tests: {folder}")
    # pytest must not look above the folder: the root is the addon's package, whose __init__ imports Odoo.
    limits = [f"--rootdir={CLONE / folder}", f"--confcutdir={CLONE / folder}"]
    options = ["-p", "no:odoo", *limits, "--import-mode=importlib", folder]
    return _pytest(environment, CLONE, scratch / f"{Path(folder).name}.xml", [*options, *arguments], output)


def _upgrade(environment: Environment) -> Outcome:
    say("update of a database of the version before")
    try:
        faults = list(upgrade.run(environment))
    except upgrade.NoHistory as error:
        say(f"skipped: {error}")
        return Outcome(skipped=1)
    except SetupError as error:
        faults = [str(error)]
    return _judge(faults)


def _reinstall(environment: Environment) -> Outcome:
    say("the addon uninstalled while work is under way, and installed again")
    try:
        return _judge(reinstall.run(environment))
    except SetupError as error:
        return _judge([str(error)])


def _judge(faults: Sequence[str]) -> Outcome:
    for fault in faults:
        say(fault)
    return Outcome(failed=1) if faults else Outcome(passed=1)


def _odoo_in_parts(environment: Environment, scratch: Path, options: argparse.Namespace) -> Outcome:
    _drop_leftovers(environment)
    database = options.database or f"{_PREFIX}{os.getpid()}"
    ignored = [f"--ignore={ADDON}/{folder}" for folder in _PLAIN]
    if options.beside:
        return _odoo(environment, scratch, options, database, [f"{ADDON}/{name}" for name in _BESIDE])
    if options.database:
        return _odoo(environment, scratch, options, database, [f"{ADDON}/tests", *ignored])
    whole, rest = scratch / "whole", scratch / "rest"
    whole.mkdir()
    rest.mkdir()
    half = [f"{ADDON}/{name}" for name in _HALF]
    ignored += [f"--ignore={name}" for name in half]
    return _side_by_side(
        lambda output: _odoo(environment, whole, options, f"{database}_whole", half, output),
        lambda: _odoo(environment, rest, options, database, [f"{ADDON}/tests", *ignored]),
        whole / "output.txt",
    )


def _side_by_side(beside: Callable[[Path], Outcome], here: Callable[[], Outcome], output: Path) -> Outcome:
    """Do both at once; what the first writes into `output` is shown when both are done."""
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(beside, output)
        outcome = here()
        outcome += other.result()
    sys.stdout.write(output.read_text() if output.exists() else "")
    return outcome


def _odoo(
    environment: Environment,
    scratch: Path,
    options: argparse.Namespace,
    database: str,
    selection: Sequence[str],
    output: Path | None = None,
) -> Outcome:
    try:
        if not options.database or options.database not in names(environment, options.database):
            say("Odoo tests: copying the template database and installing the addon")
            copy(environment, environment.template, database)
            install(environment, database, [ADDON])
        elif not options.no_update:
            say(f"Odoo tests: updating the addon in {database}")
            install(environment, database, [ADDON], "-u", ADDON)
        say(f"Odoo tests: running in {database}")
        return run_in_odoo(environment, scratch, database, [*selection, *options.arguments], output)
    except SetupError as error:
        say(str(error))
        return Outcome(broken=True)
    finally:
        if not options.database:
            drop(environment, database)


def run_in_odoo(
    environment: Environment, scratch: Path, database: str, arguments: Sequence[str], output: Path | None = None
) -> Outcome:
    """Run tests that need Odoo, in a database that is there.

    :param arguments: for pytest: what to run, as seen from the addons path.
    :param output: where to write what pytest says, if not to this process's own output.
    """
    configuration = write_configuration(environment, scratch, database)
    flags = [f"--odoo-config={configuration}", f"--rootdir={environment.addons}", "--odoo-http"]
    # From the addons path, and not from the clone: pytest-odoo takes the module's name from the directory.
    return _pytest(environment, environment.addons, scratch / "odoo.xml", [*flags, *arguments], output)


def _pytest(
    environment: Environment, where: Path, report: Path, arguments: Sequence[str], output: Path | None = None
) -> Outcome:
    command = [str(environment.python), "-m", "pytest", "-c", str(CLONE / "pyproject.toml"), f"--junit-xml={report}"]
    with output.open("w") if output else contextlib.nullcontext() as stdout:
        status = subprocess.run(
            [*command, *arguments],
            cwd=where,
            env=environment.process_variables,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout else None,
            check=False,
        )
    return Outcome.of(report, status.returncode)


def write_configuration(environment: Environment, scratch: Path, database: str) -> Path:
    """The configuration file from which pytest-odoo starts Odoo."""
    configuration = configparser.ConfigParser(interpolation=None)
    configuration["options"] = {
        "addons_path": ",".join(map(str, environment.addons_paths)),
        "data_dir": str(environment.data),
        "db_name": database,
        "list_db": "False",
        "http_interface": "127.0.0.1",
    }
    path = scratch / "odoo.conf"
    with path.open("w") as file:
        configuration.write(file)
    return path


def _drop_leftovers(environment: Environment) -> None:
    """Drop the databases of test runs that were killed: their names end with a process number that lives no more."""
    for name in names(environment, _PREFIX):
        number = name.removeprefix(_PREFIX).partition("_")[0]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            drop(environment, name)


if __name__ == "__main__":
    sys.exit(main())
