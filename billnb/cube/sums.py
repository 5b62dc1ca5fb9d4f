"""Exact sums by day and key, and between two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from billnb.history.rules import COMPONENTS

_EXACT = Context(prec=100)

MEASURES = (*COMPONENTS, "entries")
"""The measures summed: the components, which sum to the total, and the number of entries."""


class Key(NamedTuple):
    """The fields that entries summed together have in common."""

    provider: str | None
    account: str | None
    kind: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Cube:
    """Exact sums of the entries of a currency.

    Attributes
    ----------
    keys : sequence of Key
        The keys of the sums.
    first : int
        The day of the first entry, counted from 1970.
    days : int
        The number of days from the first entry to the last.
    places : int
        The decimal places of the whole numbers.
    sums : numpy.ndarray
        By limb, measure, day and key: the sums before the day. Empty if they would be too
        large.
    rows : tuple of numpy.ndarray
        In that case: the day, the key, and by limb and measure the amounts of entries, by day.
    """

    keys: Sequence[Key]
    first: int
    days: int
    places: int
    sums: Any
    rows: tuple[Any, Any, Any] | None = None

    def between(self, bounds: Sequence[int], chosen: Any) -> Any:
        """Return sums between days.

        Parameters
        ----------
        bounds : sequence of int
            Days from 1970, ascending: each but the last begins a stretch, up to the next.
        chosen : numpy.ndarray of int
            The positions of the keys to sum.

        Returns
        -------
        numpy.ndarray
            By limb, measure, stretch and chosen key; see :meth:`whole`.
        """
        at = np.array([min(max(bound - self.first, 0), self.days) for bound in bounds])
        if self.rows is None:
            before = self.sums[:, :, at][..., chosen]
            return before[:, :, 1:] - before[:, :, :-1]
        days, keys, values = self.rows
        place = np.full(len(self.keys), -1)
        place[chosen] = np.arange(len(chosen))
        ends = np.searchsorted(days, at)
        found = np.zeros((*values.shape[:2], len(at) - 1, len(chosen)), np.int64)
        for stretch, (start, end) in enumerate(pairwise(ends)):
            where = place[keys[start:end]]
            known = np.flatnonzero(where >= 0)
            for limb, measure in np.ndindex(values.shape[:2]):
                amounts = values[limb, measure, start:end][known]
                np.add.at(found[limb, measure, stretch], where[known], amounts)
        return found

    def whole(self, limbs: Any) -> Any:
        """Return sums in limbs as whole numbers.

        Returns
        -------
        numpy.ndarray
            Without the axis of limbs; Python's integers where there are several.
        """
        if len(limbs) == 1:
            return limbs[0]
        return reduce(lambda high, low: high * 2**32 + low, limbs[::-1].astype(object))

    def amount(self, steps: int) -> Decimal:
        """Return a whole number of steps in units of the currency."""
        return _EXACT.scaleb(Decimal(int(steps)), -self.places)


def total_of(sums: Any) -> Any:
    """Return the total of the components, of sums by limb and measure."""
    return sums[:, :-1].sum(axis=1)


__all__ = ["MEASURES", "Cube", "Key", "total_of"]
