"""The credentials of an account, found in the environment, in the file, or in a store.

The environment comes first. A provider's own variables are used only for an account that has the
name of the provider; otherwise one account's key would be sent as another's. Where a key may be
sent is for :mod:`billnb.accounts.binding` to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billnb.accounts import binding
from billnb.accounts.binding import Address, Key, Source
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.fields import BASE_URL, KnownProviders, fields, variables
from billnb.accounts.secrets.keeping import Reader
from billnb.errors import AuthenticationError, UnconfirmedHostError, UnknownNameError
from billnb.providers.base import Credential, Provider
from billnb.transport import Limits, checked_base_url
from billnb.values.secret import Secret, redact


@dataclass(frozen=True, slots=True)
class FoundCredentials:
    """The credentials of an account, and the address that they may be sent to.

    Attributes
    ----------
    values : mapping of str to Secret
        Its credentials, by argument.
    address : Address
        Where they may be sent.
    noted : bool
        Whether a key from the environment may be sent there only because that was confirmed.
    """

    values: Mapping[str, Secret]
    address: Address
    noted: bool


def named_variables(account: ConfiguredAccount, provider_class: type[Provider]) -> dict[str, str]:
    """Return an account's own environment variable for each field."""
    if account.listed:
        return variables(account.name, provider_class)
    return {field.name: field.variable for field in fields(provider_class)}


def in_environment(account: ConfiguredAccount, provider_class: type[Provider]) -> dict[str, str]:
    """Return, for each field that the environment holds, the variable that holds it."""
    named = named_variables(account, provider_class)
    own = {field.name: field.variable for field in fields(provider_class)}
    found = {}
    for field, variable in named.items():
        wanted = (variable, own[field]) if account.name == account.provider else (variable,)
        held = next((one for one in wanted if os.environ.get(one)), None)
        if held is not None:
            found[field] = held
    return found


def address(
    account: ConfiguredAccount, provider_class: type[Provider], *, is_new: bool = False
) -> Address:
    """Return where requests of an account go, and where that address comes from.

    Raises
    ------
    ArgumentError
        When the address is invalid.
    """
    source: Source = "given" if is_new else "file"
    url = account.options.get(BASE_URL)
    held = in_environment(account, provider_class).get(BASE_URL)
    if held is not None:
        source, url = "environment", checked_base_url(os.environ[held], f"{account.name}: {held}")
    elif url is None:
        source, url = "default", provider_class.default_base_url
    else:
        url = checked_base_url(url, f"{account.name}: {BASE_URL}")
    return Address(binding.normal(url), source)


def keys(
    account: ConfiguredAccount,
    provider_class: type[Provider],
    given: Mapping[str, Secret] | None = None,
) -> list[Key]:
    """Return where each secret of an account comes from."""
    held = in_environment(account, provider_class)
    found = []
    for one in provider_class.credentials:
        if not one.is_secret:
            continue
        if given is not None and one.argument in given:
            found.append(Key(one.label, "given", "as given"))
        elif one.argument in held:
            found.append(Key(one.label, "environment", f"from {held[one.argument]}"))
        else:
            store = "in the file of secrets" if account.kept == "file" else "in the keyring"
            found.append(Key(one.label, "kept", store))
    return found


def refusal(
    account: ConfiguredAccount, provider_class: type[Provider], kept: Reader
) -> UnconfirmedHostError | None:
    """Return why the keys of an account may not be sent to its address; ``None`` if they may.

    Raises
    ------
    ArgumentError
        When its address is invalid.
    StorageError, ConfigurationError
        When the store with the confirmed host cannot be read.
    """
    return binding.refusal(
        account.name,
        keys(account, provider_class),
        address(account, provider_class),
        provider_class.default_base_url,
        lambda what: kept.bound(account, what),
    )


def collected(
    account: ConfiguredAccount,
    provider_class: type[Provider],
    kept: Reader,
    given: Mapping[str, Secret] | None = None,
    *,
    confirmed: str | None = None,
) -> FoundCredentials:
    """Return the credentials of an account, and the address that they may be sent to.

    Parameters
    ----------
    account : ConfiguredAccount
        The account.
    provider_class : type
        Its provider.
    kept : Reader
        The reader of its store.
    given : mapping of str to Secret, optional
        The secrets of an account that is being connected; they come first.
    confirmed : str, optional
        The host that its keys may be sent to, confirmed by the person who connects it.

    Raises
    ------
    AuthenticationError
        When one is missing; the message says how to supply it.
    UnconfirmedHostError
        When one may not be sent to the address of the account.
    ArgumentError
        When the account's address is invalid.
    StorageError
        When the store that keeps it cannot be read.
    """
    held = in_environment(account, provider_class)
    found = {}
    for credential in provider_class.credentials:
        argument = credential.argument
        secret = (given or {}).get(argument)
        if secret is None and argument in held:
            secret = Secret(os.environ[held[argument]])
        elif secret is None and argument in account.options:
            secret = Secret(account.options[argument])
        elif secret is None and credential.is_secret:
            secret = kept.secret(account, argument)
        if secret is None:
            raise _missing(account, provider_class, credential)
        found[argument] = secret
    sources = keys(account, provider_class, given)
    place = address(account, provider_class, is_new=given is not None)
    if confirmed is None:
        refused = binding.refusal(
            account.name,
            sources,
            place,
            provider_class.default_base_url,
            lambda what: kept.bound(account, what),
            is_new=given is not None,
        )
    else:
        refused = binding.mismatch(account.name, confirmed, place)
    if refused is not None:
        raise refused
    return FoundCredentials(
        found, place, binding.needs_note(sources, place, provider_class.default_base_url)
    )


def opened(
    account: ConfiguredAccount,
    provider_class: type[Provider],
    found: FoundCredentials,
    *,
    limits: Limits | None = None,
) -> Provider:
    """Return an account that can be read, with the credentials and the address found.

    Raises
    ------
    AuthenticationError
        When a credential cannot be sent.
    """
    variables = in_environment(account, provider_class)
    # all are given: a provider would look for its own variables otherwise
    settings = {
        one.argument: os.environ[variables[one.argument]]
        if one.argument in variables
        else account.options.get(one.argument, one.default)
        for one in provider_class.settings
    }
    make: Any = provider_class  # each provider's constructor is its own
    made: Provider = make(
        **found.values, **settings, name=account.name, base_url=found.address.url, limits=limits
    )
    return made


def provider_class_of(account: ConfiguredAccount, known: KnownProviders) -> type[Provider]:
    """Return the provider of an account; raise UnknownNameError if it is not installed."""
    provider_class = known.get(account.provider)
    if provider_class is not None:
        return provider_class
    error = UnknownNameError(f"{gone(account)}: billnb accounts remove {account.name}")
    error.account = account.name
    raise error


def gone(account: ConfiguredAccount) -> str:
    """Return the message about an account whose provider is not installed."""
    provider = redact(account.provider, limit=60)
    return (
        f"its provider, {provider!r}, is not installed, or cannot be loaded; install its package, "
        "or remove the account"
    )


def _missing(
    account: ConfiguredAccount, provider_class: type[Provider], credential: Credential
) -> AuthenticationError:
    variable = named_variables(account, provider_class)[credential.argument]
    how = f"billnb accounts add {account.name} --provider {account.provider}"
    if account.listed:
        how = f"billnb accounts remove {account.name}, and then {how}"
    error = AuthenticationError(
        f"the {credential.label} is missing; set the environment variable {variable}, or connect "
        f"the account{' again' if account.listed else ''}: {how}"
    )
    error.account = account.name
    return error


__all__ = [
    "FoundCredentials",
    "address",
    "collected",
    "gone",
    "in_environment",
    "keys",
    "named_variables",
    "opened",
    "provider_class_of",
    "refusal",
]
