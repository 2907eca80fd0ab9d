"""`docs/daily-use.md`: its numbers are those that the tours count."""

import re
from pathlib import Path

ADDON = Path(__file__).resolve().parents[2]
_ROW = re.compile(
    r"^\| (?P<who>[^|]+) \| [^|]+ \| `(?P<tour>\w+)` \| (?P<before>\d+)[^|]* \| (?P<after>\d+) \|$", re.MULTILINE
)
_TOUR = re.compile(r'"(amazon_\w+)", \{\s*steps: \(\) =>\s*withMoves\((\d+),')


def test_the_table_tells_what_the_tours_count():
    counted = {}
    for path in (ADDON / "static" / "tests" / "tours").glob("*.js"):
        counted.update(_TOUR.findall(path.read_text()))
    rows = list(_ROW.finditer((ADDON / "docs" / "daily-use.md").read_text()))
    assert {row["tour"]: row["after"] for row in rows} == counted


def test_every_person_has_a_path():
    rows = _ROW.finditer((ADDON / "docs" / "daily-use.md").read_text())
    assert {row["who"].split(",")[0] for row in rows} == {
        "Sales",
        "Warehouse",
        "Manager",
        "Accountant",
        "Administrator",
    }
