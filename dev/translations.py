"""Write ``i18n/`` anew: ``python3 -m dev dev.translations``.

The template is Odoo's own export. The languages keep the translations of terms that are still used; new terms are
empty, and `tests/whole/test_translations.py` names them.
"""

import subprocess
import sys
import tempfile

import polib

from dev.setup import Environment, SetupError, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE
from dev.setup.say import say
from dev.setup.template import install

_FOLDER = CLONE / "i18n"
_DATABASE = "translations"
_LINE = 78  # characters, as Odoo wraps


def main() -> None:
    """Export the addon's terms from a fresh database, and merge them into every language that has a file."""
    environment = prepare()
    try:
        copy(environment, environment.template, _DATABASE)
        install(environment, _DATABASE, [ADDON])
        _export(environment)
    except SetupError as error:
        sys.exit(f"translations: {error}")
    finally:
        drop(environment, _DATABASE)
    template = polib.pofile(_FOLDER / f"{ADDON}.pot", wrapwidth=_LINE)
    for path in sorted(_FOLDER.glob("*.po")):
        language = polib.pofile(path, wrapwidth=_LINE)
        language.merge(template)
        for entry in language.obsolete_entries():
            language.remove(entry)
        language.save()
        say(f"{path.name}: {len(language.untranslated_entries())} of {len(language)} terms to translate")


def _export(environment: Environment) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        paths = environment.addons_paths
        configuration.write(f"[options]\naddons_path = {','.join(map(str, paths))}\ndata_dir = {environment.data}\n")
        configuration.flush()
        program = [str(environment.python), "-m", "odoo", "i18n", "export", "-c", configuration.name, "-d", _DATABASE]
        status = subprocess.run([*program, ADDON], env=environment.process_variables, check=False).returncode
    if status:
        raise SetupError(f"Odoo's export ended with status {status}")


if __name__ == "__main__":
    main()
