"""Codes for words and days: small whole numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH = date(1970, 1, 1)

_DAY = 86_400_000_000  # microseconds

_MOST_COUNTED = 2_000_000


def days_of(instants: pa.ChunkedArray) -> Any:
    """Return the days of instants as numbers, counted from 1970."""
    return instants.cast(pa.int64()).to_numpy() // _DAY


def day_of(day: date) -> int:
    """Return a day as a number, counted from 1970."""
    return (day - EPOCH).days


def date_of(day: int) -> date:
    """Return the day with a number of :func:`day_of`."""
    return EPOCH + timedelta(days=int(day))


def unique(numbers: Any) -> tuple[Any, Any]:
    """Return what :func:`numpy.unique` does, without sorting if the numbers are small."""
    largest = int(numbers.max(initial=0))
    if largest > _MOST_COUNTED:
        return np.unique(numbers, return_inverse=True)
    found = np.flatnonzero(np.bincount(numbers, minlength=largest + 1))
    place = np.zeros(largest + 1, np.int64)
    place[found] = np.arange(len(found))
    return found, place[numbers]


def coded(column: pa.ChunkedArray) -> tuple[Any, list[str | None]]:
    """Return the position of each word, and the words; one of them may be ``None``."""
    whole = column.combine_chunks()
    if not len(whole):
        return np.zeros(0, np.int64), [None]
    encoded = pc.dictionary_encode(whole, null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


__all__ = ["coded", "date_of", "day_of", "days_of", "unique"]
