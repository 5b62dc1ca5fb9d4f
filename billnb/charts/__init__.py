"""Charts: functions that take a history and return a Plotly figure.

Colours mean the same in every chart, and the colour-blind can distinguish them; text has the colour
of the page, light or dark. Each currency has its own panels. Hovering shows every digit; only the
shapes that are drawn are of binary floats.

>>> import billnb
>>> figure = billnb.charts.ageing(billnb.demo())
>>> type(figure).__name__
'Figure'
"""

from __future__ import annotations

from billnb.charts.ageing import ageing as ageing
from billnb.charts.balance import balance as balance
from billnb.charts.cash_flow import cash_flow as cash_flow
from billnb.charts.charge_breakdown import charge_breakdown as charge_breakdown
from billnb.charts.spend_trend import spend_trend as spend_trend
from billnb.charts.status_distribution import status_distribution as status_distribution

__all__ = [
    "ageing",
    "balance",
    "cash_flow",
    "charge_breakdown",
    "spend_trend",
    "status_distribution",
]
