"""Secrets in a file that its owner alone may read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from billnb.accounts import places
from billnb.accounts.toml import fault, parsed
from billnb.errors import ConfigurationError, StorageError
from billnb.files.locked import write
from billnb.values.secret import Secret

_HEAD = b"# Secrets of billnb's accounts. Keep this file to yourself.\n"


def read() -> dict[str, dict[str, Secret]]:
    """Return the secrets of each account; none, where there is no file.

    Raises
    ------
    StorageError
        When others may read the file, or it is not its owner's own plain file.
    ConfigurationError
        When it is not what was written there.
    """
    path = places.secrets_file()
    content = _content(path)
    try:
        says = parsed(path, content)
    except ConfigurationError as error:
        place = error.line, error.column
    else:
        return {name: _secrets(table, path) for name, table in says.items()}
    failure = fault(path, "this is no TOML; correct the file, which is left as it is")
    failure.line, failure.column = place
    raise failure


def put(name: str, secrets: Mapping[str, Secret]) -> None:
    """Keep the secrets of an account; the caller sees to it that nobody else writes."""
    _write(read() | {name: dict(secrets)})


def remove(name: str) -> None:
    """Remove the secrets of an account, if there are any."""
    found = read()
    if found.pop(name, None) is not None:
        _write(found)


def _write(secrets: Mapping[str, Mapping[str, Secret]]) -> None:
    import tomlkit

    tables = {
        name: {argument: secret.reveal() for argument, secret in of_account.items()}
        for name, of_account in secrets.items()
    }
    write(places.secrets_file(), _HEAD + tomlkit.dumps(tables).encode())


def _secrets(table: Any, path: Path) -> dict[str, Secret]:
    if isinstance(table, dict) and all(isinstance(one, str) for one in table.values()):
        return {argument: Secret(value) for argument, value in table.items()}
    raise fault(path, "expected a table of texts for each account; correct the file")


def _content(path: Path) -> bytes:
    """Return what the file holds, if nobody else can know it."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        return b""
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        problem = "it is a link; put the file itself there" if is_link else str(error.strerror)
    else:
        with os.fdopen(handle, "rb") as file:
            found = _objection(os.fstat(handle), path)
            if found is None:
                return file.read()
        problem = found
    raise StorageError(f"the secrets in {str(path)!r} are not used: {problem}")


def _objection(status: os.stat_result, path: Path) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is no plain file"
    if not hasattr(os, "geteuid"):
        return None  # a system with other permissions, where a user's folder is the user's
    if status.st_uid != os.geteuid():
        return "it is another user's"
    if status.st_mode & 0o077:
        return f"others may read it; run: chmod 600 {str(path)!r}"
    return None


__all__ = ["put", "read", "remove"]
