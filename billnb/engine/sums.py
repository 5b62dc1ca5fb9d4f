"""Exact sums by group, and keys for days and months on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from billnb.engine.frames import collected, require_totals
from billnb.errors import ArgumentError, MixedCurrencyError
from billnb.values.calendar import By

if TYPE_CHECKING:
    pass


def group_columns(group: str | Sequence[str], taken: Iterable[str]) -> list[str]:
    """Return the columns to group by, once each.

    Raises
    ------
    ArgumentError
        When a column has the name of a column of the result.
    """
    names = [group] if isinstance(group, str) or not isinstance(group, Iterable) else list(group)
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(f"group takes names of columns, not {type(name).__name__}")
    for name in names:
        if name in taken:
            raise ArgumentError(f"cannot group by {name!r}: the result has a column of this name")
    return [name for name in dict.fromkeys(names) if name != "currency"]


def sums(
    frame: nw.LazyFrame[Any], keys: Sequence[str], *amounts: str, counts: Sequence[str] = ()
) -> pa.Table:
    """Return exact sums for each group, and `entries`, how many there are in it.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        As :func:`entries` returns it.
    keys : sequence of str
        The columns to group by; `currency` is one of them.
    *amounts : str
        The columns to sum.
    counts : sequence of str
        Columns whose stated values are counted, as ``NAME_stated``.

    Returns
    -------
    pyarrow.Table
        One row for each group, in no order.

    Raises
    ------
    MixedCurrencyError
        When entries state no currency: they may be of different ones.
    MoneyError
        When entries state no total: a sum without them would pass for the whole.
    """
    counted = [*counts, *(["total"] if "total" in amounts else [])]
    table = collected(
        frame.group_by(keys).agg(
            *(nw.col(name).sum() for name in amounts),
            *(nw.col(name).count().alias(f"{name}_stated") for name in counted),
            entries=nw.len(),
        )
    )
    if "total" in counted:
        require_totals(sum(pc.subtract(table["entries"], table["total_stated"]).to_pylist()))
    if table["currency"].null_count:
        silent = table.filter(pc.is_null(table["currency"]))
        raise MixedCurrencyError.of_unstated(pc.sum(silent["entries"]).as_py())
    if "period" in keys and table["period"].null_count:
        raise ArgumentError("some entries have no issued_at; leave them out, or set it")
    return table


def month_key() -> nw.Expr:
    """Return the UTC month of `issued_at` as a number: 202611."""
    issued = nw.col("issued_at").dt
    return issued.year() * 100 + issued.month()


def day_key() -> nw.Expr:
    """Return the UTC day of `issued_at` as a number: 20261121."""
    return month_key() * 100 + nw.col("issued_at").dt.day()


def period_key(by: By) -> nw.Expr:
    """Return the day of `issued_at` for days and weeks, else its month; see :func:`day_of`."""
    return day_key() if by in ("day", "week") else month_key()


def day_of(key: int, by: By) -> date:
    """Return the first day that a number of :func:`period_key` stands for."""
    month, day = divmod(key, 100) if by in ("day", "week") else (key, 1)
    return date(month // 100, month % 100, day)


__all__ = ["day_key", "day_of", "group_columns", "month_key", "period_key", "sums"]
