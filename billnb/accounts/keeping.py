"""The stores that keep secrets: the keyring, or a file where one was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial

from billnb.accounts import keyrings, places, secret_file
from billnb.accounts.configuration import Named, Store
from billnb.errors import BillnbError
from billnb.values.secret import Secret

Reader = Callable[[Named, str], Secret | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where secrets can be kept on this machine.

    Attributes
    ----------
    keyring : bool
        Whether there is a keyring; it may be locked.
    backend : str or None
        What it is called.
    message : str or None
        Why there is none, and what to do.
    file : str
        Where the file is that is written when a file is asked for.
    """

    keyring: bool
    backend: str | None
    message: str | None
    file: str


def storage() -> Storage:
    """Return where secrets can be kept on this machine; no secret is read for it."""
    backend, message = keyrings.backend()
    return Storage(
        keyring=backend is not None,
        backend=backend,
        message=message,
        file=str(places.secrets_file()),
    )


def check(store: Store) -> None:
    """See whether a store is there, before anything is done for it.

    Raises
    ------
    StorageError
        When it is not.
    """
    if store == "file":
        secret_file.read()
    else:
        keyrings.require()


def keep(name: str, secrets: Mapping[str, Secret], store: Store) -> Callable[[], None]:
    """Keep the secrets of an account: all of them, or none.

    Returns
    -------
    callable
        What puts back what was there before, for an account that is not to be after all.

    Raises
    ------
    StorageError
        When they are not kept.
    """
    if store == "file":
        of_account = secret_file.read().get(name)
        secret_file.put(name, secrets)
        return partial(_restore_file, name, of_account)
    before = {argument: keyrings.get(name, argument) for argument in secrets}
    restore = partial(_restore_keyring, name, before)
    try:
        for argument, secret in secrets.items():
            keyrings.put(name, argument, secret)
    except BaseException:
        restore()
        raise
    return restore


def _restore_file(name: str, before: Mapping[str, Secret] | None) -> None:
    with suppress(BillnbError):  # what went wrong before is what is told
        if before is None:
            secret_file.remove(name)
        else:
            secret_file.put(name, before)


def _restore_keyring(name: str, before: Mapping[str, Secret | None]) -> None:
    for argument, secret in before.items():
        with suppress(BillnbError):
            if secret is None:
                keyrings.remove(name, argument)
            else:
                keyrings.put(name, argument, secret)


def remove(name: str, arguments: Iterable[str], store: Store) -> None:
    """Remove the secrets of an account.

    Raises
    ------
    StorageError
        When they may be there still.
    """
    if store == "file":
        secret_file.remove(name)
        return
    for argument in arguments:
        keyrings.remove(name, argument)


def reader() -> Reader:
    """Return what reads secrets that are kept; the file is read once at most, and when needed.

    It takes an account and an argument, returns ``None`` for what is not kept, and raises
    StorageError when the store cannot be read.
    """
    in_file = cache(secret_file.read)

    def kept(account: Named, argument: str) -> Secret | None:
        if account.kept == "file":
            return in_file().get(account.name, {}).get(argument)
        return keyrings.get(account.name, argument) if account.kept == "keyring" else None

    return kept


__all__ = ["Reader", "Storage", "check", "keep", "reader", "remove", "storage"]
