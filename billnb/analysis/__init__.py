"""Questions about a history: functions that take a history and return a small frame.

The history may be a pandas, Polars, PyArrow, DuckDB, Dask or PySpark frame with the columns that
:func:`billnb.load` returns. It is filtered, grouped and summed on its own engine, with every digit
kept; the answer is a pandas frame backed by Arrow. Currencies are never added together, and neither
are invoices and payments.

>>> from datetime import date
>>> import billnb
>>> history = billnb.demo(today=date(2026, 11, 1))
>>> list(billnb.analysis.ageing(history, as_of="2026-11-01")["bucket"])
['31-60']
"""

from __future__ import annotations

from billnb.analysis.ageing import ageing as ageing
from billnb.analysis.balance import balance as balance
from billnb.analysis.cash import cash as cash
from billnb.analysis.charges import charges as charges
from billnb.analysis.convert import convert as convert
from billnb.analysis.duplicates import duplicates as duplicates
from billnb.analysis.spend import spend as spend
from billnb.analysis.statuses import statuses as statuses

__all__ = [
    "ageing",
    "balance",
    "cash",
    "charges",
    "convert",
    "duplicates",
    "spend",
    "statuses",
]
