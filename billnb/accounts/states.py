"""The states of accounts: how their last test went, and when they were last loaded.

Nothing depends on them: a file of states that cannot be read is replaced, and a load never fails
because its moment could not be noted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from billnb.accounts import paths
from billnb.errors import StorageError
from billnb.files import trusted
from billnb.files.locked import leftovers, write, write_lock

logger = logging.getLogger("billnb.accounts")

Outcome = Literal["ok", "refused", "unreachable", "incomplete", "locked", "unconfirmed"]


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of one account; `message` says why its last test failed."""

    state: Outcome | None = None
    message: str | None = None
    tested_at: datetime | None = None
    last_sync: datetime | None = None


States = dict[str, State]

_decoder = msgspec.json.Decoder(States)


def read() -> States:
    """Return the states, by name of account."""
    try:
        return _decoder.decode(trusted.plain_content(paths.states_file()))
    except (OSError, RuntimeError, ValueError) as error:  # missing or damaged
        if not isinstance(error, FileNotFoundError):
            logger.debug(
                "the states of accounts cannot be read, and are replaced: %s", type(error).__name__
            )
        return {}


def note_test(name: str, state: Outcome, message: str | None = None) -> None:
    """Note how a test went."""

    def tested(states: States) -> None:
        before = states.get(name, State())
        states[name] = State(state, message, _now(), before.last_sync)

    _change(tested)


def note_sync(names: Iterable[str]) -> None:
    """Note that accounts were loaded whole."""

    def synced(states: States) -> None:
        for name in names:
            states[name] = msgspec.structs.replace(states.get(name, State()), last_sync=_now())

    _change(synced)


def note_change(name: str) -> None:
    """Note that an account was changed after its last test."""

    def untried(states: States) -> None:
        before = states.get(name, State())
        states[name] = State(last_sync=before.last_sync)

    if name in read():
        _change(untried)


def keep_only(names: Collection[str]) -> None:
    """Forget all other accounts, and remove what a killed process left of the file.

    The caller holds the lock of the accounts: one added meanwhile would be forgotten too.
    """
    if not read().keys() <= {*names} or leftovers(paths.states_file()):
        _change(lambda states: [states.pop(name) for name in states.keys() - {*names}])


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _change(change: Callable[[States], object]) -> None:
    path = paths.states_file()
    try:
        with write_lock(path):
            states = read()
            change(states)
            write(path, msgspec.json.format(msgspec.json.encode(states, order="sorted")))
    except StorageError as error:
        logger.debug("the states of accounts cannot be noted: %s", error)


__all__ = [
    "Outcome",
    "State",
    "States",
    "keep_only",
    "note_change",
    "note_sync",
    "note_test",
    "read",
]
