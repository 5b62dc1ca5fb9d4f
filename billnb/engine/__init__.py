"""The same question on every engine that can hold a history.

:mod:`~billnb.engine.frames` takes a frame of pandas, Polars, PyArrow, DuckDB, Dask or PySpark;
:mod:`~billnb.engine.sums` groups and adds up where the frame is; :mod:`~billnb.engine.answers`
makes a pandas frame of the small result, and :mod:`~billnb.engine.series` a series of periods.
"""

from billnb.engine.frames import (
    ENGINES,
    at_or_after,
    collected,
    entries,
    require,
    require_totals,
    whole,
)
from billnb.engine.sums import day_key, day_of, group_columns, month_key, period_key, sums

__all__ = [
    "ENGINES",
    "at_or_after",
    "collected",
    "day_key",
    "day_of",
    "entries",
    "group_columns",
    "month_key",
    "period_key",
    "require",
    "require_totals",
    "sums",
    "whole",
]
