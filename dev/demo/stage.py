"""Odoo on a fresh database and the local Amazon side by side, for runs that are over in minutes."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from dev.odoo_server import OdooServer
from dev.setup import prepare
from dev.setup.databases import drop
from dev.setup.paths import clone_directory

from .amazon import AmazonProcess
from .database import prepare_database
from .json2 import Json2
from .shop import connect_account


@dataclasses.dataclass(frozen=True)
class Stage:
    """What runs, and the ways to it.

    :ivar odoo: the administrator's access to Odoo's external API.
    :ivar query: runs a statement in Odoo's database, and gives the rows.
    :ivar log: the file of Odoo's log.
    """

    amazon: AmazonProcess
    server: OdooServer
    odoo: Json2
    account_id: int
    query: Callable[[str], list[str]]
    log: Path


@contextlib.contextmanager
def set_stage(name: str) -> Iterator[Stage]:
    """Start both, connect the account, and clear everything away at the end.

    Scheduled actions do not run by themselves: the caller runs them.

    :param name: of the database and the log file.
    :raise SetupError: the environment cannot be built.
    """
    environment = prepare()
    with contextlib.ExitStack() as stack:
        stack.callback(drop, environment, name)
        api_key = prepare_database(environment, name)
        amazon = stack.enter_context(AmazonProcess())
        log = clone_directory(environment.cache) / f"{name}.log"
        server = stack.enter_context(OdooServer(environment, name, log=log, variables=amazon.variables, cron=False))
        odoo = Json2(server.url, api_key)
        query = functools.partial(environment.postgres.query, database=name)
        yield Stage(amazon, server, odoo, connect_account(odoo), query, log)
