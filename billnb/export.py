"""How does a history leave, as a file or as text?"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from billnb.errors import ArgumentError
from billnb.files.atomic import replace
from billnb.history import SCHEMA
from billnb.values.money import plain
from billnb.values.table import aligned

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "json", "parquet")

_SHOWN = ("issued_at", "account", "kind", "description", "status", "currency", "total")
_LONGEST_CELL = 40


def text(history: pd.DataFrame, form: str) -> str:
    """Return a history as text.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    form : {"table", "csv", "json"}
        ``table`` is for reading and leaves out what identifies people and cards. ``csv`` and
        ``json`` hold every column; amounts are their digits (in JSON as strings, for a number
        would be read as a binary float), instants are ISO 8601 in UTC, and what is not stated is
        empty or ``null``.

    Returns
    -------
    str
        Without a line break at its end.

    Raises
    ------
    ArgumentError
        For another format.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-10-20")
    >>> print(text(history, "table"))
    issued at   account  kind     description  status  currency   total
    2026-10-20  bytio    payment               paid    USD       150.00
    """
    if form == "table":
        return _table(history)
    if form == "csv":
        return _csv(history)
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(list(_rows(history))), indent=1).decode()
    raise ArgumentError(f"format={form!r} is none of {', '.join(FORMATS[:-1])}")


def write(history: pd.DataFrame, path: str | os.PathLike[str], form: str) -> None:
    """Write a history to a file, whole or not at all.

    A link is followed; an existing file keeps its permissions.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    path : path-like
        The file; one that is there is replaced when the new one is complete.
    form : {"table", "csv", "json", "parquet"}
        As for :func:`text`; ``parquet`` keeps every type, and is read back with
        ``pandas.read_parquet(path, dtype_backend="pyarrow")``.

    Raises
    ------
    ArgumentError
        When the file cannot be written, or is no plain file; what was there is untouched.

    Examples
    --------
    >>> import billnb
    >>> from tempfile import mkdtemp
    >>> folder = mkdtemp()
    >>> write(billnb.demo(), f"{folder}/history.parquet", "parquet")
    """
    replace(path, encoded(history, form))


def encoded(history: pd.DataFrame, form: str) -> bytes:
    """Return a history as the bytes of a file in one of :data:`FORMATS`; text is UTF-8."""
    if form == "parquet":
        sink = io.BytesIO()
        history.to_parquet(sink, index=False)
        return sink.getvalue()
    return (text(history, form) + "\n").encode()


def _csv(history: pd.DataFrame) -> str:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, SCHEMA.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(history))
    return sink.getvalue().removesuffix("\n")


def _rows(history: pd.DataFrame) -> Iterator[dict[str, str | None]]:
    table = pa.Table.from_pandas(history, schema=SCHEMA, preserve_index=False)
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)


def _table(history: pd.DataFrame) -> str:
    rows = [[_shown(name, row[name]) for name in _SHOWN] for row in _rows(history)]
    return aligned([name.replace("_", " ") for name in _SHOWN], rows, numbers=1)


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return ""
    if name == "issued_at":
        return value[:10]
    value = " ".join(value.split())
    return value if len(value) <= _LONGEST_CELL else value[: _LONGEST_CELL - 1] + "…"


__all__ = ["FORMATS", "encoded", "text", "write"]
