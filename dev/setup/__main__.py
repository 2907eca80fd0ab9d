"""``python3 -m dev.setup``: build and start all that the project runs on."""

import sys

from . import SetupError, prepare
from .say import say

try:
    environment = prepare()
except SetupError as error:
    sys.exit(f"set-up: {error}")
say(f"ready: Odoo in {environment.odoo.python_path}, template database {environment.template}")
