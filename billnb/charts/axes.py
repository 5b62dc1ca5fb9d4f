"""Axes of periods, amounts and shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any

import plotly.graph_objects as go

from billnb.charts.style import INK, ink, literal
from billnb.values import calendar, words
from billnb.values.calendar import By

FEW = 6
"""Up to so many periods, each has a name, and bars are as wide as for this many."""

XPERIODS: Mapping[str, str | int] = {
    "day": 86_400_000,
    "week": 604_800_000,
    "month": "M1",
    "quarter": "M3",
    "year": "M12",
}
_TICKS: Mapping[str, str] = {
    "day": "%-d %b\n%Y",
    "week": "%-d %b\n%Y",
    "month": "%b\n%Y",
    "quarter": "Q%q\n%Y",
    "year": "%Y",
}
_MOST_TICKS = 5
_STEPS = tuple(map(Decimal, ("1", "2", "2.5", "5", "10")))
_WIDE = Context(prec=60)


def time_axis(figure: go.Figure, periods: Sequence[date], by: By, *, columns: int = 1) -> None:
    """Set all x axes to show periods, with names of these periods only."""
    figure.update_xaxes(**time_ticks(periods, by, columns=columns))


def time_ticks(periods: Sequence[date], by: By, *, columns: int = 1) -> dict[str, Any]:
    """Return the settings of an x axis that shows periods."""
    first, last = min(periods), max(periods)
    every = list(calendar.every(first, last, by))
    end = calendar.after(last, by) or last + timedelta(days=1)
    pad = (end - first) / len(every) * max(0, FEW - len(every)) / 2
    limits = {"type": "date", "range": [str(first - pad), str(end + pad)]}
    if len(every) > FEW:
        ticks = {"tickformat": _TICKS[by], "ticklabelmode": "period", "nticks": 8 // columns}
        return {**limits, **ticks}
    named = every[::-columns][::-1]
    at = [middle(one, by).isoformat() for one in named]
    return {**limits, "tickvals": at, "ticktext": list(_names(named, by))}


def _names(periods: Sequence[date], by: By) -> Iterator[str]:
    """Yield the names of periods; the first of each year has the year below it."""
    year_written = None
    for one in periods:
        if by == "year":
            yield ink(str(one.year))
            continue
        name = f"{one:%b}" if by == "month" else f"{one.day} {one:%b}"
        name = f"Q{(one.month + 2) // 3}" if by == "quarter" else name
        yield ink(name) if one.year == year_written else f"{ink(name)}<br>{ink(str(one.year))}"
        year_written = one.year


def money_axis(
    figure: go.Figure, currency: str, limits: Sequence[float], row: int, column: int = 1
) -> None:
    """Set a y axis to show amounts of a currency, written as everywhere else.

    Plotly would write the currency before the sign, and powers of ten.
    """
    at = ticks(*limits)
    figure.update_yaxes(
        range=limits,
        fixedrange=True,
        tickvals=drawn(at),
        ticktext=[ink(literal(words.compact(one, currency))) for one in at],
        tickfont_size=11,
        row=row,
        col=column,
    )


def share_axis(figure: go.Figure, row: int, column: int) -> None:
    """Set a y axis to show shares from 0 to 100%, with labels only at the left of a row."""
    figure.update_yaxes(
        range=[0, 1],
        fixedrange=True,
        tickformat=".0%",
        nticks=3,
        tickfont_size=11,
        tickprefix=INK,
        ticksuffix="</span>",
        showticklabels=column == 1,
        row=row,
        col=column,
    )


def ticks(low: float, high: float) -> list[Decimal]:
    """Return round numbers between two, in even steps from zero.

    Examples
    --------
    >>> [str(one) for one in ticks(-180.0, 420.0)]
    ['0', '200', '400']
    >>> [str(one) for one in ticks(0.0, 1.12)]
    ['0.00', '0.25', '0.50', '0.75', '1.00']
    """
    with localcontext(_WIDE):
        bottom, top = Decimal(repr(low)), Decimal(repr(high))
        least = (top - bottom) / _MOST_TICKS
        scale = Decimal(1).scaleb(least.adjusted())
        step = next(one * scale for one in _STEPS if one * scale >= least)
        first = (bottom / step).to_integral_value(ROUND_CEILING)
        last = (top / step).to_integral_value(ROUND_FLOOR)
        found = [step * number for number in range(int(first), int(last) + 1)]
        return [Decimal(f"{one:f}") for one in found]


def span(
    lows: Iterable[float], highs: Iterable[float], *, above: float = 0.12, below: float = 0.06
) -> list[float]:
    """Return the range of an axis that includes zero, with room above and below for labels."""
    low, high = min([0.0, *lows]), max([0.0, *highs])
    room = (high - low) or 1.0
    return [low - (below * room if low < 0 else 0), high + above * room]


def middle(first: date, by: By) -> datetime:
    """Return the middle of a period, where its bar stands."""
    end = calendar.after(first, by) or first
    start = datetime.combine(first, datetime.min.time())
    return start + (datetime.combine(end, datetime.min.time()) - start) / 2


def drawn(values: Iterable[Decimal]) -> list[float]:
    """Return amounts for Plotly to draw: the one place where money becomes binary floats."""
    return [float(value) for value in values]


__all__ = [
    "FEW",
    "XPERIODS",
    "drawn",
    "middle",
    "money_axis",
    "share_axis",
    "span",
    "ticks",
    "time_axis",
    "time_ticks",
]
