"""Scratch databases: ``python3 -m dev dev.databases create NAME [--install]``, ``… drop NAME``, ``… list``."""

import argparse

from dev.setup import SetupError, prepare
from dev.setup.databases import copy, drop, names
from dev.setup.paths import ADDON
from dev.setup.template import install


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="dev.databases", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a database from the template; an old one of that name is dropped")
    create.add_argument("name")
    create.add_argument("--install", action="store_true", help="install the addon into it")
    commands.add_parser("drop").add_argument("name")
    commands.add_parser("list")
    arguments = parser.parse_args()
    environment = prepare()
    try:
        if arguments.command == "create":
            copy(environment, environment.template, arguments.name)
            if arguments.install:
                install(environment, arguments.name, [ADDON])
        elif arguments.command == "drop":
            drop(environment, arguments.name)
        else:
            print("\n".join(names(environment, "")))
    except SetupError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
