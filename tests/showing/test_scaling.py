"""A scaled report shows what grew and what fell, and hides how much it was."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from support import ledgers, scale_attack
from support.clock import working
from support.ledgers import column, history, invoice, payment, top_up

import billnb
from billnb import analysis, sharing
from billnb.history import AMOUNTS, MONEY
from billnb.history.rules import components
from billnb.sharing.amounts import amounts_masked
from billnb.values.money import PLACES

AS_OF = "2027-01-01"
SIZES = (30, 60, 120, 400, 1000, 3000)


def entries(size: int, *, cents: float = 9.0) -> Iterator[dict[str, Any]]:
    """Yield invoices with tax, and top-ups; `cents` is the logarithm of the median amount."""
    chance = random.Random(size)
    months = 12 if size < 400 else 36
    for number in range(size):
        month = number % months
        day = f"{2024 + month // 12}-{month % 12 + 1:02}-{chance.randint(1, 28):02}"
        if chance.random() < 0.3:
            yield top_up(Decimal(chance.choice([50, 100, 150])), day)
            continue
        net = int(chance.lognormvariate(cents, 1.1)) + 1
        tax = round(net * 0.19)
        parts = {"usage": Decimal(net) / 100, "tax": Decimal(tax) / 100}
        status = chance.choice(["paid", "paid", "pending"])
        text = f"Usage of ${net / 100:,.2f}, {chance.randint(2, 9)} agents"
        yield invoice(Decimal(net + tax) / 100, day, **parts, status=status, description=text)


def mean_month(frame: pd.DataFrame) -> Decimal:
    """Return the mean month's spend in cents."""
    spent = analysis.spend(frame, as_of=AS_OF)
    return Decimal(sum(spent["amount"])) * 100 / len(spent)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_the_mean_month_cannot_be_reckoned_from_a_scaled_report(size: int, tmp_path: Path) -> None:
    frame = history(*entries(size))
    path = billnb.report(frame, tmp_path / "report.html", scale=True, as_of=AS_OF)
    assert not scale_attack.is_recovered(path, mean_month(frame))


@pytest.mark.parametrize("redact", [True, False])
def test_nor_from_one_of_small_amounts(redact: bool, tmp_path: Path) -> None:
    frame = history(*entries(120, cents=4.0))
    path = billnb.report(frame, tmp_path / "r.html", scale=True, redact=redact, as_of=AS_OF)
    assert not scale_attack.is_recovered(path, mean_month(frame))


@pytest.mark.parametrize("size", SIZES[:4])
def test_the_attack_works_on_numbers_of_six_places(size: int) -> None:
    frame = history(*entries(size))
    mean = mean_month(frame)
    fine = [round(amount * 100 / (mean / 100), 6) for amount in frame["total"]]
    guesses = scale_attack.guesses([f"{one:f}" for one in fine])
    assert any(abs(guess / float(mean) - 1) < 1e-4 for guess in guesses)


@pytest.mark.slow
def test_histories_of_many_scales_give_the_same_report(tmp_path: Path) -> None:
    """What cannot be told apart in the file cannot be told from it."""
    frame = history(*entries(30))
    seen = sharing.scaled(frame)
    alike = []
    for tenths in range(11, 60, 4):
        other = frame.copy()
        for name in ("usage", "tax"):
            cents = [one if pd.isna(one) else round(one * tenths * 10) for one in frame[name]]
            other[name] = column(
                [None if pd.isna(one) else Decimal(one) / 100 for one in cents], MONEY
            )
        totals = [
            row["total"] * tenths / 10
            if row["usage"] is None
            else Decimal(row["usage"]) + Decimal(row["tax"])
            for row in ledgers.records(other)
        ]
        other["total"] = column(totals, MONEY)
        if all(sharing.scaled(other)[name].equals(seen[name]) for name in AMOUNTS):
            alike.append(other)
    assert len(alike) > 5
    texts = {
        billnb.report(one, tmp_path / "r.html", scale=True, redact=False, as_of=AS_OF).read_bytes()
        for one in (frame, *alike[:3])
    }
    assert len(texts) == 1


def test_steps_are_never_less_than_ten_cents() -> None:
    for cents in (0.5, 2.0, 4.0, 6.0, 9.0, 12.0):
        frame = history(*entries(200, cents=cents))
        step = min(abs(one) for one in sharing.scaled(frame)["total"] if one)
        assert step * mean_month(frame) / 100 >= 10


@pytest.mark.parametrize("times", [1, 7])
def test_parts_of_totals_that_are_all_zero_are_index_numbers_too(times: int) -> None:
    parts = [times * Decimal(one) for one in ("12345.67", "23.45")]
    rows = [
        invoice("0", f"2026-0{n}-01", usage=part, discount=-part) for n, part in enumerate(parts, 1)
    ]
    shown = sharing.scaled(history(*rows))
    assert list(shown["usage"]) == [Decimal(200), Decimal(0)]
    assert list(shown["discount"]) == [Decimal(-200), Decimal(0)]
    assert list(shown["total"]) == [Decimal(0), Decimal(0)]


def test_steps_are_never_less_than_the_unit_of_the_parts() -> None:
    """Whole units used, and cents of tax: steps of ten cents would tell what a unit is."""
    rows = [
        invoice(units + tax, f"2026-{units:02}-{day:02}", usage=Decimal(units), tax=tax)
        for units in range(1, 13)
        for day in range(1, 29)
        for tax in (Decimal(units * 19) / 100,)
    ]
    frame = history(*rows)
    step = math.gcd(*(int(one.scaleb(PLACES)) for one in sharing.scaled(frame)["usage"]))
    assert Decimal(step).scaleb(-PLACES) * mean_month(frame) / 100 >= 100


def test_totals_are_the_sums_of_their_parts_on_a_scale() -> None:
    frame = sharing.scaled(history(*entries(400)))
    for row in ledgers.records(frame):
        assert sum(components(row).values()) == row["total"]
        assert row["usage"] is None or row["usage"] + row["tax"] == row["total"]


def test_what_rounding_takes_away_is_little() -> None:
    for size in SIZES:
        frame = history(*entries(size))
        shown = sharing.scaled(frame)
        exact, rounded = (
            analysis.spend(one, as_of=AS_OF)["amount"].astype(float) for one in (frame, shown)
        )
        assert ((rounded / rounded.mean()) - (exact / exact.mean())).abs().max() < 0.1
        assert abs(rounded.mean() - 100) < 5


def test_the_same_amount_every_month_stays_the_same() -> None:
    frame = history(*(invoice("20.00", f"2026-{n:02}-01") for n in range(1, 13)))
    assert set(sharing.scaled(frame)["total"]) == {Decimal(100)}
    three = history(
        *(invoice("20.37", f"2026-{n:02}-0{day}") for n in range(1, 13) for day in (1, 2, 3))
    )
    assert set(sharing.scaled(three)["total"]) == {Decimal(33)}


def test_sums_of_amounts_too_small_to_show_hold() -> None:
    rows = [
        invoice("0.03", f"2026-{n % 12 + 1:02}-05", account=f"shop-{n // 12 % 2}")
        for n in range(2400)
    ]
    shown = sharing.scaled(history(*sorted(rows, key=lambda row: str(row["issued_at"]))))
    spent = analysis.spend(shown, group="account", as_of=AS_OF)
    step = min(one for one in shown["total"] if one)
    assert all(abs(amount - 50) <= step for amount in spent["amount"])


@given(ledger=ledgers.ledgers(max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_history_is_scaled_to_what_is_no_history(ledger: pd.DataFrame) -> None:
    try:
        shown = sharing.scaled(ledger)
    except billnb.MoneyError:  # parts beyond all proportion to their totals
        return
    assert list(shown.columns) == list(ledger.columns)
    assert len(shown) == len(ledger)
    for before, after in zip(ledgers.records(ledger), ledgers.records(shown), strict=True):
        assert sum(components(after).values()) == after["total"]
        assert before["issued_at"] == after["issued_at"]
        assert after["currency"] == f"{before['currency']} index"


def test_what_differs_is_not_called_charged_twice_in_a_scaled_report(tmp_path: Path) -> None:
    frame = history(
        invoice("1000000", "2026-01-01"),
        payment("0.01", "2026-01-02"),
        payment("0.02", "2026-01-02"),
    )
    assert sharing.scaled(frame)["total"].nunique() == 2  # both are zero there
    path = billnb.report(frame, tmp_path / "report.html", scale=True)
    assert "No two entries look alike." in path.read_text()
    again = history(*ledgers.records(frame), payment("0.02", "2026-01-02"))
    path = billnb.report(again, tmp_path / "report.html", scale=True)
    assert "Entries alike on the same day" in path.read_text()


def test_a_fingerprint_to_try_amounts_against_and_links_are_left_out() -> None:
    frame = billnb.demo()
    shown = sharing.scaled(frame)
    fingerprints = {one for one in frame["entry_id"] if len(one) >= 32}
    assert fingerprints
    assert fingerprints.isdisjoint(shown["entry_id"])
    assert shown["entry_id"].is_unique
    assert shown["document_url"].isna().all()


@pytest.mark.parametrize(
    "amount",
    [
        "$576.11",
        "1.234,50 EUR",
        "USD 12",
        "usd 12",
        "US$ 12",
        "12 €",
        "€12",
        "12€",
        "₹1,00,000",
        "INR 1,00,000.00",
        "12.50",
        "12,50",
        "1 234.50",
        "1\u00a0234,50 €",
        "1'234.50",
        "1\u2019234.50 CHF",
        "CHF 1'234",
        "1_234.50",
        "-12.50",
        "($12.50)",
        "5,-",
        "12 dollars",
        "99 cents",
        "Rs. 500",
        "500 kr",
        "kr 500",
        "¥1000",
        "1000 JPY",
        "KWD 1.234",
        "\uff0412.50",
        "&#36;12.50",
        "12%2E50",
        "1.2k USD",
        "$1.2M",
        "88 613",
        "88613",
        "88,613",
        "886.13",
        "886,13",
    ],
)
def test_amounts_in_texts_are_masked(amount: str) -> None:
    frame = history(invoice("886.13", "2026-01-01", description=f"Usage {amount}, 3 agents"))
    shown = str(sharing.scaled(frame)["description"][0])
    assert not any(map(str.isdigit, shown.removesuffix(", 3 agents"))), shown
    assert shown.endswith(", 3 agents")


@pytest.mark.parametrize(
    "text",
    [
        "October 2026",
        "Usage, 3 agents, 1,204 minutes",
        "Plan Pro (2 seats)",
        "2026-10-01 to 2026-10-31",
        "01/10/2026",
        "01.10.2026",
        "Plan B (v2.1.3), 12 seats",
        "m5.2xlarge, 744 hours",
        "15 of 31 days",
    ],
)
def test_what_is_no_amount_stays_on_a_scale(text: str) -> None:
    frame = history(invoice("886.13", "2026-01-01", description=text))
    assert sharing.scaled(frame)["description"][0] == text


@pytest.mark.parametrize("part", ["1", "1,", "1 ", "1 000 ", "$1", "USD ", "A1", "1'", "(1"])
def test_amounts_are_looked_for_in_linear_time(part: str) -> None:
    with working(at_most=10):
        amounts_masked([])(part * (100_000 // len(part)) + "!")
