"""The cards say what the entries come to."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pytest
from support import ledgers
from support.ledgers import history, invoice, top_up
from support.reports import (
    AS_OF,
    TODAY,
    day,
    left,
    owed,
    spent,
)

import billnb
from billnb.summary import cards
from billnb.values import words
from billnb.values.moments import instant


def cards_of(frame: pd.DataFrame, as_of: str) -> dict[str, cards.Card]:
    return {card.title: card for card in cards.cards(frame, instant(as_of))}


@pytest.mark.parametrize(
    ("as_of", "month", "end", "before", "before_end", "compared"),
    [
        ("2025-02-28", "2025-02-01", "2025-03-01", "2025-01-01", "2025-01-29", "1-28 Jan 2025"),
        (
            "2025-02-23T23:00",
            "2025-02-01",
            "2025-03-01",
            "2025-01-01",
            "2025-01-24",
            "1-23 Jan 2025",
        ),
    ],
)
def test_the_cards_say_what_the_entries_come_to(
    as_of: str, month: str, end: str, before: str, before_end: str, compared: str
) -> None:
    frame = ledgers.in_pandas(ledgers.long_table())
    frame = frame[frame["issued_at"] <= pd.Timestamp(instant(as_of))].reset_index(drop=True)
    rows = ledgers.records(frame)
    spend, unpaid, prepaid = cards_of(frame, as_of).values()
    now, then = spent(rows, day(month), day(end)), spent(rows, day(before), day(before_end))
    assert [line.amount for line in spend.lines] == [words.amount(now[one], one) for one in now]
    assert [line.change for line in spend.lines] == [
        words.change(float(100 * (now[one] - then[one]) / abs(then[one]))) for one in now
    ]
    assert {line.note for line in spend.lines} == {f"against {compared}"}
    debts = owed(rows)
    assert [line.amount for line in unpaid.lines] == [
        words.amount(sum((amount for _, amount in debt), Decimal()), one)
        for one, debt in debts.items()
    ]
    for line, debt in zip(unpaid.lines, debts.values(), strict=True):
        oldest = min(debt)[0]
        assert f"{len(debt)} invoices" in line.note
        assert words.day(oldest) in line.note
        assert f"{(instant(as_of).date() - oldest).days} days ago" in line.note
    balances = {words.amount(amount, place[-1]) for place, amount in left(rows).items()}
    shown = {line.amount for line in prepaid.lines}
    assert shown
    assert shown <= balances
    if shown != balances:  # where there are many, those left out are counted
        assert str(len(balances) - len(shown)) in prepaid.sentence


def test_a_balance_lasts_as_long_as_at_the_rate_of_ninety_days() -> None:
    frame = history(top_up(500, "2026-08-01"), invoice(45, "2026-09-01"), invoice(45, "2026-10-20"))
    (line,) = cards_of(frame, "2026-10-20")["Prepaid balance"].lines
    assert line.amount == "$410.00"
    assert "about 410 days at $1" in line.note


def test_a_balance_of_which_nothing_was_spent_lately_does_not_run_out() -> None:
    frame = history(top_up(100, "2024-01-01"), invoice(60, "2024-01-15"), top_up(10, "2024-12-01"))
    (line,) = cards_of(frame, "2024-12-02")["Prepaid balance"].lines
    assert line.amount == "$50.00"
    assert "days" not in line.note.replace("90 days", "")
    assert "nothing spent" in line.note


def test_a_balance_is_reckoned_on_the_day_it_is() -> None:
    frame = history(top_up(100, "2020-10-01"), invoice(60, "2020-10-15"))
    (line,) = cards_of(frame, "2026-11-21")["Prepaid balance"].lines
    assert "a day" not in line.note  # nothing was spent for six years


def test_a_balance_says_since_when_it_is_counted() -> None:
    # the sum of what was loaded, which with --since is not what the provider shows
    prepaid = cards_of(billnb.demo(since="2026-01", today=TODAY), AS_OF)["Prepaid balance"]
    assert re.search(
        r"since|from", " ".join([prepaid.sentence, *(one.note for one in prepaid.lines)])
    )


def test_a_month_that_is_cut_is_not_compared_with() -> None:
    whole = cards_of(billnb.demo(since="2026-10-01", today=TODAY), AS_OF)
    assert all(line.change for line in whole["Spend this month"].lines)
    cut = cards_of(billnb.demo(since="2026-10-02", today=TODAY), AS_OF)
    for line in cut["Spend this month"].lines:
        assert (line.change, line.note) == ("", "nothing to compare with")
    assert "Counted from 2 Oct 2026; what was left before is not in it." in (
        cut["Prepaid balance"].sentence
    )


def test_of_many_balances_those_that_run_out_are_shown() -> None:
    frame = history(
        top_up(100, "2025-01-01", account="overdrawn"),
        invoice(600, "2025-02-01", account="overdrawn"),
        top_up(50, "2026-10-01", account="short"),
        invoice(45, "2026-11-01", account="short"),
        *(
            row
            for n in range(20)
            for row in (
                top_up(1000, "2026-10-01", account=f"ample-{n}"),
                invoice(10, "2026-11-01", account=f"ample-{n}"),
            )
        ),
    )
    lines = cards_of(frame, "2026-11-21")["Prepaid balance"].lines
    assert [line.amount for line in lines if "ample" not in line.note] == ["-$500.00", "$5.00"]


def test_on_a_day_of_the_past_it_is_told_what_was_so_then() -> None:
    frame = history(
        top_up(900, "2026-01-02"),
        *(invoice(100 * n, f"2026-{n:02}-05", status="pending") for n in range(1, 8)),
    )
    then = frame[frame["issued_at"] <= pd.Timestamp("2026-03-20", tz="UTC")]
    told = cards_of(frame, "2026-03-20")
    assert [line.amount for line in told["Spend this month"].lines] == ["$300.00"]
    assert told == cards_of(then, "2026-03-20")


def test_an_invoice_dated_ahead_does_not_stand_for_this_month() -> None:
    frame = history(
        invoice(10, "2026-10-05", status="paid"),
        invoice(12, "2026-11-05", status="paid"),
        invoice(1200, "2026-12-01", status="pending"),
    )
    spend = cards_of(frame, "2026-11-21")["Spend this month"]
    assert [(line.amount, line.change) for line in spend.lines] == [("$12.00", "+20.0%")]


def test_a_history_that_ended_long_ago_says_of_when_it_is() -> None:
    frame = history(invoice(10, "2020-10-05"), invoice(12, "2020-11-05"))
    spend = next(iter(cards_of(frame, "2026-11-21").values()))
    assert spend.title == "Spend, Nov 2020"
    assert [(one.amount, one.change, one.note) for one in spend.lines] == [
        ("$12.00", "+20.0%", "against Oct 2020")
    ]


def test_where_nothing_was_before_nothing_is_said_of_it() -> None:
    (line,) = cards_of(history(invoice(10, "2026-11-05")), "2026-11-21")["Spend this month"].lines
    assert line.change == ""
    assert "nothing in" not in line.note  # what is not in the history need not have been nothing


def test_credits_are_taken_off() -> None:
    frame = history(
        invoice("-10", "2026-11-05", status="pending"),
        invoice("20", "2026-10-05", status="pending"),
        invoice("-60.5", "2026-10-06", status="pending"),
    )
    spend, unpaid, _ = cards_of(frame, "2026-11-21").values()
    assert [(one.amount, one.change) for one in spend.lines] == [("-$10.00", "+75.3%")]
    assert [one.amount for one in unpaid.lines] == ["-$50.50"]


def test_what_has_no_status_is_not_called_paid() -> None:
    unpaid = cards_of(history(invoice(10, "2026-11-05")), "2026-11-21")["Unpaid"]
    assert "1 invoice without a status" in unpaid.sentence
    assert "Nothing is unpaid" not in unpaid.sentence


def test_an_invoice_due_later_is_not_overdue() -> None:
    frame = history(invoice(10, "2026-11-05", status="pending", due_at="2026-12-05"))
    (line,) = cards_of(frame, "2026-11-21")["Unpaid"].lines
    assert "due 5 Dec 2026" in line.note
    assert "ago" not in line.note
