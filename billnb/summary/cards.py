"""The cards: spend, what is unpaid, and prepaid balances, worded once for every page.

Terminal, report and dashboard pass their sums (:class:`Spent`, :class:`Debt`,
:class:`~billnb.summary.prepaid.Prepaid`); the titles and sentences are written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billnb import engine
from billnb.analysis.cached import CachedAnswers
from billnb.engine import answers
from billnb.history import readings
from billnb.summary.oldest import oldest_unpaid
from billnb.summary.prepaid import Prepaid, prepaid
from billnb.values import calendar, words
from billnb.values.money import total

VERIFIED = {
    "snapshot": "two readings agree",
    "single page": "one answer held everything",
    "by id": "as many different ids as entries announced",
    "append-only": "all pages agree on the total",
}
"""The meaning of each certificate of a reading."""

_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a card, and what it is compared with.

    Attributes
    ----------
    amount : str
        The amount, exact, with its currency.
    change : str
        The change in percent with its sign, or nothing.
    note : str
        Its meaning, or what it is compared with.
    """

    amount: str
    change: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """The answer to one question: a line for each currency, or a sentence where there is none."""

    title: str
    lines: Sequence[Line]
    sentence: str = ""

    def shortened(self) -> Card:
        """Return the card with at most three lines, and the number of those left out."""
        more = len(self.lines) - _MOST_LINES
        if more <= 0:
            return self
        sentence = f"And {more:,} more. {self.sentence}".strip()
        return replace(self, lines=self.lines[:_MOST_LINES], sentence=sentence)


@dataclass(frozen=True, slots=True)
class Spent:
    """The amount charged in some days in one currency, and in the days it is compared with.

    Attributes
    ----------
    currency : str
        The currency.
    since, until : datetime.date
        The first and the last day.
    amount : decimal.Decimal
        What was charged in these days.
    so_far : decimal.Decimal
        What was charged up to today, which is compared.
    before : tuple of datetime.date, datetime.date and decimal.Decimal, or None
        The first and the last day compared with, and what was charged in them; ``None`` where that
        is not known.
    """

    currency: str
    since: date
    until: date
    amount: Decimal
    so_far: Decimal
    before: tuple[date, date, Decimal] | None


@dataclass(frozen=True, slots=True)
class Debt:
    """What is unpaid in one currency.

    Attributes
    ----------
    currency : str
        The currency.
    amount : decimal.Decimal
        The total.
    invoices : int
        The number of invoices.
    oldest : datetime.date
        The due date of the oldest, or the day it was issued if no due date is stated.
    is_due : bool
        Whether that day is a due date.
    """

    currency: str
    amount: Decimal
    invoices: int
    oldest: date
    is_due: bool


def cards(history: Any, as_of: datetime) -> list[Card]:
    """Return the cards of spend, of what is unpaid, and of prepaid balances.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame, or CachedAnswers
        A history.
    as_of : datetime.datetime
        The moment to answer for, in UTC.

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
    cached = _known(CachedAnswers.of(history), as_of)
    begins = _begins(cached.history)
    return [
        _of_spend(cached, as_of, begins),
        unpaid(cached, as_of),
        _of_prepaid(cached, as_of, begins),
    ]


def verification(read: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a sentence about how accounts were verified.

    Examples
    --------
    >>> verification({"bytio": {"certificate": "by id"}})
    'Verified: bytio by id (as many different ids as entries announced).'
    """
    if not read:
        return "How it was verified is not known: the frame has no notes about it."
    how: dict[str, list[str]] = {}
    for account, reading in read.items():
        how.setdefault(str(reading["certificate"]), []).append(account)
    parts = [
        f"{words.listed(accounts, most=4)} {certificate} ({VERIFIED.get(certificate, 'as read')})"
        for certificate, accounts in how.items()
    ]
    return f"Verified: {'; '.join(parts)}."


def spend_card(spent: Sequence[Spent], *, what: str = "Spend", is_current: bool = False) -> Card:
    """Return the card of what was charged, in the same days for each currency.

    Parameters
    ----------
    spent : sequence of Spent
        One for each currency.
    what : str
        What was charged: ``Spend``, or one component.
    is_current : bool
        Whether the days are those of the current month so far.
    """
    if not spent:
        return Card(what, [], "Nothing was charged here.")
    days = words.days(spent[0].since, spent[0].until)
    title = f"{what} this month" if is_current else f"{what}, {days}"
    return Card(title, list(map(_spent_line, spent)), f"{days}, so far" if is_current else "")


def _spent_line(one: Spent) -> Line:
    change, note = "", "nothing to compare with"
    if one.before is not None:
        since, until, amount = one.before
        if amount:
            difference = total((one.so_far, amount.copy_negate()))
            change = words.change(100 * float(difference) / abs(float(amount)))
        note = f"{'against' if amount else 'nothing in'} {words.days(since, until)}"
    return Line(words.amount(one.amount, one.currency), change, note)


def unpaid_card(debts: Sequence[Debt], silent: int, today: date) -> Card:
    """Return the card of what is unpaid.

    Parameters
    ----------
    debts : sequence of Debt
        One for each currency in which something is unpaid.
    silent : int
        The number of invoices that state no status.
    today : datetime.date
        The day to which ages are counted.
    """
    lines = [
        Line(words.amount(one.amount, one.currency), "", _debt_note(one, today)) for one in debts
    ]
    sentence = "" if lines else "Nothing is unpaid."
    if silent:
        unknown = f"{words.may_be_unpaid(silent)}."
        sentence = unknown if lines else f"Nothing is known to be unpaid. {unknown}"
    return Card("Unpaid", lines, sentence)


def _debt_note(one: Debt, today: date) -> str:
    days = (today - one.oldest).days
    age = f", {words.counted(days, 'day')} ago" if days > 0 else ""
    since = f"{'due' if one.is_due else 'issued'} {words.day(one.oldest)}"
    return f"{words.counted(one.invoices, 'invoice')}, the oldest {since}{age}"


def prepaid_card(found: Sequence[Prepaid], sentence: str = "") -> Card:
    """Return the card of prepaid balances, the first to run out first."""
    lines = [
        Line(
            words.amount(one.left, one.currency),
            "",
            f"{one.account or words.NOT_STATED}: {one.outlook}",
        )
        for one in found
    ]
    return Card("Prepaid balance", lines, sentence if lines else "No account is prepaid.")


def unpaid(history: Any, as_of: datetime) -> Card:
    """Return the card of what is unpaid in a history."""
    cached = CachedAnswers.of(history)
    owed, oldest = cached.ageing(as_of), oldest_unpaid(cached.history, ["currency"])
    debts = [
        Debt(
            str(currency),
            total(part["amount"].tolist()),
            int(part["entries"].sum()),
            *oldest[str(currency),],
        )
        for currency, part in owed.groupby("currency")
    ]
    return unpaid_card(debts, cached.invoices_without_status(), as_of.date())


def _known(cached: CachedAnswers, as_of: datetime) -> CachedAnswers:
    """Return the answers about entries up to a moment."""
    entries = engine.whole(cached.history)
    later = entries["issued_at"] > as_of
    return CachedAnswers(entries[~later]) if later.any() else cached


def _begins(history: Any) -> datetime | None:
    """Return the instant before which entries were left out, where some were."""
    cuts = [one["since"] for one in readings(history).values() if one["since"] is not None]
    return max(cuts, default=None)


def _of_spend(cached: CachedAnswers, as_of: datetime, begins: datetime | None) -> Card:
    spent = cached.spend("month", as_of)
    if spent.empty:
        return Card("Spend", [], "No invoice counts as spend.")
    last = answers.records(spent[spent["period"] == spent["period"].max()])
    month, today = last[0]["period"].date(), as_of.date()
    is_current = month == calendar.start(today, "month")
    end = min(calendar.last_day(month, "month"), today)
    previous = calendar.before(month, "month") or month
    # the current month is compared with as many days of the one before
    ends = (
        min(calendar.last_day(previous, "month"), previous + (end - month))
        if is_current
        else (calendar.last_day(previous, "month"))
    )
    is_cut = begins is not None and begins.date() > previous
    return spend_card(
        [
            Spent(
                one["currency"],
                month,
                end,
                one["amount"],
                one["amount"],
                None
                if is_cut or one["change"] is None
                else (previous, ends, total((one["amount"], one["change"].copy_negate()))),
            )
            for one in last
        ],
        is_current=is_current,
    )


def _of_prepaid(cached: CachedAnswers, as_of: datetime, begins: datetime | None) -> Card:
    left = cached.balance()
    counted = ""
    if begins is not None:
        counted = f"Counted from {words.day(begins)}; what was left before is not in it."
    elif not left.empty:
        counted = f"Counted from {words.day(left['issued_at'].min())}, the first entry here."
    return prepaid_card(prepaid(left, as_of), counted).shortened()


__all__ = [
    "VERIFIED",
    "Card",
    "Debt",
    "Line",
    "Spent",
    "cards",
    "prepaid_card",
    "spend_card",
    "unpaid",
    "unpaid_card",
    "verification",
]
