"""The accounts that the file of accounts names.

People edit it too: an invalid file is an error that names the place, and never repeats what stands
there, because it may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from billnb.accounts import paths
from billnb.accounts.config.toml import fault, parsed
from billnb.accounts.fields import BASE_URL, KnownProviders, fields, known_providers
from billnb.accounts.naming import clash, is_name
from billnb.errors import ArgumentError
from billnb.files import trusted
from billnb.transport import checked_base_url
from billnb.values.secret import redact

Store = Literal["keyring", "file"]

TABLE = "accounts"
"""The table whose tables are the accounts."""


@dataclass(frozen=True, slots=True)
class ConfiguredAccount:
    """An account of the file of accounts, or of the environment.

    Attributes
    ----------
    name, provider : str
        Its name, and the name of its provider.
    options : mapping of str to str
        Its options, none of which is secret.
    kept : {"keyring", "file"} or None
        The store of its secrets; ``None`` if none is kept.
    keeps : tuple of str
        The names of the secrets kept, needed to remove them when the provider is not installed.
    listed : bool
        Whether it is in the file; else it is that of a provider's own environment variables.
    """

    name: str
    provider: str
    options: Mapping[str, str] = field(default_factory=dict)
    kept: Store | None = None
    keeps: tuple[str, ...] = ()
    listed: bool = True


def read(known: KnownProviders | None = None) -> dict[str, ConfiguredAccount]:
    """Return the accounts of the file, by name; none if there is no file.

    Parameters
    ----------
    known : dict, optional
        The providers installed, if already known.

    Raises
    ------
    ConfigurationError
        When the file is invalid; it names the place, and never repeats what stands there.
    StorageError
        When it cannot be read, or others can write it.
    """
    path = paths.accounts_file()
    return _accounts(
        parse(path, content(path)), path, known_providers() if known is None else known
    )


def content(path: Path) -> bytes:
    """Return what the file holds; nothing if it does not exist.

    Raises
    ------
    StorageError
        When it cannot be read, or others can write it, and so say where keys are sent.
    """
    return trusted.content(path, f"cannot read {str(path)!r}")


@lru_cache(maxsize=2)
def parse(path: Path, content: bytes) -> Mapping[str, Any]:
    """Return the parsed file, which must not be changed: it is shared.

    Raises
    ------
    ConfigurationError
        When it is not TOML.
    """
    return parsed(path, content)


def _accounts(
    parsed_file: Mapping[str, Any], path: Path, known: KnownProviders
) -> dict[str, ConfiguredAccount]:
    tables = parsed_file.get(TABLE, {})
    if not isinstance(tables, dict):
        raise fault(path, f"{TABLE}: expected tables, [{TABLE}.NAME]")
    found = {name: _account(name, table, path, known) for name, table in tables.items()}
    twins = clash(((one.name, one.provider) for one in found.values()), known)
    if twins is not None:
        raise fault(
            path,
            f"{TABLE}.{twins[1]} and {TABLE}.{twins[0]} would share environment "
            "variables; give one of them another name",
        )
    return found


def _account(name: str, table: object, path: Path, known: KnownProviders) -> ConfiguredAccount:
    if not is_name(name):
        raise fault(
            path,
            f"{TABLE}: {redact(name, limit=60)!r} is not a valid account name; names are "
            "letters, digits, - and _",
        )
    here = f"{TABLE}.{name}"
    if not isinstance(table, dict):
        raise fault(path, f"{here}: expected a table, [{here}]")
    provider = table.get("provider")
    if not isinstance(provider, str) or not provider:
        raise fault(path, f'{here}.provider: expected the name of a provider, such as "bytio"')
    kept = table.get("kept")
    if kept not in (None, *get_args(Store)):
        raise fault(path, f'{here}.kept: expected "keyring" or "file"')
    keeps = table.get("keeps", [])
    if not isinstance(keeps, list) or not all(
        isinstance(one, str) and one.isidentifier() for one in keeps
    ):
        raise fault(path, f"{here}.keeps: expected a list of names of secrets")
    options = {
        key: value for key, value in table.items() if key not in ("provider", "kept", "keeps")
    }
    _check_options(options, here, path, known.get(provider), name)
    return ConfiguredAccount(name, provider, options, kept, tuple(keeps))


def _check_options(
    options: dict[str, Any], here: str, path: Path, provider_class: Any, name: str
) -> None:
    taken = {} if provider_class is None else {one.name: one for one in fields(provider_class)}
    for key, value in options.items():
        shown = redact(key, limit=60)
        if key in taken and taken[key].secret:
            raise fault(
                path,
                f"{here}.{shown} is a secret, which this file must not hold; take the "
                f"table out, and run: billnb accounts add {name}",
            )
        if taken and key not in taken:
            options_taken = ", ".join(one.name for one in taken.values() if not one.secret)
            raise fault(
                path, f"{here}.{shown} is unknown; expected provider, kept, keeps, {options_taken}"
            )
        if not isinstance(value, str):
            raise fault(path, f"{here}.{shown}: expected a text, in quotation marks")
    if BASE_URL in options:
        try:
            checked_base_url(options[BASE_URL], f"{here}.{BASE_URL}")
        except ArgumentError as error:
            problem = str(error)
        else:
            return
        raise fault(path, problem)


__all__ = ["TABLE", "ConfiguredAccount", "Store", "content", "parse", "read"]
