"""A picture of a page as a user sees it.

``python3 -m dev dev.screenshot --database NAME --path /odoo/sales --output FILE.png`` starts a server of its own;
with ``--server URL`` it uses one that runs.
"""

import argparse
import contextlib
from pathlib import Path

from dev.browser import Browser, BrowserError
from dev.odoo_server import OdooServer
from dev.setup import SetupError, prepare
from dev.setup.paths import clone_directory


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="dev.screenshot", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--server", help="the address of a running Odoo")
    parser.add_argument("--path", default="/odoo", help="the page, below the server's address")
    parser.add_argument("--login", default="admin", help="the user; the password is the same word, as in demo data")
    parser.add_argument("--wait", default=".o_main_navbar", help="a CSS selector that the finished page shows")
    parser.add_argument("--size", default="1280x800", help="the window, WIDTHxHEIGHT in pixels")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    environment = prepare()
    with contextlib.ExitStack() as stack:
        try:
            url = arguments.server
            if not url:
                log = clone_directory(environment.cache) / "screenshot.log"
                url = stack.enter_context(OdooServer(environment, arguments.database, log=log, cron=False)).url
            browser = stack.enter_context(Browser(environment.chromium, width=width, height=height))
            browser.log_in(url, arguments.database, arguments.login, arguments.login)
            browser.open(url + arguments.path)
            browser.wait_for(arguments.wait)
            browser.screenshot(arguments.output)
        except (BrowserError, SetupError) as error:
            parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
