"""``make days``: simulated days of sellers of all sizes, decided by the product's own plan, and the table of what came.

``ARGS=--write`` puts the table into docs/days.md. Nothing is random: the same days come out the same.
"""

import argparse
import sys
import time
from dataclasses import dataclass

from dev.reliability import write_table
from dev.setup.paths import CLONE
from dev.setup.say import say

from .play import Played, Player
from .shop import EVEN, EVENING, MINUTES_A_DAY, Rhythm, Shop

DOCUMENT = CLONE / "docs" / "days.md"
SIZES = (300, 3_000, 10_000, 20_000, 50_000, 100_000)
STEADY = (1.0,) * 4
# Two days with ten times as much, and what comes after them.
PEAK = (1.0, 1.0, 10.0, 10.0, 1.0, 1.0)
# On the third day, from ten to four.
OUTAGE = (2 * MINUTES_A_DAY + 600.0, 2 * MINUTES_A_DAY + 960.0)


@dataclass(frozen=True)
class Scene:
    """Days of one seller."""

    orders_a_day: int
    days: str
    rhythm: Rhythm
    pushed: bool = False
    reported: bool = False
    outage: tuple[float, float] | None = None

    @property
    def ways(self) -> str:
        """By which ways the orders are read."""
        return " + ".join(["search", *(["report"] if self.reported else []), *(["push"] if self.pushed else [])])

    def play(self) -> Played:
        """Play it."""
        shop = Shop(self.orders_a_day, self.rhythm)
        return Player(shop, pushed=self.pushed, reported=self.reported, outage=self.outage).play()


def make_scenes() -> list[Scene]:
    """All scenes, in the table's order."""
    even, evening, peak = Rhythm(EVEN, STEADY), Rhythm(EVENING, STEADY), Rhythm(EVENING, PEAK)
    scenes = []
    for size in SIZES:
        scenes.append(Scene(size, "quiet", even))
        for reported, pushed in ((False, False), (True, False), (False, True), (True, True)):
            scenes.append(Scene(size, "evening ×3", evening, pushed, reported))
    for reported, pushed in ((False, False), (True, False), (True, True)):
        scenes.append(Scene(3_000, "two days ×10", peak, pushed, reported))
    for size in (3_000, 10_000, 50_000):
        for reported, pushed in ((False, False), (True, False), (True, True)):
            scenes.append(Scene(size, "six hours without Amazon", evening, pushed, reported, OUTAGE))
    return scenes


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="dev.days", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/days.md")
    options = parser.parse_args()
    started = time.monotonic()
    rows = []
    for scene in make_scenes():
        say(f"{scene.orders_a_day} orders a day, {scene.days}, {scene.ways}")
        rows.append(_make_row(scene, scene.play()))
    table = "\n".join([_HEAD, *rows])
    sys.stdout.write(f"{table}\n\n{len(rows)} scenes in {time.monotonic() - started:.0f} seconds.\n")
    if options.write:
        write_table("days", table, DOCUMENT)
    return 0


_HEAD = (
    "| orders a day | days | ways | search calls a day | reports a day | each change read | request → shown, minutes: "
    "p50 | p90 | p99 | seen only after shipping | most behind, minutes | behind at the end | shipped orders behind at "
    "the end, hours |\n|" + "---:|---|---|" + "---:|" * 10
)


def _make_row(scene: Scene, played: Played) -> str:
    figures = (
        f"{scene.orders_a_day:,}",
        scene.days,
        scene.ways,
        f"{played.calls / played.days:.0f}",
        f"{played.reports / played.days:.0f}",
        f"×{played.read / played.changes:.2f}",
        *(f"{played.wait(share):.0f}" for share in (0.5, 0.9, 0.99)),
        f"{100 * played.only_after / max(1, played.requests):.1f} %",
        f"{max(played.behind):.0f}",
        f"{played.behind[-1]:.0f}",
        f"{played.shipped_behind[-1] / 60:.1f}",
    )
    return "| " + " | ".join(figures) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
