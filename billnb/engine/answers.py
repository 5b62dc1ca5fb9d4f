"""The sums of an engine as a pandas frame.

Amounts have a history's own type again, instants are in UTC, and what is not stated is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb.errors import MoneyError
from billnb.history import INSTANT, INSTANTS, MONEY
from billnb.values.money import PLACES, PRECISION

if TYPE_CHECKING:
    import pandas as pd

SHARE = pa.float64()
COUNT = pa.int64()


def result(rows: Iterable[Sequence[object]], types: Mapping[str, pa.DataType]) -> pd.DataFrame:
    """Return rows as a pandas frame backed by Arrow; a date becomes its first instant.

    Raises
    ------
    MoneyError
        When a sum has more digits than an amount may have.
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrays = {
        name: _array(column, arrow_type)
        for (name, arrow_type), column in zip(types.items(), columns, strict=True)
    }
    return answer(arrays, types)


def answer(
    columns: Mapping[str, pa.Array | pa.ChunkedArray], types: Mapping[str, pa.DataType]
) -> pd.DataFrame:
    """Return columns as a pandas frame backed by Arrow, of exactly these types.

    Engines widen decimals when they add them up: here they are narrowed again.

    Raises
    ------
    MoneyError
        When a sum has more digits than an amount may have.
    """
    import pandas as pd

    arrays = [
        amounts(columns[name]) if arrow_type == MONEY else columns[name].cast(arrow_type)
        for name, arrow_type in types.items()
    ]
    frame: pd.DataFrame = pa.table(arrays, names=list(types)).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def amounts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return decimals of any width as amounts.

    Raises
    ------
    MoneyError
        When one has more digits than an amount may have.
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    with suppress(pa.ArrowInvalid):
        return whole.cast(MONEY)
    raise _too_large()


def column(values: Iterable[object], arrow_type: pa.DataType) -> Any:
    """Return values as a column of a pandas frame, backed by Arrow."""
    import pandas as pd

    return pd.arrays.ArrowExtensionArray(_array(values, arrow_type))


def values(column: pd.Series[Any]) -> list[Any]:
    """Return a column's values, with ``None`` for what is not stated."""
    found: list[Any] = pa.array(column, from_pandas=True).to_pylist()
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return an answer's rows, with ``None`` for what is not stated."""
    rows: list[dict[str, Any]] = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return rows


def type_of(table: pa.Table, name: str) -> pa.DataType:
    """Return the type of a column of an answer; instants have UTC as their zone again."""
    return INSTANT if name in INSTANTS else table.schema.field(name).type


def nulls_last(row: Iterable[Any]) -> tuple[tuple[bool, Any], ...]:
    """Return the sort key of a row, in which values that are not stated come last."""
    return tuple((value is None, value) for value in row)


def _array(column: Iterable[Any], arrow_type: pa.DataType) -> pa.Array:
    if arrow_type == INSTANT:
        column = [datetime.combine(one, time()) if type(one) is date else one for one in column]
    with suppress(pa.ArrowInvalid):
        return pa.array(column, arrow_type, from_pandas=True)
    raise _too_large()


def _too_large() -> MoneyError:
    return MoneyError(
        f"a sum has more than {PRECISION - PLACES} digits before the point or {PLACES} places "
        "after it, which is more than can be kept; are the amounts in units of their currency?"
    )


__all__ = [
    "COUNT",
    "SHARE",
    "amounts",
    "answer",
    "column",
    "nulls_last",
    "records",
    "result",
    "type_of",
    "values",
]
