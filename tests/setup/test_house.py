"""The house: `models/` has a folder for each stage of an order's life, and each stage keeps to its own."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest
from lxml import etree

MODELS = Path(__file__).resolve().parents[2] / "models"
# In the order in which an order passes them.
STAGES = ("account", "reading", "request", "shipping", "cancelling", "books")


class Class:
    """A model's class in a stage: the fields and methods that it defines."""

    def __init__(self, stage: str, path: Path, node: ast.ClassDef) -> None:
        self.stage, self.path, self.node = stage, path, node
        self.constants = {}
        self.fields, self.methods = set(), {}
        for item in node.body:
            if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
                name = item.targets[0].id
                if _is_field(item.value):
                    self.fields.add(name)
                self.constants[name] = item.value
            elif isinstance(item, ast.FunctionDef):
                self.methods[item.name] = item
        named = self.constants.get("_name") or self.constants.get("_inherit")
        self.model = ast.literal_eval(named)
        self.is_new = "_name" in self.constants and self.model not in self._inherited()

    def _inherited(self) -> list[str]:
        inherited = ast.literal_eval(self.constants.get("_inherit", ast.Constant([])))
        return [inherited] if isinstance(inherited, str) else inherited


def _is_field(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "fields"
    )


def _read() -> list[Class]:
    classes = []
    for stage in STAGES:
        for path in sorted((MODELS / stage).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and _is_model(node):
                    classes.append(Class(stage, path, node))
    return classes


def _is_model(node: ast.ClassDef) -> bool:
    return any(
        isinstance(item, ast.Assign) and getattr(item.targets[0], "id", "") in ("_name", "_inherit")
        for item in node.body
    )


CLASSES = _read()


def _stages_by_name(kind: str) -> dict[str, set[str]]:
    """The stages that define each field or method of that name, in whatever model."""
    stages = defaultdict(set)
    for model in CLASSES:
        for name in getattr(model, kind):
            stages[name].add(model.stage)
    return stages


def _written(function: ast.FunctionDef):
    """The field names that a function writes, with their lines: by assignment, or by a dict given to a write."""
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute):
                    yield target.attr, node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("write", "_amazon_write"):
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    yield from ((key.value, key.lineno) for key in argument.keys if isinstance(key, ast.Constant))


def test_a_folder_holds_a_model_once_in_a_file_of_its_name():
    faults, seen = [], {}
    for model in CLASSES:
        where = f"{model.stage}/{model.path.name}"
        if model.path.stem != model.model.replace(".", "_"):
            faults.append(f"{where} holds {model.model}")
        if (model.stage, model.model) in seen:
            faults.append(f"{model.model} is in {where} and {seen[model.stage, model.model]}")
        seen[model.stage, model.model] = where
    assert not faults


def test_a_core_method_is_overridden_once():
    core = {"write", "create", "unlink", "copy", "default_get", "search_read"}
    rooms = defaultdict(list)
    own = {model.model for model in CLASSES if model.is_new}
    for model in CLASSES:
        for name, method in model.methods.items():
            calls_super = any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(method))
            if name in core or (calls_super and model.model not in own and "amazon" not in name):
                rooms[model.model, name].append(f"{model.stage}/{model.path.name}")
    faults = {f"{name} of {model}": where for (model, name), where in rooms.items() if len(where) > 1}
    assert not faults


def test_a_stage_alone_writes_its_fields():
    stages = _stages_by_name("fields")
    for name in ("name", "state"):  # of records of Odoo, too
        del stages[name]
    faults = []
    for model in CLASSES:
        for method in model.methods.values():
            for name, line in _written(method):
                if name in stages and model.stage not in stages[name]:
                    faults.append(f"{model.stage}/{model.path.name}:{line} writes {name} of {', '.join(stages[name])}")
    assert not faults


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_no_later_one(stage):
    later = set(STAGES[STAGES.index(stage) + 1 :])
    models = {model.model: model.stage for model in CLASSES if model.is_new}
    fields, methods = _stages_by_name("fields"), _stages_by_name("methods")
    faults = []
    for model in CLASSES:
        if model.stage != stage:
            continue
        for node in ast.walk(model.node):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and models.get(node.value) in later:
                faults.append(f"{model.path.name}:{node.lineno} names the model {node.value}")
            elif isinstance(node, ast.Attribute) and "amazon" in node.attr:  # others' names may be alike
                for kind, stages in (("field", fields), ("method", methods)):
                    if node.attr in stages and stages[node.attr] <= later:
                        faults.append(f"{model.path.name}:{node.lineno} names the {kind} {node.attr}")
    assert not faults


def test_one_way_leads_to_amazon():
    folders = (MODELS, MODELS.parent / "wizards")
    faults = [
        f"{path.name}:{node.lineno}"
        for folder in folders
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "_get_client" and path.parent.name != "account"
    ]
    assert not faults


def test_a_context_from_outside_opens_no_gate():
    """Any caller may set a key: it counts where the addon's own code has set it, or only skips a question."""
    questions = {"amazon_ask", "amazon_bulk", "amazon_undo_losses_known", "amazon_only_look"}
    proofs, faults, found = {"Own", "OwnIds", "_amazon_get_context"}, [], 0
    for model in CLASSES:
        for name, method in model.methods.items():
            nodes = list(ast.walk(method))
            proven = proofs & {getattr(node, "id", getattr(node, "attr", None)) for node in nodes}
            for node in nodes:
                if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("env.context.get"):
                    continue
                key = node.args[0].value if isinstance(node.args[0], ast.Constant) else "amazon_"
                found += key.startswith("amazon_")
                if key.startswith("amazon_") and key not in questions and not proven:
                    faults.append(f"{model.stage}/{model.path.name}: {name} trusts {key}")
    assert found > 5
    assert not faults


def test_a_getter_does_not_write():
    writing = {"write", "_amazon_write", "create", "unlink"}
    faults = [
        f"{model.stage}/{model.path.name}: {name}"
        for model in CLASSES
        for name, method in model.methods.items()
        if name.startswith(("_get_", "_amazon_get_"))
        for node in ast.walk(method)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in writing
    ]
    assert not faults


def test_a_link_that_leads_nowhere_is_not_shown():
    faults = [
        f"{path.name}:{field.sourceline}"
        for folder in ("views", "wizards", "report")
        for path in (MODELS.parent / folder).rglob("*.xml")
        for field in etree.parse(path).iterfind(".//field[@widget='url'][@text]")
        if field.get("invisible") != f"not {field.get('name')}"
    ]
    assert not faults
