"""What were the charges made of, all together?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from billnb import analysis, labels
from billnb.charts import panels
from billnb.charts.style import COMPONENT_COLOURS, ink, literal
from billnb.components import COMPONENTS
from billnb.money import total
from billnb.period import Moment

_BAR = 30  # pixels


def charge_breakdown(history: Any, *, as_of: Moment | None = None) -> go.Figure:
    """Return horizontal bars of what was charged, by component.

    Invoices alone; cancelled and refunded ones are left out.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        When it is; unless told otherwise, when the history was read.

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
    notes = [f"As of {labels.moment(now)}", "Cancelled and refunded invoices are left out"]
    charged = analysis.charges(history)
    if charged.empty:
        heading = panels.Heading("What was charged", notes)
        return panels.blank(heading, "No invoice counts as spend.")
    months = [period.date() for period in charged["period"].unique()]
    sums = {str(currency): _sums(part) for currency, part in charged.groupby("currency", sort=True)}
    title = ("What was charged", labels.listed(list(sums)), labels.periods(months, "month"))
    figure = panels.figure(
        panels.Heading(title, notes),
        list(sums),
        panel=[_BAR * len(amounts) for amounts in sums.values()],
        shared_x=False,
    )
    for row, (currency, amounts) in enumerate(sums.items(), 1):
        whole, drawn = total(amounts.values()), panels.drawn(amounts.values())
        shares = [
            f" ({labels.percent(float(amount) / float(whole))})" if whole > 0 <= amount else ""
            for amount in amounts.values()
        ]
        figure.add_bar(
            orientation="h",
            x=drawn,
            y=[ink(name) for name in amounts],
            name=literal(currency),
            marker_color=[COMPONENT_COLOURS[name] for name in amounts],
            text=[
                ink(literal(labels.compact(amount, currency) + share))
                for amount, share in zip(amounts.values(), shares, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [literal(f"{name.capitalize()}: {labels.amount(amount, currency)}{share}", 200)]
                for (name, amount), share in zip(amounts.items(), shares, strict=True)
            ],
            hovertemplate=panels.HOVER,
            row=row,
            col=1,
        )
        panels.categories(figure, row, drawn)
    return figure


def _sums(charged: pd.DataFrame) -> dict[str, Decimal]:
    """Return what each component comes to, without those that come to nothing."""
    sums = {
        name: total(charged.loc[charged["component"] == name, "amount"].tolist())
        for name in COMPONENTS
    }
    return {name: amount for name, amount in sums.items() if amount} or {COMPONENTS[0]: Decimal()}


__all__ = ["charge_breakdown"]
