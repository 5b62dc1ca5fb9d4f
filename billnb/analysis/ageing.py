"""Unpaid invoices by age."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from billnb import engine
from billnb.engine import answers
from billnb.history import MONEY, rules
from billnb.values.moments import Moment, instant

if TYPE_CHECKING:
    import pandas as pd

BUCKETS = ("not due", "0-30", "31-60", "61-90", "90+")
"""Days since an invoice was due, or since it was issued where no due date is stated."""

_LAST_DAYS = (30, 60, 90)
_TYPES = {
    "provider": pa.string(),
    "account": pa.string(),
    "currency": pa.string(),
    "bucket": pa.string(),
    "counted_from": pa.string(),
    "entries": answers.COUNT,
    "amount": MONEY,
}


def ageing(history: Any, as_of: Moment | None = None) -> pd.DataFrame:
    """Return the unpaid invoices by age.

    Invoices are unpaid if they are pending or their payment failed. A failed top-up is not owed,
    and an invoice whose provider states no status is not counted as unpaid.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; now by default. A date means its end. Days are counted from
        one UTC date to another.

    Returns
    -------
    pandas.DataFrame
        One row for each bucket that holds something, sorted; together they are all that is
        unpaid:

        - `provider`, `account`, `currency`, string;
        - `bucket`, string: ``not due`` (due later than `as_of`), or days: ``0-30``, ``31-60``,
          ``61-90``, ``90+``;
        - `counted_from`, string: ``due_at`` where the provider states it, else ``issued_at``;
        - `entries`, int64;
        - `amount`, decimal128(28, 12), in units of `currency`.

    Raises
    ------
    ArgumentError
        For an `as_of` that cannot be read, and for a frame that lacks columns.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> answer = ageing(billnb.demo(today=date(2026, 11, 1)), as_of="2026-11-01")
    >>> answer[["currency", "bucket", "counted_from", "entries"]]
      currency bucket counted_from  entries
    0      INR  31-60       due_at        1
    """
    now = instant(as_of)
    keys = ["provider", "account", "currency"]
    frame = engine.entries(
        history, [*keys, "kind", "status", "issued_at", "due_at", "total"]
    ).filter(rules.is_unpaid())
    counted = nw.coalesce(nw.col("due_at"), nw.col("issued_at"))
    bucket = nw.lit(len(BUCKETS) - 1)
    for position, days in reversed(list(enumerate(_LAST_DAYS, 1))):
        first = date.fromordinal(max(1, now.toordinal() - days))
        is_recent = engine.at_or_after(frame, counted, datetime.combine(first, time()))
        bucket = nw.when(is_recent).then(nw.lit(position)).otherwise(bucket)
    if now < datetime.max.replace(tzinfo=UTC):
        is_due_later = engine.at_or_after(frame, counted, now + timedelta(microseconds=1))
        bucket = nw.when(is_due_later).then(nw.lit(0)).otherwise(bucket)
    aged = frame.with_columns(bucket=bucket, is_due=~nw.col("due_at").is_null())
    names = [*keys, "bucket", "is_due"]
    table = engine.sums(aged, names, "total").select([*names, "entries", "total"])
    rows = sorted(
        zip(*table.to_pydict().values(), strict=True),
        key=lambda row: answers.nulls_last(row[: len(names)]),
    )
    return answers.result(
        [
            (*account, BUCKETS[bucket], "due_at" if is_due else "issued_at", entries, amount)
            for *account, bucket, is_due, entries, amount in rows
        ],
        _TYPES,
    )


__all__ = ["BUCKETS", "ageing"]
