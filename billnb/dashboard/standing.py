"""How do accounts stand now: what is unpaid, and what is left of prepaid balances?

That does not depend on the days that are looked at. It is asked once, and then looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pandas as pd

from billnb import analysis, answers
from billnb.analysis.balance import RECENT_DAYS
from billnb.dashboard.choice import UNSTATED, Choice
from billnb.definitions import UNPAID


@dataclass(frozen=True, slots=True, eq=False)
class Owed:
    """What an account owes, of an age and a status.

    Attributes
    ----------
    provider, account, currency, status, bucket : str
        As :func:`billnb.analysis.ageing` has them.
    entries : int
        How many invoices it is.
    amount : decimal.Decimal
        What they come to.
    """

    provider: str
    account: str
    currency: str
    status: str
    bucket: str
    entries: int
    amount: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Oldest:
    """Since when an account owes something of a status."""

    provider: str
    account: str
    currency: str
    status: str
    since: date


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """What is left of an account at the end of each day.

    Attributes
    ----------
    provider, account, currency : str
        Whose it is.
    days : sequence of datetime.date
        The days.
    left : sequence of decimal.Decimal
        What was left, in units of the currency.
    runways : sequence of float or None
        How many days that lasted; see :func:`billnb.analysis.balance`.
    lasts : float or None
        How many days it lasts now, at the mean daily spend of the 90 days before.
    """

    provider: str
    account: str
    currency: str
    days: Sequence[date]
    left: Sequence[Decimal]
    runways: Sequence[float | None]
    lasts: float | None

    @property
    def order(self) -> tuple[bool, float]:
        """Return what sorts balances by when they run out."""
        if self.left[-1] <= 0:
            return False, float(self.left[-1])
        return True, float("inf") if self.lasts is None else self.lasts


One = TypeVar("One", Owed, Oldest, Balance)


def owed(history: pd.DataFrame, now: datetime) -> list[Owed]:
    """Return what is unpaid, as :func:`billnb.analysis.ageing` reckons it, by status."""
    found = []
    for status in UNPAID:
        part = history[(history["status"] == status).fillna(False)]
        found += [
            Owed(
                row["provider"],
                row["account"],
                row["currency"],
                status,
                row["bucket"],
                row["entries"],
                row["amount"],
            )
            for row in answers.records(analysis.ageing(part, now))
        ]
    return found


def oldest(history: pd.DataFrame) -> list[Oldest]:
    """Return since when accounts owe something: the day it is due, or else was issued."""
    is_unpaid = (history["kind"] == "invoice") & history["status"].isin(UNPAID)
    unpaid = history[is_unpaid.fillna(False)]
    since = unpaid["due_at"].fillna(unpaid["issued_at"])
    keys = ["provider", "account", "currency", "status"]
    groups = since.groupby([unpaid[key] for key in keys], dropna=False)
    first = groups.min().reset_index(name="since")
    return [
        Oldest(row["provider"], row["account"], row["currency"], row["status"], row["since"].date())
        for row in answers.records(first)
    ]


def balances(history: pd.DataFrame, now: datetime) -> list[Balance]:
    """Return prepaid balances at the end of each day, the first to run out first."""
    left = analysis.balance(history)
    keys = ["provider", "account", "currency"]
    start = now - timedelta(days=RECENT_DAYS)
    recent = left[(left["issued_at"] > start) & (left["change"] < 0)]
    sums = recent[[*keys, "change"]].groupby(keys, as_index=False, dropna=False).sum()
    spent = {
        (row["provider"], row["account"], row["currency"]): -float(row["change"])
        for row in answers.records(sums)
    }
    left["day"] = left["issued_at"].dt.floor("D")
    daily = left.drop_duplicates([*keys, "day"], keep="last")
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in answers.records(daily):
        whose = (row["provider"], row["account"], row["currency"])
        found.setdefault(whose, []).append(row)
    lines = []
    for whose, rows in found.items():
        rate = spent.get(whose, 0.0) / RECENT_DAYS
        balance = rows[-1]["balance"]
        days = [row["day"].date() for row in rows]
        amounts = [row["balance"] for row in rows]
        runways = [row["runway_days"] for row in rows]
        lasts = float(balance) / rate if rate and balance > 0 else None
        lines.append(Balance(*whose, days=days, left=amounts, runways=runways, lasts=lasts))
    return sorted(lines, key=lambda one: one.order)


def of(found: Iterable[One], choice: Choice) -> list[One]:
    """Return those of the accounts chosen."""
    wanted = [
        (field, value)
        for field in ("provider", "account", "currency")
        if (value := getattr(choice, field)) is not None
    ]
    return [
        one
        for one in found
        if all((getattr(one, field) or UNSTATED) == value for field, value in wanted)
    ]


__all__ = ["Balance", "Oldest", "Owed", "balances", "of", "oldest", "owed"]
