"""What axe-core finds wrong with a page: contrast, names of buttons, roles.

axe-core is under the MPL and no part of this repository: npm brings it, and only this very archive is used.
"""

import hashlib
import io
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev.setup.commands import run
from dev.setup.say import SetupError

_PACKAGE = "axe-core@4.10.3"
_CHECKSUM = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"
_TAG, _CLASS, _ROLE = re.compile(r"<([\w-]+)"), re.compile(r'\sclass="([^"]*)"'), re.compile(r'\srole="([^"]*)"')
_GRAVE = ("serious", "critical")
# What Odoo draws by itself, whatever a view says, and what core's own views hold.
_OF_ODOO = (
    ".o_searchview",
    ".o_control_panel_navigation",
    ".o_optional_columns_dropdown",
    ".o-mail-Chatter",
    ".o_list_activity_cell",
    ".o_kanban_activity_cell",
    ".o-mail-ActivityButton",
    ".o-mail-Avatar",
    ".o_tag",
    ".o_pivot",
    ".o_calendar_container",
    "[title='Forecasted Report']",
    "[name=action_wave]",
    ".o_select_menu",
    ".o_setting_box:not([id^=amazon_])",
    "#amazon_connector",
)
# The same, where only one rule of axe-core is broken.
_RULES_OF_ODOO = {
    "label": ".o_list_record_selector *, .o_list_table #boolean_checkbox",
    "aria-required-parent": ".o_notebook_headers *",
    "aria-allowed-attr": ".o-autocomplete--input",
    "button-name": ".o_button_more",
    "color-contrast": ".o_form_label_empty:not([for^=amazon_], .o_amazon *)",
}
# Views, fields and settings of the addon: what looks the same on Odoo's pages is no excuse there.
_OURS = ".o_amazon, [class*=o_amazon_], [name*=amazon_], [id*=amazon_], [for*=amazon_]"
# What lies behind an open dialog is out of reach.
_RUN = """([ofOdoo, rulesOfOdoo, ours]) => axe.run(
    {
        include: [[document.querySelector(".o_dialog .modal") ? ".o_dialog .modal" : "body"]],
        exclude: ofOdoo.map((one) => [one]),
    },
    {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
).then(({violations}) => violations.flatMap(({id, impact, nodes}) => nodes.map(({html, target}) => {
    const place = target.at(-1);
    const element = document.querySelector(place);
    const odoo = id in rulesOfOdoo && element?.matches(rulesOfOdoo[id]);
    return {rule: id, impact, html, place, odoo, ours: Boolean(element?.closest(ours))};
})))"""


def fetch(cache: Path) -> str:
    """axe-core's script, kept in `cache` once it was downloaded.

    :raise SetupError: npm is missing or failed, or the archive is another one.
    """
    archive = cache / "axe-core-4.10.3.tgz"
    if not archive.exists():
        run(["npm", "pack", "--silent", _PACKAGE], "downloading axe-core", cwd=cache)
    content = archive.read_bytes()
    if hashlib.sha256(content).hexdigest() != _CHECKSUM:
        raise SetupError(f"{archive} is not the axe-core that is expected here; delete it and try again")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        file = tar.extractfile("package/axe.min.js")
        assert file
        return file.read().decode()


@dataclass(frozen=True)
class Fault:
    """Something serious on a page.

    :ivar rule: what axe-core calls it.
    :ivar element: the kind of element: its tag, role and classes; in views and fields of the addon its very place.
    :ivar html: the element as it is.
    :ivar place: a CSS selector of it.
    """

    rule: str
    element: str
    html: str = field(compare=False)
    place: str = field(compare=False)

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"{self.rule} at {self.place}: {self.html[:240]}"


def look(page: Any, script: str) -> list[Fault]:
    """What is serious on the page that is open."""
    page.evaluate(script)
    return [
        Fault(
            found["rule"], found["place"] if found["ours"] else _describe(found["html"]), found["html"], found["place"]
        )
        for found in page.evaluate(_RUN, [list(_OF_ODOO), _RULES_OF_ODOO, _OURS])
        if found["impact"] in _GRAVE and not found["odoo"]
    ]


def _describe(source: str) -> str:
    """An element without what differs from page to page: its texts, ids and values."""
    tag = _TAG.match(source)
    role = _ROLE.search(source.partition(">")[0])
    classes = _CLASS.search(source.partition(">")[0])
    return " ".join([tag[1] if tag else "", role[1] if role else "", *sorted(classes[1].split() if classes else ())])
