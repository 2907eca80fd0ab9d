"""The site's pages: those of ``docs/``, those at the repository's top, and those that are read off the source."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from dev.docs.source import Field, Message, fields_of, messages
from dev.setup.paths import CLONE

# At the top of the repository, where people look for them; pages of the site, too.
_FROM_TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_PICTURES = "static/description"
_MODELS = {
    "amazon.cancellation.account": "The Amazon account",
    "amazon.cancellation.subscription": "Notifications",
    "res.config.settings": "Settings",
}
_PLACES = {
    "account": "Accounts and connection",
    "reading": "Reading from Amazon",
    "request": "Requests and decisions",
    "shipping": "Deliveries",
    "cancelling": "Telling Amazon",
    "books": "Accounting",
    "report": "Lists",
    "hooks": "Installation",
    "folder_name": "Installation, in a wrong folder",
    "tools": "Everywhere",
    "wire": "Between Odoo and Amazon (in English only; shown with words around them)",
}


# The order in which a reader meets them; a page that is in none of these stops the build.
_CHAPTERS = {
    "Set up": ("connecting", "connectors", "sources", "configuration"),
    "Use": ("daily-use", "life-of-a-cancellation", "accounting", "troubleshooting", "messages"),
    "Run": ("operations", "scale", "benchmarks", "reliability", "days", "security"),
    "Extend": ("integrators", "development", "contributing"),
    "Decisions": ("decisions/*",),
    "Changes": ("changelog",),
}


def write_all(target: Path) -> None:
    """Write every page and picture of the site below `target`, which is made anew."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(CLONE / "docs", target)
    for path in target.rglob("*.md"):
        up = "../" * (len(path.relative_to(target).parts) - 1)
        path.write_text(_relocate(path.read_text(), up, outside=f"{up}../"))
    for name, page in _FROM_TOP.items():
        (target / page).write_text(_relocate((CLONE / name).read_text(), ""))
    with (target / "index.md").open("a") as index:
        index.write(_write_contents())
    (target / "configuration.md").write_text(write_configuration())
    (target / "messages.md").write_text(write_messages(messages()))
    shutil.copytree(CLONE / _PICTURES, target / "pictures", ignore=shutil.ignore_patterns("*.html"))


def _write_contents() -> str:
    """The table of contents, for the side of each page."""
    parts = [
        f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {chapter}\n\n" + "\n".join(pages) + "\n```\n"
        for chapter, pages in _CHAPTERS.items()
    ]
    return "".join(parts)


def _relocate(markdown: str, up: str, outside: str = "") -> str:
    """Lead links out of ``docs/`` to where the site has it."""
    markdown = markdown.replace(f"]({outside}{_PICTURES}/", f"]({up}pictures/")
    for name, page in _FROM_TOP.items():
        markdown = markdown.replace(f"]({outside}{name}", f"]({up}{page}")
    if not outside:
        markdown = markdown.replace("](docs/", "](")
        return markdown.replace("](LICENSE)", "](https://www.gnu.org/licenses/lgpl-3.0.html)")
    # A file of the source: its name, as the site has no copy of it.
    return re.sub(rf"\[([^\]]+)\]\({re.escape(outside)}(?!docs/|pictures/)[\w./-]+\)", r"\1", markdown)


def write_configuration() -> str:
    """The page of all settings: each field of an account, with the help that the form shows."""
    lines = ["# Configuration reference", "", "Each field with the help text that the form shows beside it.", ""]
    for model, title in _MODELS.items():
        for heading, settable in ((title, True), (f"{title}: what it tells", False)):
            fields = [field for field in fields_of(model) if field.settable is settable]
            if fields:
                lines += [f"## {heading}", "", f"| field | name in `{model}` | what it does |", "| --- | --- | --- |"]
                lines += [_row(field) for field in fields]
                lines.append("")
    return "\n".join(lines)


def _row(field: Field) -> str:
    choices = [f"*{label}*" + (f" (`{value}`)" if value else "") for value, label in field.choices]
    told = "<br>".join([*filter(None, [_cell(field.help)]), *choices])
    return f'| <a id="{field.name}"></a>{field.label} | `{field.name}` | {told} |'


def write_messages(found: Iterable[Message]) -> str:
    """The page of all messages, by where they come from."""
    lines = [
        "# All messages",
        "",
        "Every text that this addon can show. ⟨…⟩ stands for what is filled in. "
        "What to do about the ones that matter: [Troubleshooting](troubleshooting.md).",
        "",
    ]
    found = list(found)
    places = [*_PLACES, *sorted({message.place for message in found} - set(_PLACES))]
    for place in places:
        for kind, words in (
            ("refused", "an action stops with these words"),
            ("told", "said in notes, fields, dialogs"),
        ):
            texts = sorted(message.text for message in found if (message.place, message.kind) == (place, kind))
            if texts:
                lines += [f"## {_PLACES.get(place, place)}: {words}", "", *(f"- {_cell(text)}" for text in texts), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text in one line, in which no sign means anything to Markdown."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_{}\[\]|])", r"\\\1", text)
