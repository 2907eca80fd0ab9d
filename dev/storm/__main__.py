"""``make storm``: all cells, in two databases side by side, and the table of what was found.

``ARGS=--write`` puts the table into docs/reliability.md; ``ARGS="--operation createFeed"`` plays one operation's cells.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from dev.reliability import write_table
from dev.setup.paths import CLONE
from dev.setup.say import say

from .cells import all_cells

COLUMNS = ("lost", "doubled", "wrong", "leaked")


def main() -> int:
    """Do what the command line says; 0 if nothing was lost, doubled, wrong or leaked in any cell."""
    parser = argparse.ArgumentParser(prog="dev.storm", description=__doc__)
    parser.add_argument("--parts", type=int, default=2, help="runs side by side, each with a database of its own")
    parser.add_argument("--operation", help="only this operation's cells")
    parser.add_argument("--results", type=Path, help="keep the results in this file, and go on with what is there")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as directory:
        results = options.results or Path(directory) / "results.jsonl"
        runs = [_start(number, options, results) for number in range(options.parts)]
        for run in runs:
            run.wait()
        entries = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    seconds = sum(entry["seconds"] for entry in entries)
    expected = [cell for cell in all_cells() if options.operation in (None, cell.operation)]
    for entry in entries:
        for column in COLUMNS:
            for found in entry[column]:
                say(f"{column.upper()}: {' '.join(map(str, entry['cell']))}: {found}")
    table = _make_table(entries)
    minutes = (time.monotonic() - started) / 60
    summary = (
        f"{len(entries)} of {len(expected)} cells; {seconds / 60:.0f} minutes of work, {minutes:.0f} by the clock."
    )
    sys.stdout.write(f"{table}\n{summary}\n")
    if options.write:
        write_table("storm", f"{table}\n\n{summary}")
    return 0 if len(entries) == len(expected) and not any(entry[c] for entry in entries for c in COLUMNS) else 1


def _start(number: int, options: argparse.Namespace, results: Path) -> subprocess.Popen:
    selection = f"test_storm and _{options.operation}_" if options.operation else "test_storm"
    variables = {**os.environ, "STORM_PART": f"{number}/{options.parts}", "STORM_RESULTS": str(results)}
    command = [sys.executable, "-m", "dev", "dev.test", "--odoo-only", f"--database=storm_{number}", "--"]
    # The cells' own failures stand in the results.
    arguments = ["-q", "--no-header", "--tb=no", "-k", selection]
    return subprocess.Popen([*command, *arguments], cwd=CLONE, env=variables)


def _make_table(entries: Iterable[dict]) -> str:
    """One row an operation: its cells, what went wrong, and what it cost."""
    by_operation = defaultdict(list)
    for entry in entries:
        by_operation[entry["cell"][0]].append(entry)
    head = ("operation", "cells", *COLUMNS, "most calls", "most rounds")
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for operation, of_it in [*by_operation.items(), ("**all**", [e for found in by_operation.values() for e in found])]:
        counts = [sum(bool(entry[column]) for entry in of_it) for column in COLUMNS]
        most = [max((entry[name] for entry in of_it), default=0) for name in ("calls", "rounds")]
        rows.append("| " + " | ".join(map(str, [operation, len(of_it), *counts, *most])) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    raise SystemExit(main())
