"""The virtual environment with pinned versions of what Odoo, the addon and its tests need."""

import shutil
import sys
from pathlib import Path

from .apt import install
from .commands import run
from .paths import CLONE, REQUIREMENTS, digest
from .say import SetupError, say

_OLDEST = (3, 11)
_HEADER = (
    "# Pinned versions of everything that development needs, Odoo's own needs included. "
    "Made by `make lock` from dev/requirements.in."
)


def ensure_python(cache: Path) -> Path:
    """The environment's interpreter; the environment is built if there is none for these versions.

    :raise SetupError: this Python is too old, cannot make environments, or the packages cannot be had.
    """
    if sys.version_info < _OLDEST:
        raise SetupError(f"Python {'.'.join(map(str, _OLDEST))} or later is needed; this is {sys.version.split()[0]}")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    directory = cache / f"python{version}-{digest(REQUIREMENTS.read_bytes())}"
    interpreter, complete = directory / "bin" / "python", directory / "complete"
    if complete.exists() and interpreter.exists():
        return interpreter
    shutil.rmtree(directory, ignore_errors=True)
    say(f"building the virtual environment (Python {version})")
    base = Path(sys.base_prefix) / "bin" / f"python{version}"
    command = [base if base.exists() else sys.executable, "-m", "venv", directory]
    try:
        run(command, "creating the virtual environment")
    except SetupError:
        # Debian ships venv's ensurepip in a package of its own.
        install([f"python{version}-venv"], "virtual environments need python3-venv")
        shutil.rmtree(directory, ignore_errors=True)
        run(command, "creating the virtual environment")
    say("installing the pinned Python packages")
    # The list is complete, so pip has nothing to resolve.
    options: list[str | Path] = [
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
        "--requirement",
        REQUIREMENTS,
    ]
    run([interpreter, "-m", "pip", "install", *options], "installing the Python packages")
    complete.touch()
    return interpreter


def lock(cache: Path, *, upgrade: bool = False) -> None:
    """Resolve ``dev/requirements.in`` into ``dev/requirements.txt``, for every Python from the oldest on.

    :param upgrade: whether to take the newest versions; else those that are pinned already stay, where they can.
    :raise SetupError: the versions cannot be resolved, or the package index cannot be reached.
    """
    resolver = cache / "python-resolver"
    run([sys.executable, "-m", "venv", "--clear", resolver], "creating the virtual environment")
    run([resolver / "bin" / "python", "-m", "pip", "install", "uv"], "installing the resolver")
    oldest = ".".join(map(str, _OLDEST))
    options = ["--universal", f"--python-version={oldest}", "--no-annotate", "--no-emit-index-url"]
    options += ["--no-emit-find-links", "--no-header", *(["--upgrade"] if upgrade else [])]
    source, target = REQUIREMENTS.with_suffix(".in"), REQUIREMENTS
    compiling: list[str | Path] = [resolver / "bin" / "uv", "pip", "compile", *options, source, "--output-file", target]
    run(compiling, "resolving the Python packages", cwd=CLONE)
    target.write_text(f"{_HEADER}\n{target.read_text()}")
    shutil.rmtree(resolver)
