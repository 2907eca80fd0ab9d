"""Uninstall the addon with work under way, install it again, and see: ``python3 -m dev dev.reinstall``."""

import sys

from dev.setup import SetupError, prepare
from dev.setup.say import say

from .reinstall import run


def main() -> int:
    """Play it, and say what is wrong; gives 0 if nothing is."""
    try:
        faults = run(prepare())
    except SetupError as error:
        say(f"reinstall: {error}")
        return 1
    for fault in faults:
        say(fault)
    say(f"reinstall: {len(faults)} faults" if faults else "reinstall: nothing is lost, left behind or cancelled")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
