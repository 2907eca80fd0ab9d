"""docs/benchmarks.md: the table of all parts, of which each is replaced for itself, and the steps of the day."""

import re
from collections.abc import Iterable, Sequence

from dev.reliability import write_table
from dev.setup.paths import CLONE

PAGE = CLONE / "docs" / "benchmarks.md"
Row = dict[str, str]
_COLUMNS = ("what", "goal", "before", "now")
_TOOK = re.compile(r"^Minutes: (.*)\.$", re.MULTILINE)


def make_table(rows: Iterable[Row]) -> str:
    """The rows as a table; each says which part gives it."""
    lines = ["| what | goal | before | now | `make bench ARGS=` |", "|---|---|---|---|---|"]
    lines += (f"| {' | '.join(row[name] for name in _COLUMNS)} | `--parts={row['part']}` |" for row in rows)
    return "\n".join(lines)


def write_rows(part: str, rows: Iterable[Row], minutes: float, parts: Sequence[str]) -> None:
    """Put the rows of a part in the place of those that the page has of it.

    :param parts: All parts, in the order in which the page has them.
    """
    page = PAGE.read_text()
    by_part = {name: list(read_rows(page, name)) for name in parts}
    by_part[part] = [{"part": part, **row} for row in rows]
    before = _TOOK.search(page)
    took = dict(entry.rsplit(" ", 1) for entry in before[1].split(", ")) if before else {}
    took[part] = f"{minutes:.0f}"
    summary = ", ".join(f"{name} {took[name]}" for name in parts if name in took)
    table = make_table(row for name in parts for row in by_part[name])
    write_table("rows", f"{table}\n\nMinutes: {summary}.", PAGE)


def read_rows(page: str, part: str) -> Iterable[Row]:
    """The rows that a page has of a part."""
    for line in page.splitlines():
        if line.endswith(f"| `--parts={part}` |"):
            yield {"part": part, **dict(zip(_COLUMNS, line.strip("| ").split(" | "), strict=False))}


def write_steps(table: str) -> None:
    """Put the steps of the day into the page."""
    write_table("day", "\n".join(f"    {line}" for line in table.splitlines()), PAGE)
