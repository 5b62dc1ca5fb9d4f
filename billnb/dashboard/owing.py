"""What is unpaid and what is left of prepaid balances, whatever days are chosen.

That does not depend on the days that are looked at. It is asked once, and then looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pandas as pd

from billnb import analysis
from billnb.dashboard.choice import UNSTATED, Choice
from billnb.engine import answers
from billnb.history.rules import UNPAID
from billnb.summary.oldest import oldest_unpaid
from billnb.summary.prepaid import KEYS, Prepaid, prepaid


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
        Their total.
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
    """Since when an account owes something of a status, and whether that is a due date."""

    provider: str | None
    account: str | None
    currency: str | None
    status: str | None
    since: date
    is_due: bool


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
    now : Prepaid
        What is left now, and for how long that lasts.
    """

    provider: str | None
    account: str | None
    currency: str
    days: Sequence[date]
    left: Sequence[Decimal]
    runways: Sequence[float | None]
    now: Prepaid


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
    keys = ("provider", "account", "currency", "status")
    return [
        Oldest(**dict(zip(keys, group, strict=True)), since=since, is_due=is_due)
        for group, (since, is_due) in oldest_unpaid(history, keys).items()
    ]


def balances(history: pd.DataFrame, now: datetime) -> list[Balance]:
    """Return prepaid balances at the end of each day, the first to run out first."""
    left = analysis.balance(history)
    lasting = prepaid(left, now)
    left["day"] = left["issued_at"].dt.floor("D")
    daily = left.drop_duplicates([*KEYS, "day"], keep="last")
    found: dict[tuple[str | None, ...], list[dict[str, Any]]] = {}
    for row in answers.records(daily):
        found.setdefault(tuple(row[key] for key in KEYS), []).append(row)
    lines = []
    for one in lasting:
        whose = one.provider, one.account, one.currency
        rows = found[whose]
        days = [row["day"].date() for row in rows]
        amounts = [row["balance"] for row in rows]
        runways = [row["runway_days"] for row in rows]
        lines.append(Balance(*whose, days=days, left=amounts, runways=runways, now=one))
    return lines


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
