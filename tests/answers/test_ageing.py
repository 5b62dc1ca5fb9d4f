"""What is unpaid, by how long it has been due."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from support.ledgers import (
    history,
    invoice,
    ledgers,
    records,
    steps,
    top_up,
)
from support.reckoning import (
    ACCOUNT,
    Sums,
    assert_sorted,
    days,
    laws,
)

from billnb import analysis


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
