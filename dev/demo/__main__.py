"""``make demo``: tell the story, then stay up. ``make demo ARGS=--exit`` ends after the story."""

import argparse
import contextlib
import signal
import sys

from dev.odoo_server import OdooServer
from dev.setup import SetupError, prepare
from dev.setup.databases import drop
from dev.setup.paths import clone_directory
from dev.setup.say import say

from .amazon import AmazonProcess
from .database import prepare_database
from .json2 import Json2, Json2Error
from .story import Story, StoryError

DATABASE = "demo"


def main() -> int:
    """Do what the command line says; 0 if every step of the story held."""
    parser = argparse.ArgumentParser(prog="dev.demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the story")
    parser.add_argument("--port", type=int, help="the port of Odoo; a free one by default")
    options = parser.parse_args()
    # A plain kill, too, must end the servers that the demo started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        try:
            environment = prepare()
            directory = clone_directory(environment.cache)
            state = directory / "demo-amazon.json"
            state.unlink(missing_ok=True)
            api_key = prepare_database(environment, DATABASE)
            amazon = stack.enter_context(AmazonProcess(state))
            variables = {"AMAZON_SPAPI_ENDPOINT_URL": amazon.url, "AMAZON_LWA_ENDPOINT_URL": amazon.url}
            log = directory / "demo.log"
            # The story runs the scheduled actions itself, so that it can tell what each of them does.
            with OdooServer(environment, DATABASE, log=log, port=options.port, variables=variables, cron=False) as odoo:
                port = odoo.port
                Story(Json2(odoo.url, api_key), amazon).tell()
            if options.exit:
                drop(environment, DATABASE)
                return 0
            odoo = stack.enter_context(OdooServer(environment, DATABASE, log=log, port=port, variables=variables))
        except (SetupError, StoryError, Json2Error) as error:
            say(f"the demo stopped: {error}")
            return 1
        say("")
        say(f"Odoo:         {odoo.url}   log in as admin / admin, or demo / demo")
        say(f"local Amazon: {amazon.url}   play the buyer there; Odoo reads every few minutes, or press Sync Now")
        say("Ctrl-C ends both.")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
