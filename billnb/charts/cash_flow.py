"""The amounts invoiced and paid by period, as bars beside each other."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from billnb.analysis.cached import CachedAnswers
from billnb.charts import axes, panels
from billnb.charts.heading import Heading
from billnb.charts.style import INVOICED, PAID, literal
from billnb.engine import answers
from billnb.values import calendar, words
from billnb.values.calendar import By
from billnb.values.moments import Moment

_PANEL = 200  # pixels
_KEY = {"invoiced": INVOICED, "paid": PAID}


def cash_flow(history: Any, *, by: str = "month", as_of: Moment | None = None) -> go.Figure:
    """Return what was invoiced beside what was paid, period by period.

    Cancelled and refunded invoices are left out, and so are payments that did not go through;
    refunds and chargebacks reduce what was paid. The current period is hatched.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, in its units. Hovering shows every digit.

    Raises
    ------
    ArgumentError
        For an unknown `by`, and for a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.cash`.

    Examples
    --------
    >>> import billnb
    >>> figure = cash_flow(billnb.demo())
    >>> [trace.name for trace in figure.data]
    ['invoiced', 'paid', 'invoiced', 'paid']
    """
    length, now = calendar.checked(by), panels.when(history, as_of)
    cached = CachedAnswers.of(history)
    notes = [f"As of {words.moment(now)}", "Without what was cancelled, refunded or failed"]
    frames = {
        "invoiced": cached.spend(length, now),
        "paid": cached.cash(length, now),
    }
    found = {name: set(frame["currency"]) for name, frame in frames.items()}
    currencies = sorted(set.union(*found.values()))
    if not currencies:
        heading = Heading([f"Invoiced and paid by {length}"], notes)
        return panels.blank(heading, "Nothing was invoiced and nothing was paid.")
    periods = sorted({one.date() for frame in frames.values() for one in frame["period"]})
    for name, there in found.items():
        if missing := sorted(set(currencies) - there):
            notes.append(f"Nothing {name} in {words.listed(missing)}")
    span = words.periods(periods, length)
    title = (f"Invoiced and paid by {length}", words.listed(currencies), span)
    figure = panels.figure(Heading(title, notes, list(_KEY.items())), currencies, panel=_PANEL)
    axes.time_axis(figure, periods, length)
    for row, currency in enumerate(currencies, 1):
        drawn: list[float] = []
        so_far: list[float] = []
        for name, frame in frames.items():
            rows = answers.records(frame[frame["currency"] == currency])
            values = axes.drawn(one["amount"] for one in rows)
            drawn += values
            so_far += [
                value for value, one in zip(values, rows, strict=True) if not one["complete"]
            ]
            figure.add_bar(
                x=[one["period"].date() for one in rows],
                y=values,
                name=name,
                marker=panels.bar_marker(_KEY[name], [one["complete"] for one in rows]),
                customdata=[[_hover(name, one, length)] for one in rows],
                row=row,
                col=1,
            )
        axes.money_axis(figure, currency, axes.span(drawn, drawn), row)
        panels.mark_current(figure, periods, length, now, y=max([0.0, *so_far]), row=row)
    figure.update_layout(barmode="group")
    return panels.finished_bars(figure, length, beside=len(frames))


def _hover(name: str, one: dict[str, Any], by: By) -> str:
    what = "invoice" if name == "invoiced" else "payment"
    text = (
        f"{name.capitalize()}, {words.period(one['period'].date(), by)}: "
        f"{words.amount(one['amount'], one['currency'])} in {words.counted(one['entries'], what)}"
    )
    return literal(text if one["complete"] else f"{text}, so far", 200)


__all__ = ["cash_flow"]
