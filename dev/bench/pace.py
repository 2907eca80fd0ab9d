"""How late requests show and what reading costs, by the simulated days that docs/days.md has in full."""

from dev.days.__main__ import PEAK, STEADY, Scene
from dev.days.play import Played
from dev.days.shop import EVENING, Rhythm

from .page import Row

_STEADY, _PEAK = Rhythm(EVENING, STEADY), Rhythm(EVENING, PEAK)


def play() -> list[Row]:
    """The rows of the table."""
    three, ten = Scene(3_000, "", _STEADY).play(), Scene(10_000, "", _STEADY).play()
    fifty = Scene(50_000, "", _STEADY, reported=True).play()
    hundred = Scene(100_000, "", _STEADY, reported=True).play()
    pushed = Scene(100_000, "", _STEADY, pushed=True).play()
    peak, pushed_peak = (
        Scene(3_000, "", _PEAK, reported=True).play(),
        Scene(3_000, "", _PEAK, reported=True, pushed=True).play(),
    )
    shown = "request → shown, p50 / p99, minutes"
    never_behind = "never behind for good"
    return [
        _row(f"10,000 orders a day, search alone: {shown}", "≤ 5 / ≤ 8", "27 / 110", _tell_waits(ten)),
        _row(f"50,000 orders a day, report: {shown}", "≤ 10 / ≤ 25", "198 / 2,308", _tell_waits(fifty)),
        _row("50,000 orders a day, report: seen only after shipping", "< 1 %", "31 %", _tell_late(fifty)),
        _row(f"100,000 orders a day, report: {shown}", f"p99 ≤ 30; {never_behind}", "", _tell_end(hundred)),
        _row(f"100,000 orders a day, push: {shown}", f"p99 ≤ 2; {never_behind}", "", _tell_end(pushed)),
        _row(f"3,000 with two days ×10, report: {shown}", f"p99 ≤ 30; {never_behind}", "152 / 2,300", _tell_end(peak)),
        _row(f"3,000 with two days ×10, push: {shown}", f"p99 ≤ 2; {never_behind}", "", _tell_end(pushed_peak)),
        _row("3,000 orders a day, search alone: each change read", "≤ ×1.3", "×3.5", _tell_reads(three)),
        _row("10,000 orders a day, search alone: each change read", "≤ ×1.3", "×1.6", _tell_reads(ten)),
        _row(
            "100,000 orders a day, push: search calls a day, and the account late",
            "≤ 60, never",
            "473",
            f"{pushed.calls / pushed.days:.0f}, {pushed.late_runs} of {pushed.runs:,} times",
        ),
    ]


def _row(what: str, goal: str, before: str, now: str) -> Row:
    return {"what": what, "goal": goal, "before": before, "now": now}


def _tell_waits(played: Played) -> str:
    return f"{played.wait(0.5):.0f} / {played.wait(0.99):.0f}"


def _tell_end(played: Played) -> str:
    return f"{_tell_waits(played)}; at the end {played.behind[-1]:.0f} minutes behind"


def _tell_late(played: Played) -> str:
    return f"{100 * played.only_after / played.requests:.1f} %"


def _tell_reads(played: Played) -> str:
    return f"×{played.read / played.changes:.2f}"
