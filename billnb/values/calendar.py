"""Calendar periods in UTC, and their order.

Periods are days, weeks that begin on Monday (ISO 8601), months, quarters and years.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, get_args

from billnb.errors import ArgumentError

By = Literal["day", "week", "month", "quarter", "year"]
PERIODS: tuple[str, ...] = get_args(By)

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


def checked(by: str) -> By:
    """Return the length of a period, if it is one.

    Raises
    ------
    ArgumentError
        When it is not one of :data:`PERIODS`.
    """
    if by not in PERIODS:
        raise ArgumentError(f"by={by!r} is not a period; expected one of {', '.join(PERIODS)}")
    return by  # type: ignore[return-value]  # one of its values, as just seen


def start(day: date, by: By) -> date:
    """Return the first day of the period that `day` lies in.

    Examples
    --------
    >>> start(date(2026, 11, 21), "quarter"), start(date(2026, 11, 21), "week")
    (datetime.date(2026, 10, 1), datetime.date(2026, 11, 16))
    """
    if by == "day":
        return day
    if by == "week":
        # the week of the calendar's first day has no Monday: it begins with that day
        return date.fromordinal(max(1, day.toordinal() - day.weekday()))
    return date(day.year, (day.month - 1) // _MONTHS[by] * _MONTHS[by] + 1, 1)


def after(first: date, by: By) -> date | None:
    """Return the first day of the period after the one that begins on `first`.

    ``None`` stands for the end of the calendar.

    Examples
    --------
    >>> after(date(2026, 12, 1), "month")
    datetime.date(2027, 1, 1)
    """
    try:
        if by in _DAYS:
            return start(first + timedelta(days=_DAYS[by]), by)
        months = first.year * 12 + first.month - 1 + _MONTHS[by]
        return date(months // 12, months % 12 + 1, 1)
    except (OverflowError, ValueError):
        return None


def before(first: date, by: By) -> date | None:
    """Return the first day of the period before; ``None`` before the calendar begins."""
    return None if first == date.min else start(first - timedelta(days=1), by)


def last_day(first: date, by: By) -> date:
    """Return the last day of the period that begins on `first`.

    Examples
    --------
    >>> last_day(date(2026, 2, 1), "month")
    datetime.date(2026, 2, 28)
    """
    end = after(first, by)
    return date.max if end is None else end - timedelta(days=1)


def every(first: date, last: date, by: By) -> Iterator[date]:
    """Yield the first day of each period from `first` to `last`.

    Examples
    --------
    >>> [day.isoformat() for day in every(date(2026, 1, 1), date(2026, 7, 1), "quarter")]
    ['2026-01-01', '2026-04-01', '2026-07-01']
    """
    current: date | None = first
    while current is not None and current <= last:
        yield current
        current = after(current, by)


__all__ = ["PERIODS", "By", "after", "before", "checked", "every", "last_day", "start"]
