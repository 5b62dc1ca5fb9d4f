"""Accounts read at once, in threads of this process or by an executor that is given."""

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
from threading import Thread

from billnb.errors import BillnbError, SecretError, TransportError, clear_frames_on_error
from billnb.loading.progress import bar, no_progress
from billnb.loading.read import Clients, Loaded, ReadOptions, read
from billnb.providers.base import Provider

_EXIT_WAIT = 0.4  # seconds to wait for threads that have been told to give up


def read_all(
    named: dict[str, Provider],
    options: ReadOptions,
    executor: Executor | None,
    progress: bool | None,
) -> dict[str, Loaded | BillnbError]:
    """Return the history of each account, or the error that it cannot be read whole.

    Parameters
    ----------
    named : dict of str to Provider
        The accounts, by the name they have in the history.
    options : ReadOptions
        How to read each of them.
    executor : concurrent.futures.Executor or None
        Where accounts are read; ``None`` means threads of this process.
    progress : bool or None
        Whether to show a progress bar, as for :func:`billnb.load`.

    Raises
    ------
    BaseException
        What is no error of an account: an interrupt, or a secret that would be pickled. Everything
        that is still being read is given up.
    """
    with bar(progress, readings=2 if options.verify == "snapshot" else 1) as tick:
        if executor is not None:
            return _read_by_executor(executor, named, options)
        clients = Clients()
        with (
            _threads(options.workers, "billnb-page") as pages,
            _threads(min(options.workers, len(named)), "billnb-account") as readers,
            clients.closed_on_failure(),
        ):
            return _outcomes(
                {
                    name: readers.submit(read, account, name, options, pages, clients, tick)
                    for name, account in named.items()
                }
            )


def _read_by_executor(
    executor: Executor, named: dict[str, Provider], options: ReadOptions
) -> dict[str, Loaded | BillnbError]:
    """Read each account by a task of the executor."""
    # threads of this process can be told to give up; what runs elsewhere cannot
    clients = Clients()
    shared = (clients,) if isinstance(executor, ThreadPoolExecutor) else ()
    futures: dict[str, Future[Loaded]] = {}
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
    """Yield a pool of threads, and wait for them to end: after a failure, for a moment only.

    No request is under way by then, and a page that is still being parsed must not delay Ctrl-C.
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


def _outcomes(futures: dict[str, Future[Loaded]]) -> dict[str, Loaded | BillnbError]:
    outcomes: dict[str, Loaded | BillnbError] = {}
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
    """Raise the refusal to pickle a secret itself, where an executor wraps it in another error."""
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
    account: Provider, name: str, options: ReadOptions, clients: Clients | None = None
) -> Loaded:
    """Read one account with threads of its own: the task that an executor is given."""
    with _threads(options.workers, "billnb-page") as pages:
        return read(account, name, options, pages, clients or Clients(), no_progress)


__all__ = ["read_all"]
