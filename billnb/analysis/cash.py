"""Money paid by period and currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from billnb import engine
from billnb.engine.series import COLUMNS, NEEDS, series
from billnb.history import rules
from billnb.values.moments import Moment

if TYPE_CHECKING:
    import pandas as pd


def cash(
    history: Any,
    by: str = "month",
    group: str | Sequence[str] = (),
    *,
    as_of: Moment | None = None,
) -> pd.DataFrame:
    """Return what was paid in each period and currency.

    Payments that were paid, less refunds and chargebacks, which reduce the amount whichever sign
    their provider gives them. An entry counts as paid if its status is ``paid``, or if its
    provider states no status.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is, by the calendar in UTC; weeks begin on Monday.
    group : str or sequence of str
        More columns to group by, such as ``"method"``.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for, and so the period that is not complete; now by default. A date
        means its end.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`billnb.analysis.spend`.

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
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-09")
    >>> cash(history, as_of="2026-11-01")["amount"].map(str).to_list()
    ['450.000000000000', '600.000000000000']
    """
    keys = engine.group_columns(group, (*COLUMNS, "total"))
    frame = engine.entries(history, [*NEEDS, "kind", "status", *keys])
    sign = nw.when(rules.is_return() & (nw.col("total") > 0)).then(nw.lit(-1)).otherwise(nw.lit(1))
    return series(frame.filter(rules.is_cash()), by, keys, as_of=as_of, sign=sign)


__all__ = ["cash"]
