"""The function that opens a dashboard, on a history that is given, loaded, or made up."""

from __future__ import annotations

from typing import Any

from billnb import accounts
from billnb.dashboard.explorer import Explorer
from billnb.loading.load import load
from billnb.sandbox.demo import demo
from billnb.values.moments import Moment

_DEMO = "No account is configured: these are made-up ones. Pass your own history to explore it."


def explore(history: Any = None, *, as_of: Moment | None = None) -> Explorer:
    """Return a dashboard of a history: the last expression of a cell shows it.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame, optional
        A history, as :func:`billnb.load` returns it. By default, every configured account is
        loaded; without any, the demo is shown.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    Explorer
        A widget. Its ``selection`` is the frame of the entries chosen.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns.
    BillnbError
        When an account cannot be read whole.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals, or missing.

    Examples
    --------
    >>> import billnb
    >>> explorer = explore(billnb.demo())
    >>> explorer.status = "failed"
    >>> explorer.selection["status"].unique().tolist()
    ['failed']
    """
    notice = ""
    if history is None:
        if accounts.list():
            history = load()
        else:
            history, notice = demo(), _DEMO
    return Explorer(history, as_of=as_of, notice=notice)


__all__ = ["explore"]
