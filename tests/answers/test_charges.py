"""Charges by component."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import (
    history,
    invoice,
    ledgers,
    payment,
    records,
    steps,
)
from support.reckoning import (
    ACCOUNT,
    Sums,
    assert_sorted,
    is_spend,
    laws,
    parts,
    period_of,
    periods,
    summed,
)

from billnb import analysis
from billnb.history.rules import COMPONENTS


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
