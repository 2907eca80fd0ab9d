"""``make bench``: what the addon costs, measured on a real Odoo and the local Amazon, and docs/benchmarks.md.

Parts: ``day`` (the steps of a seller's day, over the external API), ``reading`` (pages of a search, and
notifications), ``telling`` (thousands of cancellations),
``accounts`` (many of them, slow and dead ones, two workers), ``size`` (the same looks with few and with many orders),
``readers`` (a plain v0 reader beside ours), ``pace`` (how late requests show, by simulated days), ``ordinary`` (what
those pay who have nothing to do with Amazon). ``ARGS="--parts=telling,size"`` plays some of them. With ``--write`` the
page gets the rows of each part when it is finished, and keeps those of the others. A part that breaks off stops no
other; ``--resume`` plays what was not finished at the same commit.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.demo.json2 import Json2Error
from dev.demo.stage import set_stage
from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE, cache_directory, clone_directory
from dev.setup.say import say
from dev.setup.template import install

from . import pace
from .page import Row, make_table, write_rows, write_steps
from .readers import compare
from .steps import BenchError, Steps
from .stopwatch import Stopwatch

PARTS = ("readers", "pace", "reading", "telling", "accounts", "size", "ordinary", "day")
DATABASE = f"bench-{os.getpid()}"
# A part that takes longer hangs.
MOST_MINUTES = 20


def main() -> int:
    """Do what the command line says; 0 if every part came out as it must."""
    parser = argparse.ArgumentParser(prog="dev.bench", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts, with commas between")
    parser.add_argument("--orders", type=int, default=1_000_000, help="how many sale orders the large shop has")
    parser.add_argument("--cancellations", type=int, default=5000, help="how many are due at once")
    parser.add_argument("--accounts", type=int, default=200, help="how many accounts there are")
    parser.add_argument("--day-orders", type=int, default=500, help="how many orders the shop of the day has")
    parser.add_argument("--runs", type=int, default=3, help="how often each step of the day is timed")
    parser.add_argument("--write", action="store_true", help="write what is finished into docs/benchmarks.md")
    parser.add_argument("--resume", action="store_true", help="do not repeat what was finished at this commit")
    options = parser.parse_args()
    # A plain kill, too, must end the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    plays: dict[str, tuple[dict[str, Any], Callable[..., list[Row]]]] = {
        "readers": ({"orders": 10_000}, compare),
        "pace": ({}, pace.play),
        "reading": ({"orders": 10_000, "snapshots": 100_000, "messages": 200}, _play_inside("reading")),
        "telling": ({"count": options.cancellations}, _play_inside("telling")),
        "accounts": ({"count": options.accounts, "answer_seconds": 0.1}, _play_inside("accounts")),
        "size": ({"small": 10_000, "large": options.orders}, _play_inside("size")),
        "ordinary": ({}, _play_ordinary),
        "day": ({"orders": options.day_orders, "runs": options.runs}, _play_day),
    }
    parts = [part for part in PARTS if part in options.parts.split(",")]
    kept = Kept(parts if options.resume else [])
    failed = []
    for number, part in enumerate(parts, start=1):
        its_options, play = plays[part]
        found = kept.get(part, its_options)
        say(f"part {part} ({number} of {len(parts)})" + (": finished before" if found else ""))
        if not found:
            started = time.monotonic()
            try:
                rows = play(**its_options)
            except (SetupError, Json2Error, BenchError) as error:
                say(f"part {part} broke off: {error}")
                failed.append(part)
                continue
            found = kept.put(part, its_options, rows, (time.monotonic() - started) / 60)
        if options.write and part == "day":
            write_steps(found["rows"][0]["now"])
        elif options.write:
            write_rows(part, found["rows"], found["minutes"], PARTS)
    rows = [{"part": part, **row} for part in parts if part != "day" for row in kept.get_rows(part)]
    sys.stdout.write(f"\n{make_table(rows)}\n")
    sys.stdout.writelines(f"\n{row['now']}\n" for row in kept.get_rows("day"))
    say(f"{len(parts) - len(failed)} of {len(parts)} parts are finished" + "".join(f", not {part}" for part in failed))
    return 1 if failed else 0


class Kept:
    """The rows of finished parts, in a file, so that what breaks off later takes nothing with it.

    :param list parts: Those of which the rows of this commit are used again.
    """

    def __init__(self, parts: list[str]) -> None:
        self._path = clone_directory(cache_directory()) / "bench.json"
        command = ["git", "-C", str(CLONE), "rev-parse", "HEAD"]
        self._commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        before = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._parts = {
            part: entry for part, entry in before.items() if part in parts and entry["commit"] == self._commit
        }

    def get(self, part: str, options: dict[str, Any]) -> dict[str, Any] | None:
        """The rows and minutes of a part that was played with these options; None where there are none."""
        entry = self._parts.get(part)
        return entry if entry and entry["options"] == options else None

    def get_rows(self, part: str) -> list[Row]:
        """The rows of a part, none where it is not finished."""
        return self._parts.get(part, {}).get("rows", [])

    def put(self, part: str, options: dict[str, Any], rows: list[Row], minutes: float) -> dict[str, Any]:
        """Keep the rows of a part."""
        entry = {"commit": self._commit, "options": options, "rows": rows, "minutes": minutes}
        self._parts[part] = entry
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._parts, indent=1))
        return entry


def _play_inside(part: str) -> Callable[..., list[Row]]:
    """Play a part in an Odoo of its own, on a fresh database."""

    def play(**options: object) -> list[Row]:
        with _fresh_database() as environment:
            install(environment, DATABASE, [ADDON])
            return list(_run(environment, {"part": part, "options": options}))

    return play


def _play_ordinary() -> list[Row]:
    """The same work in a database without the addon, with it, and with an account connected."""
    counts = []
    with _fresh_database() as environment:
        for modules, connected in (([], False), ([ADDON], False), ([], True)):
            if modules:
                install(environment, DATABASE, modules)
            order = {"part": "ordinary", "options": {"connected": connected}}
            counts.append({row["what"]: int(row["now"]) for row in _run(environment, order)})
    without, unconnected, connected_ = counts
    return [
        {
            "what": f"not Amazon's, queries without the addon → with it, with an account: {name}",
            "goal": "+ 1" if "list" in name else "+ 0, or one look that is kept",
            "before": "13 → 411" if name == "a list of 80 deliveries" else "",
            "now": f"{count} → {unconnected[name]}, {connected_[name]}",
        }
        for name, count in without.items()
    ]


@contextmanager
def _fresh_database() -> Iterator[Environment]:
    """A database with all that the addon is built on, and without it."""
    environment = prepare()
    try:
        copy(environment, environment.template, DATABASE)
        yield environment
    finally:
        drop(environment, DATABASE)


def _run(environment: Environment, order: dict[str, Any]) -> Iterator[Row]:
    arguments = [json.dumps(order), *environment.odoo_options(), "-d", DATABASE, "--no-http", "--log-level=critical"]
    program = [str(environment.python), str(Path(__file__).with_name("play.py")), *arguments]
    with subprocess.Popen(program, env=environment.process_variables, stdout=subprocess.PIPE, text=True) as process:
        timer = threading.Timer(60 * MOST_MINUTES, process.kill)
        timer.start()
        try:
            for line in process.stdout or ():
                row = json.loads(line)
                say(f"{row['what']}: {row['now']}")
                yield row
        finally:
            timer.cancel()
            process.terminate()
    if process.returncode:
        raise BenchError(f"it ended with {process.returncode}; its own output above says why")


def _play_day(orders: int, runs: int) -> list[Row]:
    if orders < Steps.needed_orders(runs):
        raise BenchError(f"{runs} runs need {Steps.needed_orders(runs)} orders")
    with set_stage("bench-day") as stage:
        stopwatch = Stopwatch(stage.amazon)
        Steps(stage, stopwatch).take(orders, runs)
    return [{"what": "steps", "goal": "", "before": "", "now": f"{orders} orders, {runs} runs\n{stopwatch.table()}"}]


if __name__ == "__main__":
    raise SystemExit(main())
