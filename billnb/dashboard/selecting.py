"""The entries that a choice selects, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from billnb import cube
from billnb.dashboard.choice import FIELDS, Choice, matches
from billnb.history import rules
from billnb.history.rules import STATED

_SEARCHED = ("description", "entry_id", "account", "provider", "status", "payment_type", "method")


class Entries:
    """The entries of a history, known by their positions.

    Parameters
    ----------
    table : pyarrow.Table
        Entries, with a history's columns.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._codes: dict[str, tuple[Any, list[str | None]]] = {}

    def chosen(self, choice: Choice, first: int, last: int) -> Any:
        """Return the positions of the entries chosen, between two days, in their own order."""
        inside = (self._days >= first) & (self._days <= last)
        for field in FIELDS:
            wanted = getattr(choice, field)
            if wanted is not None:
                codes, names = self._coded(field)
                known = [place for place, name in enumerate(names) if matches(name, wanted)]
                inside &= np.isin(codes, known)
        if choice.component is not None:
            inside &= self._has(choice.component)
        return np.flatnonzero(inside & self.holding(choice.search))

    def count(self, positions: Any, currency: str) -> int:
        """Return how many of some entries are of a currency."""
        codes, names = self._coded("currency")
        return int((codes[positions] == names.index(currency)).sum())

    def ordered(self, positions: Any, column: str, descending: bool) -> Any:
        """Return positions ordered by a column; what is missing is last.

        Entries that are alike there stay as they are in the history, or the other way around.
        """
        if column == "issued_at" and self._is_in_order:
            return positions[::-1] if descending else positions
        values = self._table[column].take(pa.array(positions)).combine_chunks()
        table = pa.table({column: values, "place": np.arange(len(positions))})
        direction = "descending" if descending else "ascending"
        order = pc.sort_indices(table, [(column, direction), ("place", direction)])
        return positions[order.to_numpy()]

    @cached_property
    def _is_in_order(self) -> bool:
        instants = self._table["issued_at"].cast(pa.int64()).to_numpy()
        return bool((instants[1:] >= instants[:-1]).all())

    def page(self, positions: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return some columns of a few entries."""
        rows: list[dict[str, Any]] = (
            self._table.select(columns).take(pa.array(positions, pa.int64())).to_pylist()
        )
        return rows

    def holding(self, search: str) -> Any:
        """Return whether the text of each entry holds all the words of a search."""
        found = np.ones(len(self._table), bool)
        for word in search.split():
            found &= np.logical_or.reduce([_holds(self._table[name], word) for name in _SEARCHED])
        return found

    @cached_property
    def _days(self) -> Any:
        return cube.days_of(self._table["issued_at"])

    def _coded(self, field: str) -> tuple[Any, list[str | None]]:
        if field not in self._codes:
            self._codes[field] = cube.coded(self._table[field])
        return self._codes[field]

    def _has(self, component: str) -> Any:
        """Return whether entries count as spend, and have something of a component."""
        found = rules.holds(rules.is_spend(), self._table)
        if component in STATED:
            amounts = self._table[component].combine_chunks()
        else:
            amounts = rules.rest_of(self._table)
            itemized = rules.holds(rules.is_itemized(), self._table)
            found &= itemized == (component == rules.rest_name(itemized=True))
        some = pc.fill_null(pc.not_equal(amounts, pa.scalar(0, amounts.type)), False)
        return found & some.to_numpy(zero_copy_only=False)


def _holds(column: pa.ChunkedArray, word: str) -> Any:
    matches = pc.match_substring(column, word, ignore_case=True)
    return pc.fill_null(matches, False).to_numpy()


__all__ = ["Entries"]
