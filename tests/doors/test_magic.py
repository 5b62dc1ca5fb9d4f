"""`%billnb` and `%%billnb`, in a real IPython."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from support import vendors
from support.faulty import FaultyServer
from support.ledgers import history, invoice, top_up

import billnb
from billnb.values.money import total


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # IPython would tell of it
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # IPython has its own
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance()
    found.run_cell("%load_ext billnb")
    yield found
    assert found.history_manager is not None
    found.history_manager.end_session()
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, cell: str) -> tuple[Any, CapturedIO]:
    with capture_output() as said:
        done = shell.run_cell(cell)
    return done.result, said


def shown(said: CapturedIO) -> list[str]:
    return [one.data["text/plain"] for one in said.outputs]


def test_it_loads_shows_and_returns(shell: InteractiveShell) -> None:
    _, said = run(shell, "found = %billnb --demo --since 2026-01 --kind payment --by quarter")
    (explorer,) = shown(said)
    found = shell.user_ns["found"]
    assert set(found["kind"]) == {"payment"}
    assert found["issued_at"].min() >= pd.Timestamp("2026-01-01", tz="UTC")
    assert explorer == f"Explorer({len(found)} of {len(found)} entries)"
    result, _ = run(shell, "%billnb --demo")
    assert result.equals(billnb.demo())


def test_sql_is_exact(shell: InteractiveShell) -> None:
    whole = history(
        invoice("9007199254740993.000000000001", "2026-01-31T23:59:59.999999"),
        invoice("0.000000000002", "2026-02-01"),
        top_up(7, "2026-02-01"),
    )
    shell.user_ns["history"] = whole
    answer, _ = run(
        shell,
        "%%billnb\n"
        "SELECT month(issued_at) AS month, sum(total) AS total\n"
        "FROM history WHERE kind = 'invoice' GROUP BY month ORDER BY month",
    )
    assert answer["month"].tolist() == [1, 2]
    assert total(answer["total"]) == total(whole["total"][:2])


def test_sql_asks_what_was_loaded_last(shell: InteractiveShell) -> None:
    run(shell, "%billnb --demo;")
    answer, _ = run(shell, "%%billnb\nSELECT count(*) AS entries FROM history")
    assert answer["entries"].tolist() == [len(billnb.demo())]


def test_it_reports(shell: InteractiveShell, tmp_path: Path) -> None:
    run(shell, "%billnb --demo;")
    result, said = run(shell, "%billnb report out.html")
    assert result is None
    assert said.stdout == "reported in out.html\n"
    text = (tmp_path / "out.html").read_text()
    assert "Redacted:" in text
    run(shell, "%billnb report 'open it.html' --no-redact")
    assert "Not redacted" in (tmp_path / "open it.html").read_text()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%billnb", "no account is given, and none is configured"),
        ("%billnb nobody", "no account is called 'nobody'; known: bytio, unpod"),
        ("%billnb --demo bytio", "leave out the names of yours"),
        ("%billnb --demo --since soon", "soon"),
        ("%billnb --demo --by fortnight", "by='fortnight' is not one of day"),
        ("%billnb 'x", "No closing quotation"),
        ("%%billnb --demo\nSELECT 1", "takes no options"),
        ("%billnb report", "say which file to write"),
        ("%billnb report out.html", "there is no history yet; load one with %billnb"),
        ("%%billnb\nSELECT 1", "there is no history yet"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(
    shell: InteractiveShell, cell: str, message: str
) -> None:
    _, said = run(shell, cell)
    assert "UsageError" in said.stderr
    assert message in said.stderr
    assert "Traceback" not in said.stderr
    assert len(said.stderr.splitlines()) < 4


@pytest.mark.parametrize(
    ("query", "message"), [("SELEC 1", "syntax error"), ("-- nothing", "that is not a query")]
)
def test_wrong_sql_is_said_in_a_line(shell: InteractiveShell, query: str, message: str) -> None:
    shell.user_ns["history"] = history()
    _, said = run(shell, f"%%billnb\n{query}")
    assert "UsageError" in said.stderr
    assert message in said.stderr


@pytest.mark.filterwarnings("default")  # IPython has another way, which is provisional
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%billnb ", {"bytio", "unpod", "report", "--since", "--demo"}),
        ("%billnb by", {"bytio"}),
        ("%billnb bytio --kind ", {"all", "invoice", "payment"}),
        ("%billnb --by q", {"quarter"}),
        ("%billnb report o.html ", {"--no-redact", "--scale"}),
    ],
)
def test_lines_are_completed(shell: InteractiveShell, line: str, expected: set[str]) -> None:
    _, found = shell.complete(line.split(" ")[-1], line, len(line))
    assert expected <= set(found)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An account of that name, at a vendor on loopback."""
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path))
    case = vendors.case("bytio")
    with FaultyServer(case.answer) as server:
        billnb.accounts.add(
            "production", "bytio", api_key=vendors.KEY, base_url=server.url, store="file"
        )
        yield


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("line", ["%billnb production", "%billnb"])
def test_accounts_are_loaded_by_name(shell: InteractiveShell, line: str) -> None:
    _, said = run(shell, f"found = {line}")
    assert said.stderr == ""
    assert set(shell.user_ns["found"]["account"]) == {"production"}
    assert vendors.KEY not in said.stdout


@pytest.mark.filterwarnings("default")  # IPython has another way, which is provisional
@pytest.mark.usefixtures("production")
def test_names_of_accounts_are_completed(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = shell.complete("prod", "%billnb prod", 12)
    assert found == ["production"]
    (tmp_path / "accounts.toml").write_text("broken")
    _, found = shell.complete("--de", "%billnb --de", 12)
    assert found == ["--demo"]
    _, said = run(shell, "%billnb production")
    assert "accounts.toml, line 1, column 7" in said.stderr


def test_help_tells_how_it_is_used(shell: InteractiveShell) -> None:
    help_ = shell.find_line_magic("billnb").__doc__
    for words in ("--since", "%billnb report october.html", "%%billnb", "`history`"):
        assert words in help_
