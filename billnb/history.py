"""What is a history? The frame everything else works on: one row an entry.

This module knows the columns, their types and their order, and how rows become the frame.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from billnb.entry import Entry
from billnb.errors import ArgumentError, ResponseTooLargeError, contract_error
from billnb.money import PLACES, PRECISION
from billnb.period import Window

if TYPE_CHECKING:
    import pandas as pd

MONEY = pa.decimal128(PRECISION, PLACES)
INSTANT = pa.timestamp("us", tz="UTC")

AMOUNTS = ("usage", "standing", "discount", "tax", "total")
INSTANTS = ("issued_at", "due_at", "paid_at")
COLUMNS = (
    "provider",
    "account",
    "entry_id",
    "kind",
    "issued_at",
    "description",
    "status",
    "currency",
    *AMOUNTS,
    "payment_type",
    "method",
    "method_brand",
    "method_last4",
    "method_expires",
    "method_wallet",
    "method_email",
    "due_at",
    "paid_at",
    "document_url",
)
"""The columns of a history, in order."""

ORDER = ("issued_at", "provider", "account", "entry_id")
"""What a history is sorted by."""

SCHEMA = pa.schema(
    [
        (name, MONEY if name in AMOUNTS else INSTANT if name in INSTANTS else pa.string())
        for name in COLUMNS
    ]
)
"""The columns with their Arrow types."""

FX_TYPES = {"fx_rate": MONEY, "fx_date": pa.date32()}
"""The columns of a history that was converted into one currency, beside the others."""

_PAGE_SCHEMA = pa.schema([SCHEMA.field(name) for name in SCHEMA.names[2:]])
# thousands of small arrays are made and let go: this pool gives their memory back
_POOL = pa.system_memory_pool()
_BY_TYPE = {
    kind: [name for name in Entry._fields if SCHEMA.field(name).type == kind]
    for kind in (pa.string(), MONEY, INSTANT)
}


_KEY = sys.getsizeof("") + 8  # bytes of a key beside its text
LEAST_ROOM = 200
"""Bytes that an entry without any texts takes, its key included."""


def room(rows: pa.RecordBatch) -> int:
    """Return how many bytes a page's columns take, and its keys, which are kept beside them."""
    return int(rows.get_total_buffer_size()) + int(rows.column(0).nbytes) + _KEY * len(rows)


def batch(
    entries: Sequence[Entry], keys: Sequence[str], *, longest_text: int = 2**31 - 1
) -> pa.RecordBatch:
    """Return a page's entries as columns, all but `provider` and `account`.

    Parameters
    ----------
    entries : sequence of Entry
        The entries.
    keys : sequence of str
        What becomes ``entry_id``: see :func:`billnb.entry.key`.
    longest_text : int
        Bytes that a text may have, in UTF-8.

    Returns
    -------
    pyarrow.RecordBatch
        The columns of :data:`SCHEMA` from `entry_id` on.

    Raises
    ------
    ContractError
        When a text is longer; it names the field.
    """
    rows = len(entries)
    values = dict(zip(Entry._fields, zip(*entries, strict=True), strict=True)) if entries else {}
    columns = {"entry_id": pa.array(keys, pa.string(), memory_pool=_POOL)}
    for kind, names in _BY_TYPE.items():
        # one conversion for all columns of a type, cut up afterwards: calls cost more than rows
        cells = list(chain.from_iterable(values.get(name, ()) for name in names))
        flat = pa.array(cells, kind, memory_pool=_POOL)
        for position, name in enumerate(names):
            columns.setdefault(name, flat.slice(position * rows, rows))
    # both hold all texts there are: where they are small, so is each text
    if max(columns[name].get_total_buffer_size() for name in ("entry_id", "kind")) > longest_text:
        _check_texts(columns, longest_text)
    return pa.RecordBatch.from_arrays(
        [columns[name] for name in _PAGE_SCHEMA.names], schema=_PAGE_SCHEMA
    )


def _check_texts(columns: Mapping[str, pa.Array], longest: int) -> None:
    for name in _BY_TYPE[pa.string()]:
        lengths = pc.binary_length(columns[name])
        if (pc.max(lengths).as_py() or 0) > longest:
            row = pc.index(pc.greater(lengths, longest), True).as_py()
            raise contract_error(
                f"expected a text of at most {longest:,} bytes, which a larger Limits(max_row=…) "
                "would allow",
                f"entries[{row}].{name}",
            )


def account_table(
    provider: str, account: str, batches: Iterable[pa.RecordBatch], is_distinct: bool
) -> pa.Table:
    """Return one account's whole history as a table, identical entries numbered.

    Identical entries have the same key; the first keeps it and the others become ``key#2``,
    ``key#3``, …, so that every entry has an id of its own and reading again gives the same ids.

    Parameters
    ----------
    provider, account : str
        What the first two columns hold.
    batches : iterable of pyarrow.RecordBatch
        As :func:`batch` makes them.
    is_distinct : bool
        Whether it is known already that no two entries have the same key.

    Returns
    -------
    pyarrow.Table
        The columns of :data:`SCHEMA`, in the order of the pages.
    """
    table = pa.Table.from_batches(batches, schema=_PAGE_SCHEMA)
    if not is_distinct:
        table = table.set_column(0, "entry_id", _numbered(table))
    for position, (name, value) in enumerate((("provider", provider), ("account", account))):
        column = pa.repeat(value, len(table), memory_pool=_POOL)
        table = table.add_column(position, name, column)
    return table.cast(SCHEMA)


def frame(
    tables: Iterable[pa.Table],
    *,
    window: Window = Window(),  # noqa: B008 - frozen
    kind: str = "all",
    reading: Mapping[str, Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Return accounts' tables as one history.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        As :func:`account_table` makes them.
    window : Window
        The instants to keep.
    kind : str
        The kind to keep, or ``all``.
    reading : mapping
        How each account was read, for ``attrs["billnb"]``.

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`SCHEMA`, backed by Arrow, sorted by :data:`ORDER`. Amounts are
        ``decimal128(28, 12)`` in units of `currency`; instants are ``timestamp[us, UTC]``.

    Raises
    ------
    ResponseTooLargeError
        When the texts of a column take more than 2 GiB together.

    Examples
    --------
    >>> frame([]).dtypes["total"]
    decimal128(28, 12)[pyarrow]
    """
    import pandas as pd

    table = pa.concat_tables([SCHEMA.empty_table(), *tables])
    if window.start is not None:
        table = table.filter(pc.field("issued_at") >= window.start)
    if window.end is not None:
        table = table.filter(pc.field("issued_at") < window.end)
    if kind != "all":
        table = table.filter(pc.field("kind") == kind)
    history: pd.DataFrame = _sorted(table).to_pandas(types_mapper=pd.ArrowDtype)
    history.attrs["billnb"] = {name: dict(how) for name, how in (reading or {}).items()}
    return history


def readings(history: Any) -> dict[str, dict[str, Any]]:
    """Return how each account of a history was read, as :func:`billnb.load` notes it.

    Parameters
    ----------
    history : Any
        A frame; one without such notes has none.

    Returns
    -------
    dict of str to dict
        ``attrs["billnb"]``, with `read_at` and `since` as instants or ``None``, and a
        `certificate`, which is ``unknown`` where none is noted.

    Raises
    ------
    ArgumentError
        When there is something else in their place.

    Examples
    --------
    >>> import billnb
    >>> {name: how["certificate"] for name, how in readings(billnb.demo()).items()}
    {'bytio': 'append-only', 'unpod': 'by id'}
    """
    noted = getattr(history, "attrs", {}).get("billnb", {})
    try:
        return {str(name): _reading(**how) for name, how in noted.items()}
    except (AttributeError, TypeError, ValueError):
        raise ArgumentError(
            'attrs["billnb"] is not what billnb.load notes there; '
            'del history.attrs["billnb"] to go without'
        ) from None


def _reading(
    *,
    read_at: str | None = None,
    since: str | None = None,
    certificate: str = "unknown",
    **others: Any,
) -> dict[str, Any]:
    read, begins = (
        None if one is None else datetime.fromisoformat(one).astimezone(UTC)
        for one in (read_at, since)
    )
    return {**others, "read_at": read, "since": begins, "certificate": str(certificate)}


def _sorted(table: pa.Table) -> pa.Table:
    keys = pa.table({name: _joined(table[name]) for name in ORDER})
    order = pc.sort_indices(
        keys, sort_keys=[(name, "ascending") for name in ORDER], memory_pool=_POOL
    )
    del keys
    # column by column, for the whole table at once takes twice the room
    columns = [pc.take(_joined(table[name]), order, memory_pool=_POOL) for name in COLUMNS]
    return pa.table(columns, schema=SCHEMA)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    try:
        return column.combine_chunks(memory_pool=_POOL)
    except pa.ArrowInvalid:
        pass
    raise ResponseTooLargeError(
        "the texts of one column take more than 2 GiB, which a column cannot hold; load fewer "
        "accounts at a time, or one kind with kind=…"
    )


def _numbered(table: pa.Table) -> pa.Array:
    ids = table["entry_id"].combine_chunks()
    counts = pc.value_counts(ids)
    again = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    positions = pc.indices_nonzero(pc.is_in(ids, value_set=again))
    rows = table.take(positions).to_pylist()
    # by what the rows say, so that the order of pages does not matter
    ordered = sorted(zip(map(_content, rows), positions.to_pylist(), strict=True))
    seen: Counter[str] = Counter()
    numbered = ids.to_pylist()
    taken = set(numbered)
    for _, position in ordered:
        name = numbered[position]
        seen[name] += 1
        if seen[name] > 1:
            while (candidate := f"{name}#{seen[name]}") in taken:
                seen[name] += 1
            numbered[position] = candidate
    return pa.array(numbered, pa.string())


def _content(row: Mapping[str, object]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is not None, str(value)) for value in row.values())


__all__ = [
    "AMOUNTS",
    "COLUMNS",
    "FX_TYPES",
    "INSTANT",
    "INSTANTS",
    "MONEY",
    "ORDER",
    "SCHEMA",
    "account_table",
    "batch",
    "frame",
]
