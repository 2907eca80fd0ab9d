"""``python3 -m dev.setup [build | stop | clean | lock]``: all that the project runs on; ``build`` is the default."""

import argparse
import sys

from . import SetupError, prepare
from .clean import clean
from .paths import cache_directory
from .postgres import stop_postgres
from .python_env import lock
from .say import say


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="dev.setup", description=__doc__)
    parser.add_argument("command", nargs="?", default="build", choices=["build", "stop", "clean", "lock"])
    parser.add_argument("--upgrade", action="store_true", help="lock: take the newest versions")
    options = parser.parse_args()
    command = options.command
    try:
        if command == "stop":
            stop_postgres(cache_directory())
        elif command == "clean":
            clean(cache_directory())
        elif command == "lock":
            lock(cache_directory(), upgrade=options.upgrade)
        else:
            environment = prepare()
            say(f"ready: Odoo in {environment.odoo.python_path}, template database {environment.template}")
    except SetupError as error:
        sys.exit(f"set-up: {error}")


if __name__ == "__main__":
    main()
