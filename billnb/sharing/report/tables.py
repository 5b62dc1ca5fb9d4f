"""The tables behind the charts of a report, with every digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from billnb import analysis
from billnb.analysis.cached import CachedAnswers
from billnb.engine import answers
from billnb.history.rules import COMPONENTS
from billnb.values import words
from billnb.values.money import plain, total

_MOST_DUPLICATES = 200


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text.

    Attributes
    ----------
    caption : str
        What it holds.
    head : sequence of str
        The names of the columns.
    rows : sequence of sequence of str
        The cells.
    text_columns : int
        How many of the first columns are text; the others are numbers.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 1


def spend(cached: CachedAnswers, as_of: datetime) -> list[Table]:
    """Return what was charged each month by component, and its change, a table a currency."""
    spent, charged = cached.spend("month", as_of), cached.charges("month")
    tables = []
    for currency, part in spent.groupby("currency"):
        mine = charged[charged["currency"] == currency]
        cells: dict[tuple[object, str], list[Decimal]] = {}
        for one in answers.records(mine):
            cells.setdefault((one["period"], one["component"]), []).append(one["amount"])
        shown = [name for name in COMPONENTS if name in set(mine["component"])]
        rows = [
            [
                _month(one),
                *(_digits(total(cells.get((one["period"], name), ()))) for name in shown),
                _digits(one["amount"]),
                words.change(one["change_pct"]),
            ]
            for one in answers.records(part)
        ]
        caption = f"Spend by month in {currency}"
        tables.append(Table(caption, ["month", *shown, "total", "change"], rows[::-1]))
    return tables


def charges(cached: CachedAnswers) -> list[Table]:
    """Return what was charged altogether by account and component, a table a currency."""
    charged = cached.charges("month")
    tables = []
    for currency, part in charged.groupby("currency"):
        rows: list[list[str]] = []
        for (provider, account), mine in part.groupby(["provider", "account"]):
            for name in COMPONENTS:
                amounts = mine.loc[mine["component"] == name, "amount"].tolist()
                if amounts:
                    rows.append([str(provider), str(account), name, _digits(total(amounts))])
        rows.append(["all", "", "", _digits(total(part["amount"].tolist()))])
        caption = f"Charges in {currency}"
        tables.append(
            Table(caption, ["provider", "account", "component", "amount"], rows, text_columns=3)
        )
    return tables


def statuses(cached: CachedAnswers) -> list[Table]:
    """Return the number and the total of entries by status."""
    rows = [
        [
            one["kind"],
            one["status"] or words.NOT_STATED,
            one["currency"],
            f"{one['entries']:,}",
            words.percent(one["share"]),
            _digits(one["amount"]),
        ]
        for one in answers.records(cached.statuses())
    ]
    head = ["kind", "status", "currency", "entries", "share", "amount"]
    return [Table("Entries by status", head, rows, text_columns=3)]


def ageing(cached: CachedAnswers, as_of: datetime) -> list[Table]:
    """Return what is unpaid, by account and age."""
    rows = [
        [
            one["provider"],
            one["account"],
            one["currency"],
            one["bucket"],
            one["counted_from"].removesuffix("_at"),
            f"{one['entries']:,}",
            _digits(one["amount"]),
        ]
        for one in answers.records(cached.ageing(as_of))
    ]
    head = ["provider", "account", "currency", "days", "since it was", "invoices", "amount"]
    return [Table("Unpaid invoices by age", head, rows, text_columns=5)] if rows else []


def balance(cached: CachedAnswers) -> list[Table]:
    """Return prepaid balances at the end of each month."""
    left = cached.balance()
    left = left.assign(month=left["issued_at"].dt.strftime("%Y-%m"))
    last = left.groupby(["provider", "account", "currency", "month"], as_index=False).last()
    rows = [
        [one["account"], one["currency"], one["month"], _digits(one["balance"]), _days(one)]
        for one in answers.records(last)
    ]
    head = ["account", "currency", "end of", "balance", "days it lasts"]
    return [Table("Prepaid balances", head, rows[::-1], text_columns=3)] if rows else []


def cash(cached: CachedAnswers, as_of: datetime) -> list[Table]:
    """Return what was invoiced and what was paid each month, a table a currency."""
    frames = cached.spend("month", as_of), cached.cash("month", as_of)
    currencies = sorted({one for frame in frames for one in frame["currency"]})
    tables = []
    for currency in currencies:
        invoiced, paid = both = [
            {one["period"]: one for one in answers.records(frame[frame["currency"] == currency])}
            for frame in frames
        ]
        rows = [
            [
                _month(invoiced.get(period) or paid[period]),
                *(_digits(one[period]["amount"]) if period in one else "" for one in both),
            ]
            for period in sorted({*invoiced, *paid}, reverse=True)
        ]
        caption = f"Invoiced and paid by month in {currency}"
        tables.append(Table(caption, ["month", "invoiced", "paid"], rows))
    return tables


def duplicates(history: pd.DataFrame, exact: pd.DataFrame) -> list[Table]:
    """Return the entries that look charged twice; of many, the newest.

    They are found by the exact amounts, because rounded ones may be equal by chance.
    """
    numbers = answers.column((f"{number:09}" for number in range(len(history))), pa.string())
    alike = analysis.duplicates(exact.assign(entry_id=numbers))
    found = history.iloc[alike["entry_id"].astype(int).tolist()]
    rows = [
        [
            f"{one['issued_at']:%Y-%m-%d %H:%M}",
            one["account"],
            one["kind"],
            one["description"] or "",
            one["currency"],
            _digits(one["total"]),
        ]
        for one in answers.records(found.tail(_MOST_DUPLICATES))
    ]
    head = ["issued (UTC)", "account", "kind", "description", "currency", "amount"]
    if not rows:
        return []
    more = f", the last {len(rows)} of {len(found):,}" if len(found) > len(rows) else ""
    return [Table(f"Entries alike on the same day{more}", head, rows[::-1], text_columns=5)]


def _month(one: Mapping[str, Any]) -> str:
    label = words.period(one["period"].date(), "month")
    return label if one["complete"] else f"{label}, so far"


def _digits(amount: Decimal) -> str:
    return plain(amount, thousands=",")


def _days(one: Mapping[str, Any]) -> str:
    return "" if one["runway_days"] is None else f"{one['runway_days']:,.0f}"


__all__ = ["Table", "ageing", "balance", "cash", "charges", "duplicates", "spend", "statuses"]
