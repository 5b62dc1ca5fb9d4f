"""What does a history say at a glance, in a terminal?

For each account: how many entries of which period and how they were verified, what was charged
each month by component and currency, how invoices and payments fared, and what is unpaid. Every
amount is exact; currencies, and invoices and payments, stay apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb.components import COMPONENTS, components
from billnb.history import SCHEMA
from billnb.money import plain, total
from billnb.table import aligned

if TYPE_CHECKING:
    import pandas as pd

_VOIDED = ("cancelled", "refunded")
_UNPAID = ("pending", "failed")
_VERIFIED = {
    "snapshot": "two readings agree",
    "single page": "one answer held everything",
    "by id": "as many different ids as entries announced",
    "append-only": "all pages agree on the total",
}

Row = Mapping[str, Any]


def summary(history: pd.DataFrame, *, months: int = 12) -> str:
    """Return a summary to read in a terminal.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    months : int
        How many months to show one by one; earlier ones are summed up in a line.

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
    table = pa.Table.from_pandas(history, schema=SCHEMA, preserve_index=False)
    accounts: dict[str, list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        accounts[row["account"]].append(row)
    readings: Mapping[str, Row] = history.attrs.get("billnb", {})
    names = [*readings, *(name for name in accounts if name not in readings)]
    parts = [_account(name, accounts[name], readings.get(name), months) for name in names]
    return "\n\n".join(parts) or "No accounts."


def _account(name: str, rows: list[Row], reading: Row | None, months: int) -> str:
    lines = [_title(name, rows)]
    read_at = None if reading is None else datetime.fromisoformat(reading["read_at"])
    if reading is not None and read_at is not None:
        certificate = reading["certificate"]
        lines += [
            f"  read {_day(read_at)}, {read_at:%H:%M} UTC in {reading['requests']} requests",
            f"  verified: {_VERIFIED[certificate]} ({certificate})",
        ]
    if rows:
        invoices = [row for row in rows if row["kind"] == "invoice"]
        lines += _charges(invoices, months, f"{read_at:%Y-%m}" if read_at else "")
        lines += _statuses(rows)
        lines += _unpaid(invoices)
    return "\n".join(lines)


def _title(name: str, rows: list[Row]) -> str:
    if not rows:
        return f"{name}: no entries"
    first, last = rows[0]["issued_at"], rows[-1]["issued_at"]
    return f"{name}: {len(rows):,} entries, {_day(first)} to {_day(last)}"


def _charges(invoices: list[Row], months: int, running: str) -> list[str]:
    charged: dict[str, dict[str, list[dict[str, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    voided: dict[str, list[Decimal]] = defaultdict(list)
    for row in invoices:
        if row["status"] in _VOIDED:
            voided[row["currency"]].append(row["total"])
        else:
            charged[row["currency"]][f"{row['issued_at']:%Y-%m}"].append(components(row))
    lines = []
    for currency in sorted(charged.keys() | voided.keys()):
        if currency in charged:
            lines += ["", f"  Charges by month, {currency}"]
            lines += _indented(_by_month(charged[currency], months, running))
        if currency in voided:
            count, amount = len(voided[currency]), _amount(total(voided[currency]))
            lines.append(f"  left out: {amount} {currency} in {count} cancelled or refunded")
        if running in charged[currency]:
            lines.append("  * so far")
    return lines


def _by_month(charged: Mapping[str, list[dict[str, Decimal]]], months: int, running: str) -> str:
    entries = [entry for month in charged.values() for entry in month]
    shown = [name for name in COMPONENTS if any(entry.get(name) for entry in entries)]
    ordered = sorted(charged)
    earlier, recent = ordered[: max(0, len(ordered) - months)], ordered[-months:]
    rows = [
        [f"{month}*" if month == running else month, *_sums(charged[month], shown)]
        for month in recent
    ]
    if earlier:
        before = [entry for month in earlier for entry in charged[month]]
        rows.insert(0, ["earlier", *_sums(before, shown)])
    rows.append(["all", *_sums(entries, shown)])
    return aligned(["month", *shown, "total"], rows, numbers=len(shown) + 1)


def _sums(entries: Iterable[Mapping[str, Decimal]], shown: list[str]) -> list[str]:
    entries = list(entries)
    sums = [total(entry.get(name, Decimal()) for entry in entries) for name in shown]
    return [_amount(one) for one in [*sums, total(sums)]]


def _statuses(rows: list[Row]) -> list[str]:
    counted: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for row in rows:
        status = row["status"] or "not stated"
        counted[row["kind"], status, row["currency"]].append(row["total"])
    table = [
        [*group, f"{len(amounts):,}", _amount(total(amounts))]
        for group, amounts in sorted(counted.items())
    ]
    head = ["kind", "status", "currency", "entries", "amount"]
    title = "  Invoices and payments by status"
    return ["", title, *_indented(aligned(head, table, numbers=2))]


def _unpaid(invoices: list[Row]) -> list[str]:
    if not invoices:
        return []
    owed: dict[str, list[Row]] = defaultdict(list)
    for row in invoices:
        if row["status"] in _UNPAID:
            owed[row["currency"]].append(row)
    lines = [_owed(currency, owed[currency]) for currency in sorted(owed)]
    silent = sum(row["status"] is None for row in invoices)
    if silent:
        lines.append(f"  Unpaid: not known of {silent:,} invoices, whose status is not stated")
    return ["", *(lines or ["  Unpaid: nothing"])]


def _owed(currency: str, unpaid: list[Row]) -> str:
    oldest = min(unpaid, key=lambda row: row["due_at"] or row["issued_at"])
    since = (
        f"due {_day(oldest['due_at'])}" if oldest["due_at"] else f"of {_day(oldest['issued_at'])}"
    )
    amount = _amount(total(row["total"] for row in unpaid))
    count = f"{len(unpaid):,} invoice{'s' * (len(unpaid) > 1)}"
    return f"  Unpaid: {amount} {currency} in {count}, the oldest {since}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _amount(amount: Decimal) -> str:
    return plain(amount, thousands=",")


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


__all__ = ["summary"]
