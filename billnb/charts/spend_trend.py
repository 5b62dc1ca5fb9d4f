"""Spend by period, as stacked bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import plotly.graph_objects as go

from billnb.analysis.cached import CachedAnswers
from billnb.charts import axes, panels
from billnb.charts.heading import Heading
from billnb.charts.style import (
    COMPONENT_COLOURS,
    OTHER_COLOUR,
    ink,
    literal,
    series_colours,
    short,
)
from billnb.engine import answers
from billnb.errors import ArgumentError
from billnb.values import calendar, words
from billnb.values.calendar import By
from billnb.values.moments import Moment
from billnb.values.money import total

GROUPS = ("component", "provider", "account")

_PANEL = 220  # pixels
_MOST_SERIES, _MOST_TOTALS = 7, 24
_SMALLEST_TOTAL = 9  # pixels; the size of letters below which a total is not written
_OTHERS = "all others"

Name = str | None
"""The name of a part of a stack; ``None`` is all parts without their own colour."""

Stack = Mapping[date, Mapping[Name, Decimal]]


def spend_trend(
    history: Any,
    *,
    by: str = "month",
    group: str = "component",
    as_of: Moment | None = None,
) -> go.Figure:
    """Return stacked bars of what was charged in each period.

    Only invoices count, without cancelled and refunded ones. The current period is hatched, and
    marked "so far".

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    group : {"component", "provider", "account"}
        The parts of the bars.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, in its units. Hovering shows every digit.

    Raises
    ------
    ArgumentError
        For an unknown `by` or `group`, and for a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.spend`.

    Examples
    --------
    >>> import billnb
    >>> figure = spend_trend(billnb.demo())
    >>> [trace.name for trace in figure.data]
    ['tax', 'unclassified', 'usage', 'standing', 'tax', 'rounding', 'unclassified']
    """
    length, now = calendar.checked(by), panels.when(history, as_of)
    cached = CachedAnswers.of(history)
    if group not in GROUPS:
        raise ArgumentError(f"group={group!r} is not one of {', '.join(GROUPS)}")
    notes = [f"As of {words.moment(now)}", "Cancelled and refunded invoices are left out"]
    totals = cached.spend(length, now)
    if totals.empty:
        heading = Heading([f"Spend by {length}"], notes)
        return panels.blank(heading, "No invoice counts as spend.")
    stacks = _stacks(cached, length, group, now)
    key = _key(stacks, group)
    periods = [period.date() for period in totals["period"].unique()]
    currencies = sorted(stacks)
    title = (
        f"Spend by {length}",
        words.listed(currencies),
        words.periods(periods, length),
    )
    shown = [(_OTHERS if name is None else name, colour) for name, colour in key.items()]
    figure = panels.figure(Heading(title, notes, shown), currencies, panel=_PANEL)
    axes.time_axis(figure, periods, length)
    for row, currency in enumerate(currencies, 1):
        rows = answers.records(totals[totals["currency"] == currency])
        complete = [one["complete"] for one in rows]
        stack = stacks[currency]
        topmost = [_topmost(stack[period], key) for period in periods]
        for name, colour in key.items():
            amounts = [stack[period].get(name, Decimal()) for period in periods]
            if not any(amounts):
                continue
            figure.add_bar(
                x=periods,
                y=axes.drawn(amounts),
                name=literal(_OTHERS if name is None else name),
                marker=panels.bar_marker(colour, complete),
                text=[
                    _total(one) if top == name and len(rows) <= _MOST_TOTALS else ""
                    for one, top in zip(rows, topmost, strict=True)
                ],
                customdata=[
                    [_hover(name, *pair, length)] for pair in zip(amounts, rows, strict=True)
                ],
                row=row,
                col=1,
            )
        highs, lows = _extremes(stack, periods)
        limits = axes.span(lows, highs, above=0.14, below=0.12)
        axes.money_axis(figure, currency, limits, row)
        for high, one in zip(highs, rows, strict=True):
            if not one["complete"]:
                lines = [words.compact(one["amount"], currency), "so far"]
                panels.mark(figure, axes.middle(one["period"].date(), length), high, lines, row)
    # a total is written if its bar is wide enough
    figure.update_traces(
        textposition="outside",
        constraintext="outside",
        textangle=0,
        textfont_size=11,
        cliponaxis=False,
    )
    figure.update_layout(
        barmode="relative", uniformtext={"mode": "hide", "minsize": _SMALLEST_TOTAL}
    )
    return panels.finished_bars(figure, length)


def _stacks(cached: CachedAnswers, by: By, group: str, now: datetime) -> Mapping[str, Stack]:
    """Return amounts by currency, period and name; of many names, the smallest are one."""
    frame = cached.charges(by) if group == "component" else cached.spend(by, now, group)
    stacks: dict[str, dict[date, dict[Name, Decimal]]] = {}
    for currency, part in frame.groupby("currency"):
        sizes = part["amount"].abs().groupby(part[group]).sum().sort_values(ascending=False)
        kept = set(sizes.index[:_MOST_SERIES])
        stack: dict[date, dict[Name, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for one in answers.records(part):
            cell, key = stack[one["period"].date()], one[group] if one[group] in kept else None
            cell[key] = total((cell[key], one["amount"]))
        stacks[str(currency)] = stack
    return stacks


def _key(stacks: Mapping[str, Stack], group: str) -> dict[Name, str]:
    """Return the colour of each series, in the order they are stacked."""
    names = {
        name
        for stack in stacks.values()
        for cell in stack.values()
        for name, amount in cell.items()
        if amount
    }
    if group == "component":
        return {name: colour for name, colour in COMPONENT_COLOURS.items() if name in names}
    key: dict[Name, str] = {}
    key.update(series_colours(name for name in names if name is not None))
    return {**key, None: OTHER_COLOUR} if None in names else key


def _topmost(cell: Mapping[Name, Decimal], order: Iterable[Name]) -> Name | Literal[False]:
    """Return the part of a stack at which its total is written: the top, or else the bottom."""
    parts = [name for name in order if cell.get(name)]
    above = [name for name in parts if cell[name] > 0]
    return next(reversed(above or parts), False)


def _total(one: Mapping[str, Any]) -> str:
    """Return the total written at a stack; that of the current period has a mark instead."""
    if not one["complete"]:
        return ""
    return ink(literal(words.compact(one["amount"], one["currency"])))


def _extremes(stack: Stack, periods: Sequence[date]) -> tuple[list[float], list[float]]:
    """Return how far stacks reach above zero, and below."""
    parts = [axes.drawn(stack[period].values()) for period in periods]
    return [sum(one for one in cell if one > 0) for cell in parts], [
        sum(one for one in cell if one < 0) for cell in parts
    ]


def _hover(name: Name, amount: Decimal, whole: Mapping[str, Any], by: By) -> str:
    name = _OTHERS if name is None else name
    period, currency = words.period(whole["period"].date(), by), whole["currency"]
    what = name.capitalize() if name in COMPONENT_COLOURS else short(name)
    text = f"{what}, {period}: {words.amount(amount, currency)}"
    if whole["amount"] > 0 and amount >= 0:
        text += f", {words.percent(float(amount) / float(whole['amount']))} of the {by}"
    return literal(text if whole["complete"] else f"{text}, so far", 200)


__all__ = ["GROUPS", "spend_trend"]
