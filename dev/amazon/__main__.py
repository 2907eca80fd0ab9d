"""``python -m dev.amazon``: the local Amazon as a program."""

from __future__ import annotations

import argparse
import signal
import sys

from .seeds import fill_demo_shop
from .server import LocalAmazon


def main() -> int:
    """Serve until interrupted.

    :return: the exit status
    """
    parser = argparse.ArgumentParser(
        prog="python -m dev.amazon", description="A local Amazon for development and tests."
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--state", help="JSON file that keeps the state over restarts")
    parser.add_argument("--rates", action="store_true", help="keep Amazon's documented rates, with 429")
    parser.add_argument("--demo", action="store_true", help="fill an empty shop with the demo orders")
    arguments = parser.parse_args()
    amazon = LocalAmazon(arguments.state, arguments.port)
    if arguments.rates:
        amazon.shop.switches.rates = True
    if arguments.demo and not amazon.shop.orders:
        fill_demo_shop(amazon.shop)
    try:
        amazon.start()
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"local Amazon on {amazon.url}", flush=True)
    try:
        amazon.wait()
    except (KeyboardInterrupt, SystemExit):
        amazon.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
