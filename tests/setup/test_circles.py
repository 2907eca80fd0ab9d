"""No module of `dev/` or `spapi/` imports itself by a detour, not even for its types."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _modules() -> dict[str, Path]:
    paths = [path for folder in ("dev", "spapi") for path in (ROOT / folder).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def _imports(name: str, path: Path, modules: dict[str, Path]) -> set[str]:
    found, package = set(), name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package[: len(package) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            found.add(f"{module}.{alias.name}" if f"{module}.{alias.name}" in modules else module)
    return (found & modules.keys()) - {name}


def test_there_is_no_circle():
    modules = _modules()
    left = {name: _imports(name, path, modules) for name, path in modules.items()}
    while free := {name for name, imports in left.items() if not imports & left.keys()}:
        left = {name: imports for name, imports in left.items() if name not in free}
    circles = {name: sorted(imports & left.keys()) for name, imports in left.items()}
    assert not circles
