"""Charges by component, as horizontal bars."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from billnb.analysis.cached import CachedAnswers
from billnb.charts import panels
from billnb.charts.heading import Heading
from billnb.charts.style import COMPONENT_COLOURS
from billnb.history.rules import COMPONENTS
from billnb.values import words
from billnb.values.moments import Moment
from billnb.values.money import total


def charge_breakdown(history: Any, *, as_of: Moment | None = None) -> go.Figure:
    """Return horizontal bars of what was charged, by component.

    Only invoices count, without cancelled and refunded ones.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, in its units. Hovering shows every digit.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.charges`.

    Examples
    --------
    >>> import billnb
    >>> figure = charge_breakdown(billnb.demo())
    >>> [trace.name for trace in figure.data]
    ['INR', 'USD']
    """
    now = panels.when(history, as_of)
    notes = [f"As of {words.moment(now)}", "Cancelled and refunded invoices are left out"]
    charged = CachedAnswers.of(history).charges("month")
    if charged.empty:
        heading = Heading(["What was charged"], notes)
        return panels.blank(heading, "No invoice counts as spend.")
    months = [period.date() for period in charged["period"].unique()]
    sums = {str(currency): _sums(part) for currency, part in charged.groupby("currency", sort=True)}
    title = ("What was charged", words.listed(list(sums)), words.periods(months, "month"))
    figure = panels.figure(
        Heading(title, notes),
        list(sums),
        panel=[panels.bars_height(len(amounts)) for amounts in sums.values()],
        shared_x=False,
    )
    for row, (currency, amounts) in enumerate(sums.items(), 1):
        panels.horizontal_bars(figure, row, currency, _bars(amounts, currency))
    return figure


def _bars(amounts: Mapping[str, Decimal], currency: str) -> list[panels.Bar]:
    bars, whole = [], total(amounts.values())
    for name, amount in amounts.items():
        share = f" ({words.percent(float(amount) / float(whole))})" if whole > 0 <= amount else ""
        bars.append(
            panels.Bar(
                name,
                amount,
                words.compact(amount, currency) + share,
                f"{name.capitalize()}: {words.amount(amount, currency)}{share}",
                COMPONENT_COLOURS[name],
            )
        )
    return bars


def _sums(charged: pd.DataFrame) -> dict[str, Decimal]:
    """Return the sum of each component, without those of zero."""
    sums = {
        name: total(charged.loc[charged["component"] == name, "amount"].tolist())
        for name in COMPONENTS
    }
    return {name: amount for name, amount in sums.items() if amount} or {COMPONENTS[0]: Decimal()}


__all__ = ["charge_breakdown"]
