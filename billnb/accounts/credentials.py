"""The credentials and settings of an account, from the environment, the file or a store.

The environment wins. A provider's own variables count for an account that is called like the
provider, and for no other: they would send one account's key as another's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from billnb.accounts.configuration import Named
from billnb.accounts.fields import BASE_URL, Kinds, fields, variables
from billnb.accounts.keeping import Reader
from billnb.errors import AuthenticationError, UnknownNameError
from billnb.providers.base import Credential, Provider
from billnb.transport import Limits, checked_base_url
from billnb.values.secret import Secret, redact


def named_variables(account: Named, kind: type[Provider]) -> dict[str, str]:
    """Return the environment variable that is an account's own, for each field."""
    if account.listed:
        return variables(account.name, kind)
    return {field.name: field.variable for field in fields(kind)}


def in_environment(account: Named, kind: type[Provider]) -> dict[str, str]:
    """Return the variable that holds a field, for each that the environment holds."""
    named = named_variables(account, kind)
    own = {field.name: field.variable for field in fields(kind)}
    found = {}
    for field, variable in named.items():
        wanted = (variable, own[field]) if account.name == account.provider else (variable,)
        held = next((one for one in wanted if os.environ.get(one)), None)
        if held is not None:
            found[field] = held
    return found


def collected(
    account: Named,
    kind: type[Provider],
    kept: Reader,
    given: Mapping[str, Secret] | None = None,
) -> dict[str, Secret]:
    """Return the credentials of an account, each from where it is; those given come first.

    Raises
    ------
    AuthenticationError
        When one is nowhere to be found; the message says how to supply it.
    StorageError
        When the store that keeps it cannot be read.
    """
    held = in_environment(account, kind)
    found = {}
    for credential in kind.credentials:
        argument = credential.argument
        secret = (given or {}).get(argument)
        if secret is None and argument in held:
            secret = Secret(os.environ[held[argument]])
        elif secret is None and argument in account.options:
            secret = Secret(account.options[argument])
        elif secret is None and credential.is_secret:
            secret = kept(account, argument)
        if secret is None:
            raise _missing(account, kind, credential)
        found[argument] = secret
    return found


def opened(
    account: Named,
    kind: type[Provider],
    found: Mapping[str, Secret],
    *,
    limits: Limits | None = None,
) -> Provider:
    """Return an account ready to be read, with the credentials found.

    Raises
    ------
    AuthenticationError
        When a credential cannot be sent.
    ArgumentError
        When its address cannot be meant.
    """
    variables = in_environment(account, kind)
    held = variables.get(BASE_URL)
    if held is None:
        base_url = account.options.get(BASE_URL, kind.default_base_url)
    else:
        base_url = checked_base_url(os.environ[held], f"{account.name}: {held}")
    # each is given, for a provider would look for its own variables otherwise
    settings = {
        one.argument: os.environ[variables[one.argument]]
        if one.argument in variables
        else account.options.get(one.argument, one.default)
        for one in kind.settings
    }
    make: Any = kind  # each provider's constructor is its own
    made: Provider = make(**found, **settings, name=account.name, base_url=base_url, limits=limits)
    return made


def kind_of(account: Named, known: Kinds) -> type[Provider]:
    """Return the provider of an account, or raise the error that says it is gone."""
    kind = known.get(account.provider)
    if kind is not None:
        return kind
    error = UnknownNameError(f"{gone(account)}: billnb accounts remove {account.name}")
    error.account = account.name
    raise error


def gone(account: Named) -> str:
    """Return what is said of an account whose provider is gone."""
    provider = redact(account.provider, limit=60)
    return (
        f"its provider, {provider!r}, is not installed, or cannot be loaded; install its package, "
        "or remove the account"
    )


def _missing(account: Named, kind: type[Provider], credential: Credential) -> AuthenticationError:
    variable = named_variables(account, kind)[credential.argument]
    how = f"billnb accounts add {account.name} --provider {account.provider}"
    if account.listed:
        how = f"billnb accounts remove {account.name}, and then {how}"
    error = AuthenticationError(
        f"the {credential.label} is missing; set the environment variable {variable}, or connect "
        f"the account{' anew' if account.listed else ''}: {how}"
    )
    error.account = account.name
    return error


__all__ = ["collected", "gone", "in_environment", "kind_of", "named_variables", "opened"]
