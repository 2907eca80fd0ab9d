"""Writes the last tables of the storm and of the chaos into docs/reliability.md, and others' into their own pages."""

import re
from pathlib import Path

from dev.setup.paths import CLONE

PAGE = CLONE / "docs" / "reliability.md"


def write_table(name: str, text: str, path: Path = PAGE) -> None:
    """Replace what stands between the page's marks ``<!-- name -->`` and ``<!-- /name -->``."""
    page = path.read_text()
    marked = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    path.write_text(re.sub(marked, lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page, flags=re.DOTALL))
