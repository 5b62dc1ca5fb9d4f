"""Secrets in the system's keyring, read back before they count as kept.

Backends that always fail, keep nothing, or write plain text are refused by name. What any other
says it has kept is read back before it counts as kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from billnb.accounts import paths
from billnb.errors import StorageError
from billnb.values.secret import Secret, redact

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

logger = logging.getLogger("billnb.accounts")

T = TypeVar("T")

_REFUSED = {
    "keyring.backends.fail.Keyring": "is a placeholder for none",
    "keyring.backends.null.Keyring": "keeps nothing",
    "keyring.backends.file.PlaintextKeyring": "writes plain text",
    "keyrings.alt.file.PlaintextKeyring": "writes plain text",
    "keyrings.alt.Google.DocsKeyring": "writes plain text",
}
_OTHERWISE = (
    "unlock or install one (KWallet, GNOME Keyring and the like), or keep secrets in a file that "
    'only you can read (the store "file"), or in environment variables'
)


def backend() -> tuple[str | None, str | None]:
    """Return the name of the keyring and ``None``, or ``None`` and why there is none.

    It is not asked for anything, and may be locked.
    """
    found, problem = _found()
    if found is not None:
        return _name(found), None
    return None, f"No keyring keeps secrets here: {problem}. Install or unlock one to use it."


def require() -> None:
    """Check that there is a keyring.

    Raises
    ------
    StorageError
        When there is none.
    """
    _real()


def get(name: str, argument: str) -> Secret | None:
    """Return a secret, or ``None`` where the keyring has none.

    Raises
    ------
    StorageError
        When there is no keyring, or it is locked or failing.
    """
    keyring = _real()
    found = _ask(keyring, lambda: keyring.get_password(paths.service(), f"{name}/{argument}"))
    return None if found is None else Secret(found)


def put(name: str, argument: str, secret: Secret) -> None:
    """Keep a secret, and read it back.

    Raises
    ------
    StorageError
        When it is not kept.
    """
    keyring = _real()
    user = f"{name}/{argument}"
    _ask(keyring, lambda: keyring.set_password(paths.service(), user, secret.reveal()), secret)
    if get(name, argument) != secret:
        raise StorageError(
            f"the keyring ({_name(keyring)}) did not keep the secret, though it did not object; "
            f"{_OTHERWISE}"
        )


def remove(name: str, argument: str) -> None:
    """Remove a secret, if there is one.

    Raises
    ------
    StorageError
        When it is still there, or may be.
    """
    if get(name, argument) is None:
        return
    keyring = _real()
    _ask(keyring, lambda: keyring.delete_password(paths.service(), f"{name}/{argument}"))
    if get(name, argument) is not None:
        raise StorageError(f"the keyring ({_name(keyring)}) still has the secret of {name}")


def _real() -> KeyringBackend:
    """Return the keyring in use, if it is one."""
    found, problem = _found()
    if found is None:
        raise StorageError(f"there is no keyring that keeps secrets ({problem}); {_OTHERWISE}")
    return found


def _found() -> tuple[KeyringBackend | None, str]:
    """Return the keyring in use, or ``None`` and why there is none."""
    try:
        import keyring  # takes long, because it looks for a desktop

        found = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - backends are others' modules, and may do anything
        return None, f"it cannot be started: {type(error).__name__}"
    chained = getattr(found, "backends", None)
    candidates: list[Any] = [found] if chained is None else [*chained]
    for candidate in candidates:
        if _refusal(candidate) is None:
            return candidate, ""
    refused = [f"{_name(one)} {_refusal(one)}" for one in candidates]
    return None, " and ".join(refused) or "none is installed"


def _refusal(found: object) -> str | None:
    inner = getattr(
        found, "_keyring", None
    )  # one that splits secrets into parts, which another keeps
    if inner is not None:
        return _refusal(inner)
    names = (
        f"{backend_class.__module__}.{backend_class.__qualname__}"
        for backend_class in type(found).__mro__
    )
    return next((_REFUSED[name] for name in names if name in _REFUSED), None)


def _name(found: object) -> str:
    backend_class = type(found)
    return (
        f"{backend_class.__module__.removeprefix('keyring.backends.')}.{backend_class.__qualname__}"
    )


def _ask(keyring: KeyringBackend, question: Callable[[], T], *secrets: Secret) -> T:
    try:
        return question()
    except Exception as error:  # noqa: BLE001 - backends raise what their libraries raise
        is_locked = "Locked" in type(error).__name__
        message = redact(str(error), secrets)
    what = "is locked" if is_locked else "failed"
    quoted = f", saying: {message}" if message else ""
    raise StorageError(f"the keyring ({_name(keyring)}) {what}{quoted}; {_OTHERWISE}")


__all__ = ["backend", "get", "put", "remove", "require"]
