"""The waits between tries."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_BACKOFF = 10.0


def backoff(tries: int, base: float) -> float:
    """Return a wait drawn from nothing to a limit that doubles: threads do not return as one."""
    return random.uniform(0, min(_LONGEST_BACKOFF, base * 2.0 ** min(tries - 1, 32)))  # noqa: S311


def seconds_asked(retry_after: str | None) -> float | None:
    """Return the seconds a ``Retry-After`` asks for; ``None`` where it asks for no wait."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError, TypeError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return seconds if seconds > 0 else None
