"""``make bench``: time the main job on a real Odoo and the local Amazon, each step several times.

Every figure is the time from the request to Odoo to its answer, over the external API, in seconds.
"""

import argparse
import contextlib
import signal
import sys

from dev.demo.amazon import AmazonProcess
from dev.demo.database import prepare_database
from dev.demo.json2 import Json2, Json2Error
from dev.demo.shop import connect_account
from dev.odoo_server import OdooServer
from dev.setup import SetupError, prepare
from dev.setup.databases import drop
from dev.setup.paths import clone_directory
from dev.setup.say import say

from .steps import BenchError, Steps
from .stopwatch import Stopwatch

DATABASE = "bench"


def main() -> int:
    """Do what the command line says; 0 if every step came out as it must."""
    parser = argparse.ArgumentParser(prog="dev.bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=1500, help="how many sale orders the shop has")
    parser.add_argument("--runs", type=int, default=5, help="how often each step is timed")
    options = parser.parse_args()
    if options.orders < Steps.needed_orders(options.runs):
        parser.error(f"{options.runs} runs need {Steps.needed_orders(options.runs)} orders")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        try:
            environment = prepare()
            api_key = prepare_database(environment, DATABASE)
            stack.callback(drop, environment, DATABASE)
            amazon = stack.enter_context(AmazonProcess())
            variables = {"AMAZON_SPAPI_ENDPOINT_URL": amazon.url, "AMAZON_LWA_ENDPOINT_URL": amazon.url}
            log = clone_directory(environment.cache) / "bench.log"
            # The steps run the scheduled actions themselves, so that each is timed alone.
            server = OdooServer(environment, DATABASE, log=log, variables=variables, cron=False)
            odoo = Json2(stack.enter_context(server).url, api_key)
            stopwatch = Stopwatch(amazon)
            Steps(odoo, amazon, connect_account(odoo), stopwatch).take(options.orders, options.runs)
        except (SetupError, Json2Error, BenchError) as error:
            say(f"the bench stopped: {error}")
            return 1
    sys.stdout.write(f"\n{options.orders} orders, {options.runs} runs\n{stopwatch.table()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
