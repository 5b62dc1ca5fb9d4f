"""The package as a whole: what it exports, what it weighs, what its documents say."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.folders import ROOT

import billnb
from billnb import cli, errors
from billnb.cli.accounts import accounts

PUBLIC: list[str] = vars(billnb)["__all__"]
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(billnb.__path__, "billnb.")
    if not name.endswith("__main__")
]


def in_fresh_process(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_importing_billnb_loads_nothing_heavy() -> None:
    heavy = "pandas pyarrow numpy requests urllib3 plotly ipywidgets IPython jupyter_server "
    heavy += "jupyterlab msgspec narwhals tqdm click anywidget babel jinja2 itables "
    heavy += "keyring tomlkit filelock platformdirs tornado"
    code = f"import billnb, sys; print([m for m in {heavy.split()} if m in sys.modules])"
    assert in_fresh_process(code).strip() == "[]"


def test_loading_needs_no_widgets_or_charts() -> None:
    heavy = [
        "plotly",
        "ipywidgets",
        "IPython",
        "jupyter_server",
        "jupyterlab",
        "anywidget",
        "click",
        "tqdm",
        "keyring",
        "tomlkit",
        "filelock",
        "tornado",
    ]
    code = "import billnb, sys; billnb.demo();"
    code += f"print([m for m in {heavy} if m in sys.modules])"
    assert in_fresh_process(code).strip() == "[]"


def test_every_name_is_there_and_sorted() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert dir(billnb) == sorted(PUBLIC)
    assert set(errors.__all__) < set(PUBLIC)
    for name in PUBLIC:
        assert getattr(billnb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        getattr(billnb, "lode")  # noqa: B009


@pytest.mark.slow
def test_names_stay_what_they_are_whatever_is_imported_first() -> None:
    for first in (
        "billnb.loading.load",
        "billnb.cli",
        "billnb.sandbox.demo",
        "billnb.providers",
    ):
        code = f"import {first}, billnb; print(callable(billnb.load), callable(billnb.demo))"
        assert in_fresh_process(code).strip() == "True True"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_answers_one_question(name: str) -> None:
    module = importlib.import_module(name)
    first = (inspect.getdoc(module) or "").splitlines()[0]
    assert first.endswith((".", "?", ":")), first
    for public in getattr(module, "__all__", ()):
        assert hasattr(module, public)


def test_every_error_is_in_the_tree() -> None:
    drawn = re.findall(r"(\w+Error)\b", errors.__doc__ or "")
    defined = {
        name
        for name, one in vars(errors).items()
        if inspect.isclass(one) and issubclass(one, billnb.BillnbError)
    }
    assert set(drawn) == defined == set(errors.__all__)
    for name in defined:
        one = getattr(errors, name)
        assert one.__doc__
        assert str(one("what happened")) == "what happened"


def test_public_functions_are_documented() -> None:
    functions = [getattr(billnb, name) for name in ("load", "demo", "explore", "redact", "report")]
    functions += [billnb.Bytio, billnb.Explorer, billnb.Unpod]
    functions += [billnb.accounts.add, billnb.accounts.remove, billnb.accounts.resolve]
    functions += [billnb.accounts.test]
    functions += [
        getattr(room, name) for room in (billnb.analysis, billnb.charts) for name in room.__all__
    ]
    for function in functions:
        text = inspect.getdoc(function) or ""
        for part in ("Parameters\n---", "Raises\n---", "Examples\n---"):
            assert part in text, (function, part)


# the documents


PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "notebooks" / "guide").glob("*.md")))
    if page.exists()  # beside an installed package there is none
]
TEXTS = {page.name: page.read_text() for page in PAGES}
each_page = pytest.mark.parametrize("page", [pytest.param(one, id=one) for one in TEXTS])
needs_readme = pytest.mark.skipif(not PAGES, reason="README.md is not beside the tests")


@needs_readme
def test_readme_names_every_public_name_and_command() -> None:
    readme = TEXTS["README.md"]
    for name in set(PUBLIC) - set(errors.__all__) - {"__version__"}:
        assert re.search(rf"\b{name}\b", readme), name
    for command in cli.main.commands:
        assert f"billnb {command}" in readme, command


@needs_readme
def test_readme_is_short_enough_to_read() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 220


@needs_readme
def test_the_guide_names_every_function_and_subcommand() -> None:
    guide = "\n".join(TEXTS.values())
    for command in accounts.commands:
        assert f"billnb accounts {command}" in guide, command
    for room in (billnb.accounts, billnb.analysis, billnb.charts):
        for name in room.__all__:
            where = (name, f"{room.__name__}.{name}", f"{room.__name__[7:]}.{name}")
            assert any(f"`{one}" in guide for one in where), name


@needs_readme
def test_every_link_and_picture_of_the_pages_is_there() -> None:
    for page in PAGES:
        found = re.findall(r"\]\(([^)#]+)|(?:src|srcset)=\"([^\"]+)\"", page.read_text())
        for target in filter(None, (one for pair in found for one in pair)):
            assert target.startswith("https://") or (page.parent / target).exists(), (page, target)


@each_page
def test_python_of_the_pages_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shared: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXTS[page], re.DOTALL):
        if "billnb.load(" not in block:  # which needs accounts of the reader's own
            exec(compile(block, page, "exec"), shared)


@each_page
def test_commands_of_the_pages_are_understood(page: str) -> None:
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", TEXTS[page], re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    for line in (line for line in lines if line.startswith("billnb ")):
        words = shlex.split(line, comments=True)[1:]
        words = words[: words.index("|")] if "|" in words else words
        command = words[: 2 if words[0] == "accounts" else 1]
        result = CliRunner().invoke(cli.main, [*command, "--help"])
        assert result.exit_code == 0, line
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        assert all(option in result.output for option in options), line


# what is needed


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(one) for one in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(one) for one in extra]
    for name, extra in PROJECT["optional-dependencies"].items()
}
NOT_FOR_USERS = {"bench", "dev", "test"}


def names(requirements: Iterable[Requirement]) -> set[str]:
    return {canonicalize_name(one.name) for one in requirements}


def imported(inside_functions: bool) -> dict[str, set[str]]:
    """Return which modules of others are imported, in functions or outside them, and where."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "billnb").rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        functions = [
            one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        within = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            else:
                continue
            if (id(node) in within) == inside_functions:
                for module in {one.partition(".")[0] for one in modules}:
                    found.setdefault(module, set()).add(path.relative_to(ROOT).as_posix())
    ours = {"billnb", *sys.stdlib_module_names}
    return {module: places for module, places in found.items() if module not in ours}


def distributions(modules: Iterable[str]) -> dict[str, set[str]]:
    """Return which packages bring a module."""
    bringing = packages_distributions()
    return {module: {canonicalize_name(one) for one in bringing[module]} for module in modules}


def test_every_module_that_is_imported_is_declared() -> None:
    outside, inside = imported(inside_functions=False), imported(inside_functions=True)
    needed = names(NEEDED)
    optional = names(one for name in EXTRAS.keys() - NOT_FOR_USERS for one in EXTRAS[name])
    for module, packages in distributions(outside).items():
        assert packages & needed, (module, outside[module])
    for module, packages in distributions(inside).items():
        assert packages & (needed | optional), (module, inside[module])


def test_everything_that_is_declared_is_imported() -> None:
    modules = imported(inside_functions=False).keys() | imported(inside_functions=True).keys()
    packages = set().union(*distributions(modules).values())
    # these are for the page alone: the widgets' front end, and what the sidebar is part of
    assert names(NEEDED) - packages == {"ipywidgets", "jupyterlab"}


def test_every_requirement_has_a_lowest_version() -> None:
    for one in (*NEEDED, *(one for extra in EXTRAS.values() for one in extra)):
        bounds = {bound.operator for bound in one.specifier}
        assert one.name == "billnb" or bounds & {">=", "=="}, str(one)


def test_binder_pins_all_that_is_needed_and_nothing_too_old() -> None:
    lines = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    pinned = {canonicalize_name(one.name): next(iter(one.specifier)) for one in pins}
    assert {pin.operator for pin in pinned.values()} == {"=="}
    assert names(NEEDED) <= pinned.keys()
    for one in (*NEEDED, *EXTRAS["excel"], *EXTRAS["sql"]):
        assert one.specifier.contains(pinned[canonicalize_name(one.name)].version), str(one)
