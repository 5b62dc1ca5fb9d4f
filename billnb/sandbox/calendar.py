"""The months that the sandbox's data covers, and the random numbers of each.

Every month's numbers come from that month alone, so a month that both yesterday's and today's
sandbox cover is the same in both.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

MONTHS = 36


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, and how many months it is before the sandbox's today."""

    year: int
    month: int
    age: int

    @property
    def first(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def name(self) -> str:
        """As an invoice names it: ``October 2026``."""
        return f"{self.first:%B %Y}"

    def at(self, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
        """Return an instant of the month."""
        return self.first + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)

    def random(self, what: str) -> random.Random:
        """Return the month's own random numbers for one purpose."""
        return random.Random(f"{what} {self.year}-{self.month:02d}")  # noqa: S311

    def season(self) -> Decimal:
        """Return how busy the month is: most in November and December, least in summer."""
        wave = math.cos((self.month - 12) / 12 * 2 * math.pi)
        return 1 + Decimal(round(wave * 22)) / 100


def months(today: date) -> Iterator[Month]:
    """Yield the months up to today's, oldest first."""
    last = today.year * 12 + today.month - 1
    for age in range(MONTHS, -1, -1):
        year, month = divmod(last - age, 12)
        yield Month(year, month + 1, age)


def is_before(moment: datetime, today: date) -> bool:
    """Return whether a moment is before the beginning of today."""
    return moment < datetime(today.year, today.month, today.day, tzinfo=UTC)


def text(moment: datetime) -> str:
    """Return a moment as both vendors write it."""
    return moment.isoformat().replace("+00:00", "Z")
