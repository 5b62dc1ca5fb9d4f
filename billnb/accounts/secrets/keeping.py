"""Secrets kept in the keyring, or in a file if that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

from billnb.accounts import binding, paths
from billnb.accounts.config.configuration import ConfiguredAccount, Store
from billnb.accounts.secrets import keyrings, pending, secret_file
from billnb.errors import BillnbError, StorageError
from billnb.values.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where secrets can be kept on this machine.

    Attributes
    ----------
    keyring : bool
        Whether there is a keyring; it may be locked.
    backend : str or None
        Its name.
    message : str or None
        Why there is none, and what to do.
    file : str
        The path of the file that is used if a file is asked for.
    """

    keyring: bool
    backend: str | None
    message: str | None
    file: str


def storage() -> Storage:
    """Return where secrets can be kept on this machine, without reading one."""
    backend, message = keyrings.backend()
    return Storage(
        keyring=backend is not None,
        backend=backend,
        message=message,
        file=str(paths.secrets_file()),
    )


def check(store: Store) -> None:
    """Check that a store can be used.

    Raises
    ------
    StorageError
        When it cannot.
    """
    if store == "file":
        secret_file.check()
    else:
        keyrings.require()


def keep(
    account: ConfiguredAccount,
    secrets: Mapping[str, Secret],
    notes: Mapping[str, Secret],
    there: Collection[str],
) -> Callable[[], None]:
    """Keep the secrets of an account, with the host they are for: all of them, or none.

    Parameters
    ----------
    account : ConfiguredAccount
        The account, which names the store.
    secrets : mapping of str to Secret
        What is kept in that store.
    notes : mapping of str to Secret
        What is kept in the file, whatever the store: the host that was confirmed for a key from
        the environment.
    there : collection of str
        The names of all accounts; what the file holds of others is removed.

    Returns
    -------
    callable
        Restores what was kept before, if the account is not added after all.

    Raises
    ------
    StorageError
        When they are not kept.
    """
    in_file = {**notes, **(secrets if account.kept == "file" else {})}
    restore = _keep_in_file(account.name, in_file, there)
    if account.kept != "keyring":
        return restore
    try:
        pending.note(account.name, secrets)
        restore_keyring = _keep_in_keyring(account.name, secrets)
    except BaseException:
        restore()
        raise

    def restore_both() -> None:
        restore()
        restore_keyring()

    return restore_both


def _keep_in_file(
    name: str, table: Mapping[str, Secret], there: Collection[str]
) -> Callable[[], None]:
    try:
        before = secret_file.change(name, table, there)
    except BillnbError:
        if table:
            raise
        return lambda: None  # nothing had to be kept; leftovers can be removed later
    restored = {*there, name}

    def restore() -> None:
        with suppress(BillnbError):  # the error before is the one to report
            secret_file.change(name, before if name in there else None, restored)

    return restore


def _keep_in_keyring(name: str, secrets: Mapping[str, Secret]) -> Callable[[], None]:
    before = {argument: keyrings.get(name, argument) for argument in secrets}
    restore = partial(_restore_keyring, name, before)
    try:
        for argument, secret in secrets.items():
            keyrings.put(name, argument, secret)
    except BaseException:
        restore()
        raise
    return restore


def _restore_keyring(name: str, before: Mapping[str, Secret | None]) -> None:
    for argument, secret in before.items():
        with suppress(BillnbError):
            if secret is None:
                keyrings.remove(name, argument)
            else:
                keyrings.put(name, argument, secret)
    pending.settle(name)


def bind(
    account: ConfiguredAccount, url: str, sources: Collection[str], there: Collection[str]
) -> None:
    """Keep the host that was confirmed for the keys of an account, beside them.

    Raises
    ------
    StorageError
        When it is not kept.
    """
    address = Secret(url)
    if "kept" in sources and account.kept == "keyring":
        keyrings.put(account.name, binding.KEPT, address)
    noted = {}
    if "kept" in sources and account.kept == "file":
        noted[binding.KEPT] = address
    if "environment" in sources:
        noted[binding.ENVIRONMENT] = address
    if noted:
        before = secret_file.read().get(account.name, {})
        secret_file.change(account.name, {**before, **noted}, there)


def remove(account: ConfiguredAccount, arguments: Iterable[str], there: Collection[str]) -> None:
    """Remove everything kept of an account, from both stores.

    Raises
    ------
    StorageError
        When something may still be in the account's own store; errors of the other are ignored.
    """
    left: BillnbError | None = None
    arguments = [*arguments, binding.KEPT] if arguments else []
    try:
        secret_file.change(account.name, None, there)
    except BillnbError as error:
        left = error if account.kept == "file" else None
    try:
        for argument in arguments:
            keyrings.remove(account.name, argument)
    except StorageError as error:
        left = error if account.kept == "keyring" else left
    if left is not None:
        raise left


class Reader:
    """A reader of kept secrets; the file is read at most once, and only if needed."""

    def secret(self, account: ConfiguredAccount, argument: str) -> Secret | None:
        """Return a secret, or ``None`` for what is not kept.

        Raises
        ------
        StorageError, ConfigurationError
            When the store cannot be read.
        """
        if account.kept == "file":
            return self._file.get(account.name, {}).get(argument)
        return keyrings.get(account.name, argument) if account.kept == "keyring" else None

    def bound(self, account: ConfiguredAccount, what: str) -> str | None:
        """Return the host that keys of an account were connected or confirmed for."""
        if what == binding.KEPT:
            found = self.secret(account, what)
        else:
            found = self._file.get(account.name, {}).get(what)
        return None if found is None else found.reveal()

    @cached_property
    def _file(self) -> secret_file.Tables:
        return secret_file.read()


__all__ = ["Reader", "Storage", "bind", "check", "keep", "remove", "storage"]
