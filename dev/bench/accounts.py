"""Many accounts of which Amazon answers after a while, one slowly, one not at all; one worker and two."""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from odoo.sql_db import close_all

from ...spapi import errors
from ...spapi.client import OrderPage, SellerClient
from .inside import UNIT, create_account, odoo, say, tell, watch_queries

SLOW_SECONDS, DEAD_SECONDS = 20.0, 30.0


class Round(NamedTuple):
    """A round of all accounts.

    :ivar length: seconds until the last of the others was read, who are neither slow nor dead.
    :ivar p99: seconds until 99 % of them were read.
    :ivar queries: of a turn of theirs, of the database.
    :ivar processor: seconds of a turn of theirs, of the worker.
    """

    length: float
    p99: float
    queries: float
    processor: float


def play(count: int, answer_seconds: float) -> None:
    """Read `count` accounts in rounds; of two rounds alike the quieter one counts, as others use the machine, too."""
    with odoo() as env:
        accounts = [create_account(env, f"Account {number:03}", f"SELLER{number}").id for number in range(count)]
    slow, dead = accounts[3], accounts[7]
    seconds = {slow: SLOW_SECONDS, dead: DEAD_SECONDS}
    scratch = tempfile.TemporaryDirectory(prefix="bench-")
    ended = Path(scratch.name) / "ended"

    def make_worker(first: bool, trouble: bool) -> Callable[[], None]:
        def work() -> None:
            queries: list[object] = []
            with odoo() as env, watch_queries(lambda query, _params: queries.append(query)):
                unit = type(env[UNIT])
                read = unit._do_read

                def do_read(self: Any) -> bool:
                    account = self.account_id
                    SellerClient.search_orders = lambda *_a, **_k: answer(account.id)
                    failed = read(self)
                    usage = resource.getrusage(resource.RUSAGE_SELF)
                    with ended.open("a") as file:
                        processor = usage.ru_utime + usage.ru_stime
                        file.write(f"{account.id} {time.time()} {os.getpid()} {len(queries)} {processor}\n")
                    return failed

                def answer(account_id: int) -> OrderPage:
                    time.sleep(seconds.get(account_id, answer_seconds) if trouble else answer_seconds)
                    if trouble and account_id == dead:
                        raise errors.Unreachable("no answer", operation="searchOrders", maybe_done=True)
                    return OrderPage(orders=(), malformed=(), next_token=None)

                unit._do_read = do_read
                env[UNIT]._run("read", env["amazon.cancellation.account"].browse(accounts) if first else None)

        return work

    def play_round(workers: int, trouble: bool) -> Round:
        ended.unlink(missing_ok=True)
        with odoo() as env:
            env.cr.execute("UPDATE amazon_cancellation_unit SET waits_since = waits_since - interval '5 minutes'")
            env.cr.execute("DELETE FROM amazon_cancellation_allowance")
        start = time.time()
        processes = [_start(make_worker(True, trouble))]
        while workers > 1 and not _has_begun():
            time.sleep(0.01)
        processes += [_start(make_worker(False, trouble)) for _number in range(1, workers)]
        statuses = [os.waitpid(process, 0)[1] for process in processes]
        assert not any(statuses), "a worker broke off"
        found = measure([line.split() for line in ended.read_text().splitlines()], start)
        say(f"{workers} workers{', a slow and a dead account' if trouble else ''}: {found.length:.1f} s")
        return found

    def measure(turns: list[list[str]], start: float) -> Round:
        others = sorted(float(at) - start for account_id, at, *_spent in turns if int(account_id) not in seconds)
        assert len(others) == count - 2, f"{len(others)} accounts were read"
        spent = {"queries": 0.0, "processor": 0.0}
        for worker in {turn[2] for turn in turns}:
            of_worker = [turn for turn in turns if turn[2] == worker]
            for place, name in ((3, "queries"), (4, "processor")):
                spent[name] += float(of_worker[-1][place]) - float(of_worker[0][place])
        between = len(turns) - len({turn[2] for turn in turns})
        return Round(
            others[-1], others[int(len(others) * 0.99)], spent["queries"] / between, spent["processor"] / between
        )

    play_round(2, False)  # makes the units
    alone = {workers: min(play_round(workers, False) for _round in range(2)) for workers in (1, 2)}
    play_round(2, True)  # in which it shows who is slow
    troubled = {workers: min(play_round(workers, True) for _round in range(2)) for workers in (1, 2)}
    what = f"{count} accounts, Amazon answers in {answer_seconds} s"
    faster = f"{alone[1].length:.0f} s, {alone[2].length:.0f} s: {alone[1].length / alone[2].length:.2f}×"
    tell(f"{what}: a round with one worker, with two", "≥ 1.8×", "1.0×", faster)
    for workers, name in ((1, "one worker"), (2, "two workers")):
        others = f"{what}, one slow ({SLOW_SECONDS:.0f} s), one dead ({DEAD_SECONDS:.0f} s), {name}: the others' p99"
        ratio = troubled[workers].p99 / alone[workers].p99
        slower = f"{troubled[workers].p99:.1f} s, alone {alone[workers].p99:.1f} s: {ratio:.2f}×"
        tell(others, "≤ 1.2× of alone", "+ 50 s in every run", slower)
    turn = f"{1000 * alone[1].processor:.0f} ms, {alone[1].queries:.0f} queries"
    tell("a turn of an account with nothing new: the worker's processor; queries", "", "", turn)
    scratch.cleanup()


def _has_begun() -> bool:
    """Whether the round is under way, as then the further lanes are triggered."""
    with odoo() as env:
        return bool(env[UNIT].search_count([("kind", "=", "read"), ("due_date", "!=", False)], limit=1))


def _start(work: Callable[[], None]) -> int:
    """A worker of its own, with connections of its own."""
    close_all()
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)
