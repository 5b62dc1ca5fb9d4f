"""Shares of statuses by period, as stacked bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import Any

import plotly.graph_objects as go

from billnb.analysis.cached import CachedAnswers
from billnb.charts import axes, panels
from billnb.charts.heading import Heading
from billnb.charts.style import FAILED_LOOK, FAILED_PATTERN, literal, short, status_colours
from billnb.engine import answers
from billnb.errors import ArgumentError
from billnb.values import calendar, words
from billnb.values.calendar import By
from billnb.values.moments import Moment

MEASURES = ("entries", "amount")

_PANEL = 170  # pixels


def status_distribution(
    history: Any, *, by: str = "month", measure: str = "entries", as_of: Moment | None = None
) -> go.Figure:
    """Return bars to 100% of the statuses in each period, invoices and payments side by side.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    measure : {"entries", "amount"}
        Whether the shares are of the number of entries or of their total.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, one column a kind. Hovering shows the number of entries and every
        digit of their total. Failed ones also have a pattern.

    Raises
    ------
    ArgumentError
        For an unknown `by` or `measure`, and for a frame that lacks columns.
    MixedCurrencyError, MoneyError
        As :func:`billnb.analysis.statuses`.

    Examples
    --------
    >>> import billnb
    >>> figure = status_distribution(billnb.demo(kind="payment"))
    >>> [trace.name for trace in figure.data]
    ['paid', 'failed']
    """
    length, now = calendar.checked(by), panels.when(history, as_of)
    if measure not in MEASURES:
        raise ArgumentError(f"measure={measure!r} is not one of {', '.join(MEASURES)}")
    what = "the number of entries" if measure == "entries" else "the total of entries"
    notes = [f"As of {words.moment(now)}", f"Shares of {what}"]
    found = CachedAnswers.of(history).statuses(length)
    if found.empty:
        return panels.blank(Heading([f"Status by {length}"], notes), "There are no entries.")
    found = found.assign(status=found["status"].fillna(words.NOT_STATED))
    periods = [period.date() for period in found["period"].unique()]
    currencies = sorted(found["currency"].unique())
    kinds = sorted(found["kind"].unique(), key=panels.kind_order)
    key = status_colours(found["status"])
    current = calendar.start(now.date(), length)
    if current in periods:
        notes.append(f"Hatched: the current {length}, so far")
    title = (
        f"Status by {length}",
        words.listed(currencies),
        words.periods(periods, length),
    )
    columns = [f"{kind}s" for kind in kinds]
    figure = panels.figure(
        Heading(title, notes, list(key.items())), currencies, columns=columns, panel=_PANEL
    )
    axes.time_axis(figure, periods, length, columns=len(kinds))
    for row, column in product(range(1, len(currencies) + 1), range(1, len(kinds) + 1)):
        currency, kind = currencies[row - 1], kinds[column - 1]
        part = found[(found["currency"] == currency) & (found["kind"] == kind)]
        axes.share_axis(figure, row, column)
        if part.empty:
            panels.say(figure, f"No {kind}s", row, column)
        # credits count by their size: a share is never negative
        sizes = part[measure].abs().groupby(part["period"]).sum()
        whole = {one: float(size) for one, size in sizes.items()}
        for status, colour in key.items():
            rows = answers.records(part[part["status"] == status])
            shares = [abs(float(one[measure])) / (whole[one["period"]] or 1) for one in rows]
            if rows:
                starts = [one["period"].date() for one in rows]
                figure.add_bar(
                    x=starts,
                    y=shares,
                    name=literal(status),
                    marker=_marker(status, colour, [one < current for one in starts]),
                    customdata=[
                        [_hover(*pair, length, current)] for pair in zip(rows, shares, strict=True)
                    ],
                    row=row,
                    col=column,
                )
    figure.update_layout(barmode="relative", bargap=0.15)
    return panels.finished_bars(figure, length)


def _marker(status: str, colour: str, complete: Sequence[bool]) -> dict[str, Any]:
    marker = panels.bar_marker(colour, complete)
    if status == "failed":
        marker["pattern"] = {**FAILED_LOOK, "shape": [FAILED_PATTERN] * len(complete)}
    return marker


def _hover(one: dict[str, Any], share: float, by: By, current: date) -> str:
    period, status = one["period"].date(), short(one["status"])
    text = (
        f"{status[:1].upper()}{status[1:]}, {words.period(period, by)}: "
        f"{words.counted(one['entries'], one['kind'])}, "
        f"{words.amount(one['amount'], one['currency'])}, {words.percent(share)}"
    )
    return literal(text if period < current else f"{text}, so far", 200)


__all__ = ["MEASURES", "status_distribution"]
