"""The summary of a history for a terminal.

For each account: the number of its entries, their dates and how they were verified, the charges of
each month by component and currency, invoices and payments by status, and what is unpaid. Every
amount is exact; different currencies, and invoices and payments, are never added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb import analysis
from billnb.engine import answers
from billnb.history import readings, rules
from billnb.history.rules import COMPONENTS
from billnb.summary import cards
from billnb.values import words
from billnb.values.money import plain, total
from billnb.values.table import aligned

if TYPE_CHECKING:
    import pandas as pd

Reading = Mapping[str, Any]


def summary(history: pd.DataFrame, *, months: int = 12) -> str:
    """Return a summary to read in a terminal.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    months : int
        The number of months shown one by one; earlier ones are summed in one line.

    Returns
    -------
    str
        A paragraph of tables for each account.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-10", kind="payment")
    >>> print(summary(history))  # doctest: +ELLIPSIS
    bytio: 4 entries, 2 Oct 2026 to 20 Oct 2026
      read ... UTC in 3 requests
      verified: all pages agree on the total (append-only)
    <BLANKLINE>
      Invoices and payments by status
      kind     status  currency  entries  amount
      payment  paid    USD             4  600.00
    <BLANKLINE>
    unpod: no entries
      read ... UTC in 3 requests
      verified: as many different ids as entries announced (by id)
    """
    read = readings(history)
    names = [*read, *(name for name in history["account"].unique() if name not in read)]
    parts = [
        _account(name, history[history["account"] == name], read.get(name), months)
        for name in names
    ]
    return "\n\n".join(parts) or "No accounts."


def _account(name: str, entries: pd.DataFrame, reading: Reading | None, months: int) -> str:
    lines = [_title(name, entries)]
    read_at = None if reading is None else reading["read_at"]
    if reading is not None and read_at is not None:
        certificate = reading["certificate"]
        requests = words.counted(int(reading.get("requests", 0)), "request")
        lines += [
            f"  read {words.moment(read_at)} in {requests}",
            f"  verified: {cards.VERIFIED.get(certificate, 'as read')} ({certificate})",
        ]
    if len(entries):
        lines += _charges(entries, months, read_at)
        lines += _statuses(entries)
        lines += _unpaid(entries, read_at or datetime.now(UTC))
    return "\n".join(lines)


def _title(name: str, entries: pd.DataFrame) -> str:
    if not len(entries):
        return f"{name}: no entries"
    first, last = entries["issued_at"].min(), entries["issued_at"].max()
    count = words.counted(len(entries), "entry")
    return f"{name}: {count}, {words.day(first)} to {words.day(last)}"


def _charges(entries: pd.DataFrame, months: int, read_at: datetime | None) -> list[str]:
    charged = analysis.charges(entries)
    current = f"{read_at:%Y-%m}" if read_at else ""
    voided = entries[
        rules.holds(rules.is_voided(), pa.Table.from_pandas(entries[["kind", "status"]]))
    ]
    lines = []
    for currency in sorted({*charged["currency"], *voided["currency"]}):
        amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for one in answers.records(charged[charged["currency"] == currency]):
            amounts[f"{one['period']:%Y-%m}"][one["component"]] = one["amount"]
        if amounts:
            lines += ["", f"  Charges by month, {currency}"]
            lines += _indented(_by_month(amounts, months, current))
        left_out = answers.values(voided.loc[voided["currency"] == currency, "total"])
        if left_out:
            amount = _amount(total(left_out))
            lines.append(
                f"  left out: {amount} {currency} in {len(left_out)} cancelled or refunded"
            )
        if current in amounts:
            lines.append("  * so far")
    return lines


def _by_month(amounts: Mapping[str, Mapping[str, Decimal]], months: int, current: str) -> str:
    shown = [name for name in COMPONENTS if any(month.get(name) for month in amounts.values())]
    ordered = sorted(amounts)
    earlier, recent = ordered[: max(0, len(ordered) - months)], ordered[-months:]
    rows = [
        [f"{month}*" if month == current else month, *_sums([amounts[month]], shown)]
        for month in recent
    ]
    if earlier:
        rows.insert(0, ["earlier", *_sums([amounts[month] for month in earlier], shown)])
    rows.append(["all", *_sums(amounts.values(), shown)])
    return aligned(["month", *shown, "total"], rows, numbers=len(shown) + 1)


def _sums(months: Iterable[Mapping[str, Decimal]], shown: list[str]) -> list[str]:
    months = list(months)
    sums = [total(month.get(name, Decimal()) for month in months) for name in shown]
    return [_amount(one) for one in [*sums, total(sums)]]


def _statuses(entries: pd.DataFrame) -> list[str]:
    rows = [
        [
            one["kind"],
            one["status"] or words.NOT_STATED,
            one["currency"],
            f"{one['entries']:,}",
            _amount(one["amount"]),
        ]
        for one in answers.records(analysis.statuses(entries))
    ]
    head = ["kind", "status", "currency", "entries", "amount"]
    title = "  Invoices and payments by status"
    return ["", title, *_indented(aligned(head, rows, numbers=2))]


def _unpaid(entries: pd.DataFrame, as_of: datetime) -> list[str]:
    if not entries["kind"].eq("invoice").any():
        return []
    card = cards.unpaid(entries, as_of)
    lines = [f"  Unpaid: {line.amount} in {line.note}" for line in card.lines]
    lines += [f"  {card.sentence}"] * bool(card.sentence)
    return ["", *lines]


def _amount(amount: Decimal) -> str:
    return plain(amount, thousands=",")


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


__all__ = ["summary"]
