"""The tests beside the stand-ins: ``python3 -m dev dev.connectors``.

In fresh databases, twice each: the connectors installed before the addon, and after it.
"""

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from dev import test
from dev.connectors.standins import COMPUTED, STAND_INS, write
from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON
from dev.setup.say import say
from dev.setup.template import install


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Beside(Environment):
    """The same environment with the stand-ins' addons path."""

    stand_ins: Path

    @property
    def addons_paths(self) -> tuple[Path, ...]:
        return (*super().addons_paths, self.stand_ins)


def main() -> int:
    """Run the tests in both orders; gives 0 only if all passed and none was skipped."""
    outcome = test.Outcome()
    with tempfile.TemporaryDirectory(prefix="connectors-") as directory:
        addons = Path(directory) / "addons"
        write(addons)
        environment = _Beside(**vars(prepare()), stand_ins=addons)
        for stand_ins, tests in (([*STAND_INS], "test_connectors.py"), ([COMPUTED], "test_computed.py")):
            for order in (stand_ins, [ADDON]), ([ADDON], stand_ins):
                outcome += _run(environment, Path(directory), order, tests)
    sys.stdout.write(f"\n{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped\n")
    return 0 if outcome.passed and not (outcome.failed or outcome.skipped or outcome.broken) else 1


def _run(environment: _Beside, scratch: Path, order: tuple[list[str], ...], tests: str) -> test.Outcome:
    database = f"test_connectors_{os.getpid()}"
    try:
        copy(environment, environment.template, database)
        for modules in order:
            say(f"installing {', '.join(modules)}")
            install(environment, database, modules)
        return test.run_in_odoo(environment, scratch, database, [f"{ADDON}/tests/connectors/{tests}", *sys.argv[1:]])
    except SetupError as error:
        say(str(error))
        return test.Outcome(broken=True)
    finally:
        drop(environment, database)


if __name__ == "__main__":
    sys.exit(main())
