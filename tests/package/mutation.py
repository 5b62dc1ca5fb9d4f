"""Mutation testing: changes of the code that no test notices.

``python tests/package/mutation.py`` mutates the modules that ``[tool.mutation]`` names in
``pyproject.toml``, part by part, each with the tests that are about it and in a copy of the tree of
its own under ``build/mutation``. It prints the score of each module, and fails when a mutant
survives that ``tests/package/mutants.toml`` does not list with a reason, and when fewer than nine
in ten are killed. What is listed and does not survive is shown too: it may have been killed by
chance.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from contextlib import chdir
from pathlib import Path

import tomlkit
from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).parents[2]
COPIES = ROOT / "build" / "mutation"
LIST = Path(__file__).with_name("mutants.toml")
LEAST = 0.9
KILLED = ("killed", "timeout", "segfault")


def main() -> int:
    """Mutate, test and compare with the list; 1 where something is left to do."""
    parts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutation"]
    arguments = _arguments(sorted(parts))
    results: dict[str, str] = {}
    changes: dict[str, str] = {}
    for part in arguments.parts or parts:
        copy = COPIES / part
        if not (arguments.again or arguments.report):
            shutil.rmtree(copy, ignore_errors=True)
        if not arguments.report:
            _copy(copy, **parts[part])
            before = _left(_results(copy))
            _run(copy, [], arguments.children)
            again = [name for name in before if name in _left(_results(copy))]
            if again:
                _run(copy, again, arguments.children)
        found = _results(copy)
        results |= found
        changes |= _changes(copy, _left(found))
    return _report(results, changes, whole=not arguments.parts)


def _arguments(parts: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(parts)}; or all")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="test what survived, and was changed")
    parser.add_argument("--report", action="store_true", help="only say again what was found")
    return parser.parse_args()


def _copy(copy: Path, *, modules: list[str], tests: list[str]) -> None:
    """Bring a copy of the tree up to date; the time of a file tells what is mutated anew."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "billnb", "tests"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    wanted = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        target = copy / name
        if not target.exists() or target.stat().st_mtime != (ROOT / name).stat().st_mtime:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    for folder in ("billnb", "tests"):
        for path in [*(copy / folder).rglob("*.py"), *(copy / "mutants" / folder).rglob("*.py")]:
            if str(path.relative_to(copy)).removeprefix("mutants/") not in wanted:
                path.unlink()
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text())
    project["tool"]["mutmut"] |= {
        "only_mutate": modules,
        "pytest_add_cli_args_test_selection": tests,
    }
    (copy / "pyproject.toml").write_text(tomlkit.dumps(project))


def _run(copy: Path, names: list[str], children: int) -> None:
    """Test what was not tested yet, or the mutants named."""
    # the copy's own package is the one to import, whatever is installed
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = "from mutmut.__main__ import cli; cli()"
    command = [sys.executable, "-c", program, "run", "--max-children", str(children)]
    with (copy / "log").open("a") as log:
        done = subprocess.run(
            [*command, *names], cwd=copy, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    if done.returncode:
        sys.exit(f"{copy.name}: mutmut failed: see {copy / 'log'}")


def _results(copy: Path) -> dict[str, str]:
    """Return the mutants there are, and what became of each."""
    return {
        name: status_by_exit_code[code]
        for path in sorted((copy / "mutants").rglob("*.py.meta"))
        if path.with_suffix("").exists()
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items()
    }


def _left(results: dict[str, str]) -> list[str]:
    return [name for name, how in results.items() if how not in KILLED]


def _changes(copy: Path, names: list[str]) -> dict[str, str]:
    """Return mutants as the list writes them: the function, what it said, and what it says."""
    reset_config()  # another copy is of other modules
    with chdir(copy):
        return {name: f"{_function(name)}: {_change(name)}" for name in names}


def _report(results: dict[str, str], changes: dict[str, str], *, whole: bool) -> int:
    listed = {
        mutant
        for group in tomllib.loads(LIST.read_text())["survivors"]
        for mutant in group["mutants"]
    }
    if not whole:
        modules = tuple({name.rpartition(".")[0] + "." for name in results})
        listed = {mutant for mutant in listed if mutant.startswith(modules)}
    scores: dict[str, Counter[str]] = {}
    for name, how in results.items():
        kind = "killed" if how in KILLED else "listed" if changes[name] in listed else how
        scores.setdefault(name.rpartition(".")[0], Counter())[kind] += 1
    survivors = set(changes.values())
    for mutant in sorted(survivors - listed):
        print(f"survives, and is not listed:\n  {mutant}")
    for mutant in sorted(listed - survivors):
        print(f"is listed, and does not survive:\n  {mutant}")
    for module, score in sorted(scores.items()):
        print(f"{module:32} {_shown(score)}")
    every = sum(scores.values(), Counter[str]())
    print(f"{'all':32} {_shown(every)}")
    return 0 if survivors <= listed and every["killed"] >= LEAST * every.total() else 1


def _shown(score: Counter[str]) -> str:
    others = ", ".join(f"{count} {kind}" for kind, count in score.items() if kind != "killed")
    share = 100 * score["killed"] / score.total()
    return f"{score['killed']:5} of {score.total():5} killed {share:6.1f} %  {others}"


def _function(name: str) -> str:
    """Return the function that a mutant is of, as it is written."""
    module, _, mangled = name.partition(".x")
    plain = mangled.rpartition("__mutmut_")[0]
    written = ".".join(plain.split("ǁ")[1:]) if "ǁ" in plain else plain.removeprefix("_")
    return f"{module}.{written}"


def _change(name: str) -> str:
    diff = get_diff_for_mutant(name).splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in diff if line[:1] == sign and line[:3] != sign * 3)
        for sign in "-+"
    )
    return f"{before} => {after}"


if __name__ == "__main__":
    sys.exit(main())
