"""What a history says: laws that hold for any, and answers worked out by hand."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import isclose
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from support.ledgers import (
    GROUPS,
    QUESTIONS,
    Row,
    history,
    in_pandas,
    invoice,
    ledgers,
    long_table,
    payment,
    records,
    shuffled,
    steps,
    top_up,
)

from billnb import analysis
from billnb.errors import MoneyError
from billnb.history import COLUMNS
from billnb.history.rules import COMPONENTS
from billnb.values import calendar
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


# the same answers, worked out entry by entry in Python's integers


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
    rows: list[Row], amount: Callable[[Row], int], by: str, group: list[str], today: date
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
        for before, period in pairwise([None, *firsts]):
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


# laws of any question


@each_question
@given(ledgers(), st.randoms(use_true_random=False))
@settings(laws, max_examples=20)
def test_the_order_of_rows_never_matters(
    question: str, ledger: pd.DataFrame, chance: random.Random
) -> None:
    ask = QUESTIONS[question]
    assert ask(ledger).equals(ask(shuffled(ledger, chance)))


@each_question
@given(ledgers(max_size=20))
@settings(laws, max_examples=10)
def test_answers_are_frames_of_exact_types(question: str, ledger: pd.DataFrame) -> None:
    answer = QUESTIONS[question](ledger)
    assert answer.dtypes.to_dict() == TYPES[question]
    assert list(answer) == list(TYPES[question])
    assert answer.index.equals(pd.RangeIndex(len(answer)))


@each_question
def test_the_empty_history_has_an_empty_answer_of_the_same_types(question: str) -> None:
    answer = QUESTIONS[question](history())
    assert len(answer) == 0
    assert answer.dtypes.to_dict() == TYPES[question]
    assert list(answer) == list(TYPES[question])


@each_question
@given(ledgers(max_size=20))
@settings(laws, max_examples=10)
def test_index_attributes_and_other_columns_never_matter(
    question: str, ledger: pd.DataFrame
) -> None:
    ask = QUESTIONS[question]
    other = ledger[list(reversed(COLUMNS))].assign(note=1.5)
    other.index = pd.Index(["same"] * len(other), name="total")
    other.attrs["billnb"] = {"acme": 1}
    assert ask(ledger).equals(ask(other))


@each_question
@given(ledgers(max_size=20))
@settings(laws, max_examples=5)
def test_asking_changes_nothing(question: str, ledger: pd.DataFrame) -> None:
    before = ledger.copy()
    QUESTIONS[question](ledger)
    assert ledger.equals(before)


@each_question
@pytest.mark.parametrize(
    "context",
    [Context(prec=3), Context(traps=[Inexact])],
    ids=["of three digits", "that allows no rounding"],
)
def test_the_decimal_context_of_the_caller_never_matters(question: str, context: Context) -> None:
    ask, ledger = QUESTIONS[question], in_pandas(long_table(200))
    expected = ask(ledger)
    with localcontext(context):
        answer = ask(ledger)
    assert answer.equals(expected)


# charges


@laws
@given(ledgers(), periods, st.booleans())
def test_components_sum_exactly_to_what_was_charged(
    ledger: pd.DataFrame, by: str, include_voided: bool
) -> None:
    account = ("period", "provider", "account", "currency")
    answer = analysis.charges(ledger, by, include_voided=include_voided)
    whole = analysis.spend(ledger, by, ["provider", "account"], include_voided=include_voided)
    assert summed(records(answer), *account) == summed(
        (row for row in records(whole) if row["entries"]), *account
    )


@laws
@given(ledgers(), periods, st.booleans())
def test_charges_are_those_of_the_entries(
    ledger: pd.DataFrame, by: str, include_voided: bool
) -> None:
    expected: Sums = defaultdict(int)
    for row in records(ledger):
        if is_spend(row, include_voided):
            key = period_of(row, by), row["provider"], row["account"], row["currency"]
            for component, amount in parts(row).items():
                expected[*key, component] += amount
    answer = analysis.charges(ledger, by, include_voided=include_voided)
    found = {
        (row["period"].date(), *(row[name] for name in (*ACCOUNT, "component"))): steps(
            row["amount"]
        )
        for row in records(answer)
    }
    assert len(found) == len(answer)
    assert found == expected
    assert_sorted(
        answer.assign(component=answer["component"].map(COMPONENTS.index)),
        "period",
        *ACCOUNT,
        "component",
    )


def test_what_the_provider_rounded_is_a_component() -> None:
    answer = analysis.charges(
        history(
            invoice("8.25", "2026-01-05", usage="5.121", standing="3", discount="-1", tax="1.13"),
            invoice("1.01", "2026-01-31T23:59:59", usage="1.006"),
        )
    )
    assert dict(zip(answer["component"], map(str, answer["amount"]), strict=True)) == {
        "usage": "6.127000000000",
        "standing": "3.000000000000",
        "discount": "-1.000000000000",
        "tax": "1.130000000000",
        "rounding": "0.003000000000",
    }


def test_what_the_provider_does_not_itemize_is_unclassified() -> None:
    answer = analysis.charges(
        history(
            invoice("120", "2026-01-05", tax="20", discount="-10"),
            invoice("7", "2026-01-06", standing="7"),
        )
    )
    assert dict(zip(answer["component"], map(int, answer["amount"]), strict=True)) == {
        "standing": 7,
        "discount": -10,
        "tax": 20,
        "rounding": 0,
        "unclassified": 110,
    }
    assert answer["component"].to_list() == [
        "standing", "discount", "tax", "rounding", "unclassified",
    ]  # fmt: skip


def test_accounts_and_currencies_are_charged_apart() -> None:
    answer = analysis.charges(
        history(
            invoice(1, "2026-01-05"),
            invoice(2, "2026-01-05", currency="EUR"),
            invoice(4, "2026-01-05", account="voice"),
            invoice(8, "2026-01-05", provider="unpod"),
            invoice(16, "2026-02-05"),
        )
    )
    assert answer["amount"].map(int).to_list() == [2, 1, 4, 8, 16]


def test_a_refunded_invoice_is_no_spend() -> None:
    ledger = history(
        invoice(5, "2026-01-05", status="refunded"),
        invoice(7, "2026-01-05", status="cancelled"),
        invoice(11, "2026-01-05", status="failed"),
        invoice(13, "2026-01-05"),
        payment(17, "2026-01-05"),
        {**invoice(19, "2026-01-05"), "kind": "credit"},
    )
    assert analysis.spend(ledger)["amount"].map(int).to_list() == [24]
    assert analysis.charges(ledger)["amount"].map(int).to_list() == [24]
    assert analysis.spend(ledger, include_voided=True)["amount"].map(int).to_list() == [36]
    assert analysis.charges(ledger, include_voided=True)["amount"].map(int).to_list() == [36]


# spend


@laws
@given(ledgers(), periods, st.lists(st.sampled_from(GROUPS), unique=True), st.booleans())
def test_any_grouping_of_spend_sums_to_the_whole(
    ledger: pd.DataFrame, by: str, group: list[str], include_voided: bool
) -> None:
    invoices = [row for row in records(ledger) if is_spend(row, include_voided)]
    answer = records(analysis.spend(ledger, by, group, include_voided=include_voided))
    assert summed(answer, "currency") == summed(invoices, "currency", amount="total")
    whole = analysis.spend(ledger, by, include_voided=include_voided)
    assert summed(answer, "period", "currency") == summed(records(whole), "period", "currency")
    assert sum(row["entries"] for row in answer) == len(invoices)


@laws
@given(ledgers(), periods, st.lists(st.sampled_from(GROUPS), unique=True, max_size=2), days)
@example(
    history(
        invoice(1, "2025-02-28T23:59:59.999999"),
        invoice(2, "2025-03-01"),
        invoice(4, "2025-03-31"),
        invoice(8, "2025-04-01"),
    ),
    "month",
    [],
    date(2025, 3, 30),
)
@example(
    history(invoice(1, "2025-01-28"), invoice(2, "2025-01-29"), invoice(4, "2025-02-28")),
    "month",
    [],
    date(2025, 2, 28),
)
def test_spend_is_that_of_the_entries(
    ledger: pd.DataFrame, by: str, group: list[str], today: date
) -> None:
    invoices = [row for row in records(ledger) if is_spend(row)]
    answer = analysis.spend(ledger, by, group, as_of=today)
    expected = in_series(invoices, lambda row: steps(row["total"]), by, group, today)
    assert_series(answer, expected, group)
    assert_sorted(answer, "period", "currency", *group)


@laws
@given(ledgers(), periods)
def test_every_series_has_every_period(ledger: pd.DataFrame, by: str) -> None:
    answer = analysis.spend(ledger, by, "provider")
    frequency = {"day": "D", "week": "W-MON", "month": "MS", "quarter": "QS", "year": "YS"}[by]
    assume(len(answer))
    whole = pd.date_range(answer["period"].min(), answer["period"].max(), freq=frequency)
    for _, one in answer.groupby(["currency", "provider"]):
        assert one["period"].to_list() == whole.to_list()


def test_months_without_entries_are_there() -> None:
    answer = analysis.spend(
        history(
            invoice("100", "2025-11-30T23:59:59.999999"),
            invoice("50", "2026-02-01"),
            invoice("7", "2025-12-15", currency="EUR"),
        ),
        as_of="2026-06",
    )
    assert answer["period"].dt.strftime("%Y-%m").to_list() == [
        "2025-11", "2025-11", "2025-12", "2025-12", "2026-01", "2026-01", "2026-02", "2026-02",
    ]  # fmt: skip
    assert answer["currency"].to_list() == ["EUR", "USD"] * 4
    assert answer["amount"].map(int).to_list() == [0, 100, 7, 0, 0, 0, 0, 50]
    assert answer["entries"].to_list() == [0, 1, 1, 0, 0, 0, 0, 1]
    change = [None if pd.isna(one) else int(one) for one in answer["change"]]
    assert change == [None, None, 7, -100, -7, 0, 0, 50]
    percent = [None if pd.isna(one) else one for one in answer["change_pct"]]
    assert percent == [None, None, None, -100.0, -100.0, None, None, None]
    assert answer["complete"].all()


def test_the_running_month_is_measured_against_as_many_days_of_the_one_before() -> None:
    ledger = history(
        invoice(10, "2026-02-01"),
        invoice(20, "2026-02-10T23:59:59.999999"),
        invoice(40, "2026-02-11"),
        invoice(15, "2026-03-10"),
    )
    running = analysis.spend(ledger, as_of=datetime(2026, 3, 10, 0, 0, tzinfo=UTC)).iloc[-1]
    assert (running["amount"], running["change"], running["change_pct"]) == (15, -15, -50.0)
    assert not running["complete"]
    over = analysis.spend(ledger, as_of="2026-04-01").iloc[-1]
    assert (over["amount"], over["change"]) == (15, -55)
    assert over["complete"]


@pytest.mark.parametrize("today", ["2025-03-28", "2025-03-29", "2025-03-31"])
def test_the_end_of_march_is_measured_against_all_of_february(today: str) -> None:
    ledger = history(
        invoice(1, "2025-02-01"),
        invoice(2, "2025-02-28T23:59:59.999999"),
        invoice(4, "2025-03-01"),
        invoice(8, "2025-03-31"),
    )
    assert analysis.spend(ledger, as_of=today)["change"].to_list()[1] == 12 - 3


def test_the_end_of_february_is_not_measured_against_the_end_of_january() -> None:
    ledger = history(
        invoice(1, "2025-01-28T23:59:59.999999"),
        invoice(2, "2025-01-29"),
        invoice(4, "2025-02-01"),
    )
    assert analysis.spend(ledger, as_of="2025-02-28")["change"].to_list()[1] == 3
    assert analysis.spend(ledger, as_of="2025-03-01")["change"].to_list()[1] == 1


def test_a_period_to_come_is_not_complete() -> None:
    ledger = history(invoice(1, "2026-01-05"), invoice(2, "2026-02-05"), invoice(4, "2026-03-05"))
    answer = analysis.spend(ledger, as_of="2026-02-04")
    assert answer["complete"].to_list() == [True, False, False]
    assert answer["change"].to_list()[1:] == [2, 2]


def test_weeks_begin_on_monday_and_know_no_new_year() -> None:
    ledger = history(
        invoice(1, "2026-12-27T23:59:59.999999"),
        invoice(2, "2026-12-28"),
        invoice(4, "2027-01-03T23:59:59.999999"),
        invoice(8, "2027-01-04"),
    )
    answer = analysis.spend(ledger, "week")
    assert answer["period"].dt.strftime("%Y-%m-%d").to_list() == [
        "2026-12-21", "2026-12-28", "2027-01-04",
    ]  # fmt: skip
    assert answer["amount"].map(int).to_list() == [1, 6, 8]


def test_a_credit_makes_the_change_in_percent_no_nonsense() -> None:
    ledger = history(invoice(-50, "2026-01-05"), invoice(25, "2026-02-05"))
    row = analysis.spend(ledger).iloc[-1]
    assert (row["change"], row["change_pct"]) == (75, 150.0)


def test_a_group_is_one_column_or_several() -> None:
    ledger = history(
        invoice(1, "2026-01-05"),
        invoice(2, "2026-01-05", provider="unpod"),
        invoice(4, "2026-01-05", provider="unpod", account="voice"),
    )
    assert list(analysis.spend(ledger, group="provider"))[:4] == [
        "period", "currency", "provider", "amount",
    ]  # fmt: skip
    one = analysis.spend(ledger, group="provider")
    assert dict(zip(one["provider"], one["amount"].map(int), strict=True)) == {
        "acme": 1,
        "unpod": 6,
    }
    both = analysis.spend(ledger, group=["account", "provider", "account"])
    assert list(both)[1:5] == ["currency", "account", "provider", "amount"]
    assert both["amount"].map(int).to_list() == [1, 2, 4]


def test_columns_of_ones_own_can_be_grouped_by() -> None:
    ledger = history(*[invoice(10**number, "2026-01-05") for number in range(4)])
    ledger["team"] = pd.Categorical(["b", "a", None, "b"])
    answer = analysis.spend(ledger, group="team")
    found = {one["team"]: int(one["amount"]) for one in records(answer)}
    assert found == {"a": 10, "b": 1001, None: 100}
    assert answer["team"].dtype == STRING


def test_groups_of_numbers_sort_as_numbers() -> None:
    ledger = history(*[invoice(number, "2026-01-05") for number in (2, 10, 1)])
    ledger["cost_center"] = [2, 10, 1]
    assert analysis.spend(ledger, group="cost_center")["cost_center"].to_list() == [1, 2, 10]


def test_a_group_of_instants_is_in_utc_as_the_history_is() -> None:
    ledger = history(invoice(1, "2026-01-05", due_at="2026-02-01T12:00"))
    answer = analysis.spend(ledger, group="due_at")
    assert answer["due_at"].dtype == INSTANT
    assert answer["due_at"].to_list() == ledger["due_at"].to_list()


# cash


@laws
@given(ledgers(), periods, st.lists(st.sampled_from(GROUPS), unique=True, max_size=2), days)
def test_cash_is_that_of_the_entries(
    ledger: pd.DataFrame, by: str, group: list[str], today: date
) -> None:
    rows = [row for row in records(ledger) if is_cash(row)]
    answer = analysis.cash(ledger, by, group, as_of=today)
    assert_series(answer, in_series(rows, moved, by, group, today), group)
    assert_sorted(answer, "period", "currency", *group)


def test_a_refund_brings_money_back_whichever_its_sign() -> None:
    ledger = history(
        payment(100, "2026-01-05"),
        {**payment(10, "2026-01-06"), "kind": "refund"},
        {**payment(-20, "2026-01-07", None), "kind": "refund"},
        {**payment(5, "2026-01-08"), "kind": "chargeback"},
        {**payment(1, "2026-01-08", "failed"), "kind": "refund"},
    )
    answer = analysis.cash(ledger)
    assert answer["amount"].to_list() == [65]
    assert answer["entries"].to_list() == [4]


def test_money_that_did_not_move_is_no_cash() -> None:
    statuses = ["pending", "failed", "refunded", "cancelled", "disputed"]
    ledger = history(
        *[payment(10, "2026-01-05", status) for status in statuses],
        invoice(10, "2026-01-05", status="paid"),
        {**payment(10, "2026-01-05"), "kind": "credit"},
    )
    assert len(analysis.cash(ledger)) == 0


def test_a_payment_of_a_provider_that_states_no_status_went_through() -> None:
    assert analysis.cash(history(payment(10, "2026-01-05", None)))["amount"].to_list() == [10]


# statuses


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


# ageing


@laws
@given(ledgers(), days)
def test_buckets_are_those_of_the_entries_and_all_that_is_unpaid(
    ledger: pd.DataFrame, today: date
) -> None:
    expected: Sums = defaultdict(int)
    entries: Counter[Any] = Counter()
    for row in records(ledger):
        if row["kind"] == "invoice" and row["status"] in ("pending", "failed"):
            source = "issued_at" if row["due_at"] is None else "due_at"
            late = (today - row[source].date()).days
            bucket = (
                "not due" if late < 0
                else "0-30" if late <= 30
                else "31-60" if late <= 60
                else "61-90" if late <= 90
                else "90+"
            )  # fmt: skip
            key = (*(row[name] for name in ACCOUNT), bucket, source)
            expected[key] += steps(row["total"])
            entries[key] += 1
    answer = analysis.ageing(ledger, as_of=today)
    found = {
        tuple(row[name] for name in (*ACCOUNT, "bucket", "counted_from")): row
        for row in records(answer)
    }
    assert len(found) == len(answer)
    assert {key: steps(row["amount"]) for key, row in found.items()} == expected
    assert {key: row["entries"] for key, row in found.items()} == entries
    order = ["not due", "0-30", "31-60", "61-90", "90+"]
    assert_sorted(answer.assign(bucket=answer["bucket"].map(order.index)), *ACCOUNT, "bucket")


def test_a_failed_top_up_is_no_debt() -> None:
    ledger = history(
        top_up(500, "2026-01-05", "failed"),
        top_up(500, "2026-01-05", "pending"),
        invoice(10, "2026-01-05", status="failed"),
    )
    answer = analysis.ageing(ledger, as_of="2026-01-05")
    assert answer["amount"].to_list() == [10]


def test_an_invoice_is_unpaid_where_its_provider_says_so_alone() -> None:
    statuses = [None, "paid", "refunded", "cancelled", "disputed"]
    ledger = history(*[invoice(10, "2026-01-05", status=status) for status in statuses])
    assert len(analysis.ageing(ledger)) == 0


def test_days_are_counted_from_one_date_to_another() -> None:
    due = {
        "2026-06-30": "not due",
        "2026-06-29T12:00:00.000001": "not due",
        "2026-06-29T12:00": "0-30",
        "2026-05-30T00:00": "0-30",
        "2026-05-29T23:59:59.999999": "31-60",
        "2026-04-30": "31-60",
        "2026-04-29T23:59:59.999999": "61-90",
        "2026-03-31": "61-90",
        "2026-03-30T23:59:59.999999": "90+",
        "2001-01-01": "90+",
    }
    ledger = history(
        *[
            invoice(1, "2026-01-01", status="pending", due_at=moment, account=moment)
            for moment in due
        ]
    )
    answer = analysis.ageing(ledger, as_of="2026-06-29T12:00:00.000000")
    assert dict(zip(answer["account"], answer["bucket"], strict=True)) == due


def test_what_is_due_today_is_due_when_the_day_is_over() -> None:
    ledger = history(invoice(1, "2026-01-01", status="pending", due_at="2026-06-29T18:00"))
    assert analysis.ageing(ledger, as_of="2026-06-29")["bucket"].to_list() == ["0-30"]
    assert analysis.ageing(ledger, as_of="2026-06-29T17")["bucket"].to_list() == ["not due"]


def test_days_are_counted_from_the_due_date_or_else_from_the_day_of_issue() -> None:
    ledger = history(
        invoice(1, "2026-01-01", status="pending", due_at="2026-06-29"),
        invoice(2, "2026-01-01", status="pending"),
    )
    answer = analysis.ageing(ledger, as_of="2026-06-30")
    assert records(answer[["bucket", "counted_from", "amount"]]) == [
        {"bucket": "0-30", "counted_from": "due_at", "amount": Decimal(1)},
        {"bucket": "90+", "counted_from": "issued_at", "amount": Decimal(2)},
    ]


@pytest.mark.parametrize(
    ("as_of", "bucket"), [("9999", "90+"), (date.max, "90+"), ("0001-01-01", "not due")]
)
def test_any_day_of_the_calendar_can_be_asked_about(as_of: Any, bucket: str) -> None:
    ledger = history(invoice(1, "2026-01-01", status="pending"))
    assert analysis.ageing(ledger, as_of=as_of)["bucket"].to_list() == [bucket]


# balance


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


# duplicates


@laws
@given(ledgers())
def test_duplicates_are_alike_and_all_of_them(ledger: pd.DataFrame) -> None:
    alike: dict[tuple[Any, ...], set[tuple[str, ...]]] = defaultdict(set)
    for row in records(ledger):
        lost = row["status"] == "failed" and row["kind"] != "invoice"
        if row["status"] not in ("cancelled", "refunded") and not lost:
            key = (*(row[name] for name in ACCOUNT), row["kind"], row["total"])
            alike[*key, row["issued_at"].date()].add(
                (row["provider"], row["account"], row["entry_id"])
            )
    answer = analysis.duplicates(ledger)
    found: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for row in records(answer):
        found[row["group"]].add((row["provider"], row["account"], row["entry_id"]))
    assert sum(map(len, found.values())) == len(answer)
    assert list(found) == list(range(1, len(found) + 1))
    assert sorted(map(sorted, found.values())) == sorted(
        sorted(some) for some in alike.values() if len(some) > 1
    )
    assert_sorted(answer, "group", "issued_at")
    begins = answer.groupby("group")["issued_at"].min()
    assert begins.is_monotonic_increasing


def test_two_top_ups_of_one_amount_on_one_day_look_alike() -> None:
    answer = analysis.duplicates(
        history(
            top_up(150, "2026-01-05T23:59:59.999999", entry_id="last"),
            top_up(150, "2026-01-05", entry_id="first"),
            top_up(150, "2026-01-06", entry_id="next day"),
            top_up("150.000000000001", "2026-01-05", entry_id="another amount"),
            top_up(150, "2026-01-05", currency="EUR", entry_id="another currency"),
            top_up(150, "2026-01-05", account="voice", entry_id="another account"),
            invoice(150, "2026-01-05", entry_id="another kind"),
        )
    )
    assert answer["entry_id"].to_list() == ["first", "last"]
    assert answer["group"].to_list() == [1, 1]


def test_what_took_no_money_is_no_duplicate() -> None:
    ledger = history(
        *[top_up(150, "2026-01-05", status) for status in ("paid", "failed", "refunded")],
        *[invoice(7, "2026-01-05", status=status) for status in (None, "cancelled")],
    )
    assert len(analysis.duplicates(ledger)) == 0


def test_an_invoice_whose_payment_failed_is_charged_all_the_same() -> None:
    ledger = history(*[invoice(7, "2026-01-05", status=status) for status in ("failed", "paid")])
    assert len(analysis.duplicates(ledger)) == 2


def test_duplicates_of_two_accounts_at_one_instant_come_in_one_order() -> None:
    """Ids are an account's own: those of two accounts may be the same."""
    rows = [
        top_up(7, "2026-01-05", account=account, entry_id=number)
        for account in ("main", "voice")
        for number in ("1", "2")
    ]
    answer = analysis.duplicates(history(*rows))
    assert answer.equals(analysis.duplicates(history(*rows[::-1])))
    assert answer["account"].to_list() == ["main", "main", "voice", "voice"]


def test_groups_of_duplicates_follow_each_other_in_time() -> None:
    day = "2026-01-05T0"
    answer = analysis.duplicates(
        history(
            top_up(2, f"{day}2", entry_id="b"),
            top_up(1, f"{day}1", entry_id="a"),
            top_up(2, f"{day}3", entry_id="c"),
            top_up(1, f"{day}4", entry_id="d"),
        )
    )
    assert answer["entry_id"].to_list() == ["a", "d", "b", "c"]
    assert answer["group"].to_list() == [1, 1, 2, 2]


# the ends of what can be kept


def test_sums_too_large_to_be_kept_are_refused() -> None:
    most = Decimal("9999999999999999.999999999999")
    ledger = history(*[invoice(most, "2026-01-05", status="pending")] * 2, top_up(1, "2026-01-01"))
    for ask in (
        analysis.charges, analysis.spend, analysis.statuses, analysis.ageing, analysis.balance,
    ):  # fmt: skip
        with pytest.raises(MoneyError, match="16 digits"):
            ask(ledger)
    with pytest.raises(MoneyError, match="16 digits"):
        analysis.cash(history(*[payment(most, "2026-01-05")] * 2))


@pytest.mark.parametrize("by", ["quarter", "year"])
def test_sums_that_are_large_on_the_way_alone_are_exact(by: str) -> None:
    most = Decimal("9999999999999999.999999999999")
    moves = [("01", most), ("01", most), ("02", -most), ("02", Decimal("3e-12")), ("03", -most)]
    charged = history(*[invoice(one, f"2026-{month}-05", usage=one) for month, one in moves])
    paid = history(*[payment(one, f"2026-{month}-05") for month, one in moves])
    assert analysis.spend(charged, by)["amount"].map(steps).to_list() == [3]
    assert analysis.cash(paid, by)["amount"].map(steps).to_list() == [3]
    assert analysis.statuses(charged, by)["amount"].map(steps).to_list() == [3]
    assert analysis.charges(charged, by)["amount"].map(steps).to_list() == [3, 0]


@pytest.mark.parametrize("by", PERIODS)
@pytest.mark.parametrize("day", [date(1, 1, 1), date(99, 12, 31), date(9999, 12, 31)])
def test_the_ends_of_the_calendar_have_periods_too(day: date, by: str) -> None:
    """Where a provider means no date at all, it may say the first of them or the last."""
    ledger = history(invoice(7, f"{day}T12:00"))
    for answer in (analysis.charges(ledger, by), analysis.spend(ledger, by)):
        assert [row["period"].date() for row in records(answer[["period"]])] == [
            calendar.start(day, by)  # type: ignore[arg-type]
        ]
        assert answer["amount"].to_list() == [7]


def test_each_question_is_asked_in_these_tests() -> None:
    asked = {name.split()[0] for name in QUESTIONS}
    assert asked == set(analysis.__all__) - {"convert"}
