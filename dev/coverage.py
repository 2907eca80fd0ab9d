"""Branch coverage of ``spapi/`` and ``models/`` by all tests: ``python3 -m dev dev.coverage [-- PYTEST ARGUMENTS]``.

Every process that the tests start is measured: the environment variable that coverage.py looks for is inherited.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import coverage

from dev.setup.paths import CLONE
from dev.setup.say import say

_MEASURED = ("spapi", "models")
_LEAST_PERCENT = 95
# Each in databases of its own; together they are all tests that there are.
_RUNS = (
    ("dev.test", "--plain-only", "--"),
    ("dev.test", "--odoo-only", "--"),
    ("dev.test", "--beside", "--"),
    ("dev.connectors",),
)
_COUNTS = ("num_statements", "missing_lines", "num_branches", "missing_branches")
_DIRECTORY = CLONE / "build" / "coverage"


def main() -> int:
    """Run the tests, and show what they leave out; 0 if they pass and every folder is covered well enough."""
    parser = argparse.ArgumentParser(prog="dev.coverage", description=__doc__)
    parser.add_argument("--show", action="store_true", help="only show the last run again")
    parser.add_argument("arguments", nargs="*", help="for pytest, after --")
    options = parser.parse_args()
    failed = False
    if not options.show:
        shutil.rmtree(_DIRECTORY, ignore_errors=True)
        _DIRECTORY.mkdir(parents=True)
        failed = _run_tests(_write_settings(), options.arguments)
    low = _show()
    for folder in low:
        say(f"coverage: {folder} is below {_LEAST_PERCENT} %")
    return int(failed or bool(low))


def _write_settings() -> Path:
    settings = _DIRECTORY / "settings.ini"
    sources = "".join(f"\n    {CLONE / name}" for name in _MEASURED)
    data = _DIRECTORY / "data"
    settings.write_text(f"[run]\nbranch = true\nparallel = true\ndata_file = {data}\nsource ={sources}\n")
    return settings


def _run_tests(settings: Path, arguments: list[str]) -> bool:
    variables = {**os.environ, "COVERAGE_PROCESS_START": str(settings)}
    failed = False
    for run in _RUNS:
        command = [sys.executable, "-m", "dev", *run, *arguments]
        if subprocess.run(command, cwd=CLONE, env=variables, check=False).returncode:
            say(f"coverage: {' '.join(run)} failed")
            failed = True
    return failed


def _show() -> list[str]:
    """Print what is left out, file by file, and a table by folder; gives the folders that are covered too little."""
    measured = coverage.Coverage(config_file=str(_DIRECTORY / "settings.ini"))
    measured.combine([str(_DIRECTORY)], keep=True)
    measured.report(show_missing=True, skip_covered=True, skip_empty=True, file=sys.stdout)
    measured.json_report(outfile=str(_DIRECTORY / "report.json"))
    folders: dict[str, Counter] = defaultdict(Counter)
    for name, file in json.loads((_DIRECTORY / "report.json").read_text())["files"].items():
        counts = {count: file["summary"][count] for count in _COUNTS}
        folders[str(Path(CLONE, name).parent.relative_to(CLONE))].update(counts)
    sys.stdout.write(f"\n{'folder':20}{'statements':>12}{'missed':>8}{'branches':>10}{'missed':>8}{'covered':>10}\n")
    low = []
    for folder, sums in sorted(folders.items()):
        statements, missed, branches, missed_branches = (sums[count] for count in _COUNTS)
        percent = 100 - 100 * (missed + missed_branches) / max(1, statements + branches)
        sys.stdout.write(f"{folder:20}{statements:12}{missed:8}{branches:10}{missed_branches:8}{percent:9.1f}%\n")
        if percent < _LEAST_PERCENT:
            low.append(folder)
    return low


if __name__ == "__main__":
    sys.exit(main())
