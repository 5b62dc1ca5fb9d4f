"""Entries that look alike."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd
from hypothesis import given
from support.ledgers import (
    history,
    invoice,
    ledgers,
    records,
    top_up,
)
from support.reckoning import (
    ACCOUNT,
    assert_sorted,
    laws,
)

from billnb import analysis


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
