"""Finds each thing an account needs: in the environment, in the file, or in a store.

The environment wins. A provider's own variables count for an account that is called like the
provider, and for no other: they would send one account's key as another's. What is found goes
nowhere that :mod:`billnb.accounts.binding` does not let it.
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
class Found:
    """What an account is opened with.

    Attributes
    ----------
    values : mapping of str to Secret
        Its credentials, by argument.
    address : Address
        Where they may go.
    noted : bool
        Whether a key from the environment goes there only because that was confirmed.
    """

    values: Mapping[str, Secret]
    address: Address
    noted: bool


def named_variables(account: ConfiguredAccount, provider_class: type[Provider]) -> dict[str, str]:
    """Return the environment variable that is an account's own, for each field."""
    if account.listed:
        return variables(account.name, provider_class)
    return {field.name: field.variable for field in fields(provider_class)}


def in_environment(account: ConfiguredAccount, provider_class: type[Provider]) -> dict[str, str]:
    """Return the variable that holds a field, for each that the environment holds."""
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
    """Return where requests of an account go, and who says so.

    Raises
    ------
    ArgumentError
        When that cannot be meant.
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
    """Return the secrets of an account, as far as it matters where they go."""
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
    """Return why the keys of an account may not go where it is; ``None`` where they may.

    Raises
    ------
    ArgumentError
        When its address cannot be meant.
    StorageError, ConfigurationError
        When the store that says so cannot be read.
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
) -> Found:
    """Return the credentials of an account, each from where it is, and where they may go.

    Parameters
    ----------
    account : ConfiguredAccount
        The account.
    provider_class : type
        Its provider.
    kept : Reader
        What reads its store.
    given : mapping of str to Secret, optional
        The secrets of an account that is only being connected; they come first.
    confirmed : str, optional
        The host that its keys may go to, as a person confirms it who connects it.

    Raises
    ------
    AuthenticationError
        When one is nowhere to be found; the message says how to supply it.
    UnconfirmedHostError
        When one may not go where the account is.
    ArgumentError
        When the account's address cannot be meant.
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
    return Found(found, place, binding.needs_note(sources, place, provider_class.default_base_url))


def opened(
    account: ConfiguredAccount,
    provider_class: type[Provider],
    found: Found,
    *,
    limits: Limits | None = None,
) -> Provider:
    """Return an account ready to be read, with what was found, at the address it may go to.

    Raises
    ------
    AuthenticationError
        When a credential cannot be sent.
    """
    variables = in_environment(account, provider_class)
    # each is given, for a provider would look for its own variables otherwise
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
    """Return the provider of an account, or raise the error that says it is gone."""
    provider_class = known.get(account.provider)
    if provider_class is not None:
        return provider_class
    error = UnknownNameError(f"{gone(account)}: billnb accounts remove {account.name}")
    error.account = account.name
    raise error


def gone(account: ConfiguredAccount) -> str:
    """Return what is said of an account whose provider is gone."""
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
        f"the account{' anew' if account.listed else ''}: {how}"
    )
    error.account = account.name
    return error


__all__ = [
    "Found",
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
