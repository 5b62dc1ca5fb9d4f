"""The oldest unpaid invoice of each currency, account, or what else tells groups apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from billnb import engine
from billnb.history import rules

Group = tuple[str | None, ...]


def oldest_unpaid(history: Any, keys: Sequence[str]) -> dict[Group, tuple[date, bool]]:
    """Return since when something is unpaid, by group.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history.
    keys : sequence of str
        The columns that tell groups apart.

    Returns
    -------
    dict
        By the values of `keys`: the day that the oldest unpaid invoice was due, or was issued where
        no due date is stated, and whether it is a due date.

    Examples
    --------
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1))
    >>> oldest_unpaid(history, ["currency"])
    {('INR',): (datetime.date(2026, 9, 26), True)}
    """
    columns = dict.fromkeys([*keys, "kind", "status", "issued_at", "due_at"])
    unpaid = engine.entries(history, columns).filter(rules.is_unpaid())
    counted = nw.coalesce(nw.col("due_at"), nw.col("issued_at"))
    dated = unpaid.with_columns(since=counted, is_due=~nw.col("due_at").is_null())
    table = engine.collected(dated.group_by([*keys, "is_due"]).agg(nw.col("since").min()))
    found: dict[Group, tuple[date, bool]] = {}
    for row in table.to_pylist():
        group = tuple(row[key] for key in keys)
        one = (row["since"].date(), row["is_due"])
        found[group] = min(one, found.get(group, one))
    return found


__all__ = ["oldest_unpaid"]
