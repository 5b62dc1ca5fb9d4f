"""The heading of a figure: title, notes, and the key of its colours."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from billnb.charts.style import ink, literal, short

_TITLE_WIDTH, _LINE_WIDTH, _KEY_WIDTH = 38, 50, 44  # characters that fit on narrow pages
_LONGEST_NAME = 24
_TITLE_LINE, _LINE, _TOP = 19, 17, 18  # pixels
_GAP = "\u00a0 "  # no-break spaces between the names of a key
_MOST_KEYS = 9


@dataclass(frozen=True, slots=True)
class Heading:
    """The text above a figure.

    Attributes
    ----------
    title : sequence of str
        A sentence with unit and range, in parts; a line may end between two.
    notes : sequence of str
        The moment it is for, and what is left out.
    key : sequence of tuple of str and str
        The name and the colour of each series.
    """

    title: Sequence[str] = ()
    notes: Sequence[str] = ()
    key: Sequence[tuple[str, str]] = ()

    @property
    def height(self) -> int:
        """The height in pixels."""
        lines = list(self._lines())
        return (_TOP if lines else 0) + sum(height for _, height in lines)

    @property
    def text(self) -> str:
        """The title for Plotly."""
        return "<br>".join(line for line, _ in self._lines())

    @property
    def meta(self) -> dict[str, Any]:
        """The parts of the heading, kept in the figure for pages that write their own."""
        key = Heading(key=self.key)
        return {
            "title": literal(", ".join(self.title), 200),
            "notes": [literal(note, 200) for note in self.notes],
            "key": key.text,
            "sentence": self.height - key.height,
        }

    def _lines(self) -> Iterator[tuple[str, int]]:
        for line in _wrapped(self.title, ", ", _TITLE_WIDTH):
            yield ink(f"<b>{literal(line)}</b>", size=15), _TITLE_LINE
        for joined in _wrapped(self.notes, " · ", _LINE_WIDTH):
            for line in textwrap.wrap(joined, _LINE_WIDTH):
                yield ink(literal(line), muted=True, size=12), _LINE
        most = _MOST_KEYS if len(self.key) <= _MOST_KEYS else _MOST_KEYS - 2
        names = [short(name, _LONGEST_NAME, middle=True) for name, _ in self.key[:most]]
        colours = iter(colour for _, colour in self.key)
        for line in _wrapped([f"■ {name}" for name in names], _GAP, _KEY_WIDTH):
            entries = (
                f'<span style="color:{next(colours)}">■</span>{ink(" " + literal(name), size=12)}'
                for name in line.removeprefix("■ ").split(f"{_GAP}■ ")
            )
            yield _GAP.join(entries), _LINE
        if len(self.key) > most:
            yield ink(f"and {len(self.key) - most} more", muted=True, size=12), _LINE


def without_sentence(figure: go.Figure) -> go.Figure:
    """Return a figure without title and notes, for a page that writes them itself.

    The key of the colours stays.
    """
    meta, layout = figure.layout.meta, figure.layout
    return figure.update_layout(
        title_text=meta["key"],
        margin_t=layout.margin.t - meta["sentence"],
        height=layout.height - meta["sentence"],
    )


def _wrapped(words: Sequence[str], gap: str, width: int) -> list[str]:
    """Return words in lines."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1] + gap + word) <= width:
            lines[-1] += gap + word
        else:
            lines.append(word)
    return lines


__all__ = ["Heading", "without_sentence"]
