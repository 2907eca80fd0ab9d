"""The pages that the addon's help links open: ``python3 -m dev dev.help_pages`` writes them anew from ``docs/``.

Odoo serves them itself, so that they are those of the version that is installed, and are there without the internet.
"""

import html
import re
import shutil

from dev.docs.pages import write_configuration
from dev.setup.paths import CLONE

PAGES = ("connecting", "connectors", "configuration")
TARGET = CLONE / "static" / "docs"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #ccc;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}img{max-width:100%;border:1px solid #ddd}code{background:#f3f3f3}"
    ":target{background:#fff3c4}a{color:#714b67}"
)
_FRAME = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    "<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
)


def write() -> None:
    """Write all pages, and the drawings that they show."""
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(CLONE / "docs" / "drawings", TARGET / "drawings")
    for name in PAGES:
        (TARGET / f"{name}.html").write_text(render(name))


def render(name: str) -> str:
    """A page of the documentation in HTML; its headings have the anchors that they have on the site."""
    # Imported late, as only who writes the documentation needs them.
    from markdown_it import MarkdownIt  # noqa: PLC0415
    from mdit_py_plugins.anchors import anchors_plugin  # noqa: PLC0415

    text = write_configuration() if name == "configuration" else (CLONE / "docs" / f"{name}.md").read_text()
    body = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=3).render(text)
    body = body.replace('src="../static/description/', 'src="../description/')
    body = re.sub(r'href="(\w+)\.md(#[^"]*)?"', r'href="\1.html\2"', body)
    title = html.escape(text.partition("\n")[0].lstrip("# ").replace("*", ""))
    return _FRAME.format(title=title, style=_STYLE, body=body)


if __name__ == "__main__":
    write()
