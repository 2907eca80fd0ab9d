"""Write ``i18n/`` anew: ``python3 -m dev dev.translations``. Translations of terms that are unchanged are kept.

Odoo's own export writes both the template and every language that has a file; a new language begins with an empty one.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence

from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install

_FOLDER = CLONE / "i18n"
_DATABASE = "translations"


def main() -> None:
    """Install the addon and its languages into a fresh database, and export its terms."""
    environment = prepare()
    try:
        copy(environment, environment.template, _DATABASE)
        install(environment, _DATABASE, [ADDON])
        languages = sorted(path.stem for path in _FOLDER.glob("*.po"))
        if languages:
            say(f"loading {', '.join(languages)}")
            _i18n(environment, "loadlang", ["-l", *languages])
        say("exporting the terms")
        _i18n(environment, "export", ["-l", "pot", *languages, "--", ADDON])
    except SetupError as error:
        sys.exit(f"translations: {error}")
    finally:
        drop(environment, _DATABASE)


def _i18n(environment: Environment, command: str, arguments: Sequence[str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        paths = (environment.addons, *environment.odoo.addons_paths)
        configuration.write(f"[options]\naddons_path = {','.join(map(str, paths))}\ndata_dir = {environment.data}\n")
        configuration.flush()
        program = [str(environment.python), "-m", "odoo", "i18n", command, "-c", configuration.name, "-d", _DATABASE]
        status = subprocess.run([*program, *arguments], env=environment.process_variables, check=False).returncode
    if status:
        raise SetupError(f"Odoo's i18n {command} ended with status {status}")


if __name__ == "__main__":
    main()
