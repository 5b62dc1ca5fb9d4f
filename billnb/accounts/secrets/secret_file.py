"""Secrets kept in a file that only its owner may read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from billnb.accounts import paths
from billnb.accounts.config.toml import fault, parsed
from billnb.errors import ConfigurationError
from billnb.files import trusted
from billnb.files.locked import sweep, write
from billnb.values.secret import Secret

_HEAD = "# Secrets of billnb's accounts. Keep this file to yourself.\n"

Table = Mapping[str, Secret]
"""What is kept of one account, by name of credential, and the hosts it is bound to."""

Tables = Mapping[str, Table]
"""The same by name of account."""


def read() -> dict[str, dict[str, Secret]]:
    """Return what is kept of each account; nothing if there is no file.

    Raises
    ------
    StorageError
        When others may read the file, or it is not a regular file of its owner.
    ConfigurationError
        When it is damaged.
    """
    path = paths.secrets_file()
    content = _content(path)
    try:
        says = parsed(path, content)
    except ConfigurationError as error:
        place = error.line, error.column
    else:
        return {name: _secrets(table, path) for name, table in says.items()}
    failure = fault(path, "this is not TOML; correct the file, which is not changed")
    failure.line, failure.column = place
    raise failure


def check() -> None:
    """Check that the file can be read, if it exists; it is not parsed.

    Raises
    ------
    StorageError
        When it cannot.
    """
    _content(paths.secrets_file())


def change(name: str, table: Table | None, there: Collection[str]) -> Table | None:
    """Replace what is kept of an account; the caller holds the lock.

    What is kept of accounts that are not `there`, which a killed process left, is removed.

    Returns
    -------
    mapping or None
        What was kept of the account before.
    """
    sweep(paths.secrets_file())
    before = read()
    after: dict[str, Table] = {one: kept for one, kept in before.items() if one in there}
    after.pop(name, None)
    if table:
        after[name] = table
    if after != before:
        _write(after)
    return before.get(name)


def _write(tables: Tables) -> None:
    parts = [_HEAD]
    for name, table in tables.items():
        parts.append(f"[{_key(name)}]\n")
        parts += [f"{_key(one)} = {_text(kept.reveal())}\n" for one, kept in table.items()]
        parts.append("\n")
    write(paths.secrets_file(), "".join(parts).rstrip("\n").encode() + b"\n")


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()
    return name if is_bare else _text(name)


def _text(value: str) -> str:
    """Return a text as TOML writes it: as JSON does, except for one character.

    (tomlkit, which writes the file of accounts, takes seconds for ten thousand.)
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _secrets(table: Any, path: Path) -> dict[str, Secret]:
    if isinstance(table, dict) and all(isinstance(one, str) for one in table.values()):
        return {argument: Secret(value) for argument, value in table.items()}
    raise fault(path, "expected a table of texts for each account; correct the file")


def _content(path: Path) -> bytes:
    """Return what the file holds, if no other user can read it."""
    return trusted.content(path, f"the secrets in {str(path)!r} are not used", private=True)


__all__ = ["Table", "Tables", "change", "check", "read"]
