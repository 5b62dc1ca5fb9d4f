"""The histories of accounts, each read whole, put together as one."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Literal, get_args

from billnb import history
from billnb.accounts import resolve, states
from billnb.entry import KINDS
from billnb.errors import ArgumentError, BillnbError, clear_frames_on_error, naming_account
from billnb.loading.executors import read_all
from billnb.loading.read import Loaded, ReadOptions
from billnb.providers.base import Provider
from billnb.values.moments import Moment, Window, window

if TYPE_CHECKING:
    import pandas as pd

Verify = Literal["counts", "snapshot"]


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
        Accounts such as ``Bytio(…)``, or names of accounts (see :mod:`billnb.accounts`); without
        any, every configured one. Accounts that share a name are numbered: ``unpod``,
        ``unpod-2``, …
    since, until : str, datetime.date, datetime.datetime or None
        The first and last moment to keep, both included and in UTC. ``"2025"``, ``"2025-Q3"``,
        ``"2025-06"`` and ``"2025-06-30"`` mean all of what they name. Vendors do not filter by
        date: everything is read and verified, and then entries outside are left out.
    kind : str
        ``all``, or one of ``invoice``, ``payment``, ``refund``, ``credit``, ``chargeback``,
        ``adjustment``.
    verify : {"counts", "snapshot"}
        ``counts``: the pages must add up. ``snapshot``: two readings must agree as well, which
        takes twice as many requests. See :mod:`billnb.paging`.
    workers : int
        Requests under way at a time; with an `executor`, for each account.
    executor : concurrent.futures.Executor, optional
        Where accounts are read, with a task for each: a thread or process pool, or a cluster's.
        An account read in another process takes its credentials from that one's environment.
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
        For an invalid argument, before anything is sent.
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
    outcomes = read_all(named, ReadOptions(kind, verify, workers), executor, progress)
    if kind == "all":
        _note(named, accounts or tuple(named), outcomes)
    return _whole(outcomes, kept, kind)


def _note(
    named: dict[str, Provider],
    given: tuple[Provider | str, ...],
    outcomes: dict[str, Loaded | BillnbError],
) -> None:
    """Note that the accounts given by name were loaded whole."""
    synced = [
        account.name
        for (name, account), one in zip(named.items(), given, strict=True)
        if isinstance(one, str) and isinstance(outcomes[name], Loaded)
    ]
    if synced:
        states.note_sync(synced)


def _check(kind: str, verify: str, workers: int, executor: object) -> None:
    if kind not in ("all", *KINDS):
        raise ArgumentError(f"kind={kind!r} is not one of all, {', '.join(KINDS)}")
    if verify not in get_args(Verify):
        raise ArgumentError(f"verify={verify!r} is not one of {', '.join(get_args(Verify))}")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ArgumentError("executor must be a concurrent.futures.Executor")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ArgumentError(f"workers={workers!r}; expected a whole number of at least 1")


def _whole(outcomes: dict[str, Loaded | BillnbError], kept: Window, kind: str) -> pd.DataFrame:
    loaded = {name: one for name, one in outcomes.items() if isinstance(one, Loaded)}
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


__all__ = ["Verify", "load"]
