"""A change of the code takes effect where it is loaded."""

import importlib.util
import sys

from dev.mutation.plugin import apply

CODE = """
class Base:
    def tell(self):
        return "base"


class Extended(Base):
    def tell(self):
        return super().tell() + " extended"


def add(left, right):
    return left + right
"""


def test_a_function_has_the_code_of_the_changed_text(tmp_path, monkeypatch):
    path = tmp_path / "loaded.py"
    path.write_text(CODE)
    specification = importlib.util.spec_from_file_location("loaded", path)
    loaded = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "loaded", loaded)
    specification.loader.exec_module(loaded)
    apply(str(path.resolve()), "add", CODE.replace("left + right", "left - right"))
    assert loaded.add(3, 1) == 2
    apply(str(path.resolve()), "Extended.tell", CODE.replace("super().tell()", "'none'"))
    assert loaded.Extended().tell() == "none extended", "also where what was left out is super()"
