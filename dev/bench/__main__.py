"""``make bench``: time the main job on a real Odoo and the local Amazon, each step several times.

Every figure is the time from the request to Odoo to its answer, over the external API, in seconds.
"""

import argparse
import signal
import sys

from dev.demo.json2 import Json2Error
from dev.demo.stage import set_stage
from dev.setup import SetupError
from dev.setup.say import say

from .steps import BenchError, Steps
from .stopwatch import Stopwatch


def main() -> int:
    """Do what the command line says; 0 if every step came out as it must."""
    parser = argparse.ArgumentParser(prog="dev.bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=1500, help="how many sale orders the shop has")
    parser.add_argument("--runs", type=int, default=5, help="how often each step is timed")
    options = parser.parse_args()
    if options.orders < Steps.needed_orders(options.runs):
        parser.error(f"{options.runs} runs need {Steps.needed_orders(options.runs)} orders")
    # A plain kill, too, must end the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with set_stage("bench") as stage:
            stopwatch = Stopwatch(stage.amazon)
            Steps(stage, stopwatch).take(options.orders, options.runs)
    except (SetupError, Json2Error, BenchError) as error:
        say(f"the bench stopped: {error}")
        return 1
    sys.stdout.write(f"\n{options.orders} orders, {options.runs} runs\n{stopwatch.table()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
