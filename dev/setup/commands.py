"""Running other programs, with errors that a person can act on."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .say import SetupError

# Words in a program's output, and what they mean to the person at the keyboard.
_CAUSES = {
    "No space left on device": "the disk is full",
    "Temporary failure resolving": "no network: a host name could not be resolved",
    "Could not resolve": "no network: a host name could not be resolved",
    "Temporary failure in name resolution": "no network: a host name could not be resolved",
    "Failed to establish a new connection": "no network: a connection was refused",
    "Network is unreachable": "no network",
    "Address already in use": "the port is taken",
    "Permission denied": "a file or directory may not be accessed by this user",
}


def run(
    command: Sequence[str | Path],
    doing: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    stdin: str | None = None,
) -> str:
    """Run `command` and give its standard output.

    :param doing: what the command is for, as in "creating the virtual environment".
    :param env: variables to add to this process's own.
    :param user: a system user to run as; only root may name one.
    :param stdin: the command's standard input; none by default.
    :raise SetupError: the program is missing or failed, with the cause where it is known and the end of its output.
    """
    arguments = [str(word) for word in command]
    identity: dict[str, Any] = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    try:
        done = subprocess.run(
            arguments,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            errors="replace",
            input=stdin if stdin is not None else "",
            check=False,
            **identity,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{doing}: the program {arguments[0]!r} is not installed") from error
    if done.returncode:
        raise SetupError(failure(doing, done.stdout + done.stderr, arguments))
    return done.stdout


def failure(doing: str, output: str, arguments: Sequence[str] = ()) -> str:
    """The message for a failed program: the known cause first, then the last lines that it printed."""
    cause = next((meaning for words, meaning in _CAUSES.items() if words in output), None)
    head = f"{doing} failed" + (f": {cause}" if cause else "")
    command = f"\n  $ {' '.join(arguments)}" if arguments else ""
    tail = "".join(f"\n  {line}" for line in output.strip().splitlines()[-15:])
    return head + command + tail


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - not on every platform; only needed where root runs this

    return pwd.getpwnam(user).pw_gid
