"""What do all charts look like: which colours mean what, and which ink reads on any page?

Text takes the colour of the page around the chart: Plotly hands the CSS of a ``<span>`` to the
browser, and ``currentColor`` is what the page writes in. So a chart reads on light and dark pages,
and follows when the theme is switched while it is shown.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import plotly.graph_objects as go

STATUS_COLOURS = {
    "paid": "#159A8C",
    "pending": "#E69F00",
    "failed": "#D9541E",
    "refunded": "#9B6FC4",
    "cancelled": "#8B929C",
    "not stated": "#B7BEC8",
}
"""The colour of each status, the same everywhere."""

COMPONENT_COLOURS = {
    "usage": "#2C7BC9",
    "standing": "#7DB9EA",
    "discount": "#4BA567",
    "tax": "#9AA1AB",
    "rounding": "#CDD2D9",
    "unclassified": "#64748B",
}
"""The colour of each component, the same everywhere."""

BUCKET_COLOURS = {
    "not due": "#9AA1AB",
    "0-30": "#F0C151",
    "31-60": "#E69F00",
    "61-90": "#D9541E",
    "90+": "#B23A12",
}
"""The longer unpaid, the closer to the colour of what failed."""

INVOICED, PAID, NEGATIVE = COMPONENT_COLOURS["unclassified"], STATUS_COLOURS["paid"], "#D9541E"
FAILED_PATTERN, RUNNING_PATTERN = "x", "/"

# colour-blind safe, for what has no colour of its own: accounts, providers, unknown statuses
SERIES_COLOURS = (
    "#2C7BC9",
    "#E69F00",
    "#159A8C",
    "#CC79A7",
    "#64748B",
    "#8FBF3F",
    "#D9541E",
    "#9B6FC4",
)
OTHER_COLOUR = "#B7BEC8"

FONT = (
    "var(--jp-ui-font-family, var(--vscode-font-family, system-ui, -apple-system, 'Segoe UI', "
    "Roboto, 'Helvetica Neue', Arial, sans-serif))"
)
GRID = "rgba(128, 128, 128, 0.22)"
ZERO = "rgba(128, 128, 128, 0.65)"
_FALLBACK_INK = "#6B7280"
_LONGEST_TEXT = 60

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
        # no button that sends data away, none that a reader of bills has no use for
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
    """Return text that takes the colour of the page."""
    opening = MUTED if muted else INK
    if size is not None:
        opening = opening.replace('style="', f'style="font-size:{size}px;')
    return f"{opening}{text}{END}"


def literal(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return what a vendor wrote so that Plotly shows it as it is: no markup, no formula.

    Examples
    --------
    >>> literal("<b>$x$</b>")
    '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    shown = short(text, longest)
    return html.escape(shown, quote=False).replace("$", "&#36;").replace("%{", "%&#123;")


def short(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return text in one line, cut where it is too long."""
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


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
    "FAILED_PATTERN",
    "GRID",
    "INVOICED",
    "NEGATIVE",
    "OTHER_COLOUR",
    "PAID",
    "RUNNING_PATTERN",
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
