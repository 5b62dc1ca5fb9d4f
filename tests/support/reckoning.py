"""Answers worked out entry by entry in Python's integers, and the types they have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import isclose
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from support.ledgers import (
    QUESTIONS,
    Row,
    records,
    steps,
)

from billnb.values.calendar import PERIODS

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

STRING = pd.ArrowDtype(pa.string())
INSTANT = pd.ArrowDtype(pa.timestamp("us", "UTC"))
MONEY = pd.ArrowDtype(pa.decimal128(28, 12))
COUNT = pd.ArrowDtype(pa.int64())
DOUBLE = pd.ArrowDtype(pa.float64())
BOOL = pd.ArrowDtype(pa.bool_())
DATE = pd.ArrowDtype(pa.date32())
SERIES = {
    "period": INSTANT, "currency": STRING, "amount": MONEY, "entries": COUNT, "change": MONEY,
    "change_pct": DOUBLE, "complete": BOOL,
}  # fmt: skip
STATUSES = {
    "status": STRING, "kind": STRING, "currency": STRING, "entries": COUNT, "amount": MONEY,
    "share": DOUBLE,
}  # fmt: skip
ACCOUNT = {"provider": STRING, "account": STRING, "currency": STRING}
CHARGES = {"period": INSTANT, **ACCOUNT, "component": STRING, "amount": MONEY}
TYPES = {
    "charges": CHARGES,
    "charges by week": CHARGES,
    "charges by quarter": CHARGES,
    "spend": SERIES,
    "spend by day": SERIES,
    "spend by account": {
        "period": INSTANT, "currency": STRING, "provider": STRING, "account": STRING,
        "status": STRING, "amount": MONEY, "entries": COUNT, "change": MONEY,
        "change_pct": DOUBLE, "complete": BOOL,
    },
    "cash": SERIES,
    "cash by year and method": {
        "period": INSTANT, "currency": STRING, "method": STRING, "amount": MONEY,
        "entries": COUNT, "change": MONEY, "change_pct": DOUBLE, "complete": BOOL,
    },
    "statuses": STATUSES,
    "statuses by month": {"period": INSTANT, **STATUSES},
    "ageing": {
        **ACCOUNT, "bucket": STRING, "counted_from": STRING, "entries": COUNT, "amount": MONEY,
    },
    "balance": {
        **ACCOUNT, "issued_at": INSTANT, "change": MONEY, "balance": MONEY, "runway_days": DOUBLE,
    },
    "duplicates": {
        "group": COUNT, "provider": STRING, "account": STRING, "entry_id": STRING,
        "kind": STRING, "issued_at": INSTANT, "description": STRING, "status": STRING,
        "currency": STRING, "total": MONEY,
    },
}  # fmt: skip

each_question = pytest.mark.parametrize("question", QUESTIONS)
periods = st.sampled_from(PERIODS)
days = st.dates(date(2023, 12, 15), date(2025, 3, 15))
Sums = dict[tuple[Any, ...], int]


@cache
def first_day(day: date, by: str) -> date:
    frequency = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[by]
    return pd.Period(day, frequency).start_time.date()


def period_of(row: Row, by: str) -> date:
    return first_day(row["issued_at"].date(), by)


def summed(rows: Iterable[Row], *keys: str, amount: str = "amount") -> Sums:
    sums: Sums = defaultdict(int)
    for row in rows:
        sums[tuple(row[key] for key in keys)] += steps(row[amount])
    return dict(sums)


def is_spend(row: Row, include_voided: bool = False) -> bool:
    return row["kind"] == "invoice" and (
        include_voided or row["status"] not in ("cancelled", "refunded")
    )


def is_cash(row: Row) -> bool:
    return row["kind"] in ("payment", "refund", "chargeback") and row["status"] in (None, "paid")


def moved(row: Row) -> int:
    return steps(row["total"]) if row["kind"] == "payment" else -abs(steps(row["total"]))


def is_top_up(row: Row) -> bool:
    return row["kind"] == "payment" and row["payment_type"] in (
        "manual_top_up",
        "auto_topup",
        "Top-Up",
    )


def parts(row: Row) -> dict[str, int]:
    stated = ("usage", "standing", "discount", "tax")
    found = {name: steps(row[name]) for name in stated if row[name] is not None}
    itemized = row["usage"] is not None or row["standing"] is not None
    rest = steps(row["total"]) - sum(found.values())
    return {**found, "rounding" if itemized else "unclassified": rest}


def in_series(
    rows: Sequence[Row], amount: Callable[[Row], int], by: str, group: list[str], today: date
) -> dict[tuple[Any, ...], tuple[int, int, int | None, float | None, bool]]:
    """Amount, entries, change, percentage and completeness, by period, currency and group."""
    if not rows:
        return {}
    keys = {(row["currency"], *(row[name] for name in group)): None for row in rows}
    last = max(period_of(row, by) for row in rows)
    day, firsts = min(period_of(row, by) for row in rows), []
    while day <= last:
        firsts.append(day)
        day += timedelta(days=1)
        while first_day(day, by) == firsts[-1]:
            day += timedelta(days=1)
    running = first_day(today, by)
    amounts: Counter[Any] = Counter()
    entries: Counter[Any] = Counter()
    early: Counter[Any] = Counter()
    for row in rows:
        key = (row["currency"], *(row[name] for name in group))
        period = period_of(row, by)
        amounts[period, *key] += amount(row)
        entries[period, *key] += 1
        if (row["issued_at"].date() - period).days <= (today - running).days:
            early[period, *key] += amount(row)
    found = {}
    for key in keys:
        for before, period in zip([None, *firsts], firsts, strict=False):
            earlier = None
            if before is not None:
                earlier = (early if period == running else amounts)[before, *key]
            sum_ = amounts[period, *key]
            change = None if earlier is None else sum_ - earlier
            percent = float(Fraction(100 * (sum_ - earlier), abs(earlier))) if earlier else None
            found[period, *key] = (sum_, entries[period, *key], change, percent, period < running)
    return found


def is_close(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return isclose(found, expected, rel_tol=1e-12)


def assert_series(answer: pd.DataFrame, expected: Any, group: list[str]) -> None:
    assert len(answer) == len(expected)
    for row in records(answer):
        key = (row["period"].date(), row["currency"], *(row[name] for name in group))
        amount, entries, change, percent, complete = expected[key]
        assert steps(row["amount"]) == amount
        assert row["entries"] == entries
        assert row["complete"] == complete
        assert (row["change"] is None) == (change is None)
        assert steps(row["change"]) == (change or 0)
        assert is_close(row["change_pct"], percent)


def assert_sorted(answer: pd.DataFrame, *by: str) -> None:
    """By what is stated: where the rest goes is told elsewhere."""
    stated = answer[answer[list(by)].notna().all(axis=1)].reset_index(drop=True)
    assert stated.equals(stated.sort_values(list(by), kind="stable", ignore_index=True))
