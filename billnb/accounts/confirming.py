"""The confirmation, by a person, of the host that the key of an account may be sent to."""

from __future__ import annotations

from billnb.accounts import binding, credentials, states
from billnb.accounts.config import configuration, editing
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.fields import KnownProviders, known_providers
from billnb.accounts.listing import Account, available, find, record
from billnb.accounts.secrets import keeping, pending
from billnb.errors import ArgumentError, UnconfirmedHostError, clear_frames_on_error


@clear_frames_on_error
def confirm(name: str, host: str) -> Account:
    """Confirm that the key of an account may be sent to the host where the account is.

    A key may be sent to the host that it was connected for. Where the file of accounts, or a
    variable, names another, nothing is sent until that host is confirmed.

    Parameters
    ----------
    name : str
        The account's name.
    host : str
        The host, such as ``api.example.com``, with the port if it is not the usual one.

    Returns
    -------
    Account
        The account; it has not been tested there.

    Raises
    ------
    UnconfirmedHostError
        When the account is not at that host; the message says where it is.
    UnknownNameError
        When there is no such account, or its provider is not installed.
    ArgumentError
        For an account that is only in the environment, whose key and host come from one place.
    StorageError
        When the confirmation cannot be kept where the key is kept.
    ConfigurationError
        When the file of accounts is invalid.

    Examples
    --------
    >>> confirm("nobody", "api.example.com")
    Traceback (most recent call last):
        ...
    billnb.errors.UnknownNameError: no account is called 'nobody'; known: none
    """
    known = known_providers()
    with editing.changing():
        there = configuration.read(known)
        account = _listed(name, there, known)
        provider_class = credentials.provider_class_of(account, known)
        address = credentials.address(account, provider_class)
        refused = binding.mismatch(name, host, address)
        if refused is not None:
            raise refused
        pending.sweep(there)
        sources = {key.source for key in credentials.keys(account, provider_class)}
        keeping.bind(account, address.url, sources, there.keys())
    states.note_change(name)
    return record(account, known, states.read())


@clear_frames_on_error
def refusal(name: str) -> UnconfirmedHostError | None:
    """Return why an account's key may not be sent to its host; ``None`` if it may.

    Raises
    ------
    UnknownNameError, ArgumentError, StorageError, ConfigurationError
        As :func:`confirm` does.
    """
    known = known_providers()
    account = _listed(name, configuration.read(known), known)
    return credentials.refusal(
        account, credentials.provider_class_of(account, known), keeping.Reader()
    )


def _listed(
    name: str, there: dict[str, ConfiguredAccount], known: KnownProviders
) -> ConfiguredAccount:
    account = find(name, available(there, known))
    if account.listed:
        return account
    raise ArgumentError(
        f"{name} is only in the environment, where its key and its host come from one place; there "
        "is nothing to confirm"
    )


__all__ = ["confirm", "refusal"]
