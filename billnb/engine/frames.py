"""A history as a lazy frame on its own engine, and small results collected from it.

A question is written once, in Narwhals: filter, group, sum and count, which are exact on every
engine. It runs where the frame lives (Polars, PyArrow, DuckDB, Dask, PySpark; a pandas frame,
whose columns are Arrow's, as an Arrow table), and only the small result is collected.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from billnb.engine import answers
from billnb.errors import ArgumentError, MoneyError
from billnb.history import AMOUNTS, FX_TYPES, INSTANTS, MONEY, SCHEMA
from billnb.values import words
from billnb.values.money import PLACES, PRECISION

if TYPE_CHECKING:
    import pandas as pd

ENGINES = ("pandas", "Polars", "PyArrow", "DuckDB", "Dask", "PySpark")


def entries(history: Any, columns: Iterable[str]) -> nw.LazyFrame[Any]:
    """Return some columns of a history, on its own engine.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A frame with at least these columns.
    columns : iterable of str
        The columns wanted.

    Returns
    -------
    narwhals.LazyFrame
        These columns; instants are in UTC, without a time zone, so that engines that use the
        time zone of a session find the same months as all others.

    Raises
    ------
    ArgumentError
        When it is not a frame, or lacks columns, or a column has another type.
    MoneyError
        When an amount is kept as a binary float, or as anything else that is not decimal.
    """
    wanted = list(dict.fromkeys(columns))
    frame = _lazy(_arrow(history, wanted))
    schema = frame.collect_schema()
    require(wanted, schema.names())
    for name in wanted:
        dtype = schema[name]
        if name in AMOUNTS:
            if not isinstance(dtype, nw.Decimal):
                raise _inexact(name, str(dtype))
        elif name in INSTANTS:
            if not isinstance(dtype, nw.Datetime):
                raise ArgumentError(f"{name} is {dtype}; it has to be a timestamp in UTC")
        elif dtype.is_nested():
            raise ArgumentError(f"cannot group by {name!r}, which holds {dtype}")
    return _in_utc(frame.select(wanted), [name for name in wanted if name in INSTANTS], schema)


def collected(frame: nw.LazyFrame[Any]) -> pa.Table:
    """Return a frame as a table in this process, with the types of a history."""
    found: pa.Table = frame.collect("pyarrow").to_arrow()
    wanted = frame.collect_schema().names()  # Dask adds its index
    table = found.select(wanted)
    return table.cast(pa.schema([(field.name, _plain(field.type)) for field in table.schema]))


def at_or_after(frame: nw.LazyFrame[Any], instants: nw.Expr, moment: datetime) -> nw.Expr:
    """Return whether instants of a frame of :func:`entries` are at `moment`, in UTC, or later."""
    if not frame.implementation.is_pyspark():
        return instants >= moment.replace(tzinfo=None)
    # Spark reads a literal in the time zone of this machine or session: numbers have none
    parts = instants.dt
    day = (parts.year() * 100 + parts.month()) * 100 + parts.day()
    clock = (parts.hour().cast(nw.Int64) * 60 + parts.minute()) * 60 + parts.second()
    clock = clock * 1_000_000 + parts.microsecond()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    that_day = int(f"{moment:%Y%m%d}")
    return (day > that_day) | (
        (day == that_day) & (clock >= (moment - midnight) // timedelta(microseconds=1))
    )


def whole(history: Any) -> pd.DataFrame:
    """Return a history of any engine as a pandas frame, with a history's columns only."""
    there = _lazy(history).collect_schema().names()
    types = {field.name: field.type for field in SCHEMA}
    types |= {name: dtype for name, dtype in FX_TYPES.items() if name in there}
    table = collected(entries(history, types))
    frame = answers.answer({name: table[name] for name in types}, types)
    frame.attrs |= getattr(history, "attrs", {})
    return frame


def _arrow(history: Any, wanted: Sequence[str]) -> Any:
    """Return a pandas or PyArrow frame as a table, at no cost where it has a history's types."""
    pandas = nw.dependencies.get_pandas()
    if isinstance(history, pa.Table):
        require(wanted, history.column_names)
        columns = {name: history[name] for name in wanted}
    elif pandas is not None and isinstance(history, pandas.DataFrame):
        require(wanted, history.columns)
        arrow = [name for name in wanted if hasattr(history[name].dtype, "pyarrow_dtype")]
        table = pa.Table.from_pandas(history[arrow], preserve_index=False)
        columns = {
            name: table[name] if name in arrow else _from_objects(history[name]) for name in wanted
        }
    else:
        return history
    return pa.table({name: _kept(name, column) for name, column in columns.items()})


def _from_objects(column: pd.Series[Any]) -> pa.Array:
    """Return a column that is not Arrow's as one, if its values are those of a history."""
    import pandas as pd

    name = str(column.name)
    held = pd.api.types.infer_dtype(column, skipna=True)
    if name in AMOUNTS and held not in ("decimal", "empty"):
        raise _inexact(name, held)
    if name in INSTANTS and held not in ("datetime", "datetime64", "empty"):
        raise ArgumentError(f"{name} is {held}; it has to be a timestamp in UTC")
    dtype = SCHEMA.field(name).type if name in SCHEMA.names else None
    refused = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
    with suppress(*refused, OverflowError, UnicodeError):
        return pa.array(column, dtype, from_pandas=True)
    raise _unkeepable(name) if name in AMOUNTS else _unreadable(name)


def _kept(name: str, column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a column with the type it has in a history."""
    dtype = _plain(column.type)
    if pa.types.is_null(dtype) and name in SCHEMA.names:
        dtype = SCHEMA.field(name).type
    if name in AMOUNTS and pa.types.is_decimal(dtype):
        dtype = MONEY
    with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return column if column.type == dtype else column.cast(dtype)
    raise _unkeepable(name) if name in AMOUNTS else _unreadable(name)


def _plain(dtype: pa.DataType) -> pa.DataType:
    """Return the type a column has in a history: engines have several for text."""
    if pa.types.is_dictionary(dtype):
        return _plain(dtype.value_type)
    if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
        return pa.string()
    return dtype


def _lazy(history: Any) -> nw.LazyFrame[Any]:
    try:
        with warnings.catch_warnings():
            # Narwhals announces a package for Dask that does not exist yet
            warnings.filterwarnings("ignore", "Dask support is moving", FutureWarning)
            frame = nw.from_native(history)
    except TypeError:
        frame = None
    if frame is None:
        raise ArgumentError(
            f"a {type(history).__name__} is not a history; pass a frame of "
            f"{', '.join(ENGINES[:-1])} or {ENGINES[-1]} with the history's columns"
        )
    lazy: nw.LazyFrame[Any] = frame.lazy()
    return lazy


def require(wanted: Iterable[str], there: Iterable[str]) -> None:
    """Check that a frame has the columns wanted, once each."""
    found = list(there)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ArgumentError(
            f"the frame has no column {', '.join(missing)}; pass a history as billnb.load returns "
            "it, or a frame with these columns"
        )
    twice = [name for name in wanted if found.count(name) > 1]
    if twice:
        raise ArgumentError(f"the frame has more than one column {', '.join(twice)}")


def require_totals(missing: int) -> None:
    """Check that no entry lacks a total."""
    if missing:
        raise MoneyError(
            f"{words.counted(missing, 'entry')} without a total; leave them out, or set it"
        )


def _inexact(name: str, dtype: str) -> MoneyError:
    return MoneyError(
        f"{name} is {dtype}, which does not keep every digit; amounts have to be decimal: "
        "pass a history as billnb.load returns it"
        ' (read Parquet files with dtype_backend="pyarrow")'
    )


def _unreadable(name: str) -> ArgumentError:
    return ArgumentError(
        f"{name} does not hold values of the expected type; pass a history as billnb.load returns "
        "it"
    )


def _unkeepable(name: str) -> MoneyError:
    return MoneyError(
        f"{name} holds an amount that is not a finite number, or has more than "
        f"{PRECISION - PLACES} digits before the point or {PLACES} places after it"
    )


def _in_utc(
    frame: nw.LazyFrame[Any], names: Sequence[str], schema: Mapping[str, nw.dtypes.DType]
) -> nw.LazyFrame[Any]:
    """Return instants in UTC, without a time zone."""
    clocks = {name: dtype for name in names if isinstance(dtype := schema[name], nw.Datetime)}
    zoned = {name: dtype for name, dtype in clocks.items() if dtype.time_zone is not None}
    if not zoned:
        return frame
    if frame.implementation.is_pyarrow():
        # Arrow keeps instants in UTC: removing the zone takes no time
        return frame.with_columns(
            *(nw.col(name).cast(nw.Datetime(dtype.time_unit)) for name, dtype in zoned.items())
        )
    if frame.implementation.is_duckdb():
        # DuckDB reads the month in the time zone of its session
        clock = ", ".join(f"make_timestamp(epoch_us({name})) AS {name}" for name in zoned)
        return _lazy(frame.to_native().project(f"* REPLACE ({clock})"))
    if frame.implementation.is_pyspark():
        # and so does Spark, whatever zone its columns have
        epoch = "timestamp_ntz'1970-01-01 00:00:00'"
        clock = f"timestampadd(MICROSECOND, unix_micros({{0}}), {epoch}) AS {{0}}"
        native = frame.to_native()
        return _lazy(
            native.selectExpr(
                *(clock.format(name) if name in zoned else f"`{name}`" for name in native.columns)
            )
        )
    return frame.with_columns(
        *(nw.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None) for name in zoned)
    )


__all__ = ["ENGINES", "at_or_after", "collected", "entries", "require", "require_totals", "whole"]
