"""The values of a history as exact text: all digits of amounts, instants in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb.history import SCHEMA
from billnb.values.money import plain

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_A_TIME = 10_000


def written(value: Any) -> str | None:
    """Return a value as text; ``None`` for what is not stated.

    Examples
    --------
    >>> written(Decimal("58.950000000000")), written(datetime(2026, 11, 1, tzinfo=UTC))
    ('58.95', '2026-11-01T00:00:00Z')
    """
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)


def rows(history: pd.DataFrame) -> Iterator[dict[str, str | None]]:
    """Yield the entries of a history as text, by the columns of a history."""
    table = pa.Table.from_pandas(history, schema=SCHEMA, preserve_index=False)
    for batch in table.to_batches(max_chunksize=_ROWS_AT_A_TIME):
        for row in batch.to_pylist():
            yield {name: written(value) for name, value in row.items()}


__all__ = ["rows", "written"]
