"""The cubes of a history, one for each currency: entries summed by day, and along the days.

Each currency's entries are summed once, by day and :class:`~billnb.cube.sums.Key`, and then along
the days: the sum between two days is the difference of two such sums. Amounts are whole numbers of
the smallest step of their currency in the history: of 64 bits if every sum fits, and else limbs of
32 bits, so that sums are always exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from billnb.cube.codes import coded, days_of, unique
from billnb.cube.sums import Cube, Key
from billnb.engine.decimals import halves
from billnb.history import rules
from billnb.history.rules import STATED
from billnb.values.money import PLACES

_STEPS = (10, 8, 6, 4, 2)  # decimal places that may be left out

_MOST = 2.0**62

_LIMB, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)

_MOST_CELLS = 2_000_000  # days by keys: 112 MB of one limb


def cubes(table: pa.Table, instants: pa.ChunkedArray) -> dict[str, Cube]:
    """Return a cube for each currency of a history.

    Parameters
    ----------
    table : pyarrow.Table
        Entries, with a history's columns.
    instants : pyarrow.ChunkedArray
        The instant at which each of them counts, ``timestamp[us, UTC]``.

    Returns
    -------
    dict of str to Cube
        By currency, the one with the most entries first.

    Examples
    --------
    >>> import billnb
    >>> from datetime import date
    >>> from billnb.cube.codes import day_of
    >>> table = pa.Table.from_pandas(billnb.demo())
    >>> cube = cubes(table, table["issued_at"])["USD"]
    >>> sums = cube.between([day_of(date(2025, 1, 1)), day_of(date(2026, 1, 1))], np.arange(2))
    >>> sums.shape
    (1, 7, 1, 2)
    """
    days = days_of(instants)
    codes, currencies = coded(table["currency"])
    names, keys = _keys(table)
    counts = np.bincount(codes, minlength=len(currencies))
    # sorted by currency once, which is faster than to take each of them
    order = np.argsort(codes.astype(np.min_scalar_type(len(currencies))), kind="stable")
    part = table.select([*STATED, "total"])
    part = part if len(currencies) == 1 else part.take(pa.array(order))
    days, names, ends = days[order], names[order], np.cumsum(counts)
    found = {}
    for code in np.argsort(-counts, kind="stable"):
        if counts[code]:
            rows = slice(ends[code] - counts[code], ends[code])
            mine = part.slice(rows.start, counts[code]).combine_chunks()
            found[str(currencies[code])] = _cube(mine, days[rows], names[rows], keys)
    return found


def names_of(cubes: Mapping[str, Cube], field: str) -> list[str | None]:
    """Return the values of a field in the keys of all cubes, sorted; ``None`` is last."""
    found = {getattr(key, field) for cube in cubes.values() for key in cube.keys}
    return sorted(found, key=lambda name: (name is None, name or ""))


def _cube(part: pa.Table, days: Any, names: Any, keys: Sequence[Key]) -> Cube:
    values, places = _measures(part)
    there, names = unique(names)
    first, last = int(days.min()), int(days.max())
    length, mine = last - first + 1, [keys[one] for one in there]
    if length * len(mine) > _MOST_CELLS:
        order = np.argsort(days, kind="stable")
        rows = (days[order] - first, names[order], values[:, :, order])
        return Cube(mine, first, length, places, np.zeros(0), rows)
    cell = (days - first) * len(mine) + names
    sums = np.zeros((*values.shape[:2], (length + 1) * len(mine)), np.int64)
    for limb, measure in np.ndindex(values.shape[:2]):
        np.add.at(sums[limb, measure, len(mine) :], cell, values[limb, measure])
    sums = sums.reshape(*values.shape[:2], length + 1, len(mine))
    return Cube(mine, first, length, places, np.cumsum(sums, axis=2))


def _measures(part: pa.Table) -> tuple[Any, int]:
    """Return the measures of entries, by limb and measure, and the places of amounts."""
    amounts, places = _limbs([part[name].combine_chunks() for name in (*STATED, "total")])
    *stated, total = amounts
    rest = reduce(np.subtract, stated, total)
    itemized = rules.holds(rules.is_itemized(), part)
    count = np.zeros_like(total)
    count[0] = 1
    parts = [*stated, rest * itemized, rest * ~itemized, count]
    return np.stack(parts, axis=1), places


def _limbs(columns: Sequence[pa.Array]) -> tuple[list[Any], int]:
    """Return amounts as whole numbers, 0 for no amount, and how many places these have.

    They have one limb if 64 bits hold every sum, two if 64 bits hold each amount, and three
    otherwise, the lowest first.
    """
    words = [_stated(column) for column in columns]
    if all((high == low >> 63).all() for low, high in words):
        lows = [low for low, _ in words]
        for step in (0, *_STEPS):
            unit = 10**step
            if sum(np.abs(low.astype(float)).sum() for low in lows) / unit >= _MOST:
                continue
            if not any((low % unit).any() for low in lows):
                return [(low // unit)[None] for low in lows], PLACES - step
        return [np.stack([low & int(_LOW), low >> int(_LIMB)]) for low in lows], PLACES
    limbs = []
    for low, high in words:
        unsigned = low.view("<u8")
        limbs.append(np.stack([unsigned & _LOW, unsigned >> _LIMB, high.view("<u8")]).view("<i8"))
    return limbs, PLACES


def _stated(column: pa.Array) -> tuple[Any, Any]:
    """Return the lower and the higher half of each amount; 0 where it is not stated."""
    low, high = halves(column).T
    if not column.null_count:
        return low.copy(), high.copy()
    stated = column.is_valid().to_numpy(zero_copy_only=False)
    return low * stated, high * stated


def _keys(table: pa.Table) -> tuple[Any, list[Key]]:
    fields = [coded(table[name]) for name in Key._fields]
    combined = np.zeros(len(table), np.int64)
    for codes, names in fields:
        combined = combined * len(names) + codes
    found, inverse = unique(combined)
    keys = []
    for one in found.tolist():
        key: list[str | None] = []
        for _, names in reversed(fields):
            one, code = divmod(one, len(names))
            key.append(names[code])
        keys.append(Key(*reversed(key)))
    return inverse, keys


__all__ = [
    "cubes",
    "names_of",
]
