"""Statuses by number and amount."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import (
    history,
    invoice,
    ledgers,
    payment,
    records,
)
from support.reckoning import (
    assert_sorted,
    laws,
    period_of,
    periods,
    summed,
)

from billnb import analysis


@laws
@given(ledgers(), st.none() | periods)
def test_statuses_are_those_of_the_entries(ledger: pd.DataFrame, by: str | None) -> None:
    rows = records(ledger)
    answer = analysis.statuses(ledger, by)
    whole = ["period", "kind", "currency"] if by else ["kind", "currency"]
    key = [*whole, "status"]
    if by:
        rows = [
            {**row, "period": datetime.combine(period_of(row, by), datetime.min.time(), UTC)}
            for row in rows
        ]
    assert answer["entries"].sum() == len(ledger)
    assert summed(records(answer), *key) == summed(rows, *key, amount="total")
    counts = Counter(tuple(row[name] for name in key) for row in rows)
    assert counts == {tuple(row[name] for name in key): row["entries"] for row in records(answer)}
    shares: dict[tuple[Any, ...], float] = defaultdict(float)
    for row in records(answer):
        shares[tuple(row[name] for name in whole)] += row["share"]
        of_all = sum(
            count
            for found, count in counts.items()
            if found[:-1] == tuple(row[name] for name in whole)
        )
        assert row["share"] == row["entries"] / of_all
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))
    assert_sorted(answer, *key)


def test_shares_are_of_entries_of_one_kind_and_currency() -> None:
    answer = analysis.statuses(
        history(
            *[payment(10, "2026-01-05")] * 3,
            payment(10, "2026-01-05", "failed"),
            payment(10, "2026-01-05", "failed", currency="EUR"),
            invoice(10, "2026-02-05"),
        )
    )
    assert records(answer[["kind", "currency", "status", "entries", "share"]]) == [
        {"kind": "invoice", "currency": "USD", "status": None, "entries": 1, "share": 1.0},
        {"kind": "payment", "currency": "EUR", "status": "failed", "entries": 1, "share": 1.0},
        {"kind": "payment", "currency": "USD", "status": "failed", "entries": 1, "share": 0.25},
        {"kind": "payment", "currency": "USD", "status": "paid", "entries": 3, "share": 0.75},
    ]
