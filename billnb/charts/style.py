"""The look of all charts: colours with their meanings, and text in the colour of the page.

Plotly passes the CSS of a ``<span>`` to the browser, and ``currentColor`` is the text colour of the
page. So a chart is readable on light and dark pages, and follows a change of the theme.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import plotly.graph_objects as go

STATUS_COLOURS = {
    "paid": "#0FA292",
    "pending": "#E69F00",
    "failed": "#CF4A14",
    "refunded": "#8E63C7",
    "cancelled": "#5F6873",
    "not stated": "#BCC3CC",
}
"""The colour of each status, the same everywhere."""

COMPONENT_COLOURS = {
    "usage": "#2470BD",
    "standing": "#74B5EA",
    "discount": "#3F9A5B",
    "tax": "#98A0AA",
    "rounding": "#CDD2D9",
    "unclassified": "#566173",
}
"""The colour of each component, the same everywhere."""

BUCKET_COLOURS = {
    "not due": "#98A0AA",
    "0-30": "#F2C75C",
    "31-60": "#E08A00",
    "61-90": "#C9480F",
    "90+": "#9A2F0C",
}
"""The colour of each bucket: the older, the closer to that of failed."""

INVOICED, PAID = COMPONENT_COLOURS["unclassified"], STATUS_COLOURS["paid"]
NEGATIVE = STATUS_COLOURS["failed"]
FAILED_PATTERN, CURRENT_PATTERN = "x", "/"
FAILED_LOOK = {
    "size": 5,
    "solidity": 0.25,
    "fgcolor": "rgba(0, 0, 0, 0.55)",
    "fillmode": "overlay",
}
"""The pattern of failed entries, drawn over their colour."""

# colour-blind safe, for what has no colour of its own: accounts, providers, unknown statuses
SERIES_COLOURS = (
    "#2470BD",
    "#E69F00",
    "#0FA292",
    "#CC79A7",
    "#566173",
    "#8FBF3F",
    "#CF4A14",
    "#8E63C7",
)
OTHER_COLOUR = "#BCC3CC"

FONT = (
    "var(--jp-ui-font-family, var(--vscode-font-family, system-ui, -apple-system, 'Segoe UI', "
    "Roboto, 'Helvetica Neue', Arial, sans-serif))"
)
GRID = "rgba(128, 128, 128, 0.22)"
ZERO = "rgba(128, 128, 128, 0.65)"
_FALLBACK_INK = "#6B7280"
_LONGEST_TEXT = 60
_JOINERS = "\u200c\u200d"  # letters and pictures are made of several characters with them

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 12, "color": _FALLBACK_INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "title": {
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 22, "l": 12},
            "font": {"size": 13},
        },
        "hoverlabel": {
            "bgcolor": "#1F2933",
            "bordercolor": "#1F2933",
            "align": "left",
            "font": {"color": "#FFFFFF", "size": 13, "family": FONT},
        },
        "hovermode": "closest",
        "bargap": 0.25,
        "separators": ".,",
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "traceorder": "normal",
            "itemsizing": "constant",
            "font": {"size": 12},
            "itemclick": "toggle",
        },
        # without the button that sends data away, and those of no use for bills
        "modebar": {
            "remove": [
                "sendChartToCloud",
                "lasso2d",
                "select2d",
                "autoScale2d",
                "zoomIn2d",
                "zoomOut2d",
            ],
            "bgcolor": "rgba(0,0,0,0)",
            "color": "rgba(128,128,128,0.7)",
            "activecolor": "rgb(128,128,128)",
        },
        "xaxis": {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True},
        "yaxis": {
            "gridcolor": GRID,
            "zerolinecolor": ZERO,
            "zerolinewidth": 1,
            "ticks": "",
            "automargin": True,
            "nticks": 5,
            "exponentformat": "B",
            "separatethousands": True,
        },
    }
)
"""The template of every chart."""

INK = '<span style="color:currentColor">'
MUTED = '<span style="color:currentColor;fill-opacity:0.78">'
END = "</span>"


def ink(text: str, *, muted: bool = False, size: int | None = None) -> str:
    """Return text in the colour of the page."""
    opening = MUTED if muted else INK
    if size is not None:
        opening = opening.replace('style="', f'style="font-size:{size}px;')
    return f"{opening}{text}{END}"


def literal(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return a vendor's text so that Plotly shows it literally, without markup or formulas.

    Examples
    --------
    >>> literal("<b>$x$</b>")
    '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    shown = short(text, longest)
    return html.escape(shown, quote=False).replace("$", "&#36;").replace("%{", "%&#123;")


def short(text: str, longest: int = _LONGEST_TEXT, *, middle: bool = False) -> str:
    """Return text in one line; if it is too long, its end is cut, or its `middle`.

    Examples
    --------
    >>> short("production-europe-west-1", 16), short("production-europe-west-1", 16, middle=True)
    ('production-euro…', 'product…e-west-1')
    """
    if not text.isprintable():
        text = "".join(one if _is_shown(one) else " " for one in text)
    words = " ".join(text.split())
    if len(words) <= longest:
        return words
    if not middle:
        return f"{words[: longest - 1]}…"
    half = longest // 2
    return f"{words[: longest - half - 1]}…{words[-half:]}"


def _is_shown(character: str) -> bool:
    """Return whether a character may be shown: controls and marks of direction may not."""
    return character.isprintable() or character in _JOINERS


def series_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name; the same names have the same colours."""
    return {
        name: SERIES_COLOURS[position % len(SERIES_COLOURS)]
        for position, name in enumerate(sorted(set(names)))
    }


def status_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each status, in the order they are shown; unknown ones come last."""
    found = set(names)
    known = {name: colour for name, colour in STATUS_COLOURS.items() if name in found}
    free = [colour for colour in SERIES_COLOURS if colour not in STATUS_COLOURS.values()]
    unknown = sorted(found - known.keys())
    return {**known, **{name: free[place % len(free)] for place, name in enumerate(unknown)}}


__all__ = [
    "BUCKET_COLOURS",
    "COMPONENT_COLOURS",
    "CURRENT_PATTERN",
    "FAILED_LOOK",
    "FAILED_PATTERN",
    "GRID",
    "INVOICED",
    "NEGATIVE",
    "OTHER_COLOUR",
    "PAID",
    "SERIES_COLOURS",
    "STATUS_COLOURS",
    "TEMPLATE",
    "ZERO",
    "ink",
    "literal",
    "series_colours",
    "short",
    "status_colours",
]
