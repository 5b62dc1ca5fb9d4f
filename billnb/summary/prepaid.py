"""Prepaid balances: what is left, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd

from billnb.analysis.balance import RECENT_DAYS
from billnb.engine import answers
from billnb.values import words
from billnb.values.money import total

KEYS = ["provider", "account", "currency"]
"""The columns that identify a prepaid balance."""


@dataclass(frozen=True, slots=True)
class Prepaid:
    """What is left of a prepaid account.

    Attributes
    ----------
    provider, account, currency : str or None
        The account and its currency.
    left : decimal.Decimal
        What is left, in units of the currency.
    daily : decimal.Decimal
        The mean daily spend of the 90 days before, to 28 digits.
    """

    provider: str | None
    account: str | None
    currency: str
    left: Decimal
    daily: Decimal

    @property
    def lasts(self) -> float | None:
        """The days it lasts at that rate; ``None`` if nothing was spent."""
        if self.left <= 0:
            return 0.0
        return float(self.left) / float(self.daily) if self.daily > 0 else None

    @property
    def order(self) -> tuple[bool, float]:
        """The sort key by which accounts that run out first, or owe most, come first."""
        if self.left <= 0:
            return False, float(self.left)
        return True, float("inf") if self.lasts is None else self.lasts

    @property
    def outlook(self) -> str:
        """How long it lasts, in words: ``about 18 days at $17.20 a day``."""
        if self.left <= 0:
            return "nothing is left"
        if self.lasts is None:
            return f"nothing spent in {RECENT_DAYS} days"
        rate = words.amount(Decimal(f"{self.daily:.2f}"), self.currency)
        return f"about {words.counted(round(self.lasts), 'day')} at {rate} a day"


def prepaid(balances: pd.DataFrame, now: datetime) -> list[Prepaid]:
    """Return what is left of each account, the first to run out first.

    Parameters
    ----------
    balances : pandas.DataFrame
        The result of :func:`billnb.analysis.balance`.
    now : datetime.datetime
        The moment to answer for, in UTC.

    Examples
    --------
    >>> from datetime import UTC
    >>> import billnb
    >>> now = datetime(2026, 11, 21, tzinfo=UTC)
    >>> left = billnb.analysis.balance(billnb.demo(today=now.date()))
    >>> [(one.account, str(one.left), one.outlook) for one in prepaid(left, now)]
    [('bytio', '1048.280000000000', 'about 61 days at $17.12 a day')]
    """
    start = now - timedelta(days=RECENT_DAYS)
    recent = balances[(balances["issued_at"] > start) & (balances["change"] < 0)]
    spent: dict[tuple[str | None, ...], list[Decimal]] = {}
    for row in answers.records(recent[[*KEYS, "change"]]):
        spent.setdefault(tuple(row[key] for key in KEYS), []).append(row["change"])
    last = balances.drop_duplicates(KEYS, keep="last")
    found = []
    for row in answers.records(last[[*KEYS, "balance"]]):
        whose = row["provider"], row["account"], row["currency"]
        daily = total(spent.get(whose, [])).copy_negate() / RECENT_DAYS
        found.append(Prepaid(*whose, row["balance"], daily))
    return sorted(found, key=lambda one: one.order)


__all__ = ["KEYS", "Prepaid", "prepaid"]
