"""The waits before a request is sent again: backoff, ``Retry-After``, and rate limits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_BACKOFF = 10.0
_RESETS = ("RateLimit-Reset", "X-RateLimit-Reset")
_REMAINING = ("RateLimit-Remaining", "X-RateLimit-Remaining")
_EARLIEST = 1e9  # seconds since 1970; a smaller number is seconds to wait
_IN_THOUSANDTHS = 1e11
_MOST_DIGITS = 20


def backoff(tries: int, base: float) -> float:
    """Return a random wait, up to a limit that doubles: threads must not all retry at once."""
    return random.uniform(0, min(_LONGEST_BACKOFF, base * 2.0 ** min(tries - 1, 32)))  # noqa: S311


def seconds_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for; ``None`` where it asks for no wait."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        moment = _moment(text)
        if moment is None:
            return None
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return seconds if seconds > 0 else None


def seconds_to_reset(headers: Mapping[str, str], *, limited: bool) -> float | None:
    """Return the seconds until a rate limit is lifted, if there is no ``Retry-After``.

    Vendors write seconds, or Unix time in seconds or milliseconds.

    Parameters
    ----------
    headers : mapping of str to str
        Those of the answer; the case of their names does not matter.
    limited : bool
        Whether the answer says that the limit was exceeded. Any other answer means so if it says
        that nothing of the limit remains.

    Returns
    -------
    float or None
        ``None`` where no header says so, or none is valid.

    Examples
    --------
    >>> seconds_to_reset({"RateLimit-Reset": "20"}, limited=True)
    20.0
    """
    if "Retry-After" in headers:
        return None
    if not limited and any(_number(headers.get(name)) for name in _REMAINING):
        return None
    for name in _RESETS:
        number = _number(headers.get(name))
        if number is None:
            continue
        if number >= _EARLIEST:
            number = number / 1000 if number >= _IN_THOUSANDTHS else number
            number -= (_moment(headers.get("Date", "")) or datetime.now(UTC)).timestamp()
        return number if number > 0 else None
    return None


def _number(text: str | None) -> float | None:
    """Return a number written in digits, with or without a decimal point."""
    text = (text or "").strip()
    whole, _, part = text.partition(".")
    if len(text) > _MOST_DIGITS or not text.isascii() or not (whole + part).isdigit():
        return None
    return float(text)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
