"""The list of accounts, with the state of each.

No keyring is asked: a thousand accounts are listed as fast as one, and no keyring is unlocked.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Literal, TypeVar

from billnb import providers
from billnb.accounts import binding, credentials, states
from billnb.accounts.config import configuration
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.credentials import gone, in_environment, named_variables
from billnb.accounts.fields import KnownProviders, known_providers
from billnb.accounts.secrets import keyrings, secret_file
from billnb.accounts.states import Outcome, States
from billnb.errors import BillnbError, UnknownNameError, clear_frames_on_error
from billnb.providers.base import Provider
from billnb.values.secret import redact

_MOST_NAMED = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account, without any secret.

    Attributes
    ----------
    name : str
        Its name, which :func:`billnb.load` takes.
    provider, label : str
        Its provider, and the name of the provider shown to people.
    known : bool
        Whether the provider is installed.
    state : str
        ``ok``, ``refused`` or ``unreachable``, as its last test found; ``untried``; ``incomplete``
        where a credential is missing; ``unconfirmed`` where one would be sent to a host that it was
        not connected for; ``locked`` where the store that keeps one cannot be read; ``unknown``
        where the provider is not installed.
    message : str or None
        What was wrong.
    tested_at, last_sync : datetime.datetime or None
        When it was last tested, and last loaded whole.
    kept : {"keyring", "file", "environment"} or None
        Where its secrets are taken from.
    options : mapping of str to str
        Its options, none of which is secret.
    removable : bool
        Whether it can be removed; not where it is only in the environment.
    variables : mapping of str to str
        The environment variable of each of its fields; a value set there comes first.
    """

    name: str
    provider: str
    label: str
    known: bool
    state: Outcome | Literal["untried", "unknown"]
    message: str | None
    tested_at: datetime | None
    last_sync: datetime | None
    kept: Literal["keyring", "file", "environment"] | None
    options: Mapping[str, str]
    removable: bool
    variables: Mapping[str, str]


@clear_frames_on_error
def list() -> builtins.list[Account]:  # noqa: A001 - billnb.accounts.list() is what it is
    """Return the accounts there are, by name; those that are only in the environment as well.

    Returns
    -------
    list of Account
        An account whose provider is not installed is included, with the state ``unknown``.

    Raises
    ------
    ConfigurationError
        When the file of accounts is invalid.
    StorageError
        When it cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> os.environ["BILLNB_CONFIG"] = tempfile.mkdtemp()  # another folder than the user's own
    >>> [account.name for account in list()]
    []
    """
    known = known_providers()
    noted = states.read()
    accounts = available(configuration.read(known), known)
    stores = _stores(accounts.values())
    return [_record(accounts[name], known, noted, stores) for name in sorted(accounts)]


@clear_frames_on_error
def names() -> builtins.list[str]:
    """Return what :func:`billnb.load` takes: names of accounts, and of providers.

    Examples
    --------
    >>> names()
    ['bytio', 'unpod']
    """
    return sorted({*configuration.read(), *providers.names()})


def available(
    named: Mapping[str, ConfiguredAccount], known: KnownProviders
) -> dict[str, ConfiguredAccount]:
    """Return the accounts of the file, and those of the environment beside them."""
    begun = {
        name: of_environment(name)
        for name, provider_class in known.items()
        if provider_class.has_key_in_environment()
    }
    return {**begun, **named}


def of_environment(provider: str) -> ConfiguredAccount:
    """Return the account of a provider's own environment variables."""
    return ConfiguredAccount(provider, provider, listed=False)


def find(name: str, there: Mapping[str, T]) -> T:
    """Return the account with a name.

    Raises
    ------
    UnknownNameError
        When there is none; the message lists the known ones.
    """
    if name in there:
        return there[name]
    known = ", ".join(sorted(there)[:_MOST_NAMED]) or "none"
    more = f", … ({len(there):,} in all)" if len(there) > _MOST_NAMED else ""
    near = get_close_matches(name, there, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ";"
    raise UnknownNameError(
        f"no account is called {redact(name, limit=60)!r}{meant} known: {known}{more}"
    )


def record(
    account: ConfiguredAccount,
    known: KnownProviders,
    noted: States,
    in_file: secret_file.Tables | None = None,
) -> Account:
    """Return an account without its secrets; the file of secrets is read, unless it is given."""
    return _record(account, known, noted, _stores([account], in_file))


def _record(
    account: ConfiguredAccount, known: KnownProviders, noted: States, stores: _Stores
) -> Account:
    provider_class = known.get(account.provider)
    seen = noted.get(account.name, states.State())
    state, message = seen.state, seen.message
    lacks = None if provider_class is None else _lacking(account, provider_class, stores)
    if provider_class is None:
        state, message = None, gone(account)
    elif lacks is not None:
        state, message = lacks
    elif state in ("incomplete", "locked", "unconfirmed") and account.kept != "keyring":
        state, message = None, None  # what was missing has been supplied
    held = {} if provider_class is None else in_environment(account, provider_class)
    secrets = (
        []
        if provider_class is None
        else [one.argument for one in provider_class.credentials if one.is_secret]
    )
    from_environment = bool(secrets) and all(one in held for one in secrets)
    return Account(
        name=account.name,
        provider=account.provider,
        label=account.provider if provider_class is None else provider_class.__name__,
        known=provider_class is not None,
        state=state or ("unknown" if provider_class is None else "untried"),
        message=message,
        tested_at=seen.tested_at,
        last_sync=seen.last_sync,
        kept="environment" if from_environment else account.kept,
        # which options are secret is known only to the provider
        options={} if provider_class is None else dict(account.options),
        removable=account.listed,
        variables={} if provider_class is None else named_variables(account, provider_class),
    )


@dataclass(frozen=True, slots=True)
class _Stores:
    """What is known of the stores without asking a keyring.

    Attributes
    ----------
    in_file : mapping
        What is in the file of secrets, by account.
    problems : mapping of str to str
        Why a store cannot be read.
    """

    in_file: secret_file.Tables
    problems: Mapping[str, str]

    def bound(self, name: str, what: str) -> str | None:
        """Return the host that is kept of an account in the file."""
        found = self.in_file.get(name, {}).get(what)
        return None if found is None else found.reveal()


def _stores(
    accounts: Iterable[ConfiguredAccount], in_file: secret_file.Tables | None = None
) -> _Stores:
    used = {one.kept for one in accounts}
    problems: dict[str, str] = {}
    if "keyring" in used and (message := keyrings.backend()[1]) is not None:
        problems["keyring"] = message
    if in_file is None:
        try:
            in_file = secret_file.read()  # where hosts are noted, whatever store an account has
        except BillnbError as error:
            problems["file"] = str(error)
    return _Stores(in_file or {}, problems)


def _lacking(
    account: ConfiguredAccount, provider_class: type[Provider], stores: _Stores
) -> tuple[Outcome, str] | None:
    """Return the state for a missing credential; a keyring is assumed to have it."""
    held = in_environment(account, provider_class)
    for credential in provider_class.credentials:
        argument = credential.argument
        if argument in held or argument in account.options:
            continue
        if credential.is_secret and account.kept is not None:
            if account.kept in stores.problems:
                return "locked", stores.problems[account.kept]
            if account.kept == "keyring" or argument in stores.in_file.get(account.name, {}):
                continue
        variable = named_variables(account, provider_class)[argument]
        message = f"the {credential.label} is missing; set {variable}, or connect the account again"
        return "incomplete", message
    return _unconfirmed(account, provider_class, stores)


def _unconfirmed(
    account: ConfiguredAccount, provider_class: type[Provider], stores: _Stores
) -> tuple[Outcome, str] | None:
    """Return the state for an unconfirmed host; a key in a keyring is assumed to be confirmed."""
    try:
        address = credentials.address(account, provider_class)
        keys = [
            key
            for key in credentials.keys(account, provider_class)
            if key.source != "kept" or account.kept == "file"
        ]
        refused = binding.refusal(
            account.name,
            keys,
            address,
            provider_class.default_base_url,
            lambda what: stores.bound(account.name, what),
        )
    except BillnbError:  # an invalid address, which is an error when the account is used
        return None
    if refused is None:
        return None
    refused.account = None
    return "unconfirmed", str(refused)


__all__ = ["Account", "available", "find", "list", "names", "of_environment", "record"]
