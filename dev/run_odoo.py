"""Odoo by hand: ``python3 -m dev dev.run_odoo server -d scratch``, ``… shell -d scratch`` and so on.

Every command of Odoo's own command line works; addons path and data directory are filled in.
"""

import os
import sys

from dev.setup import prepare


def main(arguments: list[str]) -> None:
    """Turn this process into Odoo's, with the project's options after the command's name."""
    environment = prepare()
    command, *rest = arguments or ["server"]
    program = [str(environment.python), "-m", "odoo", command, *environment.odoo_options(), *rest]
    os.execve(program[0], program, environment.process_variables)


if __name__ == "__main__":
    main(sys.argv[1:])
