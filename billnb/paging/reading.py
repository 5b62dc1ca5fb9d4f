"""Certified readings: passes over all pages, repeated until one is consistent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from billnb.entry import Page
from billnb.errors import TruncatedHistoryError
from billnb.paging.source import Source, fetched_one
from billnb.paging.walk import (
    InconsistentPass,
    PageSizeIgnored,
    TooManyPages,
    Walk,
    backward,
    check_first_page,
    forward,
    unstable,
)

CERTIFICATES = ("snapshot", "single page", "by id", "append-only")
"""From the strongest to the weakest."""

Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Part(Generic[Rows]):
    """A page, or some of its rows by their position."""

    page: Page[Rows]
    positions: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Reading(Generic[Rows]):
    """A whole history, and how it was verified.

    Attributes
    ----------
    parts : list of Part
        Every entry, once.
    total : int
        The number of entries, which the vendor announced.
    certificate : str
        One of :data:`CERTIFICATES`.
    restarts : int
        How often the reading began again.
    """

    parts: list[Part[Rows]]
    total: int
    certificate: str
    restarts: int = 0

    def is_distinct(self) -> bool:
        """Return whether no two entries have the same key."""
        keys = {key for part in self.parts for key in part.page.keys}
        return len(keys) == self.total


def read(source: Source[Any, Rows], *, kind: str = "all", verify: str = "counts") -> Reading[Rows]:
    """Return all entries of one kind.

    Parameters
    ----------
    source : Source
        The source of the pages.
    kind : str
        ``all``, or one of the source's kinds.
    verify : {"counts", "snapshot"}
        Whether totals and row counts must add up, or two readings must agree as well.

    Returns
    -------
    Reading
        Every entry once, and how that was verified.

    Raises
    ------
    UnstableHistoryError
        When the history kept changing, or contradicting itself.
    TruncatedHistoryError
        When there are more entries than paging can reach, also kind by kind.
    ContractError
        When pages contradict what they announce.
    """
    if kind == "all" and source.kinds:
        try:
            return _read_kind(source, kind, verify)
        except TooManyPages:
            pass
        return _read_by_kind(source, verify)
    return _read_within_reach(source, kind, verify)


def _read_kind(source: Source[Any, Rows], kind: str, verify: str) -> Reading[Rows]:
    union = _Union[Rows]()
    repeated: Counter[str] | None = None
    for restarts in range(source.restarts + 1):
        _pause(source, restarts)
        try:
            walk, certificate = _read_once(source, kind, verify, repeated)
        except InconsistentPass as inconsistent:
            error, repeated = inconsistent.error, inconsistent.repeated
            if source.has_ids:
                union.add(inconsistent.walks)
        else:
            return Reading(
                [Part(walk.pages[number]) for number in sorted(walk.pages)],
                walk.total,
                certificate,
                restarts,
            )
    if source.has_ids and (parts := union.parts()) is not None:
        return Reading(parts, union.total, "by id", source.restarts)
    raise error


def _pause(source: Source[Any, Any], restarts: int) -> None:
    """Wait before a history is read again, so that changes may end."""
    if restarts:
        source.pause(random.uniform(0, min(5.0, 0.1 * 2**restarts)))  # noqa: S311


def _read_once(
    source: Source[Any, Rows], kind: str, verify: str, repeated: Counter[str] | None
) -> tuple[Walk[Rows], str]:
    """Return one pass over a history, and its certificate.

    `repeated` holds the keys of the pass before, if an identifier was on two pages.
    """
    walk = forward(source, kind)
    single = len(walk.pages) == 1
    if verify == "counts":
        if single:
            return walk, "single page"
        if not walk.has_twins():
            check_first_page(source, kind, walk)
            return walk, "by id" if source.has_ids else "append-only"
    try:
        again = backward(source, kind, walk, _other_size(walk))
    except PageSizeIgnored:
        again = backward(source, kind, walk, walk.size)
    keys = walk.keys()
    if keys != again.keys():
        raise InconsistentPass(unstable("two readings of it differ"), [walk, again])
    if source.has_ids and not single and len(keys) < walk.total and keys != repeated:
        # entries shifted in both, or the vendor repeats an identifier: another pass decides
        raise InconsistentPass(unstable("it holds an identifier twice"), [walk, again], keys)
    if again.size != walk.size:
        return walk, "snapshot"
    if single:
        return walk, "single page"
    # the vendor's page size cannot be changed: two readings on one grid prove less
    return walk, "by id" if source.has_ids and len(keys) == walk.total else "append-only"


def _other_size(walk: Walk[Any]) -> int:
    """Return the largest smaller page size that leaves a last page that is not full.

    With full pages only, entries beyond a total that is too small would not be noticed.
    """
    smaller = range(walk.size - 1, 1, -1)  # pages of one are always full
    return next((size for size in smaller if walk.total % size), max(1, walk.size - 1))


class _Union(Generic[Rows]):
    """The entries that several passes have seen together, if entries have identifiers.

    If the vendor orders ties differently for each page, no single pass may be whole; but as many
    different identifiers as entries are all of them. This does not hold if the total changed, or if
    more was seen than announced: then entries were added and removed.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Page[Rows], int]] = {}
        self._totals: set[int] = set()

    @property
    def total(self) -> int:
        return max(self._totals)

    def add(self, walks: Iterable[Walk[Rows]]) -> None:
        for walk in walks:
            self._totals.add(walk.total)
            for page in walk.pages.values():
                self._seen.update((key, (page, row)) for row, key in enumerate(page.keys))

    def parts(self) -> list[Part[Rows]] | None:
        if not self._seen or self._totals != {len(self._seen)}:
            return None
        chosen: dict[int, Part[Rows]] = {}
        for page, row in self._seen.values():
            part = chosen.setdefault(id(page), Part(page, []))
            if part.positions is not None:
                part.positions.append(row)
        return list(chosen.values())


def _read_within_reach(source: Source[Any, Rows], kind: str, verify: str) -> Reading[Rows]:
    try:
        return _read_kind(source, kind, verify)
    except TooManyPages as reached:
        error = _truncated(kind, reached.total, reached.reach)
    raise error


def _read_by_kind(source: Source[Any, Rows], verify: str) -> Reading[Rows]:
    """Return the kinds, read one after the other, if together they are the whole."""
    found: set[tuple[int, int]] = set()
    for restarts in range(source.restarts + 1):
        _pause(source, restarts)
        readings = []
        for kind in source.kinds:
            readings.append(_read_within_reach(source, kind, verify))
        total = sum(reading.total for reading in readings)
        announced = fetched_one(source, "all", 1, source.page_size).total
        if total == announced:
            return Reading(
                [part for reading in readings for part in reading.parts],
                total,
                max((reading.certificate for reading in readings), key=CERTIFICATES.index),
                restarts + sum(reading.restarts for reading in readings),
            )
        found.add((announced, total))
    if len(found) == 1 and announced > total:
        raise _truncated(f"all kinds but {' and '.join(source.kinds)}", announced - total, 0)
    raise unstable("its kinds do not make up its total")


def _truncated(kind: str, total: int, reach: int) -> TruncatedHistoryError:
    return TruncatedHistoryError(
        f"the vendor announces {total:,} entries ({kind}) and lets {reach:,} be read; "
        "ask the vendor for an export, or load one kind at a time with kind=…"
    )
