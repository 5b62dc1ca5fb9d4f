"""Figures with panels below each other, as plain dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from billnb.charts import axes
from billnb.charts.style import INK, TEMPLATE, ink, literal, short
from billnb.values import words
from billnb.values.calendar import By

NAMED_TOP, GAP, BOTTOM = 24, 40, 36
"""Pixels above the first panel where panels have names, between panels, and below the last."""

Figure = dict[str, Any]
"""A figure's data, layout, and key, as its front end takes them."""


class Panels:
    """A figure that is being laid out: panels below each other, of the heights given."""

    def __init__(self, titles: Sequence[str], height: int | Sequence[int], *, named: bool = False):
        heights = [height] * len(titles) if isinstance(height, int) else list(height)
        named = named or len(titles) > 1
        top, gap = (NAMED_TOP if named else 6), GAP
        inner = sum(heights) + gap * max(0, len(heights) - 1)
        self.rows = len(titles)
        self.data: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = {
            "template": template(),
            "height": top + inner + BOTTOM,
            "margin": {"l": 8, "r": 12, "t": top, "b": BOTTOM},
            "showlegend": False,
            "annotations": [],
        }
        above = 0
        for row, (title, own) in enumerate(zip(titles, heights, strict=True)):
            up = 1 - above / inner if inner else 1
            below = 1 - (above + own) / inner if inner else 0
            self.axis("y", row).update(domain=[max(0, below), up], anchor=axis_id("x", row))
            self.axis("x", row).update(
                anchor=axis_id("y", row), tickfont={"size": 11}, tickangle=0, ticklabelstandoff=4
            )
            if named:
                self.layout["annotations"].append(
                    {
                        "text": ink(f"<b>{literal(title)}</b>"),
                        "x": 0, "xref": "paper", "xanchor": "left",
                        "y": up, "yref": "paper", "yanchor": "bottom", "yshift": 3,
                        "showarrow": False,
                    }
                )  # fmt: skip
            above += own + gap

    def axis(self, letter: str, row: int) -> dict[str, Any]:
        found: dict[str, Any] = self.layout.setdefault(axis_id(f"{letter}axis", row), {})
        return found

    def add(self, row: int, **trace: Any) -> None:
        self.data.append({**trace, "xaxis": axis_id("x", row), "yaxis": axis_id("y", row)})

    def money(self, row: int, currency: str, limits: Sequence[float]) -> None:
        at = axes.ticks(*limits)
        self.axis("y", row).update(
            range=limits,
            fixedrange=True,
            tickvals=axes.drawn(at),
            ticktext=[ink(literal(words.compact(one, currency))) for one in at],
            tickfont={"size": 11},
        )

    def shares(self, row: int) -> None:
        self.axis("y", row).update(
            range=[0, 1], fixedrange=True, tickformat=".0%", nticks=3,
            tickprefix=INK, ticksuffix="</span>", tickfont={"size": 11},
        )  # fmt: skip

    def time(self, periods: Sequence[date], by: By) -> None:
        given = axes.time_ticks(periods, by)
        for row in range(self.rows):
            self.axis("x", row).update(
                given, tickprefix=INK, ticksuffix="</span>", fixedrange=True,
                showticklabels=row == self.rows - 1,
            )  # fmt: skip

    def mark(self, row: int, x: datetime, y: float, lines: Sequence[str]) -> None:
        self.layout["annotations"].append(
            {
                "text": "<br>".join(ink(literal(line)) for line in reversed(lines)),
                "x": x.isoformat(), "xref": axis_id("x", row), "y": y, "yref": axis_id("y", row),
                "yanchor": "bottom", "yshift": 1, "showarrow": False, "font": {"size": 10},
            }
        )  # fmt: skip

    def finished(self, key: Sequence[tuple[str, str]]) -> Figure:
        shown = [[short(name, 28, middle=True), colour] for name, colour in key]
        return {"data": self.data, "layout": self.layout, "key": shown}


@cache
def template() -> dict[str, Any]:
    """Return the template of all charts as a dictionary."""
    found: dict[str, Any] = TEMPLATE.to_plotly_json()
    return found


def axis_id(name: str, row: int) -> str:
    """Return what Plotly calls the axis of a panel."""
    return name if row == 0 else f"{name}{row + 1}"


__all__ = ["BOTTOM", "GAP", "NAMED_TOP", "Figure", "Panels", "axis_id", "template"]
