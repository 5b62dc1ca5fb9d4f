"""Unpaid invoices by age."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from billnb.analysis.ageing import BUCKETS
from billnb.analysis.cached import CachedAnswers
from billnb.charts import panels
from billnb.charts.heading import Heading
from billnb.charts.style import BUCKET_COLOURS
from billnb.values import words
from billnb.values.moments import Moment
from billnb.values.money import total


def ageing(history: Any, *, as_of: Moment | None = None) -> go.Figure:
    """Return horizontal bars of what is unpaid, by age.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, in its units, with every bucket of :func:`billnb.analysis.ageing`.
        Hovering shows every digit.

    Raises
    ------
    ArgumentError
        For an `as_of` that cannot be read, and for a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.ageing`.

    Examples
    --------
    >>> import billnb
    >>> ageing(billnb.demo(kind="payment")).layout.annotations[0].text
    '<span style="font-size:14px;color:currentColor">Nothing is unpaid.</span>'
    """
    cached, now = CachedAnswers.of(history), panels.when(history, as_of)
    owed = cached.ageing(now)
    notes = [f"As of {words.moment(now)}"]
    if not owed.empty:
        counted = {"due_at": "the due date", "issued_at": "the invoice date where none is due"}
        found = (counted[one] for one in sorted(owed["counted_from"].unique()))
        notes.append(f"Days since {', or '.join(found)}")
    silent = cached.invoices_without_status()
    if silent:
        notes.append(words.may_be_unpaid(silent))
    if owed.empty:
        sentence = "Nothing is known to be unpaid." if silent else "Nothing is unpaid."
        return panels.blank(Heading(["Unpaid invoices"], notes), sentence)
    currencies = sorted(owed["currency"].unique())
    figure = panels.figure(
        Heading(("Unpaid invoices by age in days", words.listed(currencies)), notes),
        currencies,
        panel=panels.bars_height(len(BUCKETS)),
        shared_x=False,
    )
    for row, currency in enumerate(currencies, 1):
        mine = owed[owed["currency"] == currency]
        bars = [_bar(bucket, mine[mine["bucket"] == bucket], currency) for bucket in BUCKETS]
        panels.horizontal_bars(figure, row, currency, bars)
    return figure


def _bar(bucket: str, inside: pd.DataFrame, currency: str) -> panels.Bar:
    amount = total(inside["amount"].tolist())
    entries = words.counted(int(inside["entries"].sum()), "invoice")
    label = words.compact(amount, currency)
    return panels.Bar(
        bucket,
        amount,
        f"{label}, {entries}" if len(inside) else label,
        f"{bucket}: {words.amount(amount, currency)} in {entries}",
        BUCKET_COLOURS[bucket],
    )


__all__ = ["ageing"]
