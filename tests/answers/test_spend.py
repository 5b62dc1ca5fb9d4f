"""Spend by period and group."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.ledgers import (
    GROUPS,
    history,
    invoice,
    ledgers,
    records,
    steps,
)
from support.reckoning import (
    INSTANT,
    STRING,
    assert_series,
    assert_sorted,
    days,
    in_series,
    is_spend,
    laws,
    periods,
    summed,
)

from billnb import analysis


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
