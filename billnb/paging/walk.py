"""One pass over all numbered pages, which must be consistent.

Each page must agree on the total and hold exactly the rows it should. If not, the pass raises
:class:`InconsistentPass`, because another pass may find the history unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from billnb.entry import Page
from billnb.errors import (
    BillnbError,
    ContractError,
    TruncatedHistoryError,
    UnstableHistoryError,
)
from billnb.paging.source import Source, fetched, fetched_one

Rows = TypeVar("Rows")

_MOST_ALIKE = 50  # pages of the same single entry, until the vendor must be repeating a page


@dataclass(slots=True)
class Walk(Generic[Rows]):
    """One pass over every page."""

    size: int
    total: int
    pages: dict[int, Page[Rows]] = field(default_factory=dict)
    alike: int = 0

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    def keys(self) -> Counter[str]:
        return Counter(key for page in self.pages.values() for key in page.keys)

    def has_twins(self) -> bool:
        """Return whether an entry is on more than one page."""
        seen: set[str] = set()
        for page in self.pages.values():
            keys = set(page.keys)
            if not seen.isdisjoint(keys):
                return True
            seen |= keys
        return False


class InconsistentPass(Exception):
    """A pass over the pages was not consistent; another may be.

    Parameters
    ----------
    error : BillnbError
        The error to raise if none is.
    walks : iterable of Walk
        The passes, as far as they came.
    repeated : collections.Counter, optional
        The keys found, if one of them should not be there twice.
    """

    def __init__(
        self,
        error: BillnbError,
        walks: Iterable[Walk[Any]] = (),
        repeated: Counter[str] | None = None,
    ) -> None:
        super().__init__()
        self.error = error
        self.walks = list(walks)
        self.repeated = repeated


class TooManyPages(Exception):
    """There are more entries than paging can reach."""

    def __init__(self, total: int, reach: int) -> None:
        super().__init__()
        self.total = total
        self.reach = reach


class PageSizeIgnored(Exception):
    """The vendor returns pages of its own size, and ignores the one asked for."""


def forward(source: Source[Any, Rows], kind: str) -> Walk[Rows]:
    """Return a pass from the first page to the last, with as many rows as the vendor gives."""
    first = fetched_one(source, kind, 1, source.page_size)
    walk = Walk[Rows](size=_size(first, source.page_size), total=first.total)
    if source.max_pages is not None and walk.last > source.max_pages:
        raise TooManyPages(first.total, source.max_pages * walk.size)
    if source.max_entries is not None and walk.total > source.max_entries:
        raise _too_many(kind, walk.total, source.max_entries)
    _take(walk, 1, first)
    for number, page in fetched(source, kind, range(2, walk.last + 1), walk.size):
        _take(walk, number, page)
    return walk


def backward(source: Source[Any, Rows], kind: str, before: Walk[Rows], size: int) -> Walk[Rows]:
    """Return a pass from the last page to the first, with `size` rows a page."""
    walk = Walk[Rows](size=size, total=before.total)
    if source.max_pages is not None and walk.last > source.max_pages:
        walk = Walk[Rows](size=before.size, total=before.total)
    last: Page[Rows] | None = None
    for number, page in fetched(source, kind, range(walk.last, 0, -1), walk.size):
        if walk.size < len(page.keys) == min(before.size, walk.total):
            raise PageSizeIgnored
        if number == walk.last:
            last = page  # if the size is ignored, its rows are too few; the other pages show that
        else:
            _take(walk, number, page)
    if last is not None:
        _take(walk, walk.last, last)
    return walk


def check_first_page(source: Source[Any, Rows], kind: str, walk: Walk[Rows]) -> None:
    """Check that the first page, where new entries are added, has not changed."""
    first = fetched_one(source, kind, 1, walk.size)
    _check(Walk(size=walk.size, total=walk.total), 1, first)
    if Counter(first.keys) != Counter(walk.pages[1].keys):
        raise InconsistentPass(unstable("its first page changed"), [walk])


def _size(first: Page[Rows], asked: int) -> int:
    """Return the page size in force, which the vendor may have lowered without saying so.

    The size that a page states is ignored: if its rows do not fit, the pass is not consistent.
    """
    rows = len(first.keys)
    if rows > asked:
        raise _more_than_asked(1, rows, asked)
    if rows >= first.total:
        return asked
    if rows == 0:
        raise InconsistentPass(_broken(1, f"has no rows of {first.total} entries"))
    return rows


def _take(walk: Walk[Rows], number: int, page: Page[Rows]) -> None:
    for other in {1, number - 1} - {number}:
        twin = walk.pages.get(other)
        if twin is not None and twin.keys == page.keys and len(set(page.keys)) > 1:
            raise InconsistentPass(_broken(number, f"holds the same as page {other}"), [walk])
    first = walk.pages.get(1)
    if first is not None and first.keys == page.keys:
        walk.alike += 1
        if walk.alike > _MOST_ALIKE:
            raise InconsistentPass(_broken(number, "holds the same as all pages before"), [walk])
    walk.pages[number] = page
    _check(walk, number, page)


def _check(walk: Walk[Rows], number: int, page: Page[Rows]) -> None:
    if page.number not in (None, number):
        raise _broken(number, f"says it is page {page.number}")
    if page.total != walk.total:
        raise InconsistentPass(
            unstable(f"its total changed from {walk.total} to {page.total}"), [walk]
        )
    rows = len(page.keys)
    if rows > walk.size:
        raise _more_than_asked(number, rows, walk.size)
    if number < walk.last and rows != walk.size:
        raise InconsistentPass(_broken(number, f"has {rows} rows; expected {walk.size}"), [walk])
    expected = walk.total - (walk.last - 1) * walk.size
    if number == walk.last and rows != expected:
        raise InconsistentPass(
            unstable(f"its last page has {rows} rows where the total leaves {expected}"), [walk]
        )


def unstable(what: str) -> UnstableHistoryError:
    """Return the error for a history that changes or contradicts itself."""
    return UnstableHistoryError(
        f"the history kept changing while it was read ({what}); load it again later"
    )


def _broken(number: int, what: str) -> ContractError:
    error = ContractError(
        f"the page {what}; the vendor's paging has changed, or a cache is in between"
    )
    error.page = number
    return error


def _more_than_asked(number: int, rows: int, asked: int) -> ContractError:
    return _broken(number, f"has {rows:,} rows where {asked:,} were asked for")


def _too_many(kind: str, total: int, most: int) -> TruncatedHistoryError:
    return TruncatedHistoryError(
        f"the vendor announces {total:,} entries ({kind}), and there is room for {most:,} at most; "
        "if there are so many, a larger Limits(max_history=…) allows more, or load one kind at a "
        "time with kind=…"
    )
