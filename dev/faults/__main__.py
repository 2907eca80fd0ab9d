"""``make faults``: one fault run on a real Odoo and the local Amazon; the same seed makes the same plan.

What is decided at random is planned by the seed; when exactly a kill strikes is up to the machine.
"""

import argparse
import contextlib
import functools
import random
import signal
import sys

from dev.demo.amazon import AmazonProcess
from dev.demo.database import prepare_database
from dev.demo.json2 import Json2, Json2Error
from dev.demo.shop import connect_account, create_products, import_orders
from dev.odoo_server import OdooServer
from dev.setup import SetupError, prepare
from dev.setup.databases import drop
from dev.setup.paths import clone_directory
from dev.setup.say import say

from .agreement import disagreements
from .rounds import Rounds

DATABASE = "faults"


def main() -> int:
    """Do what the command line says; 0 if Odoo and Amazon agree at the end and nothing harmful was sent."""
    parser = argparse.ArgumentParser(prog="dev.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another number, another run")
    parser.add_argument("--rounds", type=int, default=15, help="how often something happens and Odoo is killed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        try:
            environment = prepare()
            api_key = prepare_database(environment, DATABASE)
            stack.callback(drop, environment, DATABASE)
            amazon = stack.enter_context(AmazonProcess())
            variables = {"AMAZON_SPAPI_ENDPOINT_URL": amazon.url, "AMAZON_LWA_ENDPOINT_URL": amazon.url}
            log = clone_directory(environment.cache) / "faults.log"
            # Rounds run the scheduled actions themselves, so that a kill strikes in the midst of one.
            server = stack.enter_context(OdooServer(environment, DATABASE, log=log, variables=variables, cron=False))
            odoo = Json2(server.url, api_key)
            account_id = connect_account(odoo)
            amazon.control("demo")
            amazon.control("clock", advance=300)
            at_amazon = [order for order in amazon.get("state")["orders"].values() if _is_to_ship(order)]
            orders = import_orders(odoo, at_amazon, create_products(odoo))
            odoo.call("amazon.seller.account", "action_sync_now", ids=[account_id])
            query = functools.partial(environment.postgres.query, database=DATABASE)
            rounds = Rounds(odoo, amazon, server, query, orders, random.Random(options.seed))
            for number in range(1, options.rounds + 1):
                say(f"round {number}: {rounds.play()}")
            say("the faults are over")
            rounds.settle()
            found = disagreements(odoo, amazon)
        except (SetupError, Json2Error) as error:
            say(f"the fault run stopped: {error}")
            return 1
    for text in found:
        say(f"WRONG: {text}")
    say(f"seed {options.seed}: {len(found)} disagreements after {rounds.kills} kills; Odoo's log is in {log}")
    return 1 if found else 0


def _is_to_ship(order: dict) -> bool:
    # An order that Amazon fulfils is read once, for its channel: nothing is decided about it in Odoo.
    return order["status"] == "UNSHIPPED" and order["fulfilled_by"] == "MERCHANT"


if __name__ == "__main__":
    raise SystemExit(main())
