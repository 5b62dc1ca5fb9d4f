"""The figures of a dashboard: drawn as charts are, in milliseconds, and ready to be clicked.

Plotly's classes check every value they are given, which takes longer than all the rest: here
figures are plain dictionaries, with the template, the colours and the words of
:mod:`billnb.charts`. What a click on a point chooses is the second field of its ``customdata``.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from billnb.analysis.ageing import BUCKETS
from billnb.charts import axes
from billnb.charts.axes import XPERIODS
from billnb.charts.panels import HOVER, bar_marker, kind_order
from billnb.charts.style import (
    BUCKET_COLOURS,
    COMPONENT_COLOURS,
    FAILED_LOOK,
    FAILED_PATTERN,
    INK,
    OTHER_COLOUR,
    ink,
    literal,
    series_colours,
    short,
    status_colours,
)
from billnb.dashboard.choice import UNSTATED, Choice
from billnb.dashboard.layout import BOTTOM, GAP, NAMED_TOP, Figure, Panels, axis_id
from billnb.dashboard.ledger import Answer, is_current
from billnb.dashboard.owing import Balance, Owed
from billnb.values import calendar, words
from billnb.values.calendar import By
from billnb.values.money import total

OTHERS = "all others"

_ROW, _BAR = 150, 26  # pixels
_DIMMED = 0.3
_SHARE_OF_PERIOD = 0.75
_MOST_TOTALS, _MOST_LINES = 24, 7
_CHARACTER = 6.6  # pixels


def trend(
    answers: Sequence[Answer], periods: Sequence[date], choice: Choice, now: datetime, height: int
) -> Figure:
    """Return stacked bars of what was charged in each period, at least so many pixels high."""
    shown = [one for one in answers if any(map(any, one.stacks.values()))]
    colours = _stack_colours(shown, choice.stack)
    rows = max(1, len(shown))
    fitting = (height - NAMED_TOP - BOTTOM - GAP * (rows - 1)) // rows
    figure = Panels([one.currency for one in shown], max(_ROW, fitting))
    complete = [not is_current(period, choice.by, now) for period in periods]
    opacity = _opacity(periods, choice.period)
    for row, one in enumerate(shown):
        whole = [one.cube.amount(sum(cell)) for cell in zip(*one.stacks.values(), strict=True)]
        lows, highs = [0.0] * len(periods), [0.0] * len(periods)
        topmost = _topmost(one.stacks, list(colours), len(periods))
        for name, colour in colours.items():
            if name not in one.stacks:
                continue
            amounts = [one.cube.amount(steps) for steps in one.stacks[name]]
            heights = axes.drawn(amounts)
            for place, length in enumerate(heights):
                if length > 0:
                    highs[place] += length
                else:
                    lows[place] += length
            said = OTHERS if name is None else name
            written = [
                ink(literal(words.compact(whole[place], one.currency)))
                if topmost[place] == name and complete[place] and len(periods) <= _MOST_TOTALS
                else ""
                for place in range(len(periods))
            ]
            figure.add(
                row,
                type="bar",
                x=[period.isoformat() for period in periods],
                y=heights,
                name=literal(said),
                marker=_marker(colour, complete, opacity),
                **(_totals(written) if any(written) else {}),
                customdata=[
                    [
                        _charged(said, amount, sum_, period, one.currency, choice.by, done),
                        {"period": period.isoformat()},
                    ]
                    for amount, sum_, period, done in zip(
                        amounts, whole, periods, complete, strict=True
                    )
                ],
                **_bars(periods, choice.by),
            )
        figure.money(row, one.currency, axes.span(lows, highs, above=0.2, below=0.12))
        if not all(complete):
            place = complete.index(False)
            lines = [words.compact(whole[place], one.currency), "so far"]
            figure.mark(row, axes.middle(periods[place], choice.by), highs[place], lines)
    figure.time(periods, choice.by)
    figure.layout |= {"barmode": "relative", "uniformtext": {"mode": "hide", "minsize": 9}}
    key = [(OTHERS if name is None else name, colour) for name, colour in colours.items()]
    return figure.finished(key)


def statuses(
    answers: Sequence[Answer], periods: Sequence[date], choice: Choice, now: datetime
) -> Figure:
    """Return bars to 100% of the statuses in each period, a row for each currency and kind."""
    rows = [
        (one, kind)
        for one in answers
        for kind in sorted({kind for kind, _ in one.statuses}, key=kind_order)
    ]
    several = len({one.currency for one, _ in rows}) > 1
    titles = [f"{one.currency}, {kind}s" if several else f"{kind}s" for one, kind in rows]
    colours = status_colours(status for one in answers for _, status in one.statuses)
    figure = Panels(titles, 104 if len(rows) > 1 else _ROW, named=True)
    complete = [not is_current(period, choice.by, now) for period in periods]
    opacity = _opacity(periods, choice.period)
    for row, (one, kind) in enumerate(rows):
        mine = {
            status: (counts, [one.cube.amount(steps) for steps in totals])
            for (own, status), (counts, totals) in one.statuses.items()
            if own == kind
        }
        sizes: dict[str, list[float]] = {
            status: [*counts] if choice.measure == "entries" else [*map(abs, map(float, amounts))]
            for status, (counts, amounts) in mine.items()
        }
        whole = [sum(cell) or 1 for cell in zip(*sizes.values(), strict=True)]
        for status, colour in colours.items():
            if status not in mine:
                continue
            shares = [size / of for size, of in zip(sizes[status], whole, strict=True)]
            dim = choice.status not in (None, status)
            marker = _marker(colour, complete, [_DIMMED] * len(periods) if dim else opacity)
            if status == "failed":
                marker["pattern"] = {"shape": FAILED_PATTERN, **FAILED_LOOK}
            figure.add(
                row,
                type="bar",
                x=[period.isoformat() for period in periods],
                y=shares,
                name=literal(status),
                marker=marker,
                customdata=[
                    [
                        _fared(status, kind, cell, share, period, one.currency, choice.by, done),
                        {"status": status},
                    ]
                    for *cell, share, period, done in zip(
                        *mine[status], shares, periods, complete, strict=True
                    )
                ],
                **_bars(periods, choice.by),
            )
        figure.shares(row)
    figure.time(periods, choice.by)
    figure.layout["barmode"] = "relative"
    return figure.finished(list(colours.items()))


def breakdown(answers: Sequence[Answer], choice: Choice) -> Figure:
    """Return horizontal bars of what was charged, by component."""
    shown = [one for one in answers if any(one.charged.values())]
    rows = []
    for one in shown:
        amounts = {name: one.cube.amount(steps) for name, steps in one.charged.items() if steps}
        whole = total(amounts.values())
        bars = []
        for name, amount in amounts.items():
            share = (
                f" ({words.percent(float(amount) / float(whole))})" if whole > 0 <= amount else ""
            )
            said = f"{name.capitalize()}: {words.amount(amount, one.currency)}{share}"
            dim = choice.component not in (None, name)
            label = words.compact(amount, one.currency) + share
            bars.append(
                (name, amount, label, said, COMPONENT_COLOURS[name], dim, {"component": name})
            )
        rows.append((one.currency, bars))
    return _horizontal(rows)


def ageing(owed: Sequence[Owed], currencies: Iterable[str]) -> Figure:
    """Return horizontal bars of what is unpaid, by age in days."""
    rows = []
    for currency in currencies:
        mine = [one for one in owed if one.currency == currency]
        if not mine:
            continue
        bars = []
        for bucket in BUCKETS:
            inside = [one for one in mine if one.bucket == bucket]
            amount = total(one.amount for one in inside)
            entries = words.counted(sum(one.entries for one in inside), "invoice")
            label = words.compact(amount, currency)
            said = f"{bucket}: {words.amount(amount, currency)} in {entries}"
            label = f"{label}, {entries}" if inside else label
            bars.append((bucket, amount, label, said, BUCKET_COLOURS[bucket], False, None))
        rows.append((currency, bars))
    return _horizontal(rows)


def balance(balances: Sequence[Balance], currencies: Iterable[str], now: datetime) -> Figure:
    """Return lines of prepaid balances; the accounts that run out first, where there are many."""
    there = {one.currency for one in balances}
    currencies = [currency for currency in currencies if currency in there]
    figure = Panels(currencies, _ROW)
    colours: dict[str, str] = {}
    for row, currency in enumerate(currencies):
        lines = [_line(one, now.date()) for one in balances if one.currency == currency]
        lines = lines[:_MOST_LINES]
        colours |= series_colours(line["name"] for line in lines)
        drawn: list[float] = []
        for line in lines:
            drawn += line["y"]
            figure.add(
                row, **line, line={"shape": "hv", "width": 2, "color": colours[line["name"]]}
            )
        figure.money(row, currency, axes.span(drawn, drawn))
        figure.axis("x", row).update(
            type="date", tickformat="%b\n%Y", nticks=5, tickprefix=INK, ticksuffix="</span>",
            showticklabels=row == len(currencies) - 1,
        )  # fmt: skip
    named = [(html.unescape(name), colour) for name, colour in colours.items()]
    return figure.finished(named if len(named) > 1 else [])


@lru_cache(maxsize=512)
def _line(one: Balance, today: date) -> dict[str, Any]:
    """Return the line of an account, which is the same whatever is chosen."""
    account = literal(one.account or UNSTATED)
    values = axes.drawn(one.left)
    hovers = [
        [literal(_left(one, left, runway), 200)]
        for left, runway in zip(one.left, one.runways, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*map(date.isoformat, one.days), max(today, one.days[-1]).isoformat()],
        "y": [*values, values[-1]],
        "name": account,
        "customdata": [*hovers, hovers[-1]],
        "hovertemplate": f"{account}, %{{x|%-d %b %Y}}: {HOVER}",
    }


def _horizontal(rows: Iterable[tuple[str, Sequence[tuple[Any, ...]]]]) -> Figure:
    rows = list(rows)
    figure = Panels([currency for currency, _ in rows], [_BAR * len(bars) for _, bars in rows])
    longest = max((len(bar[2]) for _, bars in rows for bar in bars), default=0)
    figure.layout["margin"] |= {"r": round(longest * _CHARACTER) + 18, "b": 8}
    figure.layout["height"] -= BOTTOM - 8
    for row, (_, bars) in enumerate(rows):
        names, amounts, written, hovers, colours, dims, clicks = zip(*bars, strict=True)
        lengths = axes.drawn(amounts)
        figure.add(
            row,
            type="bar",
            orientation="h",
            x=lengths,
            y=[ink(name) for name in names],
            marker={"color": colours, "opacity": [_DIMMED if dim else 1 for dim in dims]},
            customdata=[
                [literal(said, 200), click] for said, click in zip(hovers, clicks, strict=True)
            ],
            hovertemplate=HOVER,
        )
        for place, line in enumerate(written):
            figure.layout["annotations"].append(
                {
                    "text": ink(literal(line)), "x": 1, "xref": "paper", "xanchor": "left",
                    "xshift": 8, "y": place, "yref": axis_id("y", row), "showarrow": False,
                }
            )  # fmt: skip
        figure.axis("y", row).update(
            autorange="reversed", showgrid=False, nticks=len(names), ticklabelstandoff=6,
            fixedrange=True,
        )  # fmt: skip
        figure.axis("x", row).update(
            range=axes.span(lengths, lengths, above=0), visible=False, fixedrange=True
        )
    return figure.finished([])


def _bars(periods: Sequence[date], by: By) -> dict[str, Any]:
    days = min(((calendar.last_day(one, by) - one).days + 1 for one in periods), default=1)
    return {
        "width": _SHARE_OF_PERIOD * 86_400_000 * days,
        "xperiod": XPERIODS[by],
        "xperiodalignment": "middle",
        "hovertemplate": HOVER,
    }


def _marker(colour: str, complete: Sequence[bool], opacity: Sequence[float]) -> dict[str, Any]:
    """Return the look of bars, without settings of no effect, which take time to draw."""
    found = {"color": colour} if all(complete) else bar_marker(colour, complete)
    return {**found, "opacity": opacity} if min(opacity, default=1) < 1 else found


def _totals(written: Sequence[str]) -> dict[str, Any]:
    """Return what is written above bars."""
    return {
        "text": written, "textposition": "outside", "constraintext": "outside", "textangle": 0,
        "textfont": {"size": 11}, "cliponaxis": False,
    }  # fmt: skip


def _opacity(periods: Sequence[date], chosen: date | None) -> list[float]:
    return [1.0 if chosen in (None, period) else _DIMMED for period in periods]


def _stack_colours(answers: Sequence[Answer], stack: str) -> dict[str | None, str]:
    names = {name for one in answers for name, cells in one.stacks.items() if any(cells)}
    if stack == "component":
        return {name: colour for name, colour in COMPONENT_COLOURS.items() if name in names}
    found: dict[str | None, str] = {}
    found.update(series_colours(name for name in names if name is not None))
    return {**found, None: OTHER_COLOUR} if None in names else found


def _topmost(
    stacks: Mapping[str | None, Sequence[int]], order: Sequence[str | None], count: int
) -> list[str | bool | None]:
    """Return of each period which part its total is written at: the top, or else the bottom."""
    found: list[str | bool | None] = []
    for place in range(count):
        parts = [name for name in order if name in stacks and stacks[name][place]]
        above = [name for name in parts if stacks[name][place] > 0]
        found.append(next(reversed(above or parts), False))
    return found


def _charged(
    name: str, amount: Decimal, whole: Decimal, period: date, currency: str, by: By, done: bool
) -> str:
    said = name.capitalize() if name in COMPONENT_COLOURS else short(name)
    text = f"{said}, {words.period(period, by)}: {words.amount(amount, currency)}"
    if whole > 0 and amount >= 0:
        text += f", {words.percent(float(amount) / float(whole))} of the {by}"
    return literal(text if done else f"{text}, so far", 200)


def _fared(
    status: str, kind: str, cell: Sequence[Any], share: float,
    period: date, currency: str, by: By, done: bool,
) -> str:  # fmt: skip
    count, amount = cell
    said = short(status)
    text = (
        f"{said[:1].upper()}{said[1:]}, {words.period(period, by)}: "
        f"{words.counted(count, kind)}, {words.amount(amount, currency)}, {words.percent(share)}"
    )
    return literal(text if done else f"{text}, so far", 200)


def _left(one: Balance, left: Decimal, runway: float | None) -> str:
    said = words.amount(left, one.currency)
    if left > 0 and runway is not None:
        said += f", lasts {words.counted(round(runway), 'day')}"
    return said


__all__ = ["ageing", "balance", "breakdown", "statuses", "trend"]
