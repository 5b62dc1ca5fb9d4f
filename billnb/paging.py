"""Which pages, and is what was read what was there?

Pure logic over a ``fetch(kind, page, size)`` and an ``open`` that makes a page of its answer.
Pages are fetched concurrently, and a history can change in the meantime. What is returned carries
a certificate of how it is known to be whole:

``snapshot``
    Read twice, on two page grids (forward with N rows a page, backward with N-1), with the same
    entries both times. A change in between would have to shift both grids alike.
``single page``
    One answer held everything.
``by id``
    As many different identifiers as the vendor announces entries. Whole, as long as no entry
    was replaced by another while it was read.
``append-only``
    Every page announced the same total and held the rows it should, and the first page was
    still the same at the end. Whole, as long as entries are only ever added.

Entries without identifiers can be identical and still be two. But an entry that stands on two
pages is also the mark of a shift between them, so then the second reading decides.
"""

from __future__ import annotations

import queue
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from billnb.entry import Page
from billnb.errors import (
    BillnbError,
    ContractError,
    TruncatedHistoryError,
    UnstableHistoryError,
)

CERTIFICATES = ("snapshot", "single page", "by id", "append-only")
"""From the strongest to the weakest."""

Answer = TypeVar("Answer")
Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Source(Generic[Answer, Rows]):
    """Where pages come from, and how many of them there may be.

    Attributes
    ----------
    fetch : callable
        Takes a kind of entry (or ``all``), a page's number from 1 and a page size, and returns
        an answer. It is called by the executor's threads, which had better only wait.
    open : callable
        Makes a page of an answer. It is called by the thread that reads, one page at a time:
        parsing in many threads would only have them wait for each other.
    page_size : int
        The largest page size.
    max_pages : int or None
        Pages that can be read of one kind, where there is an end.
    kinds : tuple of str
        The kinds that can be fetched one by one, when there are too many entries in all.
    has_ids : bool
        Whether a key tells an entry from every other, identical ones included.
    executor : concurrent.futures.Executor
        Where pages are fetched.
    ahead : int
        Pages asked for at a time.
    restarts : int
        Times a reading that does not add up is begun again.
    """

    fetch: Callable[[str, int, int], Answer]
    open: Callable[[Answer], Page[Rows]]
    page_size: int
    executor: Executor
    ahead: int = 16
    max_pages: int | None = None
    kinds: tuple[str, ...] = ()
    has_ids: bool = False
    restarts: int = 4


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
        except _OutOfReach:
            pass
        return _read_by_kind(source, verify)
    return _read_within_reach(source, kind, verify)


@dataclass(slots=True)
class _Walk(Generic[Rows]):
    """One reading of every page."""

    size: int
    total: int
    pages: dict[int, Page[Rows]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    def keys(self) -> Counter[str]:
        return Counter(key for page in self.pages.values() for key in page.keys)

    def has_twins(self) -> bool:
        """Whether an entry stands on more than one page."""
        seen: set[str] = set()
        for page in self.pages.values():
            keys = set(page.keys)
            if not seen.isdisjoint(keys):
                return True
            seen |= keys
        return False


class _Shaken(Exception):
    """A reading did not add up; another may. `error` is what it comes to if none does."""

    def __init__(self, error: BillnbError, walks: Iterable[_Walk[Any]] = ()) -> None:
        super().__init__()
        self.error = error
        self.walks = list(walks)


class _OutOfReach(Exception):
    """There are more entries than can be paged through."""

    def __init__(self, total: int, reach: int) -> None:
        super().__init__()
        self.total = total
        self.reach = reach


class _SizeIgnored(Exception):
    """The vendor gives pages of its own size, whatever is asked."""


def _read_kind(source: Source[Any, Rows], kind: str, verify: str) -> Reading[Rows]:
    union = _Union[Rows]()
    for restarts in range(source.restarts + 1):
        if restarts:
            time.sleep(random.uniform(0, min(5.0, 0.1 * 2**restarts)))  # noqa: S311
        try:
            walk, certificate = _read_once(source, kind, verify)
        except _Shaken as shaken:
            error = shaken.error
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


def _read_once(source: Source[Any, Rows], kind: str, verify: str) -> tuple[_Walk[Rows], str]:
    walk = _forward(source, kind)
    single = len(walk.pages) == 1
    if verify == "counts":
        if single:
            return walk, "single page"
        if not walk.has_twins():
            _check_first_page(source, kind, walk)
            return walk, "by id" if source.has_ids else "append-only"
    try:
        again = _backward(source, kind, walk, max(1, walk.size - 1))
    except _SizeIgnored:
        again = _backward(source, kind, walk, walk.size)
    keys = walk.keys()
    if keys != again.keys():
        raise _Shaken(_unstable("two readings of it differ"), [walk, again])
    if again.size != walk.size:
        return walk, "snapshot"
    if single:
        return walk, "single page"
    # the vendor's page size cannot be changed: two readings on one grid prove less
    return walk, "by id" if source.has_ids and len(keys) == walk.total else "append-only"


def _forward(source: Source[Any, Rows], kind: str) -> _Walk[Rows]:
    first = _fetched_one(source, kind, 1, source.page_size)
    walk = _Walk[Rows](size=_size(first, source.page_size), total=first.total)
    if source.max_pages is not None and walk.last > source.max_pages:
        raise _OutOfReach(first.total, source.max_pages * walk.size)
    _take(walk, 1, first)
    for number, page in _fetched(source, kind, range(2, walk.last + 1), walk.size):
        _take(walk, number, page)
    return walk


def _backward(source: Source[Any, Rows], kind: str, before: _Walk[Rows], size: int) -> _Walk[Rows]:
    walk = _Walk[Rows](size=size, total=before.total)
    if source.max_pages is not None and walk.last > source.max_pages:
        walk = _Walk[Rows](size=before.size, total=before.total)
    for number, page in _fetched(source, kind, range(walk.last, 0, -1), walk.size):
        if walk.size < len(page.keys) == before.size and walk.last > 1:
            raise _SizeIgnored
        _take(walk, number, page)
    return walk


def _check_first_page(source: Source[Any, Rows], kind: str, walk: _Walk[Rows]) -> None:
    """Look at the first page once more: new entries come in there."""
    first = _fetched_one(source, kind, 1, walk.size)
    _check(_Walk(size=walk.size, total=walk.total), 1, first)
    if Counter(first.keys) != Counter(walk.pages[1].keys):
        raise _Shaken(_unstable("its first page changed"), [walk])


def _size(first: Page[Rows], asked: int) -> int:
    """Return the page size in force, which the vendor may have lowered without saying so."""
    rows = len(first.keys)
    if rows == first.total:
        return max(rows, asked)
    if rows > first.total:
        return asked
    if rows == 0 or (first.size is not None and first.size != rows):
        raise _Shaken(_broken(1, f"has {rows} rows of {first.total} entries, a short page"))
    return rows


def _take(walk: _Walk[Rows], number: int, page: Page[Rows]) -> None:
    for other in {1, number - 1} - {number}:
        twin = walk.pages.get(other)
        if twin is not None and twin.keys == page.keys and len(set(page.keys)) > 1:
            raise _Shaken(_broken(number, f"holds what page {other} held"), [walk])
    _check(walk, number, page)
    walk.pages[number] = page


def _check(walk: _Walk[Rows], number: int, page: Page[Rows]) -> None:
    if page.number not in (None, number):
        raise _broken(number, f"says it is page {page.number}")
    if page.total != walk.total:
        raise _Shaken(_unstable(f"its total changed from {walk.total} to {page.total}"), [walk])
    rows = len(page.keys)
    if number < walk.last and rows != walk.size:
        raise _Shaken(_broken(number, f"has {rows} rows; expected {walk.size}"), [walk])
    expected = walk.total - (walk.last - 1) * walk.size
    if number == walk.last and rows != expected:
        raise _Shaken(
            _unstable(f"its last page has {rows} rows where the total leaves {expected}"), [walk]
        )


def _fetched(
    source: Source[Any, Rows], kind: str, numbers: Iterable[int], size: int
) -> Iterator[tuple[int, Page[Rows]]]:
    """Yield pages as they come in, some of them asked for ahead."""
    waiting: dict[Future[Any], int] = {}
    arrived: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    rest = iter(numbers)

    def ask(count: int) -> None:
        for number in islice(rest, count):
            future = source.executor.submit(source.fetch, kind, number, size)
            waiting[future] = number
            future.add_done_callback(arrived.put)

    try:
        ask(source.ahead)
        while waiting:
            future = arrived.get()
            number = waiting.pop(future)
            ask(1)
            yield number, _opened(source, future, number)
    finally:
        for future in waiting:
            future.cancel()


def _fetched_one(source: Source[Any, Rows], kind: str, number: int, size: int) -> Page[Rows]:
    return _opened(source, source.executor.submit(source.fetch, kind, number, size), number)


def _opened(source: Source[Any, Rows], future: Future[Any], number: int) -> Page[Rows]:
    try:
        return source.open(future.result())
    except BillnbError as error:
        if error.page is None:
            error.page = number
        raise


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

    def add(self, walks: Iterable[_Walk[Rows]]) -> None:
        for walk in walks:
            self._totals.add(walk.total)
            for page in walk.pages.values():
                self._seen.update((key, (page, row)) for row, key in enumerate(page.keys))

    def parts(self) -> list[Part[Rows]] | None:
        if self._totals != {len(self._seen)}:
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
    except _OutOfReach as reached:
        error = _truncated(kind, reached.total, reached.reach)
    raise error


def _read_by_kind(source: Source[Any, Rows], verify: str) -> Reading[Rows]:
    """Read the kinds one after the other, and see that they make up the whole."""
    for restarts in range(source.restarts + 1):
        readings = []
        for kind in source.kinds:
            readings.append(_read_within_reach(source, kind, verify))
        total = sum(reading.total for reading in readings)
        announced = _fetched_one(source, "all", 1, source.page_size).total
        if total == announced:
            return Reading(
                [part for reading in readings for part in reading.parts],
                total,
                max((reading.certificate for reading in readings), key=CERTIFICATES.index),
                restarts + sum(reading.restarts for reading in readings),
            )
    if total < announced:
        raise _truncated(f"all kinds but {' and '.join(source.kinds)}", announced - total, 0)
    raise _unstable("its kinds do not make up its total")


def _truncated(kind: str, total: int, reach: int) -> TruncatedHistoryError:
    return TruncatedHistoryError(
        f"the vendor announces {total:,} entries ({kind}) and lets {reach:,} be read; "
        "ask the vendor for an export, or load one kind at a time with kind=…"
    )


def _unstable(what: str) -> UnstableHistoryError:
    return UnstableHistoryError(
        f"the history kept changing while it was read ({what}); load again when it is quiet"
    )


def _broken(number: int, what: str) -> ContractError:
    error = ContractError(
        f"the page {what}; the vendor's paging has changed, or a cache stands in between"
    )
    error.page = number
    return error


__all__ = ["CERTIFICATES", "Part", "Reading", "Source", "read"]
