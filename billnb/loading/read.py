"""One account read whole: every page of it, as one table."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import pyarrow as pa

from billnb import history, paging
from billnb.entry import Page
from billnb.loading.progress import Tick
from billnb.providers.base import Provider
from billnb.transport import Client


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read each account.

    Attributes
    ----------
    kind : str
        ``all``, or the kind of entries to read.
    verify : {"counts", "snapshot"}
        How a history is verified; see :mod:`billnb.paging`.
    workers : int
        Requests under way at a time.
    """

    kind: str
    verify: str
    workers: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """One account's whole history.

    Attributes
    ----------
    table : pyarrow.Table
        Its entries, with the columns of :data:`billnb.history.SCHEMA`.
    reading : dict
        How it was read, for ``attrs["billnb"]``.
    """

    table: pa.Table
    reading: dict[str, Any]


class Clients:
    """The clients of one load, each closed once its account is read, and all when it fails."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[Client] = set()
        self._is_over = False

    @contextmanager
    def closing(self, client: Client) -> Iterator[Client]:
        """Yield a client that is closed afterwards, or as soon as the load fails."""
        with self._lock:
            self._open.add(client)
            is_over = self._is_over
        if is_over:
            client.close()
        try:
            yield client
        finally:
            client.close()
            with self._lock:
                self._open.discard(client)

    @contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Close all clients, and any added later, when something other than an account fails."""
        try:
            yield
        except BaseException:
            with self._lock:
                self._is_over = True
                under_way = list(self._open)
            for client in under_way:
                client.close()
            raise


def read(
    account: Provider,
    name: str,
    options: ReadOptions,
    pages: Executor,
    clients: Clients,
    tick: Tick,
) -> Loaded:
    """Return the whole history of one account.

    Parameters
    ----------
    account : Provider
        The account.
    name : str
        Its name in the history.
    options : ReadOptions
        How to read it.
    pages : concurrent.futures.Executor
        Where pages are fetched.
    clients : Clients
        The clients of the load, to which that of this account is added.
    tick : Tick
        Called for each page that came in.

    Raises
    ------
    BillnbError
        When it cannot be read whole.
    """
    began = datetime.now(UTC)
    with clients.closing(account.client(connections=options.workers)) as client:
        reading = _reading(account, name, options, pages, client, tick)
    batches = [
        part.page.rows if part.positions is None else part.page.rows.take(part.positions)
        for part in reading.parts
    ]
    return Loaded(
        table=history.account_table(account.provider, name, batches, reading.is_distinct()),
        reading={
            "provider": account.provider,
            "read_at": began.isoformat(timespec="seconds"),
            "announced": reading.total,
            "requests": client.sent,
            "restarts": reading.restarts,
            "certificate": reading.certificate,
        },
    )


def _reading(
    account: Provider, name: str, options: ReadOptions, pages: Executor, client: Client, tick: Tick
) -> paging.Reading[pa.RecordBatch]:
    def fetch(kind: str, page: int, size: int) -> Any:
        return client.get(account.query(kind=kind, page=page, size=size), received)

    def received(body: bytes) -> paging.Received[Any]:
        return held.received(account.answer(body), body=len(body))

    def columns(answer: paging.Received[Any]) -> Page[pa.RecordBatch]:
        page = account.page(answer.value)
        tick(name, total=page.total, rows=len(page.rows))
        # as columns from the start: entries take ten times the room
        rows = history.batch(page.rows, page.keys, longest_text=account.limits.max_row)
        held.keep(rows, history.room(rows))
        return Page(page.total, rows, page.keys, page.number)

    held = paging.HeldBytes(account.limits.max_history)
    source = paging.Source(
        fetch=fetch,
        open=columns,
        page_size=account.max_page_size,
        max_pages=account.max_pages,
        max_entries=account.limits.max_history // history.LEAST_ROOM,
        kinds=account.filters,
        has_ids=account.has_ids,
        executor=pages,
        ahead=2 * options.workers,
        pause=client.pause,
    )
    kind = options.kind if options.kind in account.filters else "all"
    return paging.read(source, kind=kind, verify=options.verify)


__all__ = ["Clients", "Loaded", "ReadOptions", "read"]
