"""The build backend of `pyproject.toml`: whool, given the addon's own files under the addon's own name.

whool takes an addon's name from its folder and packs every file there; a clone may have any name, and holds what only
developers need. Standard build front ends (`pip install .`, `pip wheel .`, `python -m build`) call this by themselves.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.generator import Generator
from email.message import Message
from pathlib import Path
from typing import Any

from manifestoo_core.metadata import metadata_from_addon_dir
from whool import buildapi

ADDON = "sale_amazon_cancellation"
# What Odoo loads, and what tells a person about it. No tests: they run the local Amazon of dev/.
CONTENT = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "__init__.py",
    "__manifest__.py",
    "codes.py",
    "const.py",
    "counted.py",
    "data",
    "facts.py",
    "folder_name.py",
    "hooks.py",
    "i18n",
    "migrations",
    "models",
    "report",
    "security",
    "spapi",
    "static",
    "tools.py",
    "views",
    "wizards",
)
# Read by whool, which leaves it out of the wheel.
SETTINGS = "pyproject.toml"
# What a source distribution needs beside these, to be built again.
SOURCE_ONLY = "dev/build"
# The oldest version with which the tests of the SQS queue pass: `make floors`.
EXTRAS = {"sqs": ("boto3>=1.34.101",)}

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel; gives its file name (PEP 517)."""
    return _in_stage(lambda: buildapi.build_wheel(str(Path(wheel_directory))), CONTENT)


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    """Build the source distribution; gives its file name (PEP 517)."""
    return _in_stage(lambda: buildapi.build_sdist(sdist_directory), (*CONTENT, SOURCE_ONLY))


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    """Write the wheel's metadata; gives the directory's name (PEP 517)."""
    return _in_stage(lambda: buildapi.prepare_metadata_for_build_wheel(metadata_directory), CONTENT)


def _in_stage(build: Callable[[], str], content: tuple[str, ...]) -> str:
    with _stage(content) as addon:
        clone = Path.cwd()
        os.chdir(addon)  # where whool looks
        try:
            return build()
        finally:
            os.chdir(clone)


@contextmanager
def _stage(content: tuple[str, ...]) -> Iterator[Path]:
    """A copy of the addon's files in a folder of the addon's name, with its metadata."""
    with tempfile.TemporaryDirectory() as scratch:
        addon = Path(scratch) / ADDON
        addon.mkdir()
        for name in (*content, SETTINGS):
            source, target = Path.cwd() / name, addon / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=_IGNORED)
            else:
                shutil.copy(source, target)
        _write_metadata(addon)
        yield addon


def _write_metadata(addon: Path) -> None:
    """Leave the metadata where whool finds it: it then asks no version control, which does not know the copy."""
    with (addon / "PKG-INFO").open("w", encoding="utf-8") as file:
        Generator(file, mangle_from_=False, maxheaderlen=0).flatten(_get_metadata(addon))


def _get_metadata(*arguments: Any, **options: Any) -> Message:
    """What whool makes of the manifest, and the extras, which no manifest can tell."""
    metadata = metadata_from_addon_dir(*arguments, **options)
    for extra, requirements in EXTRAS.items():
        metadata["Provides-Extra"] = extra
        for requirement in requirements:
            metadata["Requires-Dist"] = f'{requirement}; extra == "{extra}"'
    return metadata


buildapi.metadata_from_addon_dir = _get_metadata
