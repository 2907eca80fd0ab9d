"""Reads fields, messages, menus and names off the source, without running Odoo."""

import ast
import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dev.setup.paths import ADDON, CLONE

CODE = ("models", "wizards", "report", "codes.py", "counted.py", "hooks.py", "folder_name.py", "tools.py")
# Whose functions say why something is not done, and what these are called.
_OBSTACLES = {"amazon_cancellation_refusal.py": "_say_", "amazon_cancellation_guard.py": "_"}
_RELATIONS = ("Many2one", "One2many", "Many2many")
# Odoo's own menus that ours hang below.
_PARENTS = {
    "sale.sale_order_menu": ("Sales", "Orders"),
    "sale.menu_sale_config": ("Sales", "Configuration"),
    "sale.menu_sale_report": ("Sales", "Reporting"),
    "account.menu_finance_receivables": ("Invoicing", "Customers"),
}


@dataclasses.dataclass(frozen=True)
class Field:
    """A field as the form shows it."""

    name: str
    label: str
    help: str
    stage: str
    choices: tuple[tuple[str, str], ...] = ()
    settable: bool = True


@dataclasses.dataclass(frozen=True)
class Message:
    """Words that a user can see.

    :ivar kind: ``refused`` (an action stops with these words) or ``told`` (in a message, a note, a field).
    """

    text: str
    place: str
    kind: str


def python_files() -> Iterator[Path]:
    """The addon's code with words for users."""
    for name in CODE:
        path = CLONE / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


@cache
def fields_of(model: str) -> tuple[Field, ...]:
    """The fields of a model that have a help text or choices, folder by folder."""
    found = []
    for path in python_files():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and model in _models_of(node):
                found += [_read_field(item, path) for item in node.body if _is_field(item)]
    return tuple(field for field in found if field.help or field.choices)


def messages() -> list[Message]:
    """Every text that is given to the translator in code, and every sentence of the wire's errors; each once."""
    found: dict[str, Message] = {}
    for path in [*python_files(), *sorted((CLONE / "spapi").rglob("*.py"))]:
        tree = ast.parse(path.read_text())
        constants = _texts_with_a_name(tree)
        refusing = {id(inner) for node in ast.walk(tree) if _refuses(node, path) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            text = _translated(node) or _error_text(node, constants) or _broken_rule(node)
            if text:
                kind = "refused" if id(node) in refusing or "spapi" in path.parts else "told"
                if text not in found or kind == "refused":
                    found[text] = Message(text, _place(path), kind)
    return list(found.values())


@cache
def menus() -> dict[str, tuple[str, ...]]:
    """Our menus by their ids, each with the labels that lead to it."""
    items = {}
    for path in CLONE.glob("views/**/*.xml"):
        for item in ET.parse(path).iter("menuitem"):
            items[item.get("id", "")] = (item.get("name", ""), item.get("parent", ""))

    def lead(name: str) -> tuple[str, ...]:
        label, parent = items[name]
        return (*(lead(parent) if parent in items else _PARENTS.get(parent, (parent,))), label)

    return {name: lead(name) for name in items}


@cache
def labels() -> frozenset[str]:
    """Every label that a screen of ours can show: of fields, buttons, tabs, groups, choices."""
    found = set()
    for path in [*CLONE.glob("views/**/*.xml"), *CLONE.glob("wizards/**/*.xml"), *CLONE.glob("report/*.xml")]:
        for element in ET.parse(path).iter():
            found |= {element.get("string", ""), element.get("title", ""), " ".join((element.text or "").split())}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


@cache
def words() -> str:
    """All source in one text, in which a name is or is not."""
    files = [*CLONE.glob("*.py"), *python_files(), *(CLONE / "spapi").rglob("*.py"), *(CLONE / "dev").rglob("*.py")]
    files += [
        path for folder in ("views", "data", "security", "tests", "bridges") for path in CLONE.rglob(f"{folder}/**/*")
    ]
    return "\n".join(path.read_text() for path in files if path.suffix in (".py", ".xml", ".csv", ".sql"))


def _models_of(node: ast.ClassDef) -> set[str]:
    names = set()
    for item in node.body:
        if isinstance(item, ast.Assign) and getattr(item.targets[0], "id", "") in ("_name", "_inherit"):
            value = ast.literal_eval(item.value)
            names |= {value} if isinstance(value, str) else set(value)
            if getattr(item.targets[0], "id", "") == "_name":
                return {value}
    return names


def _is_field(item: ast.stmt) -> bool:
    return (
        isinstance(item, ast.Assign)
        and isinstance(item.value, ast.Call)
        and isinstance(item.value.func, ast.Attribute)
        and getattr(item.value.func.value, "id", "") == "fields"
    )


def _read_field(item: ast.stmt, path: Path) -> Field:
    assert isinstance(item, ast.Assign) and isinstance(item.value, ast.Call)
    name = getattr(item.targets[0], "id", "")
    kind = getattr(item.value.func, "attr", "")
    options = {keyword.arg: keyword.value for keyword in item.value.keywords}
    # A relation begins with the model that it leads to.
    first = item.value.args[0] if item.value.args and kind not in _RELATIONS else None
    label = _text(options.get("string")) or _text(first)
    choices = _read_choices(options.get("selection") or first)
    label = label or name.removesuffix("_ids").removesuffix("_id").replace("_", " ").title()
    settable = not options.keys() & {"readonly", "compute", "related"}
    return Field(name, label, _text(options.get("help")), path.parent.name, choices, settable)


def _read_choices(node: ast.expr | None) -> tuple[tuple[str, str], ...]:
    """A selection's values with their labels, written there or in ``const.py``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "const":
        node = _constants()[node.attr]
    pairs = node.elts if isinstance(node, ast.List) else ()
    return tuple((_text(pair.elts[0]), _text(pair.elts[1])) for pair in pairs if isinstance(pair, ast.Tuple))


@cache
def _constants() -> dict[str, ast.expr]:
    tree = ast.parse((CLONE / "const.py").read_text())
    return {getattr(node.targets[0], "id", ""): node.value for node in tree.body if isinstance(node, ast.Assign)}


def _refuses(node: ast.AST, path: Path) -> bool:
    """Whether what stands in the node stops what somebody wants: an error, a rule of the database, an obstacle."""
    if isinstance(node, ast.FunctionDef):
        return path.name in _OBSTACLES and node.name.startswith(_OBSTACLES[path.name])
    return isinstance(node, ast.Raise) or bool(_broken_rule(node))


def _broken_rule(node: ast.AST) -> str:
    """The sentence of a rule that the database keeps."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("Constraint", "UniqueIndex"):
        return _text(node.args[1]) if len(node.args) > 1 else ""
    return ""


def _translated(node: ast.AST) -> str:
    names = ("_", "_lt")
    if isinstance(node, ast.Call) and (getattr(node.func, "attr", "") == "_" or getattr(node.func, "id", "") in names):
        return _text(node.args[0]) if node.args else ""
    return ""


def _texts_with_a_name(tree: ast.Module) -> dict[str, str]:
    """The module's texts that have a name of their own."""
    return {
        target.id: _text(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _error_text(node: ast.AST, constants: dict[str, str]) -> str:
    """The sentence of an error of the wire that is made here."""
    name = getattr(getattr(node, "func", None), "id", "")
    classes = (
        "UserError",
        "SpApiError",
        "CredentialsError",
        "AccessDenied",
        "InvalidRequest",
        "NotFound",
        "Throttled",
        "Unreachable",
    )
    if isinstance(node, ast.Call) and name in classes and node.args:
        words = node.args[0]
        text = constants.get(words.id, "") if isinstance(words, ast.Name) else _text(words)
        return text if " " in text and text[0].isupper() else ""
    return ""


def _text(node: ast.AST | None) -> str:
    """The text of a literal; what is filled in shows as its name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%\((\w+)\)[sd]", r"⟨\1⟩", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else f"⟨{_name(part)}⟩" for part in node.values)
    return ""


def _name(part: ast.AST) -> str:
    expression = part.value if isinstance(part, ast.FormattedValue) else part
    return "…" if not isinstance(expression, ast.Name | ast.Attribute) else ast.unparse(expression).rpartition(".")[2]


def _place(path: Path) -> str:
    parts = path.relative_to(CLONE).parts
    return "wire" if parts[0] == "spapi" else (parts[1] if len(parts) > 2 else parts[0].removesuffix(".py"))


__all__ = ["ADDON", "Field", "Message", "fields_of", "labels", "menus", "messages", "words"]
