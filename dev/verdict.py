"""How a run that looks for faults ends: each fault in a line, then one word on all of them."""

from collections.abc import Callable, Iterable

from dev.setup import SetupError
from dev.setup.say import say


def tell_faults(name: str, find: Callable[[], Iterable[str]], none: str) -> int:
    """Look for faults and say them; gives 0 only if there is none.

    :param name: of the run, before each of its own words.
    :param find: gives each fault in words, or raises `SetupError` where it cannot look.
    :param none: what is said where there is no fault.
    """
    try:
        faults = list(find())
    except SetupError as error:
        say(f"{name}: {error}")
        return 1
    for fault in faults:
        say(fault)
    say(f"{name}: {len(faults)} faults" if faults else f"{name}: {none}")
    return 1 if faults else 0
