"""Accounts connected and removed.

A secret is kept before its account is written, and removed before its account is: a crash can leave
a secret without an account, never an account without its secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import get_args

from billnb import providers
from billnb.accounts import binding, credentials, naming, states
from billnb.accounts.config import configuration, editing
from billnb.accounts.config.configuration import ConfiguredAccount, Store
from billnb.accounts.fields import Field, KnownProviders, fields, known_providers
from billnb.accounts.listing import Account, available, find, record
from billnb.accounts.probing import LIMITS, probe
from billnb.accounts.secrets import keeping, pending
from billnb.errors import ArgumentError, ConfigurationError, StorageError, clear_frames_on_error
from billnb.providers.base import Provider
from billnb.values.secret import Secret, redact


@clear_frames_on_error
def add(
    name: str,
    provider: str,
    *,
    store: Store = "keyring",
    verify: bool = True,
    confirmed_host: str | None = None,
    **details: str | Secret,
) -> Account:
    """Connect an account: test it, keep its secret, and write it into the file of accounts.

    Where anything fails, nothing is kept. ``billnb accounts add`` asks for the secret instead, so
    that it stands in no notebook.

    Parameters
    ----------
    name : str
        What to call it: letters, digits, ``-`` and ``_``. Only an account
        at a provider may have the provider's own name.
    provider : str
        The vendor: ``bytio``, ``unpod``, or another that is installed.
    store : {"keyring", "file"}
        Where to keep the secret: the system's keyring, or a file that only its owner can read.
    verify : bool
        Whether to ask the vendor for one entry first.
    confirmed_host : str, optional
        The host that the key may be sent to, such as ``api.example.com``. It is needed if key
        and ``base_url`` come from two places: one given here, the other from the environment.
    **details : str or Secret
        What the provider takes, such as ``api_key`` or ``org_handle``, and ``base_url``. A secret
        that the environment holds, as ``BILLNB_<NAME>_API_KEY``, may be left out; it is not kept.

    Returns
    -------
    Account
        The account; nothing in it is secret.

    Raises
    ------
    ArgumentError
        For a name that is invalid or taken, and for details that are not the provider's.
    RequestError, TransportError, ContractError
        When the test failed.
    UnconfirmedHostError
        When `confirmed_host` is needed, or is not where the key would go; nothing was sent.
    StorageError
        When the secret cannot be kept.
    ConfigurationError
        When the file of accounts is invalid.

    Examples
    --------
    >>> import os, tempfile
    >>> os.environ["BILLNB_CONFIG"] = tempfile.mkdtemp()  # another folder than the user's own
    >>> account = add("production", "bytio", api_key="k3y", store="file", verify=False)
    >>> account.state, account.variables["api_key"]
    ('untried', 'BILLNB_PRODUCTION_API_KEY')
    >>> remove("production")
    """
    # secrets first, before anything can fail
    given = {
        key: one if isinstance(one, Secret) else _as_secret(one) for key, one in details.items()
    }
    naming.checked(name)
    if store not in get_args(Store):
        raise ArgumentError(f"store must be one of {', '.join(get_args(Store))}")
    known = known_providers()
    provider_class = known.get(provider) or providers.find(provider)
    secrets, options = _sorted_out(given, fields(provider_class), provider)
    account = ConfiguredAccount(name, provider, options, store if secrets else None, tuple(secrets))
    check_free(account, known)
    if account.kept is not None:
        keeping.check(account.kept)
    _check_complete(account, provider_class)
    credential = credentials.collected(
        account, provider_class, keeping.Reader(), secrets, confirmed=confirmed_host
    )
    made = credentials.opened(account, provider_class, credential, limits=LIMITS)
    if verify:
        probe(made)
    url = Secret(credential.address.url)
    kept = {binding.KEPT: url, **secrets} if secrets else {}
    notes = {binding.ENVIRONMENT: url} if credential.noted else {}
    _keep(account, kept, notes, known)
    if verify:
        states.note_test(name, "ok")
    return record(account, known, states.read(), {name: {**notes, **kept}})


def _keep(
    account: ConfiguredAccount,
    kept: Mapping[str, Secret],
    notes: Mapping[str, Secret],
    known: KnownProviders,
) -> None:
    with editing.changing():
        there = check_free(account, known)
        pending.sweep(there)
        restore = keeping.keep(account, kept, notes, there.keys())
        try:
            editing.insert(account)
        except BaseException:
            restore()
            raise
        pending.settle(account.name)
        # what was known of another account of this name is not known of this one
        states.keep_only({*there, *known} - {account.name})


def check_free(account: ConfiguredAccount, known: KnownProviders) -> dict[str, ConfiguredAccount]:
    """Return the accounts there are, unless the name of a new one is taken or reserved.

    Raises
    ------
    ArgumentError
        When it does.
    ConfigurationError
        When the file of accounts is invalid.
    """
    there = configuration.read(known)
    others = [(one.name, one.provider) for one in there.values()]
    naming.check_free(account.name, account.provider, others, known)
    return there


def _check_complete(account: ConfiguredAccount, provider_class: type[Provider]) -> None:
    held = credentials.in_environment(account, provider_class)
    for credential in provider_class.credentials:
        argument = credential.argument
        if argument not in {*account.keeps, *account.options, *held}:
            variable = credentials.named_variables(account, provider_class)[argument]
            raise ArgumentError(
                f"the {credential.label} is missing; give {argument}, or set the environment "
                f"variable {variable}"
            )


def _as_secret(value: object) -> Secret:
    if isinstance(value, str):
        return Secret(value)
    raise ArgumentError("every detail of an account must be a text")


def _sorted_out(
    given: Mapping[str, Secret], taken: tuple[Field, ...], provider: str
) -> tuple[dict[str, Secret], dict[str, str]]:
    """Return the secrets and the options; empty ones are left out."""
    by_name = {field.name: field for field in taken}
    for key in given:
        if key not in by_name:
            raise ArgumentError(
                f"{redact(key, limit=60)!r} is not an option of {provider}; expected one of "
                f"{', '.join(by_name)}"
            )
    filled = {key: secret for key, secret in given.items() if secret.reveal()}
    secrets = {key: secret for key, secret in filled.items() if by_name[key].secret}
    options = {key: one.reveal() for key, one in filled.items() if not by_name[key].secret}
    return secrets, options


@clear_frames_on_error
def remove(name: str, *, force: bool = False) -> None:
    """Remove an account, with its secret, the host it is for, and what is known of it.

    Parameters
    ----------
    name : str
        The account's name.
    force : bool
        Whether to remove it even when its secret cannot be, as in a keyring that is locked; the
        secret is then removed at a later change, when the keyring is unlocked.

    Raises
    ------
    ArgumentError
        For an account that is only in the environment.
    UnknownNameError
        When there is no such account.
    StorageError
        When its secret cannot be removed; the account is still there.
    ConfigurationError
        When the file of accounts is invalid.

    Examples
    --------
    >>> remove("nobody")
    Traceback (most recent call last):
        ...
    billnb.errors.UnknownNameError: no account is called 'nobody'; known: none
    """
    with editing.changing():
        known = known_providers()
        there = configuration.read(known)
        account = find(name, available(there, known))
        provider_class = known.get(account.provider)
        if not account.listed:
            variables = ", ".join(one.variable for one in known[name].credentials)
            raise ArgumentError(
                f"{name} is only in the environment; to remove it, unset its variables: {variables}"
            )
        take_out = editing.without(name)
        pending.sweep(there)
        others = there.keys() - {name}
        try:
            _remove_secrets(account, provider_class, others)
        except (ConfigurationError, StorageError) as error:
            problem = f"{error}. The account {name} is still there, and its secret may be"
            if not force:
                raise StorageError(
                    f"{problem}; by force, it is removed without its secret"
                ) from None
            if account.kept == "keyring":
                pending.note(name, [*_arguments(account, provider_class), binding.KEPT])
        take_out()
        states.keep_only({*others, *known} - {name})


def _remove_secrets(
    account: ConfiguredAccount, provider_class: type[Provider] | None, others: Collection[str]
) -> None:
    arguments = _arguments(account, provider_class)
    if not arguments and account.kept == "keyring":
        raise StorageError(
            "which secrets the keyring keeps for it is not known, because its provider is not "
            "installed"
        )
    keeping.remove(account, arguments, others)


def _arguments(
    account: ConfiguredAccount, provider_class: type[Provider] | None
) -> tuple[str, ...]:
    """Return the names of the secrets that a store may keep of an account."""
    if account.keeps or provider_class is None:
        return account.keeps
    return tuple(one.argument for one in provider_class.credentials if one.is_secret)


__all__ = ["add", "check_free", "remove"]
