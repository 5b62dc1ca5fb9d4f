"""Notes which secrets the keyring may hold without an account, for a keyring lists none.

A note is written before a secret, and taken away when the account is there. What a killed process
left, and what was removed by force from a keyring that was locked, goes at the next change.
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
    """Note that secrets of an account may be in the keyring, and it not in the file.

    Raises
    ------
    StorageError
        When that cannot be noted.
    """
    noted = _read()
    noted[name] = sorted({*noted.get(name, ()), *arguments})
    _write(noted)


def settle(name: str) -> None:
    """Take the note of an account away."""
    noted = _read()
    if noted.pop(name, None) is not None:
        with suppress(StorageError):
            _write(noted)


def sweep(there: Mapping[str, ConfiguredAccount]) -> None:
    """Remove what the keyring holds without an account, as far as it lets itself be asked."""
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
    except (OSError, RuntimeError, ValueError):  # not there, or no longer what it was
        return {}


def _write(noted: Mapping[str, list[str]]) -> None:
    path = paths.pending_file()
    if noted:
        write(path, msgspec.json.encode(noted))
        return
    with suppress(OSError):
        path.unlink()


__all__ = ["note", "settle", "sweep"]
