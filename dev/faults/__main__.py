"""``make faults``: one fault run on a real Odoo and the local Amazon; the same seed makes the same plan.

What is decided at random is planned by the seed; when exactly a kill strikes is up to the machine.
"""

import argparse
import random
import signal
import sys

from dev.demo.json2 import Json2Error
from dev.demo.shop import create_products, import_orders
from dev.demo.stage import Stage, set_stage
from dev.setup import SetupError
from dev.setup.say import say

from .agreement import disagreements
from .rounds import Rounds


def main() -> int:
    """Do what the command line says; 0 if Odoo and Amazon agree at the end and nothing harmful was sent."""
    parser = argparse.ArgumentParser(prog="dev.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another number, another run")
    parser.add_argument("--rounds", type=int, default=15, help="how often something happens and Odoo is killed")
    options = parser.parse_args()
    # A plain kill, too, must end the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with set_stage("faults") as stage:
            rounds = Rounds(stage, _open_shop(stage), random.Random(options.seed))
            for number in range(1, options.rounds + 1):
                say(f"round {number}: {rounds.play()}")
            say("the faults are over")
            rounds.settle()
            found = disagreements(stage.odoo, stage.amazon)
    except (SetupError, Json2Error) as error:
        say(f"the fault run stopped: {error}")
        return 1
    for text in found:
        say(f"WRONG: {text}")
    say(f"seed {options.seed}: {len(found)} disagreements after {rounds.kills} kills; Odoo's log is in {stage.log}")
    return 1 if found else 0


def _open_shop(stage: Stage) -> dict[str, int]:
    """The demo's orders that can be shipped, in Odoo and read; sale order ids by Amazon's order id."""
    stage.amazon.control("demo")
    stage.amazon.control("clock", advance=300)
    at_amazon = [order for order in stage.amazon.get("state")["orders"].values() if _is_to_ship(order)]
    orders = import_orders(stage.odoo, at_amazon, create_products(stage.odoo))
    stage.odoo.call("amazon.cancellation.account", "action_sync_now", ids=[stage.account_id])
    return orders


def _is_to_ship(order: dict) -> bool:
    # An order that Amazon fulfils is read once, for its channel: nothing is decided about it in Odoo.
    return order["status"] == "UNSHIPPED" and order["fulfilled_by"] == "MERCHANT"


if __name__ == "__main__":
    raise SystemExit(main())
