"""The choice made in a dashboard: days, filters, and the form of the charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from billnb.values import calendar, words
from billnb.values.calendar import By

FIELDS = ("provider", "account", "currency", "kind", "status")
"""The fields of which one value may be chosen."""

UNSTATED = words.NOT_STATED
"""The value for entries that do not state a field."""

PRESETS: Mapping[str, str] = {
    "all": "All",
    "this month": "This month",
    "last month": "Last month",
    "quarter": "This quarter",
    "year to date": "Year to date",
    "12 months": "12 months",
}
"""The ranges of days that have a name."""

_QUARTER, _YEAR = 3, 12  # months

STACKS = ("component", "provider", "account")
MEASURES = ("entries", "amount")


@dataclass(frozen=True, slots=True)
class Choice:
    """The part of a history that is shown, and how.

    Attributes
    ----------
    since, until : datetime.date or None
        The first and the last day; ``None`` is the history's own.
    provider, account, currency, kind, status : str or None
        The value that entries must have; ``None`` is any.
    search : str
        Words that their text must contain.
    by : str
        How long a period is.
    stack : {"component", "provider", "account"}
        The parts of stacked bars.
    measure : {"entries", "amount"}
        What the shares of statuses measure.
    period : datetime.date or None
        The one period shown by all but the figures by period.
    component : str or None
        The one component shown.
    """

    since: date | None = None
    until: date | None = None
    provider: str | None = None
    account: str | None = None
    currency: str | None = None
    kind: str | None = None
    status: str | None = None
    search: str = ""
    by: By = "month"
    stack: str = "component"
    measure: str = "entries"
    period: date | None = None
    component: str | None = None

    def days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day, those of the one period where one is chosen."""
        if self.period is None:
            return self.since, self.until
        end = calendar.after(self.period, self.by)
        last = None if end is None else end - timedelta(days=1)
        first = self.period if self.since is None else max(self.since, self.period)
        return first, _earlier(self.until, last)


def matches(value: str | None, wanted: str | None) -> bool:
    """Return whether the value of a field is the one chosen, if any is."""
    return wanted is None or (UNSTATED if value is None else value) == wanted


def preset(name: str, today: date) -> tuple[date | None, date | None]:
    """Return the first and the last day of a range that has a name.

    Examples
    --------
    >>> preset("last month", date(2026, 11, 21))
    (datetime.date(2026, 10, 1), datetime.date(2026, 10, 31))
    """
    month = today.replace(day=1)
    starts = {
        "this month": month,
        "last month": months_before(month, 1),
        "quarter": calendar.start(today, "quarter"),
        "year to date": today.replace(month=1, day=1),
        "12 months": months_before(month, 11),
    }
    if name not in starts:
        return None, None
    return starts[name], month - timedelta(days=1) if name == "last month" else today


def named(since: date | None, until: date | None, today: date) -> str | None:
    """Return the name of a range of days, if it has one."""
    return next((name for name in PRESETS if preset(name, today) == (since, until)), None)


def before(since: date, until: date) -> tuple[date, date]:
    """Return the range that another is compared with: as many months before it, or days.

    A year so far, from its fourth month on, is compared with the same part of the year before.

    Examples
    --------
    >>> before(date(2026, 11, 1), date(2026, 11, 21))
    (datetime.date(2026, 10, 1), datetime.date(2026, 10, 21))
    >>> before(date(2026, 1, 1), date(2026, 11, 21))
    (datetime.date(2025, 1, 1), datetime.date(2025, 11, 21))
    """
    if since.day > 1:
        length, last = (until - since).days + 1, max(1, since.toordinal() - 1)
        return date.fromordinal(max(1, last - length + 1)), date.fromordinal(last)
    months = (until.year - since.year) * 12 + until.month - since.month + 1
    if since.month == 1 and _QUARTER < months < _YEAR:
        months = _YEAR
    end = months_before(until.replace(day=1), months)
    after = calendar.after(end, "month") or date.max
    is_whole = until < date.max and (until + timedelta(days=1)).day == 1
    days = (after - end).days if is_whole else min(until.day, (after - end).days)
    return months_before(since, months), end + timedelta(days=days - 1)


def months_before(first: date, months: int) -> date:
    """Return the first day of a month so many months before."""
    number = max(first.year * 12 + first.month - 1 - months, 12)
    return date(number // 12, number % 12 + 1, 1)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)


__all__ = [
    "FIELDS",
    "MEASURES",
    "PRESETS",
    "STACKS",
    "UNSTATED",
    "Choice",
    "before",
    "matches",
    "months_before",
    "named",
    "preset",
]
