"""Spend by period and currency, and its change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from billnb import engine
from billnb.engine.series import COLUMNS, NEEDS, series
from billnb.history import rules
from billnb.values.moments import Moment

if TYPE_CHECKING:
    import pandas as pd


def spend(
    history: Any,
    by: str = "month",
    group: str | Sequence[str] = (),
    *,
    as_of: Moment | None = None,
    include_voided: bool = False,
) -> pd.DataFrame:
    """Return what was charged in each period and currency.

    Only invoices count, without cancelled and refunded ones. Every series has every period from the
    first invoice to the last, also those without entries.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is, by the calendar in UTC; weeks begin on Monday.
    group : str or sequence of str
        More columns to group by, such as ``"provider"``.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for, and so the period that is not complete; now by default. A date
        means its end.
    include_voided : bool
        Whether cancelled and refunded invoices count as well.

    Returns
    -------
    pandas.DataFrame
        Sorted by its first columns:

        - `period`, timestamp[us, UTC]: the first instant of the period;
        - `currency`, string, and the columns of `group`;
        - `amount`, decimal128(28, 12), in units of `currency`;
        - `entries`, int64: how many invoices that is;
        - `change`, decimal128(28, 12): the amount less that of the period before. For the current
          period, less that of as many days of the period before. ``<NA>`` in the first;
        - `change_pct`, double: the change as a percentage of what it is measured against,
          ``<NA>`` where that is zero;
        - `complete`, bool: whether the period is over.

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
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-08")
    >>> answer = spend(history, "quarter", as_of="2026-11-01")
    >>> answer[["period", "currency", "amount", "entries", "complete"]]
                          period currency              amount  entries complete
    0  2026-07-01 00:00:00+00:00      INR  47092.040000000000        4     True
    1  2026-07-01 00:00:00+00:00      USD   1617.830000000000        4     True
    2  2026-10-01 00:00:00+00:00      INR  26502.160000000000        3    False
    3  2026-10-01 00:00:00+00:00      USD    852.970000000000        2    False
    """
    keys = engine.group_columns(group, (*COLUMNS, "total"))
    frame = engine.entries(history, [*NEEDS, "kind", "status", *keys])
    invoices = frame.filter(rules.is_spend(include_voided=include_voided))
    return series(invoices, by, keys, as_of=as_of)


__all__ = ["spend"]
