"""Moments and windows: the instants that ``since="2025-Q3"`` or ``until="2025-06"`` mean.

The rule is that of pandas' partial-string slicing: all of what is named is meant, both ends
included, so ``until="2025-06"`` reaches to the end of June. All instants are in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta

from billnb.errors import ArgumentError

Moment = str | date | datetime
"""What `since` and `until` take; pandas' Timestamp and Period and NumPy's datetime64 too."""

_NUMPY = re.compile(r"datetime64\[(Y|M|D|h|m|s|ms|us|ns)\]")
_INSTANT = timedelta(microseconds=1)
_ISO = re.compile(
    r"""
    (?P<year>\d{4})
    (?: -?[Qq](?P<quarter>[1-4])
      | -(?P<month>\d{2})
        (?: -(?P<day>\d{2})
            (?: [T ](?P<hour>\d{2})
                (?: :(?P<minute>\d{2}) (?: :(?P<second>\d{2}) (?P<fraction>\.\d{1,6})? )? )?
                (?P<offset>Z|[+-]\d{2}:?\d{2})?
            )?
        )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from `start` up to, and without, `end`; ``None`` is open.

    Examples
    --------
    >>> window(since="2025-Q3", until="2025-10").end
    datetime.datetime(2025, 11, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """

    start: datetime | None = None
    end: datetime | None = None


def window(since: Moment | None = None, until: Moment | None = None) -> Window:
    """Return the instants from `since` to `until`, both ends included.

    Parameters
    ----------
    since, until : str, datetime.date, datetime.datetime or None
        A string names a year, quarter, month, day, hour, minute, second or instant
        (``"2025"``, ``"2025-Q3"``, ``"2025-01"``, ``"2025-01-31"``, ``"2025-01-31T12:30"``)
        and means all of it; so does a date. A datetime is one instant, in UTC where it has no
        zone of its own. pandas and NumPy moments are taken as well.

    Returns
    -------
    Window
        Its start, and the first instant after its end, in UTC.

    Raises
    ------
    ArgumentError
        When a moment cannot be read, or `since` is after `until`.
    """
    start = None if since is None else _span(since, "since")[0]
    end = None if until is None else _span(until, "until")[1]
    if start is not None and end is not None and start >= end:
        raise ArgumentError(f"since={since!s} is after until={until!s}; swap them")
    return Window(start, end)


def instant(as_of: Moment | None = None) -> datetime:
    """Return the last instant that a moment means, in UTC; now where none is given.

    Parameters
    ----------
    as_of : str, datetime.date, datetime.datetime or None
        As for :func:`window`: ``"2026-11"`` is the end of November.

    Returns
    -------
    datetime.datetime
        In UTC.

    Raises
    ------
    ArgumentError
        When the moment cannot be read.

    Examples
    --------
    >>> instant("2026-11-21")
    datetime.datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)
    """
    if as_of is None:
        return datetime.now(UTC)
    end = _span(as_of, "as_of")[1]
    return datetime.max.replace(tzinfo=UTC) if end is None else end - _INSTANT


def _span(moment: object, name: str) -> tuple[datetime, datetime | None]:
    """Return the first instant of what is named, and the first one after it."""
    try:
        return _read(moment)
    except (ValueError, OverflowError, TypeError):
        shown = f" {moment!r}" if isinstance(moment, str) and len(moment) <= 40 else ""
    raise ArgumentError(
        f"{name}: cannot read{shown} as a date; expected a date, a timestamp or a string such as "
        "'2025', '2025-Q3', '2025-01', '2025-01-31' or '2025-01-31T12:30'"
    )


def _read(moment: object) -> tuple[datetime, datetime | None]:
    if isinstance(moment, str):
        return _read_text(moment.strip())
    if hasattr(moment, "start_time") and hasattr(moment, "end_time"):  # a pandas Period
        return _utc(moment.start_time), _after(_utc(moment.end_time), _INSTANT)
    unit = _NUMPY.fullmatch(str(getattr(moment, "dtype", "")))
    if unit is not None:  # a NumPy datetime64, whose text says as much as its unit
        start, end = _read_text(str(moment)[:26])
        return start, end if unit[1] in "YMDhm" else _after(start, _INSTANT)
    if isinstance(moment, datetime):
        instant = _utc(moment)
        return instant, _after(instant, _INSTANT)
    if isinstance(moment, date):
        start = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        return start, _after(start, timedelta(days=1))
    raise TypeError


def _read_text(text: str) -> tuple[datetime, datetime | None]:
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError
    part = found.groupdict()
    year, month = int(part["year"]), int(part["month"] or 1)
    if part["month"] is None:
        months = 3 if part["quarter"] else 12
        month = 3 * int(part["quarter"] or 1) - 2
        return _months(year, month, months)
    if part["day"] is None:
        return _months(year, month, 1)
    start = _utc(datetime.fromisoformat(text))
    if part["hour"] is None:
        return start, _after(start, timedelta(days=1))
    if part["minute"] is None:
        return start, _after(start, timedelta(hours=1))
    if part["second"] is None:
        return start, _after(start, timedelta(minutes=1))
    return start, _after(start, _INSTANT if part["fraction"] else timedelta(seconds=1))


def _months(year: int, month: int, count: int) -> tuple[datetime, datetime | None]:
    start, last = datetime(year, month, 1, tzinfo=UTC), year * 12 + month - 1 + count
    if last // 12 > MAXYEAR:
        return start, None
    return start, datetime(last // 12, last % 12 + 1, 1, tzinfo=UTC)


def _after(start: datetime, length: timedelta) -> datetime | None:
    """Return the moment after a span; ``None`` past the end of the calendar."""
    try:
        return start + length
    except OverflowError:
        return None


def _utc(moment: datetime) -> datetime:
    moment = datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        tzinfo=moment.tzinfo or UTC,
        fold=moment.fold,
    )
    return moment.astimezone(UTC)


__all__ = ["Moment", "Window", "instant", "window"]
