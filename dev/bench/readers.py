"""A plain reader of Orders v0, beside this addon's search: calls, and the hours of Amazon's rates.

Both read the same orders, each changed order once, with the token buckets of Amazon's documentation and no other cost.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

PAGE = 100
# Calls per second and burst.
RATES = {"getOrders": (0.0167, 20), "getOrderItems": (0.5, 30), "searchOrders": (0.0056, 20)}
START = datetime(2026, 1, 1, tzinfo=UTC)


def read_v0(orders: int) -> Iterator[str]:
    """The calls of getOrders, and one of getOrderItems for each order, without which v0 tells no request."""
    for first in range(0, orders, PAGE):
        yield "getOrders"
        yield from ["getOrderItems"] * min(PAGE, orders - first)


def read_search(orders: int) -> Iterator[str]:
    """The calls of searchOrders, whose pages hold the items and their requests."""
    yield from ["searchOrders"] * -(-orders // PAGE)


def play(calls: Iterator[str]) -> tuple[int, float]:
    """How many calls, and how many hours until the last may be made."""
    levels = {name: (float(burst), START) for name, (_rate, burst) in RATES.items()}
    now, count = START, 0
    for name in calls:
        rate, burst = RATES[name]
        level, since = levels[name]
        level = min(float(burst), level + (now - since).total_seconds() * rate)
        if level < 1:
            now += timedelta(seconds=(1 - level) / rate)
            level = 1.0
        levels[name] = (level - 1, now)
        count += 1
    return count, (now - START) / timedelta(hours=1)


def compare(orders: int) -> list[dict[str, str]]:
    """The rows of the table."""
    (v0_calls, v0_hours), (calls, hours) = play(read_v0(orders)), play(read_search(orders))
    what = f"{orders:,} changed orders are read once: a plain v0 reader → this addon's search"
    return [
        {
            "what": f"{what}: calls",
            "goal": "",
            "before": f"{v0_calls:,}",
            "now": f"{calls:,}",
        },
        {
            "what": f"{what}: hours by Amazon's rates",
            "goal": "",
            "before": f"{v0_hours:.1f}",
            "now": f"{hours:.1f}",
        },
    ]
