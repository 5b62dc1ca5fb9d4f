"""A made-up ledger of millions of entries, as a Parquet file with the columns of a history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from billnb.history import INSTANT, MONEY, SCHEMA

START = datetime(2021, 11, 1, tzinfo=UTC)
DAYS = 1826
PROVIDERS = ("bytio", "unpod", "cirrus", "datakeep", "mailer", "voxel")
CURRENCIES = ("USD", "EUR", "INR", "GBP", "JPY")
STATUSES = ("paid", "paid", "paid", "paid", "paid", "pending", "failed", "cancelled", "refunded")
_ROWS_AT_A_TIME = 1_000_000
_MICROSECONDS_A_DAY = 86_400_000_000


def write(path: Path, rows: int, *, seed: int = 7) -> Path:
    """Write a ledger of `rows` entries, sorted by `issued_at`; the same for the same seed."""
    chance = np.random.default_rng(seed)
    first = int(START.timestamp() * 1_000_000)
    issued = np.sort(chance.integers(first, first + DAYS * _MICROSECONDS_A_DAY, rows))
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for start in range(0, rows, _ROWS_AT_A_TIME):
            writer.write_table(_part(chance, start, issued[start : start + _ROWS_AT_A_TIME]))
    return path


def _part(chance: np.random.Generator, start: int, issued: np.ndarray) -> pa.Table:
    rows = len(issued)
    none = np.ones(rows, bool)
    provider = chance.integers(0, len(PROVIDERS), rows)
    is_invoice = chance.random(rows) < 0.6
    itemized = is_invoice & (chance.random(rows) < 0.7)
    usage, standing = chance.integers(0, 10**13, rows), chance.integers(0, 10**10, rows)
    tax, discount = chance.integers(0, 10**11, rows), -chance.integers(0, 10**9, rows)
    total = usage + standing + tax + discount + chance.integers(0, 10**7, rows)
    due = issued + 14 * _MICROSECONDS_A_DAY
    # prepaid: the first provider alone
    is_top_up = ~is_invoice & (provider == 0)
    columns = {
        "provider": _words(PROVIDERS, provider),
        "account": _words([f"{name}-main" for name in PROVIDERS], provider),
        "entry_id": pa.array([f"{number:09d}" for number in range(start, start + rows)]),
        "kind": _words(["payment", "invoice"], is_invoice.astype(int)),
        "issued_at": pa.array(issued, INSTANT),
        "description": _words(["subscription", "usage", "top-up"], chance.integers(0, 3, rows)),
        "status": _words(STATUSES, chance.integers(0, len(STATUSES), rows)),
        "currency": _words(CURRENCIES, chance.integers(0, len(CURRENCIES), rows)),
        "usage": _money(usage, ~itemized),
        "standing": _money(standing, ~itemized),
        "discount": _money(discount, ~itemized),
        "tax": _money(tax, ~is_invoice),
        "total": _money(total, ~none),
        "payment_type": _words(["manual_top_up"], np.zeros(rows, int), ~is_top_up),
        "method": _words(["card"], np.zeros(rows, int), is_invoice),
        "due_at": pa.array(due, INSTANT, mask=~is_invoice),
    }
    return pa.table(
        {name: columns.get(name, pa.nulls(rows, SCHEMA.field(name).type)) for name in SCHEMA.names},
        schema=SCHEMA,
    )


def _words(
    words: list[str] | tuple[str, ...], codes: np.ndarray, mask: np.ndarray | None = None
) -> pa.Array:
    indices = pa.array(codes, pa.int32(), mask=mask)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words)).cast(pa.string())


def _money(steps: np.ndarray, mask: np.ndarray) -> pa.Array:
    """Return amounts of seven places, given in steps of the seventh."""
    digits = pa.array(steps, pa.int64(), mask=mask)
    return digits.cast(pa.decimal128(19, 0)).view(pa.decimal128(19, 7)).cast(MONEY)
