"""How do invoices and payments fare, period by period?"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from billnb import analysis, billing_period, engine, labels
from billnb.billing_period import By
from billnb.charts import panels
from billnb.charts.style import FAILED_PATTERN, literal, status_colours
from billnb.errors import ArgumentError
from billnb.period import Moment

MEASURES = ("entries", "amount")

_PANEL = 170  # pixels
_FAILED = {
    "shape": FAILED_PATTERN,
    "size": 5,
    "solidity": 0.25,
    "fgcolor": "rgba(0, 0, 0, 0.55)",
    "fillmode": "overlay",
}


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
        Whether the shares are of how many entries there are, or of what they come to.
    as_of : str, datetime.date or datetime.datetime, optional
        When it is; unless told otherwise, when the history was read.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a currency, one column a kind. Hovering shows how many entries, and every digit of
        what they come to. What failed is told by a pattern as well.

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
    length, now = billing_period.checked(by), panels.when(history, as_of)
    if measure not in MEASURES:
        raise ArgumentError(f"measure={measure!r} is none of {', '.join(MEASURES)}")
    what = "how many entries there are" if measure == "entries" else "what the entries come to"
    notes = [f"As of {labels.moment(now)}", f"Shares of {what}"]
    found = analysis.statuses(history, length)
    if found.empty:
        return panels.blank(panels.Heading(f"Status by {length}", notes), "There are no entries.")
    found["status"] = found["status"].fillna(labels.NOT_STATED)
    periods = [period.date() for period in found["period"].unique()]
    currencies = sorted(found["currency"].unique())
    kinds = sorted(found["kind"].unique(), key=panels.kind_order)
    key = status_colours(found["status"])
    title = f"Status by {length}, {labels.listed(currencies)}, {labels.periods(periods, length)}"
    columns = [f"{kind}s" for kind in kinds]
    figure = panels.figure(
        panels.Heading(title, notes, key), currencies, columns=columns, panel=_PANEL
    )
    panels.time_axis(figure, periods, length, columns=len(kinds))
    for (currency, kind), part in found.groupby(["currency", "kind"]):
        row, column = currencies.index(currency) + 1, kinds.index(kind) + 1
        whole = {one: float(size) for one, size in part.groupby("period")[measure].sum().items()}
        for status, colour in key.items():
            rows = engine.records(part[part["status"] == status])
            shares = [float(one[measure]) / (whole[one["period"]] or 1) for one in rows]
            if rows:
                figure.add_bar(
                    x=[one["period"].date() for one in rows],
                    y=shares,
                    name=literal(status),
                    marker={"color": colour, "pattern": _FAILED if status == "failed" else None},
                    customdata=[[_hover(*pair, length)] for pair in zip(rows, shares, strict=True)],
                    row=row,
                    col=column,
                )
        panels.share_axis(figure, row, column)
    figure.update_layout(barmode="relative", bargap=0.15)
    return panels.finished_bars(figure, length)


def _hover(one: dict[str, Any], share: float, by: By) -> str:
    return literal(
        f"{one['status'].capitalize()}, {labels.period(one['period'].date(), by)}: "
        f"{labels.counted(one['entries'], one['kind'])}, "
        f"{labels.amount(one['amount'], one['currency'])}, {labels.percent(share)}",
        200,
    )


__all__ = ["MEASURES", "status_distribution"]
