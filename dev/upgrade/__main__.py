"""Update a database of the version before, and see that nothing was lost: ``python3 -m dev dev.upgrade``."""

import sys

from dev.setup import prepare
from dev.verdict import tell_faults

from .update import run

sys.exit(tell_faults("upgrade", lambda: run(prepare()), "nothing is lost, and the schema is a new database's"))
