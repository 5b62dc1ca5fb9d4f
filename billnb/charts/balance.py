"""Prepaid balances over time, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from billnb.analysis.cached import CachedAnswers
from billnb.charts import axes, panels
from billnb.charts.heading import Heading
from billnb.charts.style import NEGATIVE, OTHER_COLOUR, ink, literal, series_colours
from billnb.engine import answers
from billnb.values import words
from billnb.values.moments import Moment

_PANEL = 220  # pixels
_LINE = 13  # pixels, the height of a label
_LONG = 240  # days, above which an axis names only months
_MOST_LINES = 7  # that have a colour and a label
_HOVER = "%{x|%-d %b %Y}: %{customdata[0]}<extra></extra>"
_KEYS = ["provider", "account", "currency"]


class _Line(NamedTuple):
    """The balance of an account at the end of each day."""

    account: str
    days: list[date]
    values: list[float]
    hovers: list[str]
    label: str
    lasts: tuple[bool, float]


def balance(history: Any, *, as_of: Moment | None = None) -> go.Figure:
    """Return lines of the balance of each prepaid account, at the end of each day.

    Below zero is shaded.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

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
    left = CachedAnswers.of(history).balance()
    notes = [f"As of {words.moment(now)}", "Top-ups that went through, less invoices"]
    if left.empty:
        sentence = "No account is prepaid: no payment is a top-up."
        return panels.blank(Heading(["Prepaid balance"], notes), sentence)
    left = left.assign(day=left["issued_at"].dt.floor("D"))
    daily = left.groupby([*_KEYS, "day"], as_index=False).last()
    first, last = min(daily["day"]).date(), max(daily["day"]).date()
    end = max(now.date(), last)
    lines = {
        str(currency): [_line(part, end) for _, part in mine.groupby(_KEYS)]
        for currency, mine in daily.groupby("currency", sort=True)
    }
    named = {currency: _first_to_run_out(mine) for currency, mine in lines.items()}
    if any(len(mine) > len(named[currency]) for currency, mine in lines.items()):
        of = words.counted(sum(map(len, lines.values())), "account")
        notes.append(f"In colour: the first to run out, of {of}")
    colours = series_colours(one.account for mine in named.values() for one in mine)
    key = list(colours.items()) if len(colours) > 1 else []
    title = ("Prepaid balance", words.listed(list(lines)), words.periods([first, last], "day"))
    figure = panels.figure(Heading(title, notes, key), list(lines), panel=_PANEL)
    is_long = (end - first).days > _LONG
    limits = [first, end if end > first else first + timedelta(days=1)]
    tickformat = "%b\n%Y" if is_long else "%-d %b\n%Y"
    figure.update_xaxes(type="date", nticks=8, tickformat=tickformat, range=limits)
    for row, (currency, mine) in enumerate(lines.items(), 1):
        others = [one for one in mine if one not in named[currency]]
        if others:
            figure.add_scatter(**_drawn_as_one(others), row=row, col=1)
        for one in named[currency]:
            figure.add_scatter(**_drawn(one, colours[one.account]), row=row, col=1)
        values = [value for one in mine for value in one.values]
        limits = axes.span(values, values)
        if limits[0] < 0:
            shade = {"fillcolor": NEGATIVE, "opacity": 0.12, "line_width": 0}
            figure.add_hrect(y0=limits[0], y1=0, row=row, col=1, **shade)
        figure.update_yaxes(zeroline=True, row=row, col=1)
        axes.money_axis(figure, currency, limits, row)
        _label_ends(figure, row, named[currency], limits)
    return figure


def _line(part: pd.DataFrame, end: date) -> _Line:
    """Return the line of one account, level from its last entry to the end."""
    rows = answers.records(part)
    last = rows[-1]
    values, hovers = axes.drawn(one["balance"] for one in rows), [_left(one) for one in rows]
    days = float("inf") if last["runway_days"] is None else float(last["runway_days"])
    return _Line(
        last["account"],
        [*(one["day"].date() for one in rows), end],
        [*values, values[-1]],
        [*hovers, hovers[-1]],
        words.compact(last["balance"], last["currency"]),
        (last["balance"] > 0, days if last["balance"] > 0 else values[-1]),
    )


def _first_to_run_out(lines: Sequence[_Line]) -> list[_Line]:
    """Return the lines that have a colour, in the order given."""
    chosen = sorted(lines, key=lambda one: one.lasts)[:_MOST_LINES]
    return [one for one in lines if one in chosen]


def _drawn(one: _Line, colour: str) -> dict[str, Any]:
    return {
        "x": one.days,
        "y": one.values,
        "name": literal(one.account),
        "mode": "lines",
        "line": {"shape": "hv", "width": 2, "color": colour},
        "customdata": [[hover] for hover in one.hovers],
        "hovertemplate": f"{literal(one.account)}, {_HOVER}",
    }


def _drawn_as_one(lines: Sequence[_Line]) -> dict[str, Any]:
    """Return many lines as a thin one with gaps, which is drawn faster."""
    gap = [None]
    return {
        "x": [day for one in lines for day in (*one.days, *gap)],
        "y": [value for one in lines for value in (*one.values, *gap)],
        "name": "all others",
        "mode": "lines",
        "line": {"shape": "hv", "width": 1, "color": OTHER_COLOUR},
        "opacity": 0.6,
        "customdata": [
            [f"{literal(one.account)}, {hover}"] for one in lines for hover in (*one.hovers, "")
        ],
        "hovertemplate": _HOVER,
    }


def _label_ends(
    figure: go.Figure, row: int, lines: Sequence[_Line], limits: Sequence[float]
) -> None:
    """Write the balance at the end of each line, without overlaps."""
    low, high = limits
    beneath = -float(_LINE)
    for one in sorted(lines, key=lambda one: one.values[-1]):
        place = (one.values[-1] - low) / (high - low) * _PANEL
        beneath = max(place, beneath + _LINE)
        figure.add_annotation(
            text=ink(literal(one.label)),
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=4,
            y=one.values[-1],
            yanchor="middle",
            yshift=beneath - place,
            showarrow=False,
            font_size=11,
            row=row,
            col=1,
        )
    panels.leave_right(figure, [one.label for one in lines])


def _left(one: dict[str, Any]) -> str:
    left, days = words.amount(one["balance"], one["currency"]), one["runway_days"]
    if one["balance"] > 0 and days is not None:
        left += f", lasts {words.counted(round(days), 'day')}"
    return literal(left, 200)


__all__ = ["balance"]
