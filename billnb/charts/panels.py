"""The layout of figures: a heading, a row of panels for each currency, and bars."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from billnb.analysis.cached import CachedAnswers
from billnb.charts import axes
from billnb.charts.heading import Heading
from billnb.charts.style import CURRENT_PATTERN, INK, TEMPLATE, ink, literal
from billnb.entry import KINDS
from billnb.history import readings
from billnb.values import calendar
from billnb.values.calendar import By
from billnb.values.moments import Moment, instant

HOVER = "%{customdata[0]}<extra></extra>"

_PANEL_TITLE, _BOTTOM, _LEFT, _RIGHT = 28, 40, 12, 24  # pixels
_BAR, _CHARACTER = 30, 6.6  # pixels
_SHARE_OF_PERIOD = 0.75  # that a bar takes
_SENTENCE_WIDTH = 34  # characters


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar.

    Attributes
    ----------
    name, label, hover : str
        The texts at its left and right, and on hover.
    amount : decimal.Decimal
        Its length.
    colour : str
        Its colour.
    """

    name: str
    amount: Decimal
    label: str
    hover: str
    colour: str


def figure(
    heading: Heading,
    currencies: Sequence[str],
    *,
    columns: Sequence[str] = ("",),
    panel: int | Sequence[int] = 210,
    shared_x: bool = True,
) -> go.Figure:
    """Return a figure with a row of empty panels for each currency.

    Parameters
    ----------
    heading : Heading
        The text above it.
    currencies : sequence of str
        One row each; its name stands above it where there are several.
    columns : sequence of str
        The panels of a row.
    panel : int or sequence of int
        The height of a panel, or of the panels of each row, in pixels.
    shared_x : bool
        Whether panels below each other have one axis.
    """
    titles = [
        " · ".join(filter(None, (currency if len(currencies) > 1 else "", name)))
        for currency in currencies
        for name in columns
    ]
    top = heading.height + (_PANEL_TITLE if any(titles) else 10)
    gap = _PANEL_TITLE + (14 if shared_x else 30)
    heights = [panel] * len(currencies) if isinstance(panel, int) else list(panel)
    inner = sum(heights) + gap * (len(currencies) - 1)
    figure = make_subplots(
        rows=len(currencies),
        cols=len(columns),
        shared_xaxes="columns" if shared_x else False,
        row_heights=heights,
        vertical_spacing=gap / inner if len(currencies) > 1 else 0,
        horizontal_spacing=0.05,
    )
    figure.update_layout(
        template=TEMPLATE,
        height=top + inner + _BOTTOM,
        margin={"l": _LEFT, "r": _RIGHT, "t": top, "b": _BOTTOM},
        title={"text": heading.text},
        meta=heading.meta,
        showlegend=False,
    )
    figure.update_xaxes(
        tickprefix=INK, ticksuffix="</span>", tickfont_size=11, tickangle=0, ticklabelstandoff=5
    )
    for number, title in enumerate(titles):
        if title:
            across, up = _place(figure, number // len(columns) + 1, number % len(columns) + 1)
            figure.add_annotation(
                text=ink(f"<b>{literal(title)}</b>"),
                x=across[0],
                xref="paper",
                xanchor="left",
                y=up[1],
                yref="paper",
                yanchor="bottom",
                yshift=4,
                showarrow=False,
            )
    return figure


def blank(heading: Heading, sentence: str) -> go.Figure:
    """Return a figure that says in a sentence why there is nothing to see."""
    top = heading.height
    figure = go.Figure()
    figure.update_layout(
        template=TEMPLATE,
        height=top + 120,
        margin={"l": _LEFT, "r": _LEFT, "t": top, "b": 12},
        title={"text": heading.text},
        meta=heading.meta,
        xaxis={"visible": False},
        yaxis={"visible": False},
    )
    text = "<br>".join(textwrap.wrap(sentence, _SENTENCE_WIDTH))
    figure.add_annotation(
        text=ink(text, size=14), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False
    )
    return figure


def when(history: Any, as_of: Moment | None) -> datetime:
    """Return the moment to answer for: the one given, when the history was read, or now."""
    read: list[datetime] = [
        one["read_at"]
        for one in readings(CachedAnswers.of(history).history).values()
        if one["read_at"]
    ]
    if as_of is None and read:
        return min(read)
    return instant(as_of)


def horizontal_bars(figure: go.Figure, row: int, currency: str, bars: Sequence[Bar]) -> None:
    """Draw bars below each other, with their names at the left and labels at the right."""
    lengths = axes.drawn(bar.amount for bar in bars)
    figure.add_bar(
        orientation="h",
        x=lengths,
        y=[ink(bar.name) for bar in bars],
        name=literal(currency),
        marker_color=[bar.colour for bar in bars],
        customdata=[[literal(bar.hover, 200)] for bar in bars],
        hovertemplate=HOVER,
        row=row,
        col=1,
    )
    for position, bar in enumerate(bars):
        figure.add_annotation(
            text=ink(literal(bar.label)),
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=8,
            y=position,
            showarrow=False,
            row=row,
            col=1,
        )
    place = {"row": row, "col": 1}
    figure.update_yaxes(
        autorange="reversed", showgrid=False, nticks=len(bars), ticklabelstandoff=6, **place
    )
    figure.update_xaxes(
        range=axes.span(lengths, lengths, above=0), visible=False, fixedrange=True, **place
    )
    leave_right(figure, [bar.label for bar in bars])


def bars_height(count: int) -> int:
    """Return the height of a panel with so many horizontal bars."""
    return _BAR * count


def leave_right(figure: go.Figure, words: Sequence[str]) -> None:
    """Leave room at the right for the longest of some words."""
    room = round(max(map(len, words)) * _CHARACTER) + 20
    figure.update_layout(margin_r=max(figure.layout.margin.r, room))


def bar_marker(colour: str, complete: Sequence[bool]) -> dict[str, Any]:
    """Return the look of bars; those of periods that are not complete are hatched."""
    shapes = ["" if one else CURRENT_PATTERN for one in complete]
    pattern = {"shape": shapes, "fillmode": "replace", "size": 6, "solidity": 0.45}
    return {"color": colour, "pattern": pattern}


def finished_bars(figure: go.Figure, by: By, *, beside: int = 1) -> go.Figure:
    """Return a figure with its bars in the middle of their periods, and with their hover texts.

    Plotly derives the width and place of a bar from the next one, which may be missing or far away:
    here they are set, for so many traces `beside` each other.
    """
    for number, trace in enumerate(figure.data):
        ends = [calendar.after(first, by) or first for first in trace.x]
        days = min(
            ((end - first).days for first, end in zip(trace.x, ends, strict=True)), default=1
        )
        trace.width = _SHARE_OF_PERIOD * 86_400_000 * days / beside
        if beside > 1:
            trace.offset = trace.width * (number % beside - beside / 2)
    return figure.update_traces(
        xperiod=axes.XPERIODS[by], xperiodalignment="middle", hovertemplate=HOVER
    )


def kind_order(kind: str) -> tuple[int, str]:
    """Return the sort key of a kind: known ones come first."""
    return (KINDS.index(kind) if kind in KINDS else len(KINDS), kind)


def mark(
    figure: go.Figure, x: object, y: float, words: Sequence[str], row: int, column: int = 1
) -> None:
    """Write a few words above a value, one a line."""
    figure.add_annotation(
        text="<br>".join(ink(literal(word)) for word in reversed(words)),
        x=x,
        y=y,
        yanchor="bottom",
        yshift=1,
        showarrow=False,
        font_size=10,
        row=row,
        col=column,
    )


def mark_current(
    figure: go.Figure, periods: Sequence[date], by: By, now: datetime, *, y: float, row: int
) -> None:
    """Write "so far" above the current period."""
    current = calendar.start(now.date(), by)
    if current in periods:
        mark(figure, axes.middle(current, by), y, ["so far"], row)


def say(figure: go.Figure, sentence: str, row: int, column: int = 1) -> None:
    """Write a sentence in a panel that has nothing to show."""
    across, up = _place(figure, row, column)
    figure.add_annotation(
        text=ink(literal(sentence), muted=True),
        x=sum(across) / 2,
        xref="paper",
        y=sum(up) / 2,
        yref="paper",
        showarrow=False,
    )


def _place(figure: go.Figure, row: int, column: int) -> tuple[Sequence[float], Sequence[float]]:
    """Return where a panel is on the paper, also one without traces."""
    panel = figure.get_subplot(row, column)
    return panel.xaxis.domain, panel.yaxis.domain


__all__ = [
    "HOVER",
    "Bar",
    "bar_marker",
    "bars_height",
    "blank",
    "figure",
    "finished_bars",
    "horizontal_bars",
    "kind_order",
    "leave_right",
    "mark",
    "mark_current",
    "say",
    "when",
]
