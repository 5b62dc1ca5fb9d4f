"""Notes of secrets that the keyring may hold without an account; a keyring cannot list its own.

A note is written before a secret, and removed when the account is written. Secrets that a killed
process left, or that a locked keyring could not remove, are removed at the next change.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from billnb.accounts import paths
from billnb.accounts.config.configuration import ConfiguredAccount
from billnb.accounts.secrets import keyrings
from billnb.errors import StorageError
from billnb.files import trusted
from billnb.files.locked import sweep as sweep_unfinished
from billnb.files.locked import write

logger = logging.getLogger("billnb.accounts")

_decoder = msgspec.json.Decoder(dict[str, list[str]])


def note(name: str, arguments: Iterable[str]) -> None:
    """Note that the keyring may hold secrets of an account that is not in the file.

    Raises
    ------
    StorageError
        When that cannot be noted.
    """
    noted = _read()
    noted[name] = sorted({*noted.get(name, ()), *arguments})
    _write(noted)


def settle(name: str) -> None:
    """Remove the note of an account."""
    noted = _read()
    if noted.pop(name, None) is not None:
        with suppress(StorageError):
            _write(noted)


def sweep(there: Mapping[str, ConfiguredAccount]) -> None:
    """Remove the secrets noted, where the keyring allows it."""
    sweep_unfinished(paths.pending_file())
    for name, arguments in _read().items():
        account = there.get(name)
        try:
            if account is None or account.kept != "keyring":
                for argument in arguments:
                    keyrings.remove(name, argument)
        except StorageError as error:
            logger.debug("the keyring still holds what is left of an account: %s", error)
        else:
            settle(name)


def _read() -> dict[str, list[str]]:
    try:
        return _decoder.decode(trusted.plain_content(paths.pending_file()))
    except (OSError, RuntimeError, ValueError):  # missing or damaged
        return {}


def _write(noted: Mapping[str, list[str]]) -> None:
    path = paths.pending_file()
    if noted:
        write(path, msgspec.json.encode(noted))
        return
    with suppress(OSError):
        path.unlink()


__all__ = ["note", "settle", "sweep"]
