"""Which account does a name mean?

A provider's own name means its account in the environment: ``load("bytio")`` is
``load(Bytio())``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from billnb import providers
from billnb.errors import ArgumentError, AuthenticationError, UnknownNameError
from billnb.providers.base import Provider
from billnb.secret import redact


def resolve(accounts: Sequence[Provider | str]) -> dict[str, Provider]:
    """Return accounts by the name they have in the history.

    Parameters
    ----------
    accounts : sequence of Provider or str
        Accounts, or names of accounts; none means every configured one. Accounts that share a
        name are told apart as ``unpod``, ``unpod-2``, ``unpod-3``, in the order given.

    Returns
    -------
    dict of str to Provider
        The accounts, in the order given.

    Raises
    ------
    UnknownNameError
        For a name that is no account's; the message lists those there are.
    AuthenticationError
        When no account is given and none is configured.
    ArgumentError
        For what is no account, and for an account given twice.
    """
    found = [_account(account) for account in accounts] if accounts else configured()
    given = Counter(account.identity for account in found)
    for account in found:
        if given[account.identity] > 1:
            raise ArgumentError(f"account {account.name} is given twice, and would count twice")
    named: dict[str, Provider] = {}
    seen: Counter[str] = Counter()
    taken = {account.name for account in found}
    for account in found:
        name = account.name
        seen[name] += 1
        if seen[name] > 1:
            name = _free(account.name, seen, taken)
        named[name] = account
    return named


def configured() -> list[Provider]:
    """Return the accounts whose credentials are in the environment.

    Returns
    -------
    list of Provider
        One for each provider of which the environment holds a credential. Where it holds some
        of them and not all, loading says which is missing: an account left out in silence would
        make part of the ledger pass for all of it.

    Raises
    ------
    AuthenticationError
        When there is none; the message says what to set.
    """
    kinds = [providers.find(name) for name in providers.names()]
    found = [_from_environment(kind) for kind in kinds if kind.is_begun()]
    if found:
        return found
    wanted = "; ".join(
        f"{kind.provider}: {' and '.join(one.variable for one in kind.credentials)}"
        for kind in kinds
    )
    raise AuthenticationError(
        f"no account is given, and none is configured; set for {wanted}. billnb.demo() needs none"
    )


def _account(account: object) -> Provider:
    if isinstance(account, Provider):
        return account
    if isinstance(account, str):
        known = providers.names()
        if account in known:
            return _from_environment(providers.find(account))
        raise UnknownNameError(
            f"no account is called {redact(account, limit=60)!r}; known: {', '.join(known)}"
        )
    hint = "; unpack a list with *" if isinstance(account, list | tuple) else ""
    raise ArgumentError(
        f"expected an account such as Bytio(…) or a name, got {type(account).__name__}{hint}"
    )


def _from_environment(kind: type[Provider]) -> Provider:
    make: Any = kind  # each provider's constructor is its own, and needs no argument
    account: Provider = make()
    return account


def _free(name: str, seen: Counter[str], taken: set[str]) -> str:
    while (numbered := f"{name}-{seen[name]}") in taken:
        seen[name] += 1
    taken.add(numbered)
    return numbered


__all__ = ["configured", "resolve"]
