"""All checks of the sources: ``python3 -m dev dev.lint [--fix]``. The tools' versions are pinned with the rest."""

import argparse
import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from dev.docs.site import build
from dev.setup import Environment, prepare
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say


def main() -> int:
    """Run every check, so that one run shows all that is wrong; gives 0 if nothing is."""
    parser = argparse.ArgumentParser(prog="dev.lint", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="let ruff mend what it can")
    fix = parser.parse_args().fix
    environment = prepare()
    checks = {
        "ruff check": _tool(environment, CLONE, ["ruff", "check", *(["--fix"] if fix else []), "."]),
        "ruff format": _tool(environment, CLONE, ["ruff", "format", *([] if fix else ["--check"]), "."]),
        "mypy": _tool(environment, CLONE, ["mypy"]),
        "bandit": _tool(environment, CLONE, ["bandit", "--quiet", "--configfile=pyproject.toml", "--recursive", "."]),
        "docs": _docs(),
        "XML": not list(map(say, _xml_errors(environment))),
        # Through the link, so that pylint-odoo sees the module by its name.
        "pylint-odoo": _tool(
            environment, environment.addons, ["pylint", f"--rcfile={CLONE / 'pyproject.toml'}", ADDON]
        ),
    }
    failed = [name for name, passed in checks.items() if not passed]
    say(f"lint failed: {', '.join(failed)}" if failed else "lint: nothing to say")
    return 1 if failed else 0


def _docs() -> bool:
    """Build the documentation's site: a link that leads nowhere is an error."""
    with tempfile.TemporaryDirectory(prefix="docs-") as scratch:
        return build(Path(scratch))


def _tool(environment: Environment, where: Path, command: Sequence[str]) -> bool:
    arguments = [str(environment.python), "-m", *command]
    return not subprocess.run(arguments, cwd=where, env=environment.process_variables, check=False).returncode


def _xml_errors(environment: Environment) -> Iterator[str]:
    """What is wrong with the XML files: form for all, and Odoo's own schema for the manifest's data files."""
    schema_file = environment.odoo.python_path / "odoo" / "import_xml.rng"
    schema = etree.RelaxNG(etree.parse(schema_file)) if schema_file.exists() else None
    data_files = _data_files()
    for path in sorted(CLONE.rglob("*.xml")):
        name = path.relative_to(CLONE)
        try:
            document = etree.parse(path)
        except etree.XMLSyntaxError as error:
            yield f"{name}:{error.lineno}: {error.msg}"
            continue
        if schema is not None and str(name) in data_files and not schema.validate(document):
            for fault in schema.error_log:
                yield f"{name}:{fault.line}: {fault.message}"


def _data_files() -> set[str]:
    content = ast.literal_eval((CLONE / "__manifest__.py").read_text())
    return {*content.get("data", ()), *content.get("demo", ())}


if __name__ == "__main__":
    sys.exit(main())
