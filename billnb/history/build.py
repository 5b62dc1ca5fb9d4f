"""The frame of a history, built from entries: one row for each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from billnb.entry import Entry
from billnb.errors import ResponseTooLargeError, contract_error
from billnb.history.schema import COLUMNS, INSTANT, MONEY, ORDER, SCHEMA
from billnb.values.moments import Window

if TYPE_CHECKING:
    import pandas as pd

_PAGE_SCHEMA = pa.schema([SCHEMA.field(name) for name in SCHEMA.names[2:]])

# thousands of small arrays are made and released: this pool returns their memory
_POOL = pa.system_memory_pool()

_BY_TYPE = {
    arrow_type: [name for name in Entry._fields if SCHEMA.field(name).type == arrow_type]
    for arrow_type in (pa.string(), MONEY, INSTANT)
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
    for arrow_type, names in _BY_TYPE.items():
        # one conversion for all columns of a type, sliced afterwards: calls cost more than rows
        cells = list(chain.from_iterable(values.get(name, ()) for name in names))
        flat = pa.array(cells, arrow_type, memory_pool=_POOL)
        for position, name in enumerate(names):
            columns.setdefault(name, flat.slice(position * rows, rows))
    # these two buffers hold all texts: if they are small, so is each text
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
        Whether no two entries are known to have the same key.

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


def _sorted(table: pa.Table) -> pa.Table:
    keys = pa.table({name: _joined(table[name]) for name in ORDER})
    order = pc.sort_indices(
        keys, sort_keys=[(name, "ascending") for name in ORDER], memory_pool=_POOL
    )
    del keys
    # column by column, because the whole table at once takes twice the memory
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


__all__ = ["account_table", "batch", "frame"]
