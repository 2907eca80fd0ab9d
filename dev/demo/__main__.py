"""``make demo``: tell the story, then stay up. ``make demo ARGS=--exit`` ends after the story."""

import argparse
import contextlib
import os
import signal
import sys

from dev.odoo_server import OdooServer
from dev.setup import SetupError, prepare
from dev.setup.databases import drop, is_in_use
from dev.setup.paths import clone_directory
from dev.setup.say import say

from .amazon import AmazonProcess
from .database import prepare_database
from .json2 import Json2, Json2Error
from .queue import QueueProcess
from .sources import listen
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
            # Who only wants to see that all goes well disturbs no demo that somebody looks at.
            database = f"{DATABASE}-{os.getpid()}" if options.exit else DATABASE
            if options.exit:
                stack.callback(drop, environment, database)
            elif is_in_use(environment, database):
                raise SetupError("another demo is running: end it with Ctrl-C where it was started")
            directory = clone_directory(environment.cache)
            state = directory / "demo-amazon.json"
            state.unlink(missing_ok=True)
            api_key = prepare_database(environment, database)
            queue = stack.enter_context(QueueProcess())
            amazon = stack.enter_context(AmazonProcess(state, queue.url))
            log = directory / "demo.log"
            # The story runs the scheduled actions itself, so that it can tell what each of them does.
            with OdooServer(
                environment, database, log=log, port=options.port, variables=amazon.variables, cron=False
            ) as odoo:
                port = odoo.port
                Story(Json2(odoo.url, api_key), amazon, queue.arn).tell()
            if options.exit:
                return 0
            odoo = stack.enter_context(
                OdooServer(environment, database, log=log, port=port, variables=amazon.variables)
            )
            listen(Json2(odoo.url, api_key))
        except (SetupError, StoryError, Json2Error) as error:
            say(f"the demo stopped: {error}")
            return 1
        say("")
        say(f"Odoo:         {odoo.url}   log in as admin / admin, or demo / demo")
        say(f"local Amazon: {amazon.url}   play the buyer there; Odoo shows a request within seconds")
        say("Ctrl-C ends all.")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
