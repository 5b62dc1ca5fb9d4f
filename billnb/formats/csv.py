"""A history as CSV: every column, amounts as digits, instants in UTC."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from billnb.formats import cells
from billnb.history import SCHEMA

if TYPE_CHECKING:
    import pandas as pd


def encoded(history: pd.DataFrame) -> bytes:
    """Return a history as the bytes of a CSV file in UTF-8; what is not stated is empty."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, SCHEMA.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells.rows(history))
    return sink.getvalue().encode()


__all__ = ["encoded"]
