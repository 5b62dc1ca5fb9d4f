"""What a vendor can make a load hold: no more than was asked for, measured in processes apart."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support import vendors
from support.faulty import Exchange, FaultyServer
from support.folders import TESTS

import billnb
from billnb import errors

PAGE = {"bytio": 100, "unpod": 100, "acme": 50}
ROWS = {"bytio": "billing_histories", "unpod": "results", "acme": "bills"}
TEXT = {"bytio": "name", "unpod": "charge_type"}
FAIR = 100e6  # bytes that a refused answer may cost: one body, unpacked, decoded


def body(
    vendor: str, page: int, *, rows: int | None = None, total: int, text: str | None = None
) -> bytes:
    """Return a page that adds up: `rows` alike, of a history of `total`."""
    if vendor == "acme":
        row: dict[str, Any] = {"number": page, "day": "2025-01-01", "euros": 5}
    else:
        row = vendors.make(vendor, page)
        if text is not None:
            row[TEXT[vendor]] = text
    found = [row] * (PAGE[vendor] if rows is None else rows)
    if vendor == "bytio":
        where = {"pagination": {"total_count": total, "current_page": page}}
        return vendors.encode({"status": "ok", **where, ROWS[vendor]: found})
    return vendors.encode({"total" if vendor == "acme" else "count": total, ROWS[vendor]: found})


@dataclass
class Attack:
    """A history that asks for too much room, and the limits it is read within."""

    page: Callable[[str, int], bytes]
    limits: dict[str, Any] = field(default_factory=dict)

    def behaviour(self, vendor: str) -> Callable[[Exchange], None]:
        packed: dict[bytes, bytes] = {}

        def behave(exchange: Exchange) -> None:
            answer = self.page(vendor, exchange.page)
            exchange.reply_body(
                packed.setdefault(answer, gzip.compress(answer, 1)), Content_Encoding="gzip"
            )

        return behave


ATTACKS = {
    "rows": Attack(lambda vendor, page: body(vendor, page, rows=5000, total=38 * 5000)),
    "rows in later pages": Attack(
        lambda vendor, page: body(vendor, page, rows=None if page == 1 else 5000, total=3800)
    ),
    "a body of rows": Attack(
        lambda vendor, page: body(vendor, page, rows=60_000, total=38 * 60_000)
    ),
    "a body of rows, allowed": Attack(
        lambda vendor, page: body(vendor, page, rows=60_000, total=38 * 60_000),
        {"max_row": 1 << 20},
    ),
    "entries announced": Attack(lambda vendor, page: body(vendor, page, total=10**9)),
}
ATTACKS_WITH_TEXTS = {
    "texts of 31 MiB": Attack(
        lambda vendor, page: body(vendor, page, rows=1, total=1, text="x" * (31 << 20))
    ),
    "a text": Attack(
        lambda vendor, page: body(vendor, page, rows=3, total=3, text="CANARY" * 10_000)
    ),
    "a history of texts": Attack(
        lambda vendor, page: body(vendor, page, total=10**5, text=f"{page:-<20000}"),
        {"max_history": 30_000_000},
    ),
}


def attacks(vendor: str) -> dict[str, Attack]:
    return ATTACKS if vendor == "acme" else {**ATTACKS, **ATTACKS_WITH_TEXTS}


@dataclass
class Outcome:
    """What a load came to."""

    kind: str
    said: str
    field: str | None
    page: int | None
    grew: int
    requests: int = 0


CHILD = """
import json, sys
from pathlib import Path
import pyarrow, pandas
import billnb
from billnb_acme import Acme

def peak():
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])

vendor, loads = sys.argv[1], json.loads(sys.argv[2])
kind = {"bytio": billnb.Bytio, "unpod": billnb.Unpod, "acme": Acme}[vendor]
given = {"org_handle": "canary.example"} if vendor == "unpod" else {}
billnb.load(kind("k3y", base_url=loads[0][0], **given))  # imports, and makes room for an honest one
for url, limits in loads[1:]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    try:
        billnb.load(kind("k3y", base_url=url, limits=billnb.Limits(**limits), **given))
        found = ("none", "", None, None)
    except billnb.BillnbError as error:
        found = (type(error).__name__, str(error), getattr(error, "field", None), error.page)
    print(json.dumps([*found, peak() - before]))
"""


@pytest.fixture(scope="module")
def outcomes() -> Callable[[str], dict[str, Outcome]]:
    """What each attack on a vendor's account came to, all in one process."""
    known: dict[str, dict[str, Outcome]] = {}

    def of(vendor: str) -> dict[str, Outcome]:
        if vendor not in known:
            known[vendor] = attacked(vendor)
        return known[vendor]

    return of


def attacked(vendor: str) -> dict[str, Outcome]:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("peak memory is read from /proc")
    chosen = attacks(vendor)
    honest = Attack(lambda vendor, page: body(vendor, page, rows=1, total=1))
    with ExitStack() as stack:
        servers, loads = [], []
        for one in (honest, *chosen.values()):
            server = stack.enter_context(FaultyServer(lambda request: None))  # type: ignore[arg-type,return-value]
            server.behave = one.behaviour(vendor)
            servers.append(server)
            loads.append((server.url, one.limits))
        path = os.pathsep.join([str(TESTS / "plugin"), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", CHILD, vendor, json.dumps(loads)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    for outcome, server in zip(found, servers[1:], strict=True):
        outcome.requests = server.requests
    return dict(zip(chosen, found, strict=True))


@pytest.fixture(params=["bytio", "unpod", "acme"])
def vendor(request: pytest.FixtureRequest) -> Any:
    """A built-in vendor, or one of a package of somebody else's."""
    return request.param


Outcomes = Callable[[str], dict[str, Outcome]]


def test_more_rows_than_asked_for_are_refused_before_they_are_entries(
    vendor: str, outcomes: Outcomes
) -> None:
    asked = PAGE[vendor]
    for attack, rows in (("rows", "5,000"), ("a body of rows, allowed", "60,000")):
        found = outcomes(vendor)[attack]
        assert (found.kind, found.field, found.page) == ("ContractError", ROWS[vendor], 1)
        assert found.said.startswith(
            f"{vendor}, page 1, field {ROWS[vendor]}: {rows} rows, where {asked} were asked for"
        )
        assert found.requests == 1
        assert found.grew < FAIR


def test_more_rows_in_pages_fetched_ahead_are_refused(vendor: str, outcomes: Outcomes) -> None:
    found = outcomes(vendor)["rows in later pages"]
    assert (found.kind, found.field) == ("ContractError", ROWS[vendor])
    assert found.page != 1
    assert found.requests < 40
    assert found.grew < FAIR


def test_a_body_past_what_its_rows_should_take_is_refused(vendor: str, outcomes: Outcomes) -> None:
    found = outcomes(vendor)["a body of rows"]
    if vendor == "acme":
        most = 64 * 1024 + 50 * 32 * 1024
        assert found.said.startswith(f"acme, page 1: the body is larger than {most:,} bytes")
    assert (found.kind, found.page) == ("ResponseTooLargeError", 1)
    assert "Limits(max_row=…, max_body=…)" in found.said
    assert found.requests == 1
    assert found.grew < FAIR


def test_a_history_that_is_announced_too_long_is_refused_at_once(
    vendor: str, outcomes: Outcomes
) -> None:
    found = outcomes(vendor)["entries announced"]
    assert (found.kind, found.page) == ("TruncatedHistoryError", None)
    assert found.said.startswith(f"{vendor}: the vendor announces 1,000,000,000 entries")
    assert found.requests <= 2  # all of them, and then those of one kind
    assert found.grew < FAIR


@pytest.mark.parametrize("name", ["bytio", "unpod"])
def test_texts_of_31_mebibytes_are_refused(name: str, outcomes: Outcomes) -> None:
    found = outcomes(name)["texts of 31 MiB"]
    assert (found.kind, found.page, found.requests) == ("ResponseTooLargeError", 1, 1)
    assert found.grew < FAIR


@pytest.mark.parametrize("name", ["bytio", "unpod"])
def test_a_text_that_is_too_long_is_named_and_not_shown(name: str, outcomes: Outcomes) -> None:
    found = outcomes(name)["a text"]
    assert (found.kind, found.field, found.page) == (
        "ContractError",
        "entries[0].description",
        1,
    )
    assert "at most 32,768 bytes" in found.said
    assert "Limits(max_row=…)" in found.said
    assert "CANARY" not in found.said


@pytest.mark.parametrize("name", ["bytio", "unpod"])
def test_all_of_a_history_together_is_bounded(name: str, outcomes: Outcomes) -> None:
    """Pages of 2 MB: those read, and those that wait to be."""
    found = outcomes(name)["a history of texts"]
    assert found.kind == "ResponseTooLargeError"
    assert found.page is not None
    assert found.said.startswith(f"{name}, page {found.page}: the history takes more than 30,000,0")
    assert "Limits(max_history=…)" in found.said
    assert found.requests < 60
    assert found.grew < FAIR


def test_a_text_that_limits_allow_is_read(case: vendors.Case, server: FaultyServer) -> None:
    text = "é" * 20_000
    case.entries[7] = {**case.make(7), TEXT[case.name]: text}
    with pytest.raises(errors.ContractError, match=r"entries\[7\]\.description"):
        billnb.load(case.account(server.url))
    history = billnb.load(case.account(server.url, max_row=40_000))
    assert history["description"].str.len().max() == 20_000
    with pytest.raises(errors.ContractError, match=r"39,999 bytes"):
        billnb.load(case.account(server.url, max_row=39_999))


def with_texts(name: str, entries: int, length: int) -> vendors.Case:
    case = vendors.case(name, entries)
    for entry in case.entries:
        entry[TEXT[name]] = "x" * length
    return case


@pytest.mark.parametrize("name", ["bytio", "unpod"])
def test_pages_that_were_read_count_towards_a_history(name: str) -> None:
    """Of 200 kB each, of which no more than four answers wait."""
    case = with_texts(name, 4000, 2000)
    with FaultyServer(case.answer) as server:
        with pytest.raises(errors.ResponseTooLargeError, match="the history takes more") as caught:
            billnb.load(case.account(server.url, max_history=6_000_000), workers=1)
        assert caught.value.account == name
        assert 10 < (caught.value.page or 0) < 40
        assert len(billnb.load(case.account(server.url, max_history=16_000_000), workers=1)) == 4000


@pytest.mark.parametrize("name", ["bytio", "unpod"])
def test_answers_that_wait_count_towards_a_history_by_four_times_their_size(name: str) -> None:
    case = with_texts(name, 50, 2000)
    with FaultyServer(case.answer) as server:
        with pytest.raises(errors.ResponseTooLargeError) as caught:
            billnb.load(case.account(server.url, max_history=300_000))
        assert caught.value.page == 1
        assert len(billnb.load(case.account(server.url, max_history=700_000))) == 50
