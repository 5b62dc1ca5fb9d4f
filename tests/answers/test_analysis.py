"""Laws that hold for any question and any history."""

from __future__ import annotations

import random
from datetime import date
from decimal import Context, Decimal, Inexact, localcontext

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledgers import (
    QUESTIONS,
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
from support.reckoning import (
    TYPES,
    each_question,
    laws,
)

from billnb import analysis
from billnb.errors import MoneyError
from billnb.history import COLUMNS
from billnb.values import calendar
from billnb.values.calendar import PERIODS


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
