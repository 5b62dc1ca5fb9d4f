"""The command that writes a report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import vendors
from support.faulty import FaultyServer
from support.reports import (
    unpacked,
)

import billnb
from billnb import cli


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, ["report", *words])


def test_the_command_reports_on_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    done = run(
        "--demo", "--output", str(path), "--title", "Bills <of> October", "--since", "2026-08"
    )
    assert done.exit_code == 0, done.output
    assert re.fullmatch(rf"\d+ entries reported in {re.escape(str(path))}\n", done.stderr)
    assert done.stdout == ""
    text = path.read_text()
    assert "<h1>Bills &lt;of&gt; October</h1>" in text
    assert "account bytio" not in text
    assert "Redacted:" in text
    assert "Verified: account " in text


def test_the_command_is_told_when_it_is(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--as-of", "2026-06-30").exit_code == 0
    assert "Data as of <strong>30 Jun 2026</strong>" in path.read_text()
    path.unlink()
    done = run("--demo", "-o", str(path), "--as-of", "soon")
    assert done.exit_code == 1
    assert "soon" in done.stderr
    assert not path.exists()


def test_the_command_shows_names_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--no-redact").exit_code == 0
    assert "Verified: bytio append-only" in path.read_text()


def test_the_command_puts_index_numbers(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--scale").exit_code == 0
    assert "USD index" in path.read_text()
    assert "index numbers" in path.read_text()


def test_the_command_reports_on_an_account(
    case: vendors.Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prefix = case.name.upper()
    for name in ("API_KEY", "API_TOKEN"):
        monkeypatch.setenv(f"{prefix}_{name}", vendors.KEY)
    monkeypatch.setenv(f"{prefix}_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{prefix}_BASE_URL", server.url)
    monkeypatch.setenv("BILLNB_REDACTION_KEY", "the key of the test")
    path = tmp_path / "report.html"
    done = run(case.name, "--output", str(path))
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith(f"250 entries reported in {path}\n")
    frame = billnb.redact(billnb.load(case.account(server.url)))
    text = unpacked(path)
    assert frame["account"][0] in text
    assert vendors.KEY not in text
    assert vendors.ORGANIZATION not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--demo",), 2, "Missing option '--output'"),
        (("--demo", "bytio"), 1, "made-up accounts"),
        (("bytio",), 1, "set the environment variable BYTIO_API_KEY"),
        (("nope",), 1, "no account is called 'nope'"),
        ((), 1, "none is configured"),
        (("--demo", "--since", "soon"), 1, "since: cannot read 'soon'"),
    ],
)
def test_the_command_says_what_is_wrong(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    done = run(*words, *(() if code == 2 else ("--output", str(path))))
    assert done.exit_code == code
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert path.read_text() == "the old one"


def test_the_command_tells_of_a_file_it_cannot_write(tmp_path: Path) -> None:
    done = run("--demo", "--output", str(tmp_path / "nowhere" / "report.html"))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: cannot write ")
    assert done.stderr.count("\n") == 1


def test_the_command_helps() -> None:
    done = run("--help")
    assert done.exit_code == 0
    for option in ("--output", "--demo", "--no-redact", "--scale", "--title", "--debug"):
        assert option in done.output
