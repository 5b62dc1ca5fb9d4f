"""A history as Parquet, which keeps every type."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def encoded(history: pd.DataFrame) -> bytes:
    """Return a history as the bytes of a Parquet file.

    It is read back with ``pandas.read_parquet(path, dtype_backend="pyarrow")``.
    """
    sink = io.BytesIO()
    history.to_parquet(sink, index=False)
    return sink.getvalue()


__all__ = ["encoded"]
