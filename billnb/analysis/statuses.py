"""Counts and amounts of entries by status."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb import engine
from billnb.engine import answers
from billnb.history import INSTANT, MONEY
from billnb.values import calendar
from billnb.values.money import total

if TYPE_CHECKING:
    import pandas as pd


def statuses(history: Any, by: str | None = None) -> pd.DataFrame:
    """Return the number and the total of entries by status.

    All entries count, also cancelled and refunded ones, by kind and currency.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.
    by : {"day", "week", "month", "quarter", "year"}, optional
        Group by period as well; by default, not at all.

    Returns
    -------
    pandas.DataFrame
        Sorted by `period` (where asked for), `kind`, `currency` and `status`:

        - `period`, timestamp[us, UTC], the first instant of the period: only with `by`;
        - `status`, string, ``<NA>`` where the provider states none; `kind`, `currency`, string;
        - `entries`, int64;
        - `amount`, decimal128(28, 12), in units of `currency`;
        - `share`, double: of the entries of this kind and currency (and period), from 0 to 1.

    Raises
    ------
    ArgumentError
        For an unknown `by`, and for a frame that lacks columns.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> answer = statuses(billnb.demo(today=date(2026, 11, 1), kind="payment"))
    >>> answer[["status", "kind", "currency", "entries"]]
       status     kind currency  entries
    0  failed  payment      USD       11
    1    paid  payment      USD      108
    """
    length = None if by is None else calendar.checked(by)
    keys = ["kind", "currency", "status"]
    frame = engine.entries(history, [*keys, "total", *(["issued_at"] if length else [])])
    if length is not None:
        frame, keys = frame.with_columns(period=engine.period_key(length)), ["period", *keys]
    amounts: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    entries: Counter[tuple[Any, ...]] = Counter()
    of_all: Counter[tuple[Any, ...]] = Counter()
    for row in engine.sums(frame, keys, "total").to_pylist():
        period = length and calendar.start(engine.day_of(row["period"], length), length)
        whole = (period, row["kind"], row["currency"])
        amounts[*whole, row["status"]].append(row["total"])
        entries[*whole, row["status"]] += row["entries"]
        of_all[whole] += row["entries"]
    rows = [
        (
            *([period] if length else []),
            status,
            kind,
            currency,
            entries[key],
            total(amounts[key]),
            entries[key] / of_all[key[:-1]],
        )
        for key in sorted(
            amounts, key=lambda key: [(value is not None, str(value)) for value in key]
        )
        for period, kind, currency, status in [key]
    ]
    types = {"status": pa.string(), "kind": pa.string(), "currency": pa.string()}
    figures = {"entries": answers.COUNT, "amount": MONEY, "share": answers.SHARE}
    return answers.result(rows, {**({"period": INSTANT} if length else {}), **types, **figures})


__all__ = ["statuses"]
