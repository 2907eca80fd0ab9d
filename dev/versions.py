"""The wire's tests with the oldest libraries that the addon names, and on other Pythons.

``python3 -m dev dev.versions``

The newest versions are those of ``dev/requirements.txt``, which all other runs use.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.setup import Environment, SetupError, prepare
from dev.setup.commands import run
from dev.setup.paths import CLONE, REQUIREMENTS
from dev.setup.say import say

_NEEDS = CLONE / "requirements.txt"
# Released together: the same version, and boto3 alone would take the newest botocore that it may.
_TOGETHER = {"boto3": "botocore"}
_TESTS = {"boto3": "tests/spapi/test_queue.py"}
_PYTHONS = ("3.11", "3.12", "3.13")
# Odoo's alone, for pictures in reports; on newer Pythons it has to be built.
_NOT_IN_PLAIN_TESTS = "rl-renderpm"


def main() -> int:
    """Run what the command line asks for; gives 0 if all passes."""
    parser = argparse.ArgumentParser(prog="dev.versions", description=__doc__)
    parser.add_argument("--pythons", action="store_true", help="also all plain tests, on each Python that is at hand")
    options = parser.parse_args()
    environment = prepare()
    failed = []
    with tempfile.TemporaryDirectory(prefix="versions-") as scratch:
        for name, version in sorted(get_floors().items()):
            if f"{name}=={version}" in REQUIREMENTS.read_text().splitlines():
                say(f"versions: {name} {version} is the oldest and the newest")
            elif not _test_floor(environment, Path(scratch), name, version):
                failed.append(f"{name} {version}")
        for version in _PYTHONS if options.pythons else ():
            if not _test_python(environment, Path(scratch), version):
                failed.append(f"Python {version}")
    if failed:
        say(f"versions: the tests fail with {', '.join(failed)}")
    return 1 if failed else 0


def get_floors() -> dict[str, str]:
    """The oldest version of each library that `requirements.txt` allows."""
    return dict(re.findall(r"^([\w-]+)(?:~=|>=)([\d.]+)$", _NEEDS.read_text(), re.MULTILINE))


def _test_floor(environment: Environment, scratch: Path, name: str, version: str) -> bool:
    say(f"versions: {name} {version}, the oldest")
    target = scratch / f"{name}-{version}"
    packages = [f"{package}=={version}" for package in (name, _TOGETHER.get(name)) if package]
    options: list[str | Path] = ["--no-deps", "--no-input", "--disable-pip-version-check", "--target", target]
    run([environment.python, "-m", "pip", "install", *options, *packages], f"installing {name} {version}")
    return _run_tests(environment, environment.python, [target], _TESTS.get(name, "tests/spapi"))


def _test_python(environment: Environment, scratch: Path, version: str) -> bool:
    program = _find_python(version)
    if not program:
        say(f"versions: Python {version} is not at hand")
        return True
    say(f"versions: Python {version}")
    python = scratch / f"python{version}" / "bin" / "python"
    needs = scratch / f"requirements-{version}.txt"
    lines = REQUIREMENTS.read_text().splitlines()
    needs.write_text("\n".join(line for line in lines if not line.startswith(_NOT_IN_PLAIN_TESTS)))
    try:
        run([program, "-m", "venv", python.parents[1]], "creating the virtual environment")
        options = ["--no-deps", "--no-input", "--disable-pip-version-check", "--requirement", str(needs)]
        run([python, "-m", "pip", "install", *options], f"installing the Python packages for {version}")
    except SetupError as error:
        say(str(error))
        return False
    passed = [_run_tests(environment, python, [], folder) for folder in ("tests/spapi", "tests/amazon")]
    return all(passed)


def _find_python(version: str) -> str:
    """A Python of this version that works, on the path or among pyenv's; empty where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))]
    for program in map(str, filter(None, found)):
        if subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0:
            return program
    return ""


def _run_tests(environment: Environment, python: Path, paths: list[Path], tests: str) -> bool:
    folder = CLONE / "/".join(tests.split("/")[:2])
    limits = [f"--rootdir={folder}", f"--confcutdir={folder}", "--import-mode=importlib", "-p", "no:odoo", "-q"]
    known = [*map(str, paths), environment.variables["PYTHONPATH"]]
    done = subprocess.run(
        [str(python), "-m", "pytest", "-c", str(CLONE / "pyproject.toml"), *limits, tests],
        cwd=CLONE,
        env={**environment.process_variables, "PYTHONPATH": os.pathsep.join(known)},
        check=False,
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
