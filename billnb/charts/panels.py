"""How is a figure laid out: its title, and a row of panels for each currency?"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from billnb import analysis, billing_period, labels
from billnb.billing_period import By
from billnb.charts.style import INK, RUNNING_PATTERN, TEMPLATE, ink, literal
from billnb.entry import KINDS
from billnb.period import Moment, instant

_TITLE_WIDTH, _LINE_WIDTH, _KEY_WIDTH = 32, 48, 42  # characters that fit on narrow pages
_LINE = 17  # pixels
_PANEL_TITLE, _BOTTOM, _TOP = 28, 36, 18
_GAP = "\u00a0 "  # no-break spaces between the names of a key
_MOST_KEYS = 9
_SHARE_OF_PERIOD = 0.75  # that a bar takes
HOVER = "%{customdata[0]}<extra></extra>"
_FEWEST_PERIODS = 6  # fewer bars than this would be wider than tall
_XPERIODS: Mapping[str, str | int] = {
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


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a figure: a sentence with unit and range, what qualifies it, and a key.

    Attributes
    ----------
    title : str or sequence of str
        The sentence, in parts between which a line may end.
    notes : sequence of str
        As of when, and what is left out.
    key : mapping of str to str
        The colour of each series.
    """

    title: str | Sequence[str]
    notes: Sequence[str] = ()
    key: Mapping[str, str] = field(default_factory=dict)

    @property
    def height(self) -> int:
        return _TOP + sum(height for _, height in self._lines())

    @property
    def text(self) -> str:
        return "<br>".join(line for line, _ in self._lines())

    def _lines(self) -> Iterator[tuple[str, int]]:
        parts = [self.title] if isinstance(self.title, str) else self.title
        for line in _wrapped(parts, ", ", _TITLE_WIDTH):
            yield ink(f"<b>{literal(line)}</b>", size=16), _LINE + 2
        for note in self.notes:
            for line in textwrap.wrap(note, _LINE_WIDTH):
                yield ink(literal(line, _LINE_WIDTH), muted=True, size=12), _LINE
        most = _MOST_KEYS if len(self.key) <= _MOST_KEYS else _MOST_KEYS - 2
        shown = dict(list(self.key.items())[:most])
        names = {f"■ {literal(name, 24)}": colour for name, colour in shown.items()}
        for line in _wrapped(list(names), _GAP, _KEY_WIDTH):
            squares = (
                f'<span style="color:{names[name]}">■</span>{ink(name[1:], size=12)}'
                for name in line.removesuffix(_GAP).split(_GAP)
            )
            yield _GAP.join(squares), _LINE
        if len(self.key) > len(shown):
            yield ink(f"and {len(self.key) - len(shown)} more", muted=True, size=12), _LINE


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
        What stands above it.
    currencies : sequence of str
        One row each; its name stands above it where there are several.
    columns : sequence of str
        The panels of a row.
    panel : int or sequence of int
        The height of a panel, or of the panels of each row, in pixels.
    shared_x : bool
        Whether panels below each other have one axis.
    """
    top = heading.height + (_PANEL_TITLE if len(currencies) > 1 or len(columns) > 1 else 10)
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
        margin={"l": 12, "r": 24, "t": top, "b": _BOTTOM},
        title={"text": heading.text},
        showlegend=False,
    )
    figure.update_xaxes(tickprefix=INK, ticksuffix="</span>", tickfont_size=11)
    for row, currency in enumerate(currencies, 1):
        for column, name in enumerate(columns, 1):
            what = " · ".join(filter(None, (currency if len(currencies) > 1 else "", name)))
            if what:
                figure.add_annotation(
                    text=ink(f"<b>{literal(what)}</b>"),
                    x=0,
                    xref="x domain",
                    xanchor="left",
                    y=1,
                    yref="y domain",
                    yanchor="bottom",
                    yshift=4,
                    showarrow=False,
                    row=row,
                    col=column,
                )
    return figure


def blank(heading: Heading, sentence: str) -> go.Figure:
    """Return a figure that says in a sentence why there is nothing to see."""
    top = heading.height
    figure = go.Figure()
    figure.update_layout(
        template=TEMPLATE,
        height=top + 120,
        margin={"l": 12, "r": 12, "t": top, "b": 12},
        title={"text": heading.text},
        xaxis={"visible": False},
        yaxis={"visible": False},
    )
    text = "<br>".join(textwrap.wrap(sentence, _TITLE_WIDTH))
    figure.add_annotation(
        text=ink(text, size=14), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False
    )
    return figure


def when(history: Any, as_of: Moment | None) -> datetime:
    """Return when a history is of: what is asked for, when it was read, or else now."""
    readings = getattr(history, "attrs", {}).get("billnb", {}).values()
    if as_of is None and readings:
        return min(datetime.fromisoformat(reading["read_at"]) for reading in readings)
    return instant(as_of)


def time_axis(figure: go.Figure, periods: Sequence[date], by: By, *, columns: int = 1) -> None:
    """Have all x axes show periods, each as wide as it is long."""
    first, last = min(periods), max(periods)
    end = billing_period.after(last, by) or last + timedelta(days=1)
    count = len(list(billing_period.every(first, last, by)))
    pad = (end - first) / count * max(0, _FEWEST_PERIODS - count) / 2
    figure.update_xaxes(
        type="date",
        range=[first - pad, end + pad],
        tickformat=_TICKS[by],
        dtick=_XPERIODS[by] if count <= 6 and columns == 1 else None,
        ticklabelmode="period",
        nticks=8 // columns,
    )


def bar_marker(colour: str, complete: Sequence[bool]) -> dict[str, Any]:
    """Return the look of bars; those of periods still running are hatched."""
    shapes = ["" if one else RUNNING_PATTERN for one in complete]
    pattern = {"shape": shapes, "fillmode": "replace", "size": 6, "solidity": 0.45}
    return {"color": colour, "pattern": pattern}


def finished_bars(figure: go.Figure, by: By, *, beside: int = 1) -> go.Figure:
    """Have bars stand in the middle of their periods, and say on hover what they were given.

    Plotly tells a bar's width from the next one, which may be missing or far: here it is told, for
    so many bars `beside` each other.
    """
    for trace in figure.data:
        ends = [billing_period.after(first, by) or first for first in trace.x]
        days = min(
            ((end - first).days for first, end in zip(trace.x, ends, strict=True)), default=1
        )
        trace.width = _SHARE_OF_PERIOD * 86_400_000 * days / beside
    return figure.update_traces(
        xperiod=_XPERIODS[by], xperiodalignment="middle", hovertemplate=HOVER
    )


def share_axis(figure: go.Figure, row: int, column: int) -> None:
    """Have an axis show shares from 0 to 100%, in words at the left of a row alone."""
    place = {"row": row, "col": column}
    figure.update_yaxes(range=[0, 1], tickformat=".0%", nticks=3, tickfont_size=11, **place)
    figure.update_yaxes(tickprefix=INK, ticksuffix="</span>", showticklabels=column == 1, **place)


def kind_order(kind: str) -> tuple[int, str]:
    """Return what sorts kinds as they are shown: those we know first."""
    return (KINDS.index(kind) if kind in KINDS else len(KINDS), kind)


def money_axis(
    figure: go.Figure, currency: str, row: int, column: int = 1, *, x: bool = False
) -> None:
    """Have an axis show amounts of a currency."""
    sign = labels.symbol(currency)
    prefix = f"{INK}{literal(sign)}" if sign else INK
    suffix = "</span>" if sign else f" {literal(currency, 8)}</span>"
    update = figure.update_xaxes if x else figure.update_yaxes
    update(tickprefix=prefix, ticksuffix=suffix, tickfont_size=11, row=row, col=column)


def categories(figure: go.Figure, row: int, values: Sequence[float]) -> None:
    """Lay out a panel of horizontal bars, the first one on top, with room for what they say."""
    place = {"row": row, "col": 1}
    figure.update_yaxes(
        autorange="reversed", showgrid=False, nticks=len(values), ticklabelstandoff=6, **place
    )
    limits = span(values, values, above=0.6)
    figure.update_xaxes(range=limits, visible=False, tickprefix="", ticksuffix="", **place)


def silent_invoices(history: Any) -> int:
    """Return how many invoices state no status, so that nobody knows whether they are paid."""
    found = analysis.statuses(history)
    return int(found.loc[(found["kind"] == "invoice") & found["status"].isna(), "entries"].sum())


def span(lows: Iterable[float], highs: Iterable[float], *, above: float = 0.12) -> list[float]:
    """Return the range of an axis that holds zero, and room above for a label."""
    low, high = min([0.0, *lows]), max([0.0, *highs])
    room = (high - low) or 1.0
    return [low - (0.06 * room if low < 0 else 0), high + above * room]


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


def mark_running(
    figure: go.Figure,
    periods: Sequence[date],
    by: By,
    now: datetime,
    *,
    y: float,
    row: int,
    column: int = 1,
) -> None:
    """Say of the period still running that it is what came so far."""
    running = billing_period.start(now.date(), by)
    if running in periods:
        mark(figure, middle(running, by), y, ["so far"], row, column)


def middle(first: date, by: By) -> datetime:
    """Return the middle of a period, where its bar stands."""
    end = billing_period.after(first, by) or first
    start = datetime.combine(first, datetime.min.time())
    return start + (datetime.combine(end, datetime.min.time()) - start) / 2


def drawn(values: Iterable[Decimal]) -> list[float]:
    """Return amounts for Plotly to draw: the one place where money becomes binary floats."""
    return [float(value) for value in values]


def _wrapped(words: Sequence[str], gap: str, width: int) -> list[str]:
    """Return words in lines; the width is that of the text, not of its markup."""
    lines: list[str] = []
    for word in words:
        if lines and len(html.unescape(lines[-1] + gap + word)) <= width:
            lines[-1] += gap + word
        else:
            lines.append(word)
    return lines


__all__ = [
    "HOVER",
    "Heading",
    "bar_marker",
    "blank",
    "categories",
    "drawn",
    "figure",
    "finished_bars",
    "kind_order",
    "mark",
    "mark_running",
    "middle",
    "money_axis",
    "share_axis",
    "silent_invoices",
    "span",
    "time_axis",
    "when",
]
