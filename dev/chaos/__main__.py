"""``make chaos``: real processes on a real database are killed, cut off and set against each other; all must agree.

``ARGS="--seeds=8"`` plays each named step so often; ``ARGS=--write`` puts the table into docs/reliability.md.
"""

import argparse
import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from dev.reliability import write_table
from dev.setup import Environment, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.postgres import ensure_postgres, stop_postgres
from dev.setup.say import say
from dev.setup.template import install

COLUMNS = ("lost", "doubled", "wrong")
_DATABASE = "chaos"


def main() -> int:
    """Do what the command line says; 0 if nothing was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="dev.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="how often each kind is played")
    parser.add_argument(
        "--parts", type=int, default=2, help="runs side by side, each with a database server of its own"
    )
    parser.add_argument("--only", default="", help="only kinds whose name contains this")
    parser.add_argument("--results", type=Path, help="keep the results in this file, beside those that are there")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    options = parser.parse_args()
    environment = prepare()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        results = options.results or Path(directory) / "results.jsonl"
        _remove_parts(environment, options.parts)  # of a run that was killed
        try:
            parts = _prepare_parts(environment, Path(directory) / "dump", options.parts)
            runs = [
                _start(part, cluster, options, (number, len(parts)), results)
                for number, (part, cluster) in enumerate(parts)
            ]
            status = max(run.wait() for run in runs)
        finally:
            _remove_parts(environment, options.parts)
        entries = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
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


def _prepare_parts(environment: Environment, dump: Path, count: int) -> list[tuple[Environment, Path]]:
    """Give each part a database on a server of its own, which may be restarted without anybody else's noticing."""
    copy(environment, environment.template, _DATABASE)
    install(environment, _DATABASE, [ADDON])
    environment.postgres.run("pg_dump", "--format=custom", f"--file={dump}", _DATABASE)
    parts = []
    for number in range(count):
        cluster = _get_cluster(environment, number)
        postgres = ensure_postgres(cluster, private=True)
        # What is committed must outlive a crash of the server, as it does in production.
        postgres.query("ALTER SYSTEM SET synchronous_commit = on")
        postgres.query("SELECT pg_reload_conf()")
        postgres.run("createdb", "--template=template0", _DATABASE)
        postgres.run("pg_restore", f"--dbname={_DATABASE}", str(dump))
        parts.append((dataclasses.replace(environment, postgres=postgres), cluster))
    return parts


def _get_cluster(environment: Environment, number: int) -> Path:
    return environment.cache / f"chaos-{number}"


def _remove_parts(environment: Environment, count: int) -> None:
    for number in range(count):
        cluster = _get_cluster(environment, number)
        stop_postgres(cluster)
        shutil.rmtree(cluster, ignore_errors=True)
    drop(environment, _DATABASE)


def _start(
    environment: Environment, cluster: Path, options: argparse.Namespace, part: tuple[int, int], results: Path
) -> subprocess.Popen:
    odoo = [*environment.odoo_options(), "-d", _DATABASE]
    order = {
        "seeds": options.seeds,
        "only": options.only,
        "part": part,
        "results": str(results.absolute()),
        "cluster": str(cluster),
        "odoo": odoo,
    }
    arguments = [json.dumps(order), *odoo, "--no-http", "--log-level=critical"]
    program = [str(environment.python), str(CLONE / "dev" / "chaos" / "play.py"), *arguments]
    return subprocess.Popen(program, env=environment.process_variables)


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
