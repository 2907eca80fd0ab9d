"""``python3 -m dev MODULE [ARGUMENT…]``: build what is missing, then run a module in the project's environment."""

import os
import sys

from dev.setup import SetupError, prepare

if len(sys.argv) < 2:
    sys.exit(__doc__)
try:
    environment = prepare()
except SetupError as error:
    sys.exit(f"set-up: {error}")
command = [str(environment.python), "-m", *sys.argv[1:]]
sys.stdout.flush()
os.execve(command[0], command, environment.process_variables)
