"""The source of pages, which are fetched ahead."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from billnb.entry import Page
from billnb.errors import BillnbError, RequestError

Answer = TypeVar("Answer")
Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Source(Generic[Answer, Rows]):
    """The source of pages, and how many of them there may be.

    Attributes
    ----------
    fetch : callable
        Takes a kind of entry (or ``all``), a page's number from 1 and a page size, and returns
        an answer. It is called by the executor's threads, and should only wait for the network.
    open : callable
        Makes a page of an answer. It is called by the thread that reads, one page at a time:
        threads that parse at once would only wait for each other.
    page_size : int
        The largest page size.
    max_pages : int or None
        Pages that can be read of one kind, if limited.
    max_entries : int or None
        Entries of one kind that there is memory for, if limited.
    kinds : tuple of str
        The kinds that can be fetched one by one, when there are too many entries in all.
    has_ids : bool
        Whether keys differ even between identical entries.
    executor : concurrent.futures.Executor
        Where pages are fetched.
    ahead : int
        Pages asked for at a time.
    restarts : int
        How often a reading that is not consistent begins again.
    pause : callable
        Waits so many seconds between readings.
    """

    fetch: Callable[[str, int, int], Answer]
    open: Callable[[Answer], Page[Rows]]
    page_size: int
    executor: Executor
    ahead: int = 16
    max_pages: int | None = None
    max_entries: int | None = None
    kinds: tuple[str, ...] = ()
    has_ids: bool = False
    restarts: int = 4
    pause: Callable[[float], None] = time.sleep


def fetched(
    source: Source[Any, Rows], kind: str, numbers: Iterable[int], size: int
) -> Iterator[tuple[int, Page[Rows]]]:
    """Yield pages as they come in, fetched ahead."""
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


def fetched_one(source: Source[Any, Rows], kind: str, number: int, size: int) -> Page[Rows]:
    """Return one page."""
    return _opened(source, source.executor.submit(source.fetch, kind, number, size), number)


def _opened(source: Source[Any, Rows], future: Future[Any], number: int) -> Page[Rows]:
    try:
        return source.open(future.result())
    except BillnbError as error:
        if error.page is None and not isinstance(error, RequestError):
            error.page = number
        raise
