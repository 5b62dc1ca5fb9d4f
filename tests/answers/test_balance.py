"""Balances of prepaid accounts."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from support.ledgers import (
    Row,
    history,
    invoice,
    ledgers,
    payment,
    records,
    steps,
    top_up,
)
from support.reckoning import (
    ACCOUNT,
    is_close,
    is_spend,
    is_top_up,
    laws,
)

from billnb import analysis


@laws
@given(ledgers())
def test_a_balance_is_top_ups_less_invoices(ledger: pd.DataFrame) -> None:
    rows = records(ledger)
    prepaid = {tuple(row[name] for name in ACCOUNT) for row in rows if is_top_up(row)}
    moves: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        key = tuple(row[name] for name in ACCOUNT)
        if key in prepaid and is_spend(row):
            change = -steps(row["total"])
        elif is_top_up(row) and row["status"] in (None, "paid"):
            change = steps(row["total"])
        else:
            continue
        moves[key].append((row["issued_at"], row["entry_id"], change, row["kind"] == "invoice"))
    expected = []
    for key in sorted(moves):
        left, past = 0, []
        for moment, _, change, is_invoice in sorted(moves[key]):
            left += change
            past.append((moment, -change if is_invoice else 0))
            recent = sum(spent for when, spent in past if when > moment - timedelta(days=90))
            runway = float(Fraction(left * 90, recent)) if recent > 0 else None
            expected.append((*key, moment, change, left, runway if left > 0 else 0.0))
    found = [
        (*(row[name] for name in (*ACCOUNT, "issued_at")), steps(row["change"]),
         steps(row["balance"]), row["runway_days"])
        for row in records(analysis.balance(ledger))
    ]  # fmt: skip
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    assert all(is_close(one[-1], two[-1]) for one, two in zip(found, expected, strict=True))


def test_a_balance_runs() -> None:
    answer = analysis.balance(
        history(
            invoice("10.000000000001", "2026-01-03"),
            top_up(100, "2026-01-01"),
            top_up(50, "2026-01-02", "failed"),
            top_up(20, "2026-01-04", None),
            invoice(5, "2026-01-05", status="cancelled"),
            payment(7, "2026-01-05"),
            top_up(1000, "2026-01-01", account="voice"),
            invoice(30, "2026-01-06", currency="EUR"),
            invoice("120", "2026-01-07"),
        )
    )
    assert records(answer[["account", "change", "balance"]]) == [
        {"account": "main", "change": Decimal(100), "balance": Decimal(100)},
        {
            "account": "main",
            "change": Decimal("-10.000000000001"),
            "balance": Decimal("89.999999999999"),
        },
        {"account": "main", "change": Decimal(20), "balance": Decimal("109.999999999999")},
        {"account": "main", "change": Decimal(-120), "balance": Decimal("-10.000000000001")},
        {"account": "voice", "change": Decimal(1000), "balance": Decimal(1000)},
    ]


def test_a_prepaid_account_on_which_nothing_went_through_has_no_balance() -> None:
    ledger = history(top_up(100, "2026-01-01", "failed"))
    assert len(analysis.balance(ledger)) == 0


def test_an_account_that_is_not_prepaid_has_no_balance() -> None:
    ledger = history(invoice(10, "2026-01-03"), payment(10, "2026-01-04"))
    assert len(analysis.balance(ledger)) == 0


@pytest.mark.parametrize("others", [[], [top_up(1, "2026-01-02")]], ids=["alone", "with others"])
def test_an_account_without_a_name_has_a_balance_too(others: list[Row]) -> None:
    nameless = [
        top_up(100, "2026-01-01", account=None),
        invoice(40, "2026-01-02", account=None),
    ]
    answer = analysis.balance(history(*nameless, *others))
    found = [(row["account"], int(row["balance"])) for row in records(answer)]
    assert found == [*[("main", 1) for _ in others], (None, 100), (None, 60)]


def test_a_runway_is_that_of_the_last_90_days() -> None:
    answer = analysis.balance(
        history(
            top_up(1000, "2026-01-01"),
            invoice(90, "2026-01-02"),
            invoice(10, "2026-04-02"),
            invoice(2, "2026-04-02T00:00:00.000001"),
            top_up(2, "2026-12-31"),
            invoice(900, "2026-12-31T12:00"),
        )
    )
    runway = [None if pd.isna(days) else days for days in answer["runway_days"]]
    assert runway == [None, 910.0, 900 * 90 / 10, 898 * 90 / 12, None, 0.0]


def test_where_nothing_is_left_it_lasts_no_day_whatever_was_spent() -> None:
    answer = analysis.balance(
        history(
            top_up(100, "2026-01-01"),
            invoice(100, "2026-01-02"),
            top_up(0, "2026-12-31"),
        )
    )
    assert answer["balance"].to_list() == [100, 0, 0]
    assert answer["runway_days"].to_list()[1:] == [0.0, 0.0]


def test_small_spend_after_large_has_a_runway_too() -> None:
    answer = analysis.balance(
        history(
            top_up(10**12, "2024-01-01"),
            invoice(10**12, "2024-01-02"),
            top_up(1, "2026-01-01"),
            invoice("0.000009", "2026-01-02"),
        )
    )
    assert answer["runway_days"].to_list()[-1] == pytest.approx(0.999991 * 90 / 0.000009)
