"""Secrets that hide their value, and text redacted for messages and logs.

:class:`Secret` holds a secret; :func:`redact` is applied to every log line and every message that
repeats what a vendor said.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from typing import NoReturn
from urllib.parse import quote, quote_plus

from billnb.errors import SecretError
from billnb.values import masking
from billnb.values.masking import MASK

_SHORTEST_MASKED = 3
_LONGEST_READ = 1000
_STRICT = (  # what people need not read in a message, and might identify someone
    re.compile(r"(?<![^\W_])(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}"),  # organizations' domains
    re.compile(r"(?<![A-Za-z0-9_+/=-])(?=[A-Za-z_+/=-]*\d)[A-Za-z0-9_+/=-]{12,}"),  # keys
    re.compile(r"[A-Za-z0-9_+/=-]{24,}"),  # and longer ones without digits
    re.compile(r"\d(?:[ -]?\d){3,}"),  # four digits or more: card numbers, ids
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Secret:
    """A credential that hides its value.

    ``repr``, ``str`` and ``format`` give a mask, and pickling is refused. Only
    :meth:`reveal` returns the value, at the one place that sends it.

    Parameters
    ----------
    value : str
        The credential.

    Examples
    --------
    >>> key = Secret("s3cr3t")
    >>> f"{key} {key!r}"
    '••• Secret(•••)'
    >>> key == Secret("s3cr3t")
    True
    """

    __slots__ = ("_reveal",)

    _reveal: Callable[[], str]

    def __init__(self, value: str) -> None:
        # held by a closure: vars(), dataclass helpers and debuggers' summaries show no value
        self._reveal = lambda: value

    def reveal(self) -> str:
        """Return the credential itself."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> NoReturn:
        raise SecretError(
            "a secret is never pickled; leave the credential out and set its environment "
            "variable where the account is read"
        )

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


def redact(text: str, secrets: Iterable[Secret] = (), *, limit: int = 200) -> str:
    """Return `text` with secrets and what identifies anyone masked.

    The secrets given are masked in every spelling they travel in (as they are, URL-quoted, in
    base64); so is what :mod:`billnb.values.masking` knows, all domains, long words that look like
    keys, and runs of four digits or more. Text is normalised, control characters become spaces, and
    what is longer than `limit` is cut.

    Parameters
    ----------
    text : str
        What a vendor, or anyone, said.
    secrets : iterable of Secret
        The secrets that must not be in it.
    limit : int
        Characters to keep.

    Returns
    -------
    str
        The text, redacted.

    Examples
    --------
    >>> redact("key s3cr3t of ann@example.com", [Secret("s3cr3t")])
    'key ••• of •••'
    """
    spellings = sorted(_spellings(secrets), key=len, reverse=True)
    text = _without(text, spellings)
    if len(text) > _LONGEST_READ:  # and no part of a word, which might be half a secret
        text = text[:_LONGEST_READ].rpartition(" ")[0] + " …"
    text = masking.normal(_UNPRINTABLE.sub(" ", text))
    text = masking.masked(_without(text, spellings))
    for pattern in _STRICT:
        text = pattern.sub(MASK, text)
    text = text.strip()
    return text if len(text) <= limit else text[:limit].rstrip() + "…"


def _without(text: str, spellings: Iterable[str]) -> str:
    for spelling in spellings:
        text = text.replace(spelling, MASK)
    return text


def _spellings(secrets: Iterable[Secret]) -> set[str]:
    found = set()
    for secret in secrets:
        value = secret.reveal()
        if len(value) < _SHORTEST_MASKED:
            continue
        raw = value.encode()
        found |= {value, quote(value, safe=""), quote(value), quote_plus(value)}
        found |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
        found |= {value.encode("unicode_escape").decode()}
    return found


__all__ = ["MASK", "Secret", "redact"]
