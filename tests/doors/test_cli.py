"""The commands, as a shell runs them."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from support.ledgers import records

import billnb
from billnb import cli, formats
from billnb.history.rules import components
from billnb.values.table import aligned


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "billnb", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **environ}
    )


@contextmanager
def sandbox(*words: str) -> Iterator[dict[str, str]]:
    """Run `billnb sandbox`, and give the environment it prints."""
    command = [sys.executable, "-m", "billnb", "sandbox", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        try:
            yield dict(re.findall(r"(\w+)=(\S+)", " ".join(lines)))
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0


def test_demo_says_what_there_is_and_how_it_was_verified() -> None:
    done = run("demo")
    assert done.returncode == 0
    assert done.stderr == ""
    history = billnb.demo()
    for said in (
        "bytio: ", "unpod: ", "Charges by month, USD", "Charges by month, INR", "rounding",
        "standing", "payment  failed", "without a status may be unpaid", "(append-only)", "(by id)",
        "left out: ", "Unpaid: ",
        f"{len(history[history['account'] == 'bytio'])} entries",
    ):  # fmt: skip
        assert said in done.stdout, said
    running = history["issued_at"].max().strftime("%Y-%m") == f"{datetime.now(UTC):%Y-%m}"
    assert ("* so far" in done.stdout) == running  # nothing is, on the first of a month
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_demo_amounts_add_up_to_the_frame() -> None:
    output = CliRunner().invoke(cli.main, ["demo", "--months", "100"]).output
    history = billnb.demo()
    invoices = history[(history["provider"] == "bytio") & (history["kind"] == "invoice")]
    table = output.partition("Charges by month, USD")[2].partition("\n\n")[0]
    lines = [line for line in table.strip().splitlines() if "so far" not in line]
    _, *months, total = [line.split() for line in lines]
    assert len(months) == len(invoices)
    sums = [
        sum(Decimal(month[column].replace(",", "")) for month in months) for column in range(1, 6)
    ]
    assert [Decimal(cell.replace(",", "")) for cell in total[1:]] == sums
    assert sums[-1] == invoices["total"].sum() == sum(sums[:-1])


def test_components_sum_exactly_to_the_total() -> None:
    for row in records(billnb.demo()):
        assert sum(components(row).values(), Decimal()) == row["total"]


@pytest.mark.parametrize(
    "command", [(), ("demo",), ("load",), ("sandbox",), ("accounts",), ("accounts", "add")]
)
def test_help_helps(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert "--debug" in result.output


def test_version_is_the_packages() -> None:
    assert CliRunner().invoke(cli.main, ["--version"]).output.split()[-1] == billnb.__version__


@pytest.mark.slow
def test_load_reads_the_sandbox_in_every_format(tmp_path: Path) -> None:
    with sandbox() as environ:
        table = run("load", "bytio", "unpod", "--since", "2026-01", **environ)
        assert table.returncode == 0, table.stderr
        assert table.stdout.startswith("issued at   account  kind")
        for form in ("csv", "json", "parquet"):
            target = tmp_path / f"history.{form}"
            done = run("load", "--output", str(target), **environ)
            assert done.returncode == 0, done.stderr
            assert done.stdout == ""
            assert done.stderr.endswith(f" entries written to {target}\n")
        printed = run("load", "--format", "json", **environ)
    history = pd.read_parquet(tmp_path / "history.parquet", dtype_backend="pyarrow")
    totals = history["total"].to_list()
    assert history.attrs["billnb"].keys() == {"bytio", "unpod"}
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Decimal(row["total"]) for row in rows] == totals
    assert list(rows[0]) == list(history.columns)
    objects = json.loads((tmp_path / "history.json").read_text())
    assert [Decimal(one["total"]) for one in objects] == totals
    assert len(json.loads(printed.stdout)) == len(history)


def test_the_sandbox_answers_curl() -> None:
    with sandbox("--latency", "5") as environ:
        url = f"{environ['BYTIO_BASE_URL']}/v1/account/billinghistory?count=3"
        request = urllib.request.Request(url, headers={"X-API-KEY": environ["BYTIO_API_KEY"]})
        with urllib.request.urlopen(request) as answer:
            assert len(json.load(answer)["billing_histories"]) == 3


def test_a_sandbox_full_of_faults_is_read_exactly() -> None:
    faults = ("--fail-every", "4", "--limit-every", "9", "--page-limit", "30")
    with sandbox(*faults) as environ:
        done = run("load", "bytio", "--format", "csv", **environ)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    history = billnb.demo()
    expected = history[history["provider"] == "bytio"]["total"].to_list()
    assert [Decimal(row["total"]) for row in rows] == expected


def test_a_wrong_key_is_one_clear_line() -> None:
    with sandbox() as environ:
        wrong = {**environ, "BYTIO_API_KEY": "wr0ng-CANARY-key"}
        done = run("load", "bytio", **wrong)
        debug = run("load", "bytio", "--debug", **wrong)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: bytio: ")
    assert "401" in done.stderr
    assert debug.returncode == 1
    assert "Traceback" in debug.stderr
    assert "CANARY" not in done.stderr + debug.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["load", "nope"], "no account is called 'nope'; known: bytio, unpod"),
        (["load", "bytio"], "set the environment variable BYTIO_API_KEY"),
        (["load"], "no account is given, and none is configured"),
        (["load", "--since", "soon"], "since: cannot read 'soon' as a date"),
        (["load", "--workers", "0"], "workers=0"),
        (["load", "--format", "parquet"], "name a file with --output"),
        (["demo", "--since", "2027", "--until", "2026"], "is after"),
    ],
)
def test_bad_input_exits_1_with_one_line(words: list[str], said: str) -> None:
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_keeps_its_link_and_its_permissions(tmp_path: Path) -> None:
    history = billnb.demo(since="2026")
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    formats.write(history, link, "csv")
    assert link.is_symlink()
    assert target.read_text().startswith("provider,")
    assert target.stat().st_mode & 0o777 == 0o640
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(billnb.errors.ArgumentError, match="not a regular file"):
        formats.write(history, pipe, "csv")
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["history.ods", "history", "history.csv.gz"])
def test_an_unknown_ending_asks_for_the_format(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    result = CliRunner().invoke(cli.main, ["load", "-o", str(target)])
    assert result.exit_code == 1
    assert "--format" in result.stderr
    assert not target.exists()


def test_a_narrow_terminal_shows_what_it_can() -> None:
    with sandbox() as environ:
        for form, code in (("table", "ascii"), ("csv", "cp1252"), ("json", "ascii")):
            done = run("load", "bytio", "--format", form, **environ, PYTHONIOENCODING=code)
            assert done.returncode == 0, done.stderr


def test_text_for_a_terminal_holds_nothing_it_would_obey() -> None:
    table = aligned(["a"], [["\x1b]0;owned\x07"], ["x\u202ey"], ["two\nlines"]], numbers=0)
    assert table == "a\n ]0;owned\nx y\ntwo lines"


def test_one_failing_account_is_told_from_those_that_were_read() -> None:
    with sandbox() as environ:
        done = run("load", "bytio", "unpod", **{**environ, "UNPOD_API_TOKEN": "wrong"})
    assert done.returncode == 1
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("Error: unpod: ")
    assert second.startswith("bytio: loaded")


def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    history = billnb.demo(since="2026")
    target = tmp_path / "history.csv"
    formats.write(history, target, "csv")
    before = target.read_bytes()
    with pytest.raises(billnb.errors.ArgumentError, match="cannot write"):
        formats.write(history, tmp_path / "nowhere" / "history.csv", "csv")
    with pytest.raises(billnb.errors.ArgumentError, match="format='xml'"):
        formats.write(history, target, "xml")
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
