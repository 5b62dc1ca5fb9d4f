"""Sums as a series of periods, with gaps filled, changes, and whether each is complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals.stable.v2 as nw
import pyarrow as pa

from billnb.engine import answers
from billnb.engine.frames import at_or_after
from billnb.engine.sums import day_of, period_key, sums
from billnb.history import INSTANT, MONEY
from billnb.values import calendar
from billnb.values.calendar import By
from billnb.values.moments import Moment, instant
from billnb.values.money import total

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("period", "currency", "amount", "entries", "change", "change_pct", "complete")
"""The columns of a series; those it is grouped by come after `currency`."""

NEEDS = ("issued_at", "currency", "total")
"""The columns of a history that a series is made of."""

_EARLY, _SIGN = "_early", "_sign"

Key = tuple[object, ...]


class _Sum(NamedTuple):
    amount: Decimal = Decimal()
    entries: int = 0


Sums = Mapping[Key, Mapping[date, _Sum]]


def series(
    frame: nw.LazyFrame[Any],
    by: str,
    group: Sequence[str],
    *,
    as_of: Moment | None,
    sign: nw.Expr | None = None,
) -> pd.DataFrame:
    """Return the sum of `total` for each period, currency and group.

    Every series has every period from the first to the last of them all, with 0 where it has no
    entries. The period that `as_of` lies in is not complete; its change is measured against as
    many days of the period before.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The entries, as :func:`billnb.engine.entries` returns them.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    group : sequence of str
        More columns to group by.
    as_of : str, datetime.date, datetime.datetime or None
        The moment to answer for; now by default.
    sign : narwhals.Expr, optional
        1 or -1 for each entry; its total is multiplied by it.

    Returns
    -------
    pandas.DataFrame
        :data:`COLUMNS`, with those of `group` after `currency`.
    """
    length, now = calendar.checked(by), instant(as_of)
    current = calendar.start(now.date(), length)
    keys, marks = ["currency", *group], {_EARLY: _is_early(frame, current, length, now)}
    if sign is not None:
        marks[_SIGN] = sign
    dated = frame.with_columns(period=period_key(length), **marks)
    table = sums(dated, ["period", *keys, *marks], "total")
    folded = _folded(table, keys, length)
    periods = _periods(folded, length)
    early = _folded(table.filter(table[_EARLY]), keys)
    earlier = {key: found[date.min].amount for key, found in early.items()}
    rows = [
        (period, *key, *row)
        for key, found in folded.items()
        for period, row in _rows(found, periods, length, now, earlier.get(key, Decimal()))
    ]
    rows.sort(key=lambda row: answers.nulls_last(row[: 1 + len(keys)]))
    types = {name: answers.type_of(table, name) for name in keys}
    return answers.result(
        rows,
        {
            "period": INSTANT,
            **types,
            "amount": MONEY,
            "entries": answers.COUNT,
            "change": MONEY,
            "change_pct": answers.SHARE,
            "complete": pa.bool_(),
        },
    )


def _folded(table: pa.Table, keys: Sequence[str], by: By | None = None) -> Sums:
    """Add up an engine's sums by day or month to those of a period, or of all time."""
    sums: dict[Key, dict[date, _Sum]] = defaultdict(dict)
    for row in table.to_pylist():
        key = tuple(row[name] for name in keys)
        period = date.min if by is None else calendar.start(day_of(row["period"], by), by)
        before = sums[key].get(period, _Sum())
        # without Python's own arithmetic, which rounds as its context says
        amount = row["total"].copy_negate() if row.get(_SIGN) == -1 else row["total"]
        sums[key][period] = _Sum(total((before.amount, amount)), before.entries + row["entries"])
    return sums


def _periods(sums: Sums, by: By) -> list[date]:
    found = {period for series in sums.values() for period in series}
    return list(calendar.every(min(found), max(found), by)) if found else []


def _is_early(frame: nw.LazyFrame[Any], current: date, by: By, now: datetime) -> nw.Expr:
    """Return whether entries are in as many days of the period before as have begun of this."""
    previous = calendar.before(current, by) or current
    end = min(previous + (now.date() - current) + timedelta(days=1), current)
    is_since, is_after = (
        at_or_after(frame, nw.col("issued_at"), datetime.combine(day, time()))
        for day in (previous, end)
    )
    return is_since & ~is_after


def _rows(
    found: Mapping[date, _Sum], periods: Sequence[date], by: By, now: datetime, earlier: Decimal
) -> Iterator[tuple[date, tuple[object, ...]]]:
    """Yield each period's amount, entries, change, change in percent, and whether it is over."""
    previous: Decimal | None = None
    for period in periods:
        amount, entries = found.get(period, _Sum())
        next_one = calendar.after(period, by)
        complete = next_one is not None and next_one <= now.date()
        if previous is not None and period <= now.date() and not complete:
            previous = earlier
        change: Decimal | None = (
            None if previous is None else total((amount, previous.copy_negate()))
        )
        percent: float | None = (
            100 * float(change) / abs(float(previous)) if change is not None and previous else None
        )
        yield period, (amount, entries, change, percent, complete)
        previous = amount


__all__ = ["COLUMNS", "NEEDS", "series"]
