"""Writes the last tables of the storm and of the chaos into docs/reliability.md."""

import re

from dev.setup.paths import CLONE

PAGE = CLONE / "docs" / "reliability.md"


def write_table(name: str, text: str) -> None:
    """Replace what stands between the page's marks ``<!-- name -->`` and ``<!-- /name -->``."""
    page = PAGE.read_text()
    marked = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    PAGE.write_text(re.sub(marked, lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page, flags=re.DOTALL))
