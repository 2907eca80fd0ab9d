"""The demo's database: fresh from the template, with the addon and a key to Odoo's external API."""

import subprocess

from dev.setup import Environment, SetupError
from dev.setup.databases import copy
from dev.setup.paths import ADDON
from dev.setup.template import install

_MAKE_KEY = """
import datetime
admin = env.ref("base.user_admin")
expiry = datetime.datetime.now() + datetime.timedelta(days=1)
print("api key:", env["res.users.apikeys"].with_user(admin)._generate("rpc", "demo", expiry))
env.cr.commit()
"""


def prepare_database(environment: Environment, database: str) -> str:
    """Make the database; an old one of that name is dropped.

    :return: an API key of the administrator.
    :raise SetupError: the addon could not be installed, or no key be made.
    """
    copy(environment, environment.template, database)
    install(environment, database, [ADDON])
    return make_key(environment, database)


def make_key(environment: Environment, database: str) -> str:
    """An API key of the administrator, good for a day.

    :raise SetupError: Odoo made none.
    """
    shell = subprocess.run(
        [str(environment.python), "-m", "odoo", "shell", *environment.odoo_options(), "-d", database, "--no-http"],
        input=_MAKE_KEY,
        capture_output=True,
        text=True,
        env=environment.process_variables,
        check=False,
    )
    for line in shell.stdout.splitlines():
        if "api key:" in line:
            return line.split("api key:")[1].strip()
    raise SetupError(f"Odoo made no API key: {shell.stderr[-500:]}")
