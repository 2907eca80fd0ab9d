"""What the set-up tells the person who waits for it."""

import sys
import time

_started = time.monotonic()


class SetupError(Exception):
    """The set-up cannot go on; the text says the cause and what to do about it."""


def say(message: str) -> None:
    """Print one progress line, with the seconds since the process started, to standard error."""
    sys.stderr.write(f"[{time.monotonic() - _started:5.1f} s] {message}\n")
    sys.stderr.flush()
