"""``make mutation``: small changes of the code, each of which some test must notice.

``ARGS="--sample 100"`` takes so many by chance, ``--seed 7`` the same ones again, ``--only models/books`` one folder.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from dev.mutation.mutants import Mutant, get_mutants, make_diff
from dev.setup import Environment, prepare
from dev.setup.databases import copy, drop
from dev.setup.paths import ADDON, CLONE, digest
from dev.setup.say import say
from dev.setup.template import install
from dev.test import write_configuration

# What decides whether a parcel leaves, and what Amazon is told.
_MUTATED = (
    *(f"spapi/{name}.py" for name in ("acknowledgement", "answer", "errors", "fields", "handling", "knowledge")),
    *(f"spapi/{name}.py" for name in ("notification", "order_report", "orders", "processing_report")),
    *(f"spapi/{name}.py" for name in ("reading_plan", "refusal", "snapshot", "timestamps", "tokens", "window")),
    "models/reading",
    "models/request",
    "models/shipping",
    "models/cancelling",
    "models/books",
)
_STAGES = ("account", "reading", "request", "shipping", "cancelling", "books")
_DATABASE = f"mutation_{digest(str(CLONE))}"  # another clone may use the same server
_KEPT = CLONE / "build" / "mutation"
_EXPLAINED = CLONE / "docs" / "development.md"


def main() -> int:
    """Do what the command line says; 0 if every mutant was killed or is explained."""
    parser = argparse.ArgumentParser(prog="dev.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="so many mutants, chosen by chance; all take hours")
    parser.add_argument("--seed", type=int, default=random.randrange(1000), help="the chance")
    parser.add_argument("--only", default="", help="only files whose path begins with this")
    options = parser.parse_args()
    environment = prepare()
    mutants = [mutant for path in _get_paths(options.only) for mutant in get_mutants(path)]
    chosen = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    chosen.sort(key=lambda mutant: (mutant.path, mutant.line))
    say(f"mutation: {len(chosen)} of {len(mutants)} mutants, --seed {options.seed}")
    parts: dict[str, list[Mutant]] = {"spapi": [], "models": []}
    for mutant in chosen:
        parts[mutant.path.partition("/")[0]].append(mutant)
    found: Counter = Counter()
    for part, of_it in parts.items():
        if of_it:
            found += _run(environment, part, of_it)
    sys.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in sorted(found.items())) + "\n")
    return int(set(found) > {"killed", "explained"} or not found["killed"])


def _get_paths(only: str) -> list[Path]:
    paths = [path for name in _MUTATED for path in (CLONE / name).rglob("*.py")]
    paths += [CLONE / name for name in _MUTATED if name.endswith(".py")]
    return sorted(path for path in paths if str(path.relative_to(CLONE)).startswith(only))


def _run(environment: Environment, part: str, mutants: list[Mutant]) -> Counter:
    """Let the tests of a part meet its mutants, and say which survived."""
    files = sorted((CLONE / part).rglob("*.py"))
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        scratch = Path(directory)
        codes = [mutant.make_code() for mutant in mutants]
        results = scratch / "results.jsonl"
        order = {
            "files": list(map(str, files)),
            "measured": str(_KEPT / f"{part}-{digest(*(file.read_bytes() for file in files))}.json"),
            "results": str(results),
            "mutants": [
                {
                    "file": str(CLONE / mutant.path),
                    "function": mutant.function,
                    "line": mutant.line,
                    "statement": mutant.statement,
                    "code": code,
                }
                for mutant, code in zip(mutants, codes, strict=True)
            ],
        }
        (scratch / "order.json").write_text(json.dumps(order))
        _pytest(environment, part, scratch)
        entries = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    if len(entries) < len(mutants):
        say(f"mutation: {part} broke off; its own output above says why")
    found = Counter({"broken off": len(mutants) - len(entries)})
    for entry, mutant, code in zip(entries, mutants, codes, strict=False):
        diff = make_diff(mutant.path, code)
        outcome = entry["outcome"]
        if outcome == "survived" and _is_explained(mutant.path, diff):
            outcome = "explained"
        found[outcome] += 1
        if outcome not in ("killed", "explained"):
            lines = "".join(f"\n    {line}" for line in diff)
            reason = f" ({entry['by']})" if entry.get("by") else f", {entry['tests']} tests"
            sys.stdout.write(f"{mutant.path}:{mutant.line}: {mutant.function}: {outcome}{reason}{lines}\n")
    return +found


def _is_explained(path: str, diff: list[str]) -> bool:
    """Whether docs/development.md has a row for this change."""
    put_in = " ".join(line[1:].strip() for line in diff if line.startswith("+"))
    return f"| `{path}` | `{put_in}` |" in _EXPLAINED.read_text().replace("\\|", "|")


def _pytest(environment: Environment, part: str, scratch: Path) -> None:
    command = [str(environment.python), "-m", "pytest", "-c", str(CLONE / "pyproject.toml"), "-q", "-s"]
    command += ["-p", "dev.mutation.plugin", f"--mutation-order={scratch / 'order.json'}"]
    where = CLONE
    if part == "spapi":
        folder = "tests/spapi"
        command += ["-p", "no:odoo", f"--rootdir={CLONE / folder}", f"--confcutdir={CLONE / folder}"]
        command += ["--import-mode=importlib", folder]
    else:
        where = environment.addons
        copy(environment, environment.template, _DATABASE)
        install(environment, _DATABASE, [ADDON])
        configuration = write_configuration(environment, scratch, _DATABASE)
        command += [f"--odoo-config={configuration}", f"--rootdir={environment.addons}"]
        command += [f"{ADDON}/tests/{stage}" for stage in _STAGES]
    variables = environment.process_variables
    variables["PYTHONPATH"] = os.pathsep.join([variables["PYTHONPATH"], str(CLONE)])
    try:
        subprocess.run(command, cwd=where, env=variables, check=False)
    finally:
        if part == "models":
            drop(environment, _DATABASE)


if __name__ == "__main__":
    raise SystemExit(main())
