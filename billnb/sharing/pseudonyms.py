"""Keyed pseudonyms: the same for the same name, and only with the key can a guess be tested."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable

from billnb.errors import ArgumentError

KEY_VARIABLE = "BILLNB_REDACTION_KEY"
"""The environment variable with the key of pseudonyms."""

SHORTEST_KEY = 16
"""The fewest bytes of a key: shorter ones can be found by trying."""

_FEWEST_CHARACTERS = 6
_SHORTEST_PSEUDONYM, _ID = 8, 20  # hexadecimal digits
_process_key = secrets.token_hex(32)


def checked(key: str | None) -> str:
    """Return the key to use: the one given, the environment's, or that of the process.

    Raises
    ------
    ArgumentError
        When it is not text, or can be found by trying.
    """
    if key is None:
        key = os.environ.get(KEY_VARIABLE) or _process_key
    if not isinstance(key, str):
        raise ArgumentError(f"the key of pseudonyms is a str, not {type(key).__name__}")
    if not key:
        raise ArgumentError("the key of pseudonyms is empty; leave it out, or give one")
    size = len(key.encode(errors="surrogatepass"))
    if size < SHORTEST_KEY or len(set(key)) < _FEWEST_CHARACTERS:
        raise ArgumentError(
            f"the key of pseudonyms can be found by trying: {size} bytes, "
            f"{len(set(key))} of them different; expected {SHORTEST_KEY} or more, at random, as "
            "python -c 'import secrets; print(secrets.token_hex())' prints them; pass it as key=, "
            f"or set {KEY_VARIABLE}"
        )
    return key


def accounts(names: Iterable[str], key: str, taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a different pseudonym for each name."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in sorted(names):
        length = _SHORTEST_PSEUDONYM
        while f"account {_digest(name, key, length)}" in used:
            length += 1
        found[name] = f"account {_digest(name, key, length)}"
        used.add(found[name])
    return found


def ids(found: Iterable[str], key: str) -> dict[str, str]:
    """Return a pseudonym for each of a vendor's ids."""
    return {one: _digest(one, key, _ID) for one in found}


def word(what: str, text: str, key: str) -> str:
    """Return the pseudonym of a word; different words have different ones."""
    return f"{what} {_digest(text, key, _SHORTEST_PSEUDONYM)}"


def fresh(text: str) -> str:
    """Return the pseudonym of an id in this process, against which no guess can be tested."""
    return _digest(text, _process_key, _ID)


def _digest(text: str, key: str, length: int) -> str:
    secret = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return hashlib.blake2b(text.encode(errors="surrogatepass"), key=secret).hexdigest()[:length]


__all__ = ["KEY_VARIABLE", "SHORTEST_KEY", "accounts", "checked", "fresh", "ids", "word"]
