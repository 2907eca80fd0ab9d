"""Times steps, and counts the calls that each makes to Amazon."""

import contextlib
import statistics
import time
from collections.abc import Iterator

from dev.demo.amazon import AmazonProcess
from dev.setup.say import say


class Stopwatch:
    """The times of all steps, by their names."""

    def __init__(self, amazon: AmazonProcess) -> None:
        self._amazon = amazon
        self._seconds: dict[str, list[float]] = {}
        self._calls: dict[str, list[int]] = {}

    @contextlib.contextmanager
    def time(self, step: str) -> Iterator[None]:
        """Time what happens inside, as one run of `step`."""
        self._amazon.clear("calls")
        start = time.monotonic()
        yield
        self._seconds.setdefault(step, []).append(time.monotonic() - start)
        self._calls.setdefault(step, []).append(len(self._amazon.get("calls")))
        say(f"{step}: {self._seconds[step][-1]:.3f} s")

    def table(self) -> str:
        """One line a step: median, least and most seconds, and the most calls to Amazon of one run."""
        rows = [f"{'median':>8} {'min':>8} {'max':>8} {'calls':>6}  step"]
        for step, seconds in self._seconds.items():
            figures = (statistics.median(seconds), min(seconds), max(seconds))
            rows.append(" ".join(f"{figure:8.3f}" for figure in figures) + f" {max(self._calls[step]):6}  {step}")
        return "\n".join(rows)
