"""What is changed in the code: mutmut's operators, and a few for what Odoo's code is made of."""

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

from dev.setup.paths import CLONE

Operator = Callable[[Any], Iterable[cst.CSTNode]]


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    path: str
    function: str
    line: int
    statement: int  # its first line
    module: cst.Module = dataclasses.field(repr=False)
    node: cst.CSTNode = dataclasses.field(repr=False)
    mutated: cst.CSTNode = dataclasses.field(repr=False)

    def make_code(self) -> str:
        """The whole file with this change."""
        tree = self.module.deep_replace(self.node, self.mutated)
        assert isinstance(tree, cst.Module)  # a node in it was replaced
        return tree.code


def make_diff(path: str, code: str) -> list[str]:
    """The lines that a mutant takes away and puts in."""
    lines = difflib.unified_diff((CLONE / path).read_text().splitlines(), code.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def get_mutants(path: Path) -> list[Mutant]:
    """Every mutant of the functions in a file."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
    finder = _Finder(str(path.relative_to(CLONE)), wrapper.module)
    wrapper.visit(finder)
    return finder.mutants


def _drop_statement(node: cst.Expr) -> Iterator[cst.CSTNode]:
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def _drop_guard(node: cst.If) -> Iterator[cst.CSTNode]:
    yield node.with_changes(test=cst.Name("False"))


def _drop_context(node: cst.With) -> Iterator[cst.CSTNode]:
    if not any(item.asname for item in node.items):
        yield cst.If(test=cst.Name("True"), body=node.body, leading_lines=node.leading_lines)


def _spoil_code(node: cst.SimpleString) -> Iterator[cst.CSTNode]:
    """Names and codes; what people read is left as it is."""
    if " " not in node.value:
        yield from list(operator_string(node))[:1]


_OPERATORS: list[tuple[type, Operator]] = [
    *((kind, operator) for kind, operator in mutation_operators if operator is not operator_string),
    (cst.SimpleString, _spoil_code),
    (cst.Expr, _drop_statement),
    (cst.If, _drop_guard),
    (cst.With, _drop_context),
]
# Nothing that a test could see: logging, and texts.
_LEFT_OUT = m.Annotation() | m.Call(
    func=m.Name("_") | m.Attribute(attr=m.Name("_")) | m.Attribute(value=m.Name("_logger"))
)


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str, module: cst.Module) -> None:
        super().__init__()
        self.mutants: list[Mutant] = []
        self._path = path
        self._module = module
        self._names: list[str] = []
        self._function: str | None = None
        self._statement = 0

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._names.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._names.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        if self._function:
            return True
        self._function = ".".join([*self._names, node.name.value])
        # Defaults and decorators belong to what defines the function.
        node.body.visit(self)
        self._function = None
        return False

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, _LEFT_OUT):
            return False
        if self._function:
            line = self.get_metadata(PositionProvider, node).start.line
            if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
                self._statement = line
            for kind, operator in _OPERATORS:
                if isinstance(node, kind):
                    for mutated in operator(node):
                        found = (self._path, self._function, line, self._statement)
                        self.mutants.append(Mutant(*found, self._module, node, mutated))
        return super().on_visit(node)
