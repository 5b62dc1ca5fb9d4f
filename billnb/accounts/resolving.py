"""Names of accounts resolved to accounts that can be read.

A name is one of the file of accounts; else a provider's own name means its account in the
environment:
``load("bytio")`` is ``load(Bytio())``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from billnb.accounts import credentials
from billnb.accounts.config import configuration
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.fields import KnownProviders, known_providers
from billnb.accounts.listing import available, find, of_environment
from billnb.accounts.secrets.keeping import Reader
from billnb.errors import ArgumentError, AuthenticationError, clear_frames_on_error
from billnb.providers.base import Provider


@clear_frames_on_error
def resolve(accounts: Sequence[Provider | str]) -> dict[str, Provider]:
    """Return accounts by the name they have in the history.

    Parameters
    ----------
    accounts : sequence of Provider or str
        Accounts, or names of accounts; none means every configured one. Accounts that share a
        name are numbered: ``unpod``, ``unpod-2``, ``unpod-3``, in the order given.

    Returns
    -------
    dict of str to Provider
        The accounts, in the order given.

    Raises
    ------
    UnknownNameError
        For an unknown name; the message lists the known ones.
    UnconfirmedHostError
        When a key would be sent to a host that it was not connected for; :func:`confirm` allows
        it.
    AuthenticationError
        When no account is given and none is configured, and when a credential is missing.
    StorageError, ConfigurationError
        When a secret, or the file of accounts, cannot be read.
    ArgumentError
        For something other than an account, and for an account given twice.

    Examples
    --------
    >>> import billnb
    >>> resolve([billnb.Bytio("k3y"), billnb.Bytio("another")])
    {'bytio': <Bytio account 'bytio'>, 'bytio-2': <Bytio account 'bytio'>}
    """
    wanted = _accounts(accounts) if accounts else configured()
    given = Counter(account.identity for account in wanted)
    for account in wanted:
        if given[account.identity] > 1:
            raise ArgumentError(f"account {account.name} is given twice, and would count twice")
    named: dict[str, Provider] = {}
    seen: Counter[str] = Counter()
    taken = {account.name for account in wanted}
    for account in wanted:
        name = account.name
        seen[name] += 1
        if seen[name] > 1:
            name = _free(account.name, seen, taken)
        named[name] = account
    return named


@clear_frames_on_error
def configured() -> list[Provider]:
    """Return every configured account: those of the file, and those of the environment.

    Returns
    -------
    list of Provider
        An account of the environment whose address and credentials are those of one of the file is
        left out, because it would count twice. An account with only some of its credentials is an
        error: without it, part of the ledger would pass for all of it.

    Raises
    ------
    AuthenticationError
        When there is none, or a credential is missing; the message says what to do.
    UnconfirmedHostError
        When a key would be sent to a host that it was not connected for.
    UnknownNameError
        When an account's provider is not installed.
    StorageError, ConfigurationError
        When a secret, or the file of accounts, cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> os.environ["BILLNB_CONFIG"] = tempfile.mkdtemp()  # another folder than the user's own
    >>> configured()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    billnb.errors.AuthenticationError: no account is given, and none is configured; ...
    """
    known, kept = known_providers(), Reader()
    there = available(configuration.read(known), known).values()
    named = [_opened(one, known, kept) for one in there if one.listed]
    seen = {account.access for account in named}
    begun = [_opened(one, known, kept) for one in there if not one.listed]
    accounts = named + [account for account in begun if account.access not in seen]
    if accounts:
        return accounts
    wanted = "; ".join(
        f"{one.provider}: {' and '.join(credential.variable for credential in one.credentials)}"
        for one in known.values()
    )
    raise AuthenticationError(
        "no account is given, and none is configured; connect one with billnb accounts add, or "
        f"set for {wanted}. billnb.demo() needs none"
    )


def _accounts(accounts: Sequence[Provider | str]) -> list[Provider]:
    for account in accounts:
        if not isinstance(account, Provider | str):
            hint = "; unpack a list with *" if isinstance(account, list | tuple) else ""
            raise ArgumentError(
                "expected an account such as Bytio(…) or a name, got "
                f"{type(account).__name__}{hint}"
            )
    if all(isinstance(account, Provider) for account in accounts):
        return [account for account in accounts if isinstance(account, Provider)]
    known, kept = known_providers(), Reader()
    there = {name: of_environment(name) for name in known} | configuration.read(known)
    return [
        account if isinstance(account, Provider) else _opened(find(account, there), known, kept)
        for account in accounts
    ]


def _opened(account: ConfiguredAccount, known: KnownProviders, kept: Reader) -> Provider:
    provider_class = credentials.provider_class_of(account, known)
    if account.listed:
        return credentials.opened(
            account, provider_class, credentials.collected(account, provider_class, kept)
        )
    # key and host both come from the environment, and need no confirmation
    make: Any = provider_class
    of_environment: Provider = make()
    return of_environment


def _free(name: str, seen: Counter[str], taken: set[str]) -> str:
    while (numbered := f"{name}-{seen[name]}") in taken:
        seen[name] += 1
    taken.add(numbered)
    return numbered


__all__ = ["configured", "resolve"]
