"""How does spend develop?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from billnb import analysis, billing_period, engine, labels
from billnb.billing_period import By
from billnb.charts import panels
from billnb.charts.style import (
    COMPONENT_COLOURS,
    OTHER_COLOUR,
    literal,
    series_colours,
    short,
)
from billnb.errors import ArgumentError
from billnb.money import total
from billnb.period import Moment

GROUPS = ("component", "provider", "account")

_PANEL = 220  # pixels
_MOST_SERIES, _MOST_TOTALS = 7, 14
_OTHERS = "all others"

Stack = Mapping[date, Mapping[str, Decimal]]


def spend_trend(
    history: Any,
    *,
    by: str = "month",
    group: str = "component",
    as_of: Moment | None = None,
) -> go.Figure:
    """Return stacked bars of what was charged in each period.

    Invoices alone; cancelled and refunded ones are left out. The period still running is hatched,
    and says that it is what came so far.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    group : {"component", "provider", "account"}
        What the bars are stacked of.
    as_of : str, datetime.date or datetime.datetime, optional
        When it is; unless told otherwise, when the history was read.

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
    length, now = billing_period.checked(by), panels.when(history, as_of)
    if group not in GROUPS:
        raise ArgumentError(f"group={group!r} is none of {', '.join(GROUPS)}")
    notes = [f"As of {labels.moment(now)}", "Cancelled and refunded invoices are left out"]
    totals = analysis.spend(history, length, as_of=now)
    if totals.empty:
        heading = panels.Heading(f"Spend by {length}", notes)
        return panels.blank(heading, "No invoice counts as spend.")
    stacks = _stacks(history, length, group)
    key = _key(stacks, group)
    periods = [period.date() for period in totals["period"].unique()]
    currencies = sorted(stacks)
    title = (
        f"Spend by {length}",
        labels.listed(currencies),
        labels.periods(periods, length),
    )
    figure = panels.figure(panels.Heading(title, notes, key), currencies, panel=_PANEL)
    panels.time_axis(figure, periods, length)
    for row, currency in enumerate(currencies, 1):
        rows = engine.records(totals[totals["currency"] == currency])
        complete = [one["complete"] for one in rows]
        for name, colour in key.items():
            amounts = [stacks[currency][period].get(name, Decimal()) for period in periods]
            if any(amounts):
                figure.add_bar(
                    x=periods,
                    y=panels.drawn(amounts),
                    name=literal(name),
                    marker=panels.bar_marker(colour, complete),
                    customdata=[
                        [_hover(name, *pair, length)] for pair in zip(amounts, rows, strict=True)
                    ],
                    row=row,
                    col=1,
                )
        _totals(figure, row, stacks[currency], rows, length)
    figure.update_layout(barmode="relative")
    return panels.finished_bars(figure, length)


def _stacks(history: Any, by: By, group: str) -> Mapping[str, Stack]:
    """Return amounts by currency, period and name; the smallest of many names as one."""
    frame = (
        analysis.charges(history, by)
        if group == "component"
        else analysis.spend(history, by, group)
    )
    name = "component" if group == "component" else group
    stacks: dict[str, dict[date, dict[str, Decimal]]] = {}
    for currency, part in frame.groupby("currency"):
        sizes = part["amount"].abs().groupby(part[name]).sum().sort_values(ascending=False)
        kept = set(sizes.index[:_MOST_SERIES])
        stack: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for one in engine.records(part):
            cell, key = stack[one["period"].date()], one[name] if one[name] in kept else _OTHERS
            cell[key] = total((cell[key], one["amount"]))
        stacks[str(currency)] = stack
    return stacks


def _key(stacks: Mapping[str, Stack], group: str) -> dict[str, str]:
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
    key = series_colours(names - {_OTHERS})
    return {**key, _OTHERS: OTHER_COLOUR} if _OTHERS in names else key


def _hover(name: str, amount: Decimal, whole: Mapping[str, Any], by: By) -> str:
    period, currency = labels.period(whole["period"].date(), by), whole["currency"]
    what = name.capitalize() if name in COMPONENT_COLOURS else short(name)
    text = f"{what}, {period}: {labels.amount(amount, currency)}"
    if whole["amount"] > 0 and amount >= 0:
        text += f", {labels.percent(float(amount) / float(whole['amount']))} of the {by}"
    return literal(text if whole["complete"] else f"{text}, so far", 200)


def _totals(
    figure: go.Figure,
    row: int,
    stack: Stack,
    rows: Sequence[Mapping[str, Any]],
    by: By,
) -> None:
    """Write what the bars come to above them, where there is room, and mark the running one."""
    highs, lows = [], []
    for one in rows:
        parts = panels.drawn(stack[one["period"].date()].values())
        highs.append(sum(part for part in parts if part > 0))
        lows.append(sum(part for part in parts if part < 0))
    figure.update_yaxes(range=panels.span(lows, highs), row=row, col=1)
    panels.money_axis(figure, rows[0]["currency"], row)
    for high, one in zip(highs, rows, strict=True):
        words = (
            [labels.compact(one["amount"], one["currency"])] if len(rows) <= _MOST_TOTALS else []
        )
        if not one["complete"]:
            words.append("so far")
        if words:
            middle = panels.middle(one["period"].date(), by)
            panels.mark(figure, middle, high, words, row)


__all__ = ["GROUPS", "spend_trend"]
