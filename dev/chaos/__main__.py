"""``make chaos``: real processes on a real database are killed, cut off and set against each other; all must agree.

``ARGS="--seeds=8"`` plays each named step so often; ``ARGS=--write`` puts the table into docs/reliability.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from dev.reliability import write_table
from dev.setup import prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install

COLUMNS = ("lost", "doubled", "wrong")
_DATABASE = "chaos"


def main() -> int:
    """Do what the command line says; 0 if nothing was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="dev.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="how often each kind is played")
    parser.add_argument("--only", default="", help="only kinds whose name contains this")
    parser.add_argument("--results", type=Path, help="keep the results in this file, beside those that are there")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    options = parser.parse_args()
    environment = prepare()
    started = time.monotonic()
    copy(environment, environment.template, _DATABASE)
    try:
        install(environment, _DATABASE, [ADDON])
        with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
            results = options.results or Path(directory) / "results.jsonl"
            order = {"seeds": options.seeds, "only": options.only, "results": str(results.absolute())}
            arguments = [*environment.odoo_options(), "-d", _DATABASE, "--no-http", "--log-level=critical"]
            program = [str(environment.python), str(CLONE / "dev" / "chaos" / "play.py"), json.dumps(order), *arguments]
            status = subprocess.run(program, env=environment.process_variables, check=False).returncode
            entries = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    finally:
        drop(environment, _DATABASE)
    for entry in entries:
        for column in COLUMNS:
            for found in entry[column]:
                say(f"{column.upper()}: {entry['name']}, seed {entry['seed']}: {found}")
    table = _make_table(entries)
    summary = f"{len(entries)} plays in {(time.monotonic() - started) / 60:.0f} minutes, {options.seeds} seeds."
    sys.stdout.write(f"{table}\n{summary}\n")
    if options.write:
        write_table("chaos", f"{table}\n\n{summary}")
    return status or int(not entries or any(entry[column] for entry in entries for column in COLUMNS))


def _make_table(entries: list[dict]) -> str:
    by_kind = defaultdict(list)
    for entry in entries:
        by_kind[entry["kind"]].append(entry)
    head = ("kind", "points", "plays", "struck", *COLUMNS)
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for kind, of_it in [*by_kind.items(), ("**all**", entries)]:
        counts = [sum(bool(entry[column]) for entry in of_it) for column in COLUMNS]
        names = {entry["name"] for entry in of_it}
        struck = sum(entry["struck"] for entry in of_it)
        rows.append("| " + " | ".join(map(str, [kind, len(names), len(of_it), struck, *counts])) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    raise SystemExit(main())
