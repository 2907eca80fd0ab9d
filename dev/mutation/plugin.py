"""A plugin of pytest: every mutant lives in a fork of this process, which has loaded all that the tests need.

The order says which mutants; a first fork runs all tests and notes which lines each of them reaches, so that a mutant
meets those alone that reach its line. Only tests whose transaction is rolled back take part.
"""

import ast
import inspect
import json
import math
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import pytest

_MEASURING_SECONDS = 3600
# A mutant that loops is caught: by what it computes, as another's load lets every test wait; by the clock if it hangs.
_PATIENCE = 3
_SPARE_SECONDS = 60
_HANGING_SECONDS = 1800


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the order is."""
    parser.addoption("--mutation-order", type=Path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the mutants, and not the tests by themselves."""
    order = json.loads(session.config.getoption("--mutation-order").read_text())
    fork = _fork_odoo() if session.config.getoption("--odoo-config", None) else _fork
    items = {item.nodeid: item for item in session.items if _rolls_back(item)}
    measured = Path(order["measured"])
    if not measured.exists():
        answer = fork(lambda: _measure(session, list(items.values()), order["files"]), _MEASURING_SECONDS)
        if "lines" not in answer:
            raise pytest.UsageError(f"the measuring run broke off: {answer}")
        measured.write_text(json.dumps(answer))
    reached = json.loads(measured.read_text())
    changed = [item for item in items.values() if item.path.stat().st_mtime > measured.stat().st_mtime]
    for number, mutant in enumerate(order["mutants"]):
        lines = reached["lines"].get(mutant["file"], {})
        names = lines.get(str(mutant["line"])) or lines.get(str(mutant["statement"]), [])
        chosen = _sort([*changed, *(items[name] for name in names if name in items)], mutant["file"])
        started = time.monotonic()
        answer = fork(partial(_judge, session, mutant, chosen, reached["seconds"]), _HANGING_SECONDS)
        entry = {"number": number, "tests": len(chosen), "seconds": round(time.monotonic() - started, 1), **answer}
        with Path(order["results"]).open("a") as file:
            file.write(json.dumps(entry) + "\n")
    return True


def _judge(
    session: pytest.Session, mutant: dict, items: list[pytest.Item], seconds: dict[str, float]
) -> dict[str, str]:
    def limit(name: str) -> None:
        allowed = time.process_time() + _SPARE_SECONDS + _PATIENCE * seconds.get(name, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (int(allowed), resource.RLIM_INFINITY))

    if not items:
        return {"outcome": "not reached"}
    apply(mutant["file"], mutant["function"], mutant["code"])
    for item in _run(session, items, limit):
        if session.testsfailed:
            return {"outcome": "killed", "by": item.nodeid}
    return {"outcome": "survived"}


def _rolls_back(item: pytest.Item) -> bool:
    kinds = {kind.__name__ for kind in getattr(getattr(item, "cls", None), "__mro__", ())}
    return "BaseCase" not in kinds or ("TransactionCase" in kinds and "HttpCase" not in kinds)


def _sort(items: list[pytest.Item], file: str) -> list[pytest.Item]:
    """The tests of the mutant's own stage first, each class in one piece; each test once."""
    stage = f"/tests/{Path(file).parent.name}/"
    return sorted(dict.fromkeys(items), key=lambda item: (stage not in str(item.path), str(item.path)))


def _run(
    session: pytest.Session, items: list[pytest.Item], begin: Callable[[str], object] = str
) -> Iterator[pytest.Item]:
    for item, following in zip(items, [*items[1:], None], strict=True):
        begin(item.nodeid)
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        yield item


def _measure(session: pytest.Session, items: list[pytest.Item], files: list[str]) -> dict[str, Any]:
    measuring = coverage.Coverage(data_file=None, include=files)
    failed: list[str] = []
    seconds: dict[str, float] = {}
    measuring.start()
    started = time.process_time()
    for item in _run(session, items, measuring.switch_context):
        seconds[item.nodeid] = time.process_time() - started
        started = time.process_time()
        if session.testsfailed:
            failed.append(item.nodeid)
            session.testsfailed = 0
    measuring.stop()
    data = measuring.get_data()
    lines = {
        file: {line: [name for name in names if name and name not in failed] for line, names in of_it.items()}
        for file, of_it in ((file, data.contexts_by_lineno(file)) for file in data.measured_files())
    }
    return {"failed": failed, "lines": lines, "seconds": seconds}


def apply(file: str, function: str, code: str) -> None:
    """Give a loaded function the code that it has in another text of its file."""
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) and os.path.realpath(module.__file__ or "") == file:
            target: Any = module
            for name in function.split("."):
                target = inspect.getattr_static(target, name)
            target = getattr(target, "fget", None) or getattr(target, "func", None) or target
            loaded = inspect.unwrap(getattr(target, "__func__", target))
            tree = _keep_class(ast.parse(code)) if loaded.__code__.co_freevars else code
            loaded.__code__ = _find(compile(tree, file, "exec"), function)


def _keep_class(tree: ast.Module) -> ast.Module:
    """The same, where methods keep their class at hand as if they called `super()`, even where they no longer do."""
    for node in (node for kind in ast.walk(tree) if isinstance(kind, ast.ClassDef) for node in kind.body):
        if isinstance(node, ast.FunctionDef):
            node.body.append(ast.If(ast.Constant(value=False), [ast.Expr(ast.Name("__class__", ast.Load()))], []))
    return ast.fix_missing_locations(tree)


def _find(code: CodeType, function: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == function:
                return constant
            if function.startswith(f"{constant.co_qualname}."):
                return _find(constant, function)
    raise LookupError(function)


def _fork_odoo() -> Callable:
    """Forks of a loaded Odoo."""
    from odoo.modules.registry import Registry  # noqa: PLC0415  only where there is an Odoo
    from odoo.sql_db import close_all  # noqa: PLC0415
    from odoo.tests.common import get_db_name  # noqa: PLC0415

    Registry(get_db_name())

    def fork(work: Callable[[], dict], seconds: float) -> dict[str, Any]:
        close_all()  # a connection must not be shared
        return _fork(work, seconds)

    return fork


def _fork(work: Callable[[], dict], seconds: float) -> dict[str, Any]:
    """What the work gives in a process of its own; a process that does not come to an end is killed."""
    with tempfile.NamedTemporaryFile("w+") as answer:
        process = os.fork()
        if not process:
            os.setsid()
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            try:
                found = work()
            except BaseException as error:  # noqa: BLE001  whatever it is, this process ends here
                found = {"outcome": "broken", "by": f"{type(error).__name__}: {error}"}
            Path(answer.name).write_text(json.dumps(found))
            os._exit(0)
        until = time.monotonic() + seconds
        while not os.waitpid(process, os.WNOHANG)[0]:
            if time.monotonic() > until:
                os.killpg(process, signal.SIGKILL)
                until = math.inf
            time.sleep(0.02)
        text = Path(answer.name).read_text()
        return json.loads(text) if text else {"outcome": "killed", "by": "time"}
