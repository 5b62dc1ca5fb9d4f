"""Is what was read what was there? Walks are taken until one is certain, or it is an error."""

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
    OutOfReach,
    Shaken,
    SizeIgnored,
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
    """A whole history, and how it is known to be one.

    Attributes
    ----------
    parts : list of Part
        Every entry, once.
    total : int
        Entries the vendor announced, which is how many there are.
    certificate : str
        One of :data:`CERTIFICATES`.
    restarts : int
        How often reading had to begin again.
    """

    parts: list[Part[Rows]]
    total: int
    certificate: str
    restarts: int = 0

    def is_distinct(self) -> bool:
        """Whether no two entries have the same key."""
        keys = {key for part in self.parts for key in part.page.keys}
        return len(keys) == self.total


def read(source: Source[Any, Rows], *, kind: str = "all", verify: str = "counts") -> Reading[Rows]:
    """Return everything there is of one kind.

    Parameters
    ----------
    source : Source
        Where pages come from.
    kind : str
        ``all``, or one of the source's kinds.
    verify : {"counts", "snapshot"}
        Whether totals and row counts must add up, or two readings must agree as well.

    Returns
    -------
    Reading
        Every entry once, and how that is known.

    Raises
    ------
    UnstableHistoryError
        When it kept changing, or contradicting itself.
    TruncatedHistoryError
        When there is more than can be paged through, kind by kind too.
    ContractError
        When pages are not what they say they are.
    """
    if kind == "all" and source.kinds:
        try:
            return _read_kind(source, kind, verify)
        except OutOfReach:
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
        except Shaken as shaken:
            error, repeated = shaken.error, shaken.repeated
            if source.has_ids:
                union.add(shaken.walks)
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
    """Let a history come to rest before it is read again."""
    if restarts:
        source.pause(random.uniform(0, min(5.0, 0.1 * 2**restarts)))  # noqa: S311


def _read_once(
    source: Source[Any, Rows], kind: str, verify: str, repeated: Counter[str] | None
) -> tuple[Walk[Rows], str]:
    """Read a history and say how it is known to be whole.

    `repeated` is what the reading before found, if it found an identifier on two pages.
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
    except SizeIgnored:
        again = backward(source, kind, walk, walk.size)
    keys = walk.keys()
    if keys != again.keys():
        raise Shaken(unstable("two readings of it differ"), [walk, again])
    if source.has_ids and not single and len(keys) < walk.total and keys != repeated:
        # a shift in both readings, or a vendor that repeats itself: another reading tells
        raise Shaken(unstable("an identifier stands on it twice"), [walk, again], keys)
    if again.size != walk.size:
        return walk, "snapshot"
    if single:
        return walk, "single page"
    # the vendor's page size cannot be changed: two readings on one grid prove less
    return walk, "by id" if source.has_ids and len(keys) == walk.total else "append-only"


def _other_size(walk: Walk[Any]) -> int:
    """Return the largest smaller page size that leaves a last page that is not full.

    On a grid of full pages alone, entries past a total that is too small would not show.
    """
    smaller = range(walk.size - 1, 1, -1)  # pages of one are always full
    return next((size for size in smaller if walk.total % size), max(1, walk.size - 1))


class _Union(Generic[Rows]):
    """What several readings have seen between them, where entries have identifiers.

    Where ties are ordered anew for each page, no single reading need be whole; but as many
    different identifiers as entries are all of them. Not so when the total changed, or when more
    was seen than there is: then entries came and went.
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
    except OutOfReach as reached:
        error = _truncated(kind, reached.total, reached.reach)
    raise error


def _read_by_kind(source: Source[Any, Rows], verify: str) -> Reading[Rows]:
    """Read the kinds one after the other, and see that they make up the whole."""
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
