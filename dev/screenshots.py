"""The pictures of README and the store page: ``python3 -m dev dev.screenshots``, in a database that the demo made.

``--keep`` leaves the database for the next call, which then updates the addon and only takes the pictures again.
"""

import argparse
import base64
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image

from dev import axe
from dev.browser import Browser, BrowserError
from dev.demo.amazon import AmazonProcess
from dev.demo.database import make_key, prepare_database
from dev.demo.json2 import Json2, Json2Error
from dev.demo.scenes import (
    LEFT,
    PACKER,
    add_packer,
    ask_more,
    give_address,
    leave_set_up,
    leave_to_review,
    leave_to_undo,
    make_batch,
    send_digest,
    try_rules,
)
from dev.demo.story import MODULE, Story, StoryError
from dev.odoo_server import OdooServer
from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import drop, names
from dev.setup.paths import ADDON, CLONE, cache_directory, clone_directory
from dev.setup.say import say
from dev.setup.template import install

# Clones share one database server.
DATABASE = f"screenshots_{clone_directory(cache_directory()).name}"
PICTURES = CLONE / "static" / "description"
_BANNER = CLONE / "dev" / "banner.html"
_BANNER_SIZE = (1120, 560)
_COLOURS = 128
# Below it Odoo hides the search bar, and shows cards instead of lists.
_WIDE = 768
_MENU = ".o_statusbar_buttons > button.o-dropdown"
# A page with something in it, or with what says that there is nothing yet.
_ROWS = ".o_data_row, .o_kanban_record, .o_view_nocontent, canvas, .o_pivot_cell_value"
_PAGE = "data:text/html;base64,"
_LINES = "[name=line_ids] .o_data_row, [name=line_ids] .o_kanban_record"


@dataclasses.dataclass(frozen=True)
class Picture:
    """One page as a user sees it, after some clicks.

    :ivar wide: what is waited for or clicked is in wide windows only, such as the search bar and more than a day.
    """

    name: str
    path: str
    wait: str
    clicks: tuple[str, ...] = ()
    login: str = "admin"
    published: bool = False
    height: int = 0
    wide: bool = False


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="dev.screenshots", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="use the database of an earlier call, and keep it")
    parser.add_argument("--all", action="store_true", help="also the pictures that are not published, for your eyes")
    parser.add_argument("--banner", action="store_true", help="only the banner, from the pictures as they are")
    parser.add_argument("--only", default="", help="only the pictures whose names begin so; several by commas")
    parser.add_argument("--size", default="1280x760", help="the window, WIDTHxHEIGHT in pixels")
    parser.add_argument("--language", default="en_US", help="the administrator's language, such as fr_FR")
    parser.add_argument("--output", type=Path, default=PICTURES, help="the directory of the pictures")
    parser.add_argument(
        "--axe",
        action="store_true",
        help="fail where axe-core finds something serious that pages of Odoo's own have not; npm brings it",
    )
    options = parser.parse_args()
    try:
        if options.banner:
            draw_banner(prepare(), options.output)
            return
        with _shop(prepare(), options.keep) as (environment, server, odoo):
            _speak(odoo, options.language)
            script = axe.fetch(environment.cache) if options.axe else ""
            width, height = map(int, options.size.split("x"))
            only = tuple(options.only.split(","))
            [admin] = odoo.find("res.users", [["login", "=", "admin"]], ["tz"])
            timezone = admin["tz"] or ""  # the server writes times in it, too
            of_odoo: set[axe.Fault] = set()
            ours: set[axe.Fault] = set()
            for picture in _pages_of_odoo() if script else ():
                with Browser(environment.chromium, width=width, height=height) as browser:
                    _open(browser, server, picture)
                    of_odoo |= set(axe.look(browser.page, script))
            for picture in _pictures(odoo):
                if not picture.name.startswith(only) or not (picture.published or options.all):
                    continue
                if picture.wide and width < _WIDE:
                    continue
                say(picture.name)
                size = {"width": width, "height": picture.height or height}
                with Browser(environment.chromium, **size, timezone=timezone) as browser:
                    _take(browser, server, picture, options.output / f"{picture.name}.png")
                    looked_at = script and not picture.path.startswith(_PAGE)  # a mail is drawn by Odoo's template
                    found = set(axe.look(browser.page, script) if looked_at else ()) - of_odoo
                    for fault in sorted(found - ours, key=str):
                        say(f"  {fault}")
                    ours |= found
            draw_banner(environment, options.output)
        if ours:
            parser.exit(1, f"axe-core finds {len(ours)} serious faults that are not Odoo's own\n")
    except (BrowserError, Json2Error, SetupError, StoryError) as error:
        parser.exit(1, f"{error}\n")


@contextlib.contextmanager
def _shop(environment: Environment, keep: bool) -> Iterator[tuple[Environment, OdooServer, Json2]]:
    """A running Odoo and local Amazon, the demo's story told."""
    directory = clone_directory(environment.cache)
    state = directory / "screenshots-amazon.json"
    known = keep and state.exists() and names(environment, DATABASE) == [DATABASE]
    if known:
        install(environment, DATABASE, [ADDON], "-u", ADDON)
        api_key = make_key(environment, DATABASE)
    else:
        state.unlink(missing_ok=True)
        api_key = prepare_database(environment, DATABASE)
    with contextlib.ExitStack() as stack:
        amazon = stack.enter_context(AmazonProcess(state))
        log = directory / "screenshots.log"
        server = stack.enter_context(OdooServer(environment, DATABASE, log=log, variables=amazon.variables, cron=False))
        odoo = Json2(server.url, api_key)
        if not known:
            Story(odoo, amazon).tell()
            leave_to_review(odoo, amazon)
            ask_more(odoo, amazon)
            leave_to_undo(odoo)
            leave_set_up(odoo, amazon)
            add_packer(odoo)
        yield environment, server, odoo
    if not keep:
        drop(environment, DATABASE)


def _pictures(odoo: Json2) -> list[Picture]:
    """What is worth a picture, by the records that the story left."""
    requested = [["amazon_cancel_request", "=", "requested"]]
    orders = odoo.find("sale.order", requested, ["picking_ids", "partner_id"], order="id")
    asked = [
        line["order_id"][0]
        for line in odoo.find(
            "sale.order.line",
            [["order_id", "in", [order["id"] for order in orders]], ["amazon_cancel_requested", "=", False]],
            ["order_id"],
        )
    ]
    whole = next(order for order in orders if order["id"] not in asked)
    [cancellation] = odoo.find(
        "amazon.order.cancellation", [["accounting_state", "=", "credited"]], ["order_id"], limit=1
    )
    [review] = odoo.find("amazon.order.cancellation", [["accounting_state", "=", "to_review"]], ["id"], limit=1)
    [undoable] = odoo.find("amazon.order.cancellation", [["state", "=", "scheduled"]], ["order_id"], limit=1)
    [refused] = odoo.find("amazon.order.cancellation", [["state", "=", "refused"]], ["order_id"], limit=1)
    [account] = odoo.find("amazon.cancellation.account", [], ["id"], limit=1)
    [left] = odoo.find("amazon.cancellation.account", LEFT, ["id"])
    part = next(order for order in orders if order["id"] in asked)
    deliveries = "/odoo/action-stock.action_picking_tree_all"
    delivery = f"{deliveries}/{whole['picking_ids'][0]}"
    [free] = odoo.find(
        "sale.order",
        [
            ["amazon_fulfillment_status", "=", "unshipped"],
            ["amazon_channel", "=", "fbm"],
            ["amazon_cancel_progress", "=", False],
        ],
        ["picking_ids", "partner_id"],
        order="id desc",
        limit=1,
    )
    for order in whole, free:
        give_address(odoo, order["partner_id"][0])
    vals = {"order_ids": [[6, 0, [free["id"]]]]}
    [asking_id] = odoo.call("amazon.ask.dialog", "create", vals_list=[vals])
    batch_id = make_batch(odoo, whole["picking_ids"] + free["picking_ids"])
    return [
        Picture("order", f"/odoo/sales/{whole['id']}", ".ribbon", published=True),
        Picture("order_partial", f"/odoo/sales/{asked[0]}", ".ribbon"),
        Picture("order_refused", f"/odoo/sales/{refused['order_id'][0]}", ".ribbon"),
        Picture("order_amazon", f"/odoo/sales/{whole['id']}", "[name=amazon_evidence]", ("a.nav-link[name=amazon]",)),
        Picture("list", "/odoo/amazon-requests", ".o_data_row, .o_kanban_record", published=True),
        Picture(
            "accept_part",
            f"/odoo/sales/{asked[0]}",
            ".modal .o_data_row, .modal .o_kanban_record",
            ("button[name=action_amazon_accept_cancellation]",),
        ),
        Picture("triage", "/odoo/amazon-triage", ".o_group_header, .o_kanban_record"),
        Picture("keep_reasons", f"/odoo/action-{MODULE}.amazon_keep_reason_action", ".o_data_row, .o_kanban_record"),
        Picture("list_orders", "/odoo/action-sale.action_orders", ".o_data_row, .o_kanban_record"),
        Picture(
            "kanban", "/odoo/amazon-requests?view_type=kanban", ".o_kanban_record", (".o_facet_remove",), wide=True
        ),
        Picture("calendar", "/odoo/amazon-requests?view_type=calendar", ".fc-event", wide=True),
        Picture("pivot", "/odoo/amazon-requests?view_type=pivot", ".o_pivot_cell_value", wide=True),
        Picture(
            "cancellations",
            f"/odoo/action-{MODULE}.amazon_order_cancellation_action?view_type=kanban",
            ".o_kanban_record",
        ),
        Picture("delivery", delivery, ".ribbon"),
        Picture("delivery_held", delivery, ".modal footer button", ("button[name=button_validate]",), published=True),
        Picture(
            "delivery_held_packer",
            f"{deliveries}/{part['picking_ids'][0]}",
            ".modal footer button",
            ("button[name=button_validate]",),
            login=PACKER,
        ),
        Picture("delivery_packer", f"{deliveries}/{part['picking_ids'][0]}", "[name=amazon_hold]", login=PACKER),
        Picture(
            "batch",
            f"/odoo/action-stock_picking_batch.stock_picking_batch_action/{batch_id}",
            "[name=picking_ids] .o_data_row, [name=picking_ids] .o_kanban_record",
            ("a.nav-link[name=page_transfers]",),
        ),
        Picture("dry_run", f"/odoo/action-{MODULE}.amazon_setup_action/{try_rules(odoo)}", _LINES, published=True),
        Picture("digest", _as_page(send_digest(odoo)), "table", height=2000),
        Picture(
            "match",
            f"/odoo/action-{MODULE}.amazon_unknown_order_action",
            ".modal footer button",
            ("[name=action_match]",),
        ),
        Picture(
            "cancel",
            f"/odoo/sales/{free['id']}",
            ".modal footer button",
            ("button[name=action_amazon_open_cancel]",),
        ),
        Picture(
            "account_left", f"/odoo/action-{MODULE}.amazon_seller_account_action/{left['id']}", ".ribbon", height=1060
        ),
        Picture(
            "cancellation",
            f"/odoo/action-{MODULE}.amazon_order_cancellation_action/{cancellation['id']}",
            ".o_form_view .badge",
            published=True,
            height=1060,
        ),
        Picture(
            "review", f"/odoo/action-{MODULE}.amazon_order_cancellation_action/{review['id']}", ".o_form_view .badge"
        ),
        Picture(
            "settle",
            f"/odoo/action-{MODULE}.amazon_order_cancellation_action/{review['id']}",
            ".modal footer button",
            ("button[name=action_mark_settled]",),
        ),
        Picture("order_cancelling", f"/odoo/sales/{undoable['order_id'][0]}", ".ribbon"),
        Picture(
            "undo",
            f"/odoo/sales/{undoable['order_id'][0]}",
            ".modal footer button",
            ("button[name=action_amazon_undo_decision]",),
        ),
        Picture(
            "relink",
            f"/odoo/sales/{whole['id']}/action-{MODULE}.amazon_relink_dialog_action",
            ".modal footer button, .o_form_view footer",
        ),
        Picture("ask_buyer", f"/odoo/amazon.ask.dialog/{asking_id}", ".o_form_view [name=subject]"),
        Picture(
            "books_all",
            f"/odoo/action-{MODULE}.amazon_order_cancellation_action_accounting",
            _ROWS,
            (".o_facet_remove",),
            wide=True,
        ),
        Picture("accounts", f"/odoo/action-{MODULE}.amazon_seller_account_action", ".o_kanban_record"),
        Picture("sweeps", f"/odoo/action-{MODULE}.amazon_order_sweep_action", ".o_data_row, .o_kanban_record"),
        Picture("feeds", f"/odoo/action-{MODULE}.amazon_cancellation_feed_action", ".o_data_row, .o_kanban_record"),
        *(
            Picture(name, f"/odoo/action-{MODULE}.{action}", _ROWS)
            for name, action in (
                ("notifications", "amazon_notification_action"),
                ("mails", "amazon_order_mail_action"),
                ("unknown_orders", "amazon_unknown_order_action"),
                ("work", "amazon_cancellation_unit_action"),
                ("books", "amazon_order_cancellation_action_accounting"),
                ("analysis", "amazon_cancellation_report_action"),
                ("checks", "amazon_accounting_check_action"),
            )
        ),
        Picture(
            "upload", f"/odoo/action-{MODULE}.amazon_report_upload_action", ".modal footer button, .o_form_view footer"
        ),
        Picture(
            "keep_and_write",
            f"/odoo/sales/{whole['id']}",
            ".modal footer button",
            ("button[name=action_amazon_open_keep]",),
        ),
        Picture(
            "cancellations_graph",
            f"/odoo/action-{MODULE}.amazon_order_cancellation_action?view_type=graph",
            "canvas",
            wide=True,
        ),
        Picture("kanban_orders", "/odoo/action-sale.action_orders?view_type=kanban", ".o_kanban_record"),
        Picture("overview", "/odoo/action-stock.stock_picking_type_action", ".o_kanban_record"),
        Picture("logs", f"/odoo/action-{MODULE}.amazon_sync_log_action", ".o_data_row, .o_kanban_record"),
        Picture(
            "setup_begin",
            f"/odoo/action-{MODULE}.amazon_setup_action",
            ".modal footer .btn-primary, .o_form_view footer",
        ),
        Picture(
            "setup",
            f"/odoo/action-{MODULE}.amazon_seller_account_action/{left['id']}",
            ".modal .o_field_widget[name=finding_ids]",
            ("button[name=action_go_on_setup]",),
            published=True,
        ),
        Picture("settings", "/odoo/settings#sale_management", "#amazon_accounts"),
        Picture("pickings", "/odoo/action-stock.action_picking_tree_all", ".o_data_row, .o_kanban_record"),
        Picture(
            "account",
            f"/odoo/action-{MODULE}.amazon_seller_account_action/{account['id']}",
            ".o_form_view",
            published=True,
            height=1060,
        ),
        # These decide, and are taken last.
        Picture(
            "list_kept",
            "/odoo/amazon-requests",
            ".o_amazon_decision .o_notification_buttons",
            ("button[name=action_amazon_keep_order]",),
        ),
        Picture(
            "list_undone",
            "/odoo/amazon-requests",
            ".o_data_row button[name=action_amazon_keep_order], .o_kanban_record button[name=action_amazon_keep_order]",
            (".o_facet_remove", "button[name=action_amazon_undo_decision]"),
            wide=True,
        ),
    ]


def _pages_of_odoo() -> list[Picture]:
    """Pages of each kind that the addon has nothing to do with: what is serious on them, too, is Odoo's own."""
    partners, row = "/odoo/action-base.action_partner_form", ".o_kanban_record:not(.o_kanban_ghost), .o_data_row"
    return [
        Picture("cards", f"{partners}?view_type=kanban", row),
        Picture("list", f"{partners}?view_type=list", row),
        Picture("form", f"{partners}?view_type=kanban", ".o_form_view .o-mail-Chatter", (".o_kanban_record",)),
        Picture("receipts", "/odoo/receipts", ".o_data_row, .o_kanban_record"),
        Picture(
            "receipt",
            "/odoo/receipts",
            ".o_form_view .o_statusbar_status",
            (".o_data_row td[name=name], .o_kanban_record",),
        ),
        Picture("grouped", "/odoo/receipts?groupby=state", ".o_data_row, .o_kanban_record"),
        Picture("invoices", "/odoo/action-account.action_move_out_invoice_type?view_type=kanban", row),
        Picture(
            "invoice",
            "/odoo/action-account.action_move_out_invoice_type?view_type=kanban",
            ".o_form_view .o_statusbar_status",
            (".o_kanban_record",),
        ),
        Picture("analysis", "/odoo/action-account.action_account_invoice_report_all", "canvas, .o_pivot_cell_value"),
        Picture("settings", "/odoo/settings", ".o_setting_box"),
        Picture("dialog", "/odoo/action-base.action_view_base_language_install", ".modal footer button"),
    ]


def _as_page(html: str) -> str:
    """The address of a page that is nowhere else."""
    return f"{_PAGE}{base64.b64encode(html.encode()).decode()}"


def _speak(odoo: Json2, language: str) -> None:
    """Give the administrator a language, with the addon's own terms in it as they are now."""
    [lang] = odoo.find("res.lang", [["code", "=", language]], ["id", "active"], context={"active_test": False})
    if language != "en_US":
        [wizard] = odoo.call(
            "base.language.install", "create", vals_list=[{"lang_ids": [[6, 0, [lang["id"]]]], "overwrite": True}]
        )
        odoo.call("base.language.install", "lang_install", ids=[wizard])
    odoo.call("res.users", "write", ids=[odoo.record("base.user_admin")], vals={"lang": language})


def _take(browser: Browser, server: OdooServer, picture: Picture, file: Path) -> None:
    _open(browser, server, picture)
    browser.page.evaluate("document.activeElement.blur()")
    browser.screenshot(file)
    _shrink(file)


def _open(browser: Browser, server: OdooServer, picture: Picture) -> None:
    browser.log_in(server.url, DATABASE, picture.login, picture.login)
    browser.open(urljoin(server.url, picture.path))
    for selector in picture.clicks:
        _click(browser, selector)
    browser.wait_for(picture.wait)
    browser.settle()
    browser.page.locator(picture.wait).filter(visible=True).first.scroll_into_view_if_needed()


def _click(browser: Browser, selector: str) -> None:
    """Click what is shown, or what a narrow window keeps in the menu beside a form's first button."""
    shown = browser.page.locator(selector).filter(visible=True)
    menu = browser.page.locator(_MENU).filter(visible=True)
    shown.or_(menu).first.wait_for()
    if not shown.count():
        menu.first.click()
    browser.click(selector)


def draw_banner(environment: Environment, output: Path) -> None:
    """Draw what the app store shows first, around the picture of an order."""
    width, height = _BANNER_SIZE
    file = output / "banner.png"
    with Browser(environment.chromium, width=width, height=height) as browser:
        browser.open(_BANNER.as_uri())
        browser.screenshot(file)
    _shrink(file)


def _shrink(file: Path) -> None:
    """Leave few colours, which make a small file; pages have few anyway."""
    Image.open(file).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
