"""The package: what pip installs, and what Odoo's own test loader needs. `make installed` does it for real."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ADDON = Path(__file__).resolve().parents[2]
DEVELOPERS = {"tests", "dev", "docs", "bridges", "requirements.txt", "Makefile", "CONTRIBUTING.md", "SECURITY.md"}
MANIFEST = ast.literal_eval((ADDON / "__manifest__.py").read_text())
BACKEND = ast.parse((ADDON / "dev/build/addon_backend.py").read_text())


def _constant(name):
    for node in BACKEND.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(name)


def _tracked_top():
    """The names at the top of the clone, hidden ones and what is built aside."""
    return {path.name for path in ADDON.iterdir() if not path.name.startswith((".", "__pycache__", "build"))}


def test_each_file_is_either_the_addons_or_the_developers():
    content = set(_constant("CONTENT"))
    assert content.isdisjoint(DEVELOPERS)
    assert _tracked_top() - content - DEVELOPERS - {"pyproject.toml"} == set()
    assert content <= _tracked_top()


def test_every_data_file_of_the_manifest_is_installed():
    assert {name.split("/")[0] for name in MANIFEST["data"]} <= set(_constant("CONTENT"))


def test_the_same_versions_are_named_everywhere():
    needs = dict(re.findall(r"^([\w-]+)([~>=]=[\d.]+)?$", (ADDON / "requirements.txt").read_text(), re.MULTILINE))
    in_manifest = dict(re.findall(r"^([\w-]+)(.*)$", "\n".join(MANIFEST["external_dependencies"]["python"]), re.M))
    [sqs] = _constant("EXTRAS")["sqs"]
    assert needs == {**in_manifest, "boto3": sqs.removeprefix("boto3")}
    assert sqs in (ADDON / "spapi/queue.py").read_text()
    assert tomllib.loads((ADDON / "pyproject.toml").read_text())["tool"]["whool"] == {
        "external_dependencies_only": True
    }


@pytest.mark.parametrize(
    "folder", [path.parent for path in sorted(ADDON.glob("tests/*/__init__.py"))], ids=lambda path: path.name
)
def test_odoos_loader_imports_no_library_of_ours(folder):
    """A module of tests that imports what only developers have is imported where that is installed."""
    always = {
        alias.name
        for node in ast.parse((folder / "__init__.py").read_text()).body
        if isinstance(node, ast.ImportFrom) and node.module is None
        for alias in node.names
    }
    theirs = {
        *sys.stdlib_module_names,
        "odoo",
        "lxml",
        "werkzeug",
        "psycopg2",
        "freezegun",
        "polib",
        "requests",
        "httpx",
    }
    faults = []
    for name in always:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            else:
                continue
            faults += [f"{name}: {module}" for module in modules if module.split(".")[0] not in theirs]
    assert not faults


def test_every_module_of_tests_is_listed():
    """Odoo runs what is listed, and no other file."""
    faults = []
    for folder in {path.parent for path in ADDON.glob("tests/*/__init__.py")}:
        text = (folder / "__init__.py").read_text()
        faults += [path.name for path in folder.glob("test_*.py") if not re.search(rf"\b{path.stem}\b", text)]
    assert not faults


def test_the_hooks_have_the_versions_that_are_pinned():
    pinned = (ADDON / "dev/requirements.txt").read_text().splitlines()
    named = re.findall(r"[\w-]+==[\d.]+", (ADDON / ".pre-commit-config.yaml").read_text())
    assert named and set(named) <= set(pinned)


def test_the_hooks_run_once_in_a_commit():
    assert "default_stages: [pre-commit]" in (ADDON / ".pre-commit-config.yaml").read_text()


def test_the_changelog_tells_of_the_version():
    """Its top is the manifest's version, out or not; below are older ones, and a script migrates to one of them."""
    headings = re.findall(r"^## (.*)$", (ADDON / "CHANGELOG.md").read_text(), re.MULTILINE)
    form = re.compile(r"(?:Unreleased: )?(19(?:\.\d+){4})(?: \(\d{4}-\d\d-\d\d\))?")
    told = [form.fullmatch(heading) for heading in headings]
    assert all(told) and not any(heading.startswith("Unreleased") for heading in headings[1:])
    versions = [match[1] for match in told if match]
    assert versions[0] == MANIFEST["version"]
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")], reverse=True)
    assert {path.name for path in ADDON.glob("migrations/*") if path.is_dir()} <= set(versions)
