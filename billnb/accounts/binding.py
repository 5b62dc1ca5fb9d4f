"""The rule that says to which host a key may be sent.

A key goes to the host that came with it from the same place (typed together, or both set in the
environment), to the host that it was connected or confirmed for, or, unless it was connected for
another, to its provider's own. Anything else is refused until the user confirms the host:
someone who can change the address of an account must not be able to have its key sent there.

The host that a key was connected for is kept where the key is, in the keyring or in the file of
secrets, and not in the file of accounts. A key kept by an older version has no such note; it is
taken to be for the provider's own host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from requests import Request
from requests.exceptions import RequestException

from billnb.errors import UnconfirmedHostError

KEPT = "bound-to"
"""The name under which the host of a kept key is kept; no argument of a provider can have it."""

ENVIRONMENT = "environment-bound-to"
"""The same for the host that was confirmed for a key from the environment; in the file."""

Source = Literal["given", "file", "environment", "kept", "default"]
"""Where a key or an address comes from: this call, the file of accounts, ..."""

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests of an account go.

    Attributes
    ----------
    url : str
        Scheme, host and port, as :func:`normal` writes them.
    source : Source
        Where the address comes from.
    """

    url: str
    source: Source

    @property
    def host(self) -> str:
        """What a person is asked to confirm: the host, and the port where it is another."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Key:
    """What the rule must know of a secret credential.

    Attributes
    ----------
    label : str
        What a person calls it.
    source : Source
        Where it comes from.
    place : str
        The same in words: the variable, or the store.
    """

    label: str
    source: Source
    place: str


def refusal(
    name: str,
    keys: Iterable[Key],
    address: Address,
    default: str,
    bound: Callable[[str], str | None],
    *,
    is_new: bool = False,
) -> UnconfirmedHostError | None:
    """Return why the keys of an account may not go to its address; ``None`` where they may.

    Parameters
    ----------
    name : str
        The account.
    keys : iterable of Key
        Its keys.
    address : Address
        Where they would go.
    default : str
        Its provider's own address.
    bound : callable
        Returns the address kept as :data:`KEPT` or :data:`ENVIRONMENT`; called only if needed.
    is_new : bool
        Whether the account is being connected; the message then names that command.
    """
    default = normal(default)
    for key in keys:
        allowed: str | None = default
        if key.source == "kept":
            allowed = bound(KEPT) or default
        elif address.url != default:
            together = key.source == address.source
            noted = bound(ENVIRONMENT) if key.source == "environment" and not together else None
            allowed = address.url if together else noted
        if allowed != address.url:
            return _refusal(name, key, address, allowed, is_new=is_new)
    return None


def mismatch(name: str, words: str, address: Address) -> UnconfirmedHostError | None:
    """Return the error for a confirmed host that is not the one that the keys would be sent to.

    What was written is not repeated: it may be a key, written there by mistake.
    """
    if means(words, address):
        return None
    return _error(
        name,
        address,
        "the host that was confirmed is not the one that the key would be sent to, "
        f"{address.host}; nothing was sent",
        "Write that host, if the key may go there",
    )


def needs_note(keys: Iterable[Key], address: Address, default: str) -> bool:
    """Return whether a key of the environment may be sent only because its host was confirmed."""
    is_apart = address.source != "environment" and address.url != normal(default)
    return is_apart and any(key.source == "environment" for key in keys)


@lru_cache(maxsize=256)
def normal(url: str) -> str:
    """Return scheme, host and port, always written in the same way.

    Examples
    --------
    >>> normal("HTTPS://API.Bytio.com:443/")
    'https://api.bytio.com'
    """
    parts = urlsplit(str(Request("GET", url).prepare().url))  # which writes a host in ASCII
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def means(words: str, address: Address) -> bool:
    """Return whether what somebody confirms is the host of an address.

    Examples
    --------
    >>> address = Address("https://api.example.com", "file")
    >>> means("API.example.com", address), means("example.com", address)
    (True, False)
    """
    words = words.strip()
    scheme = urlsplit(address.url).scheme
    try:
        return normal(words if "://" in words else f"{scheme}://{words}") == address.url
    except (RequestException, ValueError):
        return False


def _refusal(
    name: str, key: Key, address: Address, allowed: str | None, *, is_new: bool
) -> UnconfirmedHostError:
    who = {
        "file": "which the file of accounts names",
        "environment": "which the environment names",
        "given": "which comes from elsewhere",
        "default": "the provider's own",
    }.get(address.source, "")
    was = "and that host was never confirmed for it"
    if allowed is not None and key.source == "kept":
        was = f"and it was connected for {urlsplit(allowed).netloc}"
    verb = "add" if is_new else "confirm"
    return _error(
        name,
        address,
        f"the {key.label} ({key.place}) would be sent to {address.host}, {who}, {was}; nothing was "
        "sent",
        f"If it may go there, confirm the host: billnb accounts {verb} {name} --host "
        f"{address.host}",
    )


def _error(name: str, address: Address, reason: str, todo: str) -> UnconfirmedHostError:
    error = UnconfirmedHostError(f"{reason}. {todo}")
    error.reason = reason
    error.account = name
    error.host = address.host
    return error


__all__ = [
    "ENVIRONMENT",
    "KEPT",
    "Address",
    "Key",
    "Source",
    "means",
    "mismatch",
    "needs_note",
    "normal",
    "refusal",
]
