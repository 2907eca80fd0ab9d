"""Set-up of everything that the project runs on. Standard library only: it runs before anything is installed.

``from dev.setup import prepare`` gives an :class:`~dev.setup.environment.Environment`, building what is missing.
"""

from .environment import Environment
from .preparing import prepare
from .say import SetupError

__all__ = ["Environment", "SetupError", "prepare"]
