"""Cash in and out."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import (
    GROUPS,
    history,
    invoice,
    ledgers,
    payment,
    records,
)
from support.reckoning import (
    assert_series,
    assert_sorted,
    days,
    in_series,
    is_cash,
    laws,
    moved,
    periods,
)

from billnb import analysis


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
