"""What is left of prepaid balances?"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from billnb import analysis, engine, labels
from billnb.charts import panels
from billnb.charts.style import NEGATIVE, literal, series_colours
from billnb.period import Moment

_PANEL = 220  # pixels
_LONG = 240  # days, from which on an axis names months alone
_HOVER = "%{x|%-d %b %Y}: %{customdata[0]}<extra></extra>"


def balance(history: Any, *, as_of: Moment | None = None) -> go.Figure:
    """Return lines of the balance of each prepaid account, at the end of each day.

    Below zero is shaded.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        When it is; unless told otherwise, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, in its units. Hovering shows every digit, and how long the balance
        lasted at the rate of the 90 days before.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.balance`.

    Examples
    --------
    >>> import billnb
    >>> figure = balance(billnb.demo())
    >>> [trace.name for trace in figure.data]
    ['bytio']
    """
    now = panels.when(history, as_of)
    left = analysis.balance(history)
    notes = [f"As of {labels.moment(now)}", "Top-ups that went through, less invoices"]
    if left.empty:
        heading = panels.Heading("Prepaid balance", notes)
        return panels.blank(heading, "No account is prepaid: no payment is a top-up.")
    left["day"] = left["issued_at"].dt.floor("D")
    keys = ["provider", "account", "currency"]
    daily = left.groupby([*keys, "day"], as_index=False).last()
    currencies = sorted(daily["currency"].unique())
    accounts = series_colours(daily["account"])
    days = [min(daily["day"]).date(), max(daily["day"]).date()]
    title = ("Prepaid balance", labels.listed(currencies), labels.periods(days, "day"))
    key = accounts if len(accounts) > 1 else {}
    figure = panels.figure(panels.Heading(title, notes, key), currencies, panel=_PANEL)
    is_long = (days[1] - days[0]).days > _LONG
    figure.update_xaxes(type="date", nticks=8, tickformat="%b\n%Y" if is_long else "%-d %b\n%Y")
    end = max(now.date(), days[1])
    for row, currency in enumerate(currencies, 1):
        drawn: list[float] = []
        for (_, account, _), part in daily[daily["currency"] == currency].groupby(keys):
            values = panels.drawn(part["balance"])
            hovers = [[_left(one)] for one in engine.records(part)]
            figure.add_scatter(
                x=[*(one.date() for one in part["day"]), end],
                y=[*values, values[-1]],
                name=literal(account),
                mode="lines",
                line={"shape": "hv", "width": 2, "color": accounts[account]},
                customdata=[*hovers, hovers[-1]],
                hovertemplate=f"{literal(account)}, {_HOVER}",
                row=row,
                col=1,
            )
            last = labels.compact(part["balance"].iloc[-1], currency)
            panels.mark(figure, end, values[-1], [last], row)
            drawn += values
        limits = panels.span(drawn, drawn)
        if limits[0] < 0:
            shade = {"fillcolor": NEGATIVE, "opacity": 0.12, "line_width": 0}
            figure.add_hrect(y0=limits[0], y1=0, row=row, col=1, **shade)
        figure.update_yaxes(range=limits, zeroline=True, row=row, col=1)
        panels.money_axis(figure, currency, row)
    return figure


def _left(one: dict[str, Any]) -> str:
    left, days = labels.amount(one["balance"], one["currency"]), one["runway_days"]
    if one["balance"] > 0 and days is not None:
        left += f", lasts {labels.counted(round(days), 'day')}"
    return literal(left, 200)


__all__ = ["balance"]
