"""The fields of an account at each provider, and the environment variables that set them."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from billnb import providers
from billnb.providers.base import Provider

logger = logging.getLogger("billnb.accounts")

BASE_URL = "base_url"

KnownProviders = dict[str, type[Provider]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form that connects an account.

    Attributes
    ----------
    name : str
        The provider's argument: ``api_key``.
    label : str
        The name shown to people: ``API key``.
    secret : bool
        Whether it must never be shown.
    required : bool
        Whether an account needs it.
    placeholder : str or None
        The text shown while it is empty.
    variable : str
        The provider's own environment variable: ``BYTIO_API_KEY``.
    """

    name: str
    label: str
    secret: bool
    required: bool
    placeholder: str | None
    variable: str


def known_providers() -> KnownProviders:
    """Return the providers installed, by name; one that cannot be loaded is left out.

    Examples
    --------
    >>> [provider_class.__name__ for provider_class in known_providers().values()]
    ['Bytio', 'Unpod']
    """
    found: KnownProviders = {}
    for name, point in sorted(providers.points().items()):
        try:
            found[name] = providers.loaded(point)
        except Exception as error:  # noqa: BLE001 - somebody else's module, which may do anything
            logger.debug("provider %s cannot be loaded: %s", name, type(error).__name__)
    return found


@lru_cache(maxsize=64)
def fields(provider_class: type[Provider]) -> tuple[Field, ...]:
    """Return the fields of an account of a provider.

    Examples
    --------
    >>> [field.name for field in fields(known_providers()["unpod"])]
    ['token', 'org_handle', 'base_url']
    """
    return (
        *(
            Field(
                name=one.argument,
                label=one.label[:1].upper() + one.label[1:],
                secret=one.is_secret,
                required=True,
                placeholder=None,
                variable=one.variable,
            )
            for one in provider_class.credentials
        ),
        *(
            Field(
                name=one.argument,
                label=one.label[:1].upper() + one.label[1:],
                secret=False,
                required=False,
                placeholder=one.default,
                variable=one.variable,
            )
            for one in provider_class.settings
        ),
        Field(
            name=BASE_URL,
            label="Address of the API",
            secret=False,
            required=False,
            placeholder=provider_class.default_base_url,
            variable=provider_class.url_variable,
        ),
    )


def as_variable(name: str) -> str:
    """Return a name in the form it has in environment variables.

    Examples
    --------
    >>> as_variable("eu-production")
    'EU_PRODUCTION'
    """
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def variables(name: str, provider_class: type[Provider]) -> dict[str, str]:
    """Return the environment variable of each field of a named account.

    Examples
    --------
    >>> variables("voice", known_providers()["unpod"])["token"]
    'BILLNB_VOICE_API_TOKEN'
    """
    prefix = f"{as_variable(provider_class.provider)}_"
    return {
        field.name: f"BILLNB_{as_variable(name)}_{field.variable.removeprefix(prefix)}"
        for field in fields(provider_class)
    }


__all__ = [
    "BASE_URL",
    "Field",
    "KnownProviders",
    "as_variable",
    "fields",
    "known_providers",
    "variables",
]
