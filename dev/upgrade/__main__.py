"""Update a database of the version before, and see that nothing was lost: ``python3 -m dev dev.upgrade``."""

import sys

from dev.setup import SetupError, prepare
from dev.setup.say import say

from .update import run


def main() -> int:
    """Update, compare, and say what is wrong; gives 0 if nothing is."""
    try:
        faults = list(run(prepare()))
    except SetupError as error:
        say(f"upgrade: {error}")
        return 1
    for fault in faults:
        say(fault)
    say(f"upgrade: {len(faults)} faults" if faults else "upgrade: nothing is lost, and the schema is a new database's")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
