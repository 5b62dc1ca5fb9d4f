"""What does a decision need at first glance: spend, debt, and what is left?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from billnb import analysis, engine
from billnb.engine import answers
from billnb.history import readings, rules
from billnb.summary.prepaid import prepaid
from billnb.values import calendar, words
from billnb.values.money import total

_MOST_BALANCES = 3

VERIFIED = {
    "snapshot": "two readings agree",
    "single page": "one answer held everything",
    "by id": "as many different ids as entries announced",
    "append-only": "all pages agree on the total",
}
"""What each certificate of a reading says, in words."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number that matters, and what it is to be read against.

    Attributes
    ----------
    amount : str
        The amount, exact, with its currency.
    change : str
        The change in percent with its sign, or nothing.
    note : str
        What it is, or is compared with.
    """

    amount: str
    change: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """One question's answer: a line for each currency, or a sentence where there is none."""

    title: str
    lines: Sequence[Line]
    sentence: str = ""


def cards(history: Any, as_of: datetime) -> list[Card]:
    """Return spend, what is unpaid, and prepaid balances.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history.
    as_of : datetime.datetime
        When it is, in UTC.

    Returns
    -------
    list of Card
        In this order.

    Examples
    --------
    >>> import billnb
    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 21, tzinfo=UTC)
    >>> history = billnb.demo(today=now.date())
    >>> [card.title for card in cards(history, now)]
    ['Spend this month', 'Unpaid', 'Prepaid balance']
    """
    entries = engine.whole(history)
    # what is dated later was not so yet
    entries = entries[entries["issued_at"] <= as_of]
    begins = _begins(entries)
    spend = _spend(entries, as_of, begins)
    return [spend, unpaid(entries, as_of), _prepaid(entries, as_of, begins)]


def verification(read: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how accounts were verified, in a sentence.

    Examples
    --------
    >>> verification({"bytio": {"certificate": "by id"}})
    'Verified: bytio by id (as many different ids as entries announced).'
    """
    if not read:
        return "How it was verified is not known: the frame does not say."
    how: dict[str, list[str]] = {}
    for account, reading in read.items():
        how.setdefault(str(reading["certificate"]), []).append(account)
    parts = [
        f"{words.listed(accounts, most=4)} {certificate} ({VERIFIED.get(certificate, 'as read')})"
        for certificate, accounts in how.items()
    ]
    return f"Verified: {'; '.join(parts)}."


def _begins(history: pd.DataFrame) -> datetime | None:
    """Return the instant before which entries were left out, where some were."""
    cuts = [one["since"] for one in readings(history).values() if one["since"] is not None]
    return max(cuts, default=None)


def _spend(history: Any, as_of: datetime, begins: datetime | None) -> Card:
    spent = analysis.spend(history, as_of=as_of)
    if spent.empty:
        return Card("Spend", [], "No invoice counts as spend.")
    last = answers.records(spent[spent["period"] == spent["period"].max()])
    month = last[0]["period"].date()
    before = calendar.before(month, "month") or month
    running = month == calendar.start(as_of.date(), "month")
    title = "Spend this month" if running else f"Spend in {words.period(month, 'month')}"
    days = (as_of.date() - month).days + 1
    against = _first_days(before, days) if running else words.period(before, "month")
    is_cut = begins is not None and begins.date() > before
    lines = []
    for one in last:
        change = None if is_cut else one["change_pct"]
        note = "nothing to compare with" if change is None else f"against {against}"
        amount = words.amount(one["amount"], one["currency"])
        lines.append(Line(amount, words.change(change), note))
    so_far = f"{_first_days(month, days)}, so far" if running else "the last month with invoices"
    return Card(title, lines, so_far)


def _first_days(month: date, days: int) -> str:
    """Return the first days of a month: ``1-21 Oct``."""
    after = calendar.after(month, "month")
    last = month + timedelta(days=days - 1)
    if after is not None and last >= after:
        last = after - timedelta(days=1)
    return f"1-{last.day} {month:%b}" if last.day > 1 else f"1 {month:%b}"


def unpaid(history: Any, as_of: datetime) -> Card:
    """Return what is unpaid in each currency, and since when."""
    owed = analysis.ageing(history, as_of)
    oldest = _oldest_unpaid(history)
    lines = []
    for currency, part in owed.groupby("currency"):
        since, is_due = oldest[str(currency)]
        days = (as_of.date() - since).days
        age = f"{'due' if is_due else 'issued'} {words.day(since)}"
        note = f"{words.counted(int(part['entries'].sum()), 'invoice')}, the oldest {age}"
        if days > 0:
            note += f", {words.counted(days, 'day')} ago"
        lines.append(Line(words.amount(total(part["amount"].tolist()), str(currency)), "", note))
    silent = analysis.statuses(history)
    silent = silent[(silent["kind"] == "invoice") & silent["status"].isna()]
    sentence = "" if lines else "Nothing is unpaid."
    if len(silent):
        count = words.counted(int(silent["entries"].sum()), "invoice")
        unknown = f"Not known of {count} without a status."
        sentence = unknown if lines else f"Nothing is known to be unpaid. {unknown}"
    return Card("Unpaid", lines, sentence)


def _oldest_unpaid(history: Any) -> dict[str, tuple[date, bool]]:
    columns = ["currency", "kind", "status", "issued_at", "due_at"]
    unpaid = engine.entries(history, columns).filter(rules.is_unpaid())
    counted = nw.coalesce(nw.col("due_at"), nw.col("issued_at"))
    dated = unpaid.with_columns(since=counted, is_due=~nw.col("due_at").is_null())
    table = engine.collected(dated.group_by("currency", "is_due").agg(nw.col("since").min()))
    found: dict[str, tuple[date, bool]] = {}
    for row in table.to_pylist():
        one = (row["since"].date(), row["is_due"])
        found[row["currency"]] = min(one, found.get(row["currency"], one))
    return found


def _prepaid(history: pd.DataFrame, as_of: datetime, begins: datetime | None) -> Card:
    left = analysis.balance(history)
    if left.empty:
        return Card("Prepaid balance", [], "No account is prepaid.")
    found = prepaid(left, as_of)
    shown = [
        Line(words.amount(one.left, one.currency), "", f"{one.account}: {one.outlook}")
        for one in found[:_MOST_BALANCES]
    ]
    counted = f"Counted from {words.day(left['issued_at'].min())}, the first entry here."
    if begins is not None:
        counted = f"Counted from {words.day(begins)}; what was left before is not in it."
    if len(found) > len(shown):
        more = words.counted(len(found) - len(shown), "account")
        counted = f"And {more} that last longer. {counted}"
    return Card("Prepaid balance", shown, counted)


__all__ = ["VERIFIED", "Card", "Line", "cards", "unpaid", "verification"]
