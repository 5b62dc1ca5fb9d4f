"""The names that accounts may have.

An account's environment variables are made from its name. Two names with the same variables would
have one account's key sent as the other's, and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from billnb.accounts.fields import KnownProviders, as_variable, variables
from billnb.errors import ArgumentError, NameTakenError
from billnb.providers.base import Provider

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OURS = frozenset({"BILLNB_CONFIG", "BILLNB_REDACTION_KEY"})


def is_name(name: object) -> bool:
    """Return whether an account may have a name.

    Examples
    --------
    >>> is_name("eu-production"), is_name("../production")
    (True, False)
    """
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def checked(name: object) -> str:
    """Return a name, if it is valid.

    Raises
    ------
    ArgumentError
        When it is not; the message says what is.
    """
    if isinstance(name, str) and is_name(name):
        return name
    # it is not repeated: it may be a key, written there by mistake
    raise ArgumentError(
        "that is not a valid account name; names are 1 to 64 letters, digits, - and _ (ASCII), "
        "and begin with a letter or a digit"
    )


def check_free(
    name: str, provider: str, others: Iterable[tuple[str, str]], known: KnownProviders
) -> None:
    """Refuse a name that is taken or reserved.

    Parameters
    ----------
    name, provider : str
        The new account.
    others : iterable of tuple
        Names and providers of the accounts there are.
    known : dict
        The providers installed.

    Raises
    ------
    NameTakenError
        When another account has the name, or would share an environment variable.
    ArgumentError
        When it is another provider's name.
    """
    for other in known:
        if as_variable(other) == as_variable(name) and (other, other) != (name, provider):
            raise ArgumentError(
                f"{name!r} is the name of the provider {other}; choose another name"
                + (f", or {other!r} itself" if other == provider else "")
            )
    wanted = _variables(name, provider, known)
    if wanted & _OURS:
        raise NameTakenError(f"the variables of {name!r} are reserved; choose another name")
    for other, provider_of_other in others:
        if other == name:
            raise NameTakenError(
                f"there is an account {name!r} already; choose another name, or remove it first: "
                f"billnb accounts remove {name}"
            )
        if wanted & _variables(other, provider_of_other, known):
            raise NameTakenError(
                f"{name!r} and {other!r} would share environment variables; choose another name"
            )


def clash(accounts: Iterable[tuple[str, str]], known: KnownProviders) -> tuple[str, str] | None:
    """Return two names that share an environment variable, if there are any."""
    seen: dict[str, str] = {}
    for name, provider in accounts:
        for variable in _variables(name, provider, known):
            if seen.setdefault(variable, name) != name:
                return seen[variable], name
    return None


def _variables(name: str, provider: str, known: KnownProviders) -> set[str]:
    before, provider_class = f"BILLNB_{as_variable(name)}", known.get(provider)
    own = {f"{before}_BASE_URL"}  # every provider has it, also one that is not installed
    return (
        own if provider_class is None else own | {before + end for end in _endings(provider_class)}
    )


@lru_cache(maxsize=64)
def _endings(provider_class: type[Provider]) -> tuple[str, ...]:
    """Return the endings of the variables of a provider's accounts, which are needed often."""
    return tuple(one.removeprefix("BILLNB_X") for one in variables("X", provider_class).values())


__all__ = ["check_free", "checked", "clash", "is_name"]
