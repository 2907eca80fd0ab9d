"""``make bench``: what the addon costs, measured on a real Odoo and the local Amazon, and docs/benchmarks.md.

Parts: ``day`` (the steps of a seller's day, over the external API), ``telling`` (thousands of cancellations),
``accounts`` (many of them, slow and dead ones, two workers), ``size`` (the same looks with few and with many orders),
``readers`` (a plain v0 reader beside ours). ``ARGS="--parts=telling,size"`` plays some of them; without ``--write`` the
page is left as it is.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dev.demo.json2 import Json2Error
from dev.demo.stage import set_stage
from dev.reliability import write_table
from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install

from .readers import compare
from .steps import BenchError, Steps
from .stopwatch import Stopwatch

PARTS = ("readers", "telling", "accounts", "size", "day")
INSIDE = {"telling", "accounts", "size"}
DOCUMENT = CLONE / "docs" / "benchmarks.md"
DATABASE = f"bench-{os.getpid()}"


def main() -> int:
    """Do what the command line says; 0 if every part came out as it must."""
    parser = argparse.ArgumentParser(prog="dev.bench", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts, with commas between")
    parser.add_argument("--orders", type=int, default=200_000, help="how many sale orders the large shop has")
    parser.add_argument("--cancellations", type=int, default=5000, help="how many are due at once")
    parser.add_argument("--accounts", type=int, default=200, help="how many accounts there are")
    parser.add_argument("--day-orders", type=int, default=500, help="how many orders the shop of the day has")
    parser.add_argument("--runs", type=int, default=3, help="how often each step of the day is timed")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    options = parser.parse_args()
    parts = set(options.parts.split(","))
    # A plain kill, too, must end the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = time.monotonic()
    try:
        rows = compare(10_000) if "readers" in parts else []
        if parts & INSIDE:
            rows += _play_inside(options, sorted(parts & INSIDE))
        day = _play_day(options) if "day" in parts else None
    except (SetupError, Json2Error, BenchError) as error:
        say(f"the bench stopped: {error}")
        return 1
    table = _make_table(rows)
    summary = f"{len(rows)} rows in {(time.monotonic() - started) / 60:.0f} minutes."
    sys.stdout.write(f"\n{table}\n{summary}\n")
    if options.write:
        write_table("rows", f"{table}\n\n{summary}", DOCUMENT)
        if day:
            write_table("day", day, DOCUMENT)
    return 0


def _play_inside(options: argparse.Namespace, parts: list[str]) -> list[dict[str, str]]:
    environment = prepare()
    try:
        copy(environment, environment.template, DATABASE)
        install(environment, DATABASE, [ADDON])
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            return _run(environment, options, parts, scratch)
    finally:
        drop(environment, DATABASE)


def _run(environment: Environment, options: argparse.Namespace, parts: list[str], scratch: str) -> list[dict[str, str]]:
    order = {
        "parts": parts,
        "orders": options.orders,
        "cancellations": options.cancellations,
        "accounts": options.accounts,
        "scratch": scratch,
    }
    arguments = [json.dumps(order), *environment.odoo_options(), "-d", DATABASE, "--no-http", "--log-level=critical"]
    program = [str(environment.python), str(Path(__file__).with_name("play.py")), *arguments]
    rows = []
    with subprocess.Popen(program, env=environment.process_variables, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            rows.append(json.loads(line))
            say(f"{rows[-1]['what']}: {rows[-1]['now']}")
    if process.returncode:
        raise BenchError("a part broke off; its own output above says why")
    return rows


def _play_day(options: argparse.Namespace) -> str:
    if options.day_orders < Steps.needed_orders(options.runs):
        raise BenchError(f"{options.runs} runs need {Steps.needed_orders(options.runs)} orders")
    with set_stage("bench-day") as stage:
        stopwatch = Stopwatch(stage.amazon)
        Steps(stage, stopwatch).take(options.day_orders, options.runs)
    table = f"{options.day_orders} orders, {options.runs} runs\n{stopwatch.table()}"
    sys.stdout.write(f"\n{table}\n")
    return f"    {table.replace(chr(10), f'{chr(10)}    ')}"


def _make_table(rows: list[dict[str, str]]) -> str:
    lines = ["| what | goal | before | now | `make bench ARGS=` |", "|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['what']} | {row['goal']} | {row['before']} | {row['now']} | `--parts={row['part']}` |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
