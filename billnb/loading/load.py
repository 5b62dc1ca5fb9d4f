"""Accounts read at once, each whole, and put together as one history."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Literal, get_args

import pyarrow as pa

from billnb import history, paging
from billnb.accounts import resolve, states
from billnb.entry import KINDS, Page
from billnb.errors import (
    ArgumentError,
    BillnbError,
    SecretError,
    TransportError,
    clear_frames_on_error,
    naming_account,
)
from billnb.loading.progress import Tick, bar, no_progress
from billnb.providers.base import Provider
from billnb.transport import Client
from billnb.values.moments import Moment, Window, window

if TYPE_CHECKING:
    import pandas as pd

Verify = Literal["counts", "snapshot"]

_EXIT_WAIT = 0.4  # seconds to wait for threads that have been told to give up


@clear_frames_on_error
def load(
    *accounts: Provider | str,
    since: Moment | None = None,
    until: Moment | None = None,
    kind: str = "all",
    verify: Verify = "counts",
    workers: int = 8,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Return the billing history of accounts, whole and exact.

    Parameters
    ----------
    *accounts : Provider or str
        Accounts such as ``Bytio(…)``, or names of accounts (see :mod:`billnb.accounts`); none means
        every configured one.
        Accounts that share a name are told apart as ``unpod``, ``unpod-2``, …
    since, until : str, datetime.date, datetime.datetime or None
        The first and last moment to keep, both included and in UTC. ``"2025"``, ``"2025-Q3"``,
        ``"2025-06"`` and ``"2025-06-30"`` mean all of what they name. Vendors do not filter by
        date: everything is read, and verified, and then cut.
    kind : str
        ``all``, or one of ``invoice``, ``payment``, ``refund``, ``credit``, ``chargeback``,
        ``adjustment``.
    verify : {"counts", "snapshot"}
        ``counts``: the pages must add up. ``snapshot``: two readings must agree as well, which
        takes twice as many requests. See :mod:`billnb.paging`.
    workers : int
        Requests under way at a time; with an `executor`, for each account.
    executor : concurrent.futures.Executor, optional
        Where accounts are read, one task an account: a thread or process pool, or a cluster's.
        Accounts that travel to another process take their credentials from its environment.
    progress : bool, optional
        Whether to show a progress bar; by default on long loads in notebooks and terminals.

    Returns
    -------
    pandas.DataFrame
        One row an entry, sorted by `issued_at`, `provider`, `account` and `entry_id`, with the
        columns of :data:`billnb.history.SCHEMA`: `provider`, `account`, `entry_id`, `kind`,
        `description`, `status`, `currency`, `payment_type`, `method`, `method_brand`,
        `method_last4`, `method_expires`, `method_wallet`, `method_email` and `document_url` as
        strings; `issued_at`, `due_at` and `paid_at` as ``timestamp[us, UTC]``; `usage`,
        `standing`, `discount`, `tax` and `total` as ``decimal128(28, 12)`` in units of
        `currency`. What a vendor does not state is ``<NA>``.

        ``attrs["billnb"]`` holds, for each account: `provider`, `read_at`, `announced` (entries
        the vendor announced), `requests`, `restarts` and `certificate`, and with `since` that
        instant.

    Raises
    ------
    ArgumentError
        For an argument that cannot be meant, before anything is sent.
    BillnbError
        When an account cannot be read whole: see :mod:`billnb.errors`. It names the account, and
        its ``loaded`` holds the history of the others.

    Examples
    --------
    >>> import billnb
    >>> billnb.load("nobody")
    Traceback (most recent call last):
        ...
    billnb.errors.UnknownNameError: no account is called 'nobody'; known: bytio, unpod
    """
    kept = window(since, until)
    _check(kind, verify, workers, executor)
    named = resolve(accounts)
    for name, account in named.items():
        with naming_account(name):
            account.auth()
    outcomes = _read_all(named, _ReadOptions(kind, verify, workers), executor, progress)
    if kind == "all":
        _note(named, accounts or tuple(named), outcomes)
    return _whole(outcomes, kept, kind)


def _note(
    named: dict[str, Provider],
    given: tuple[Provider | str, ...],
    outcomes: dict[str, _Loaded | BillnbError],
) -> None:
    """Note when accounts that were meant by their names were loaded whole."""
    synced = [
        account.name
        for (name, account), one in zip(named.items(), given, strict=True)
        if isinstance(one, str) and isinstance(outcomes[name], _Loaded)
    ]
    if synced:
        states.note_sync(synced)


@dataclass(frozen=True, slots=True)
class _ReadOptions:
    """How to read each account."""

    kind: str
    verify: str
    workers: int


@dataclass(frozen=True, slots=True)
class _Loaded:
    """One account's whole history."""

    table: pa.Table
    reading: dict[str, Any]


def _check(kind: str, verify: str, workers: int, executor: object) -> None:
    if kind not in ("all", *KINDS):
        raise ArgumentError(f"kind={kind!r} is none of all, {', '.join(KINDS)}")
    if verify not in get_args(Verify):
        raise ArgumentError(f"verify={verify!r} is none of {', '.join(get_args(Verify))}")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ArgumentError("executor must be a concurrent.futures.Executor")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ArgumentError(f"workers={workers!r}; expected a whole number of at least 1")


def _read_all(
    named: dict[str, Provider],
    options: _ReadOptions,
    executor: Executor | None,
    progress: bool | None,
) -> dict[str, _Loaded | BillnbError]:
    with bar(progress, readings=2 if options.verify == "snapshot" else 1) as tick:
        if executor is not None:
            return _read_by(executor, named, options)
        clients = _Clients()
        with (
            _threads(options.workers, "billnb-page") as pages,
            _threads(min(options.workers, len(named)), "billnb-account") as readers,
            clients.closed_on_failure(),
        ):
            return _outcomes(
                {
                    name: readers.submit(_read, account, name, options, pages, clients, tick)
                    for name, account in named.items()
                }
            )


def _read_by(
    executor: Executor, named: dict[str, Provider], options: _ReadOptions
) -> dict[str, _Loaded | BillnbError]:
    """Read each account where an executor has it read."""
    # threads of this process can be told to give up; what runs elsewhere cannot
    clients = _Clients()
    shared = (clients,) if isinstance(executor, ThreadPoolExecutor) else ()
    futures: dict[str, Future[_Loaded]] = {}
    try:
        with clients.closed_on_failure():
            with _refusing_secrets():
                for name, account in named.items():
                    futures[name] = executor.submit(_read_in_task, account, name, options, *shared)
            return _outcomes(futures)
    except BaseException:
        if shared:
            for future in futures.values():
                future.cancel()
            wait(futures.values(), timeout=_EXIT_WAIT)
        raise


@contextmanager
def _threads(count: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Give threads, and wait for them: for ever where all went well, else for a moment.

    By then nothing is asked any more; what is left of a page to parse does not hold up Ctrl-C.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        leaving = Thread(target=pool.shutdown, daemon=True)
        leaving.start()
        leaving.join(_EXIT_WAIT)
        raise
    pool.shutdown()


class _Clients:
    """The clients of one load, each closed once its account is read, and all when it fails."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[Client] = set()
        self._is_over = False

    @contextmanager
    def closing(self, client: Client) -> Iterator[Client]:
        """Have a client for as long as the load goes on."""
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
        """Close all clients, and those to come, when something else fails than an account."""
        try:
            yield
        except BaseException:
            with self._lock:
                self._is_over = True
                under_way = list(self._open)
            for client in under_way:
                client.close()
            raise


def _outcomes(futures: dict[str, Future[_Loaded]]) -> dict[str, _Loaded | BillnbError]:
    outcomes: dict[str, _Loaded | BillnbError] = {}
    for name, future in futures.items():
        try:
            outcomes[name] = future.result()
        except BillnbError as error:
            error.account = name
            outcomes[name] = error
        except (BrokenExecutor, CancelledError):
            failure = TransportError("the executor gave up before the account was read")
            failure.account = name
            outcomes[name] = failure
        except BaseException:
            for other in futures.values():
                other.cancel()
            raise
    return outcomes


@contextmanager
def _refusing_secrets() -> Iterator[None]:
    """Have the refusal to pickle a secret come out as it is, whatever an engine makes of it."""
    try:
        yield
    except Exception as error:
        found: BaseException | None = error
        while found is not None and not isinstance(found, SecretError):
            found = found.__cause__ or found.__context__
        if found is None:
            raise
        refusal = found
    else:
        return
    raise refusal


@clear_frames_on_error
def _read_in_task(
    account: Provider, name: str, options: _ReadOptions, clients: _Clients | None = None
) -> _Loaded:
    """Read one account with threads of its own: the task an executor is given."""
    with _threads(options.workers, "billnb-page") as pages:
        return _read(account, name, options, pages, clients or _Clients(), no_progress)


def _read(
    account: Provider,
    name: str,
    options: _ReadOptions,
    pages: Executor,
    clients: _Clients,
    tick: Tick,
) -> _Loaded:
    began = datetime.now(UTC)
    with clients.closing(account.client(connections=options.workers)) as client:
        reading = _reading(account, name, options, pages, client, tick)
    batches = [
        part.page.rows if part.positions is None else part.page.rows.take(part.positions)
        for part in reading.parts
    ]
    return _Loaded(
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
    account: Provider, name: str, options: _ReadOptions, pages: Executor, client: Client, tick: Tick
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


def _whole(outcomes: dict[str, _Loaded | BillnbError], kept: Window, kind: str) -> pd.DataFrame:
    loaded = {name: one for name, one in outcomes.items() if isinstance(one, _Loaded)}
    failed = [one for one in outcomes.values() if isinstance(one, BillnbError)]
    begins = {} if kept.start is None else {"since": kept.start.isoformat()}
    whole = history.frame(
        [one.table for one in loaded.values()],
        window=kept,
        kind=kind,
        reading={name: one.reading | begins for name, one in loaded.items()},
    )
    if not failed:
        return whole
    first, *others = failed
    if loaded:
        first.loaded = whole
    for other in others:
        first.add_note(f"and {other}")
    raise first


__all__ = ["load"]
