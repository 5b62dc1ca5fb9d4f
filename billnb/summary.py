"""What does a history say at a glance, in a terminal?

For each account: how many entries of which period and how they were verified, what was charged
each month by component and currency, how payments fared, and what is unpaid. Every amount is
exact; currencies, and invoices and payments, stay apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb.history import SCHEMA
from billnb.money import plain
from billnb.table import aligned

if TYPE_CHECKING:
    import pandas as pd

COMPONENTS = ("usage", "standing", "discount", "tax", "rounding", "unclassified")

_VOIDED = ("cancelled", "refunded")
_UNPAID = ("pending", "failed")
_READ = {
    "snapshot": "two readings on different page grids agree",
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

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-10", kind="payment")
    >>> print(summary(history))  # doctest: +ELLIPSIS
    bytio: 4 entries, 2 Oct 2026 to 20 Oct 2026
      read ... UTC in 3 requests, verified append-only: all pages agree on the total
    <BLANKLINE>
      Payments and invoices by status
      kind     status  currency  entries  amount
      payment  paid    USD             4  600.00
    <BLANKLINE>
      Unpaid: nothing
    <BLANKLINE>
    unpod: no entries
      read ... UTC in 3 requests, verified by id: as many different ids as entries announced
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
    if reading is not None:
        certificate = reading["certificate"]
        lines.append(
            f"  read {reading['read_at'][:16].replace('T', ' ')} UTC in {reading['requests']} "
            f"requests, verified {certificate}: {_READ[certificate]}"
        )
    if rows:
        lines += _spend(rows, months)
        lines += _statuses(rows)
        lines += _unpaid(rows)
    return "\n".join(lines)


def _title(name: str, rows: list[Row]) -> str:
    if not rows:
        return f"{name}: no entries"
    first, last = rows[0]["issued_at"], rows[-1]["issued_at"]
    return f"{name}: {len(rows):,} entries, {_day(first)} to {_day(last)}"


def _spend(rows: list[Row], months: int) -> list[str]:
    spent: dict[str, dict[str, dict[str, Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(Decimal))
    )
    for row in rows:
        if row["kind"] == "invoice" and row["status"] not in _VOIDED:
            for component, amount in components(row).items():
                spent[row["currency"]][f"{row['issued_at']:%Y-%m}"][component] += amount
    lines = []
    for currency in sorted(spent):
        lines += ["", f"  Charges by month, {currency}"]
        lines += _indented(_by_month(spent[currency], months))
    return lines


def components(row: Row) -> dict[str, Decimal]:
    """Return what an invoice is made of; the parts sum exactly to its total.

    Where usage or standing charges are stated, what is missing to the total is rounding;
    elsewhere it is unclassified.
    """
    parts = {name: row[name] for name in COMPONENTS[:4] if row[name] is not None}
    rest = row["total"] - sum(parts.values(), Decimal())
    parts["rounding" if "usage" in parts or "standing" in parts else "unclassified"] = rest
    return parts


def _by_month(spent: Mapping[str, Mapping[str, Decimal]], months: int) -> str:
    shown = [name for name in COMPONENTS if any(month.get(name) for month in spent.values())]
    ordered = sorted(spent)
    earlier, recent = ordered[: max(0, len(ordered) - months)], ordered[-months:]
    rows = [[month, *_cells([spent[month]], shown)] for month in recent]
    if earlier:
        rows.insert(0, [f"to {earlier[-1]}", *_cells([spent[month] for month in earlier], shown)])
    rows.append(["in all", *_cells(spent.values(), shown)])
    return aligned(["month", *shown, "total"], rows, numbers=len(shown) + 1)


def _cells(months: Iterable[Mapping[str, Decimal]], shown: list[str]) -> list[str]:
    months = list(months)
    sums = [sum((month.get(name, Decimal()) for month in months), Decimal()) for name in shown]
    return [_amount(one) for one in [*sums, sum(sums, Decimal())]]


def _statuses(rows: list[Row]) -> list[str]:
    counted: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for row in rows:
        status = row["status"] or "not stated"
        counted[row["kind"], status, row["currency"]].append(row["total"])
    table = [
        [*group, f"{len(amounts):,}", _amount(sum(amounts, Decimal()))]
        for group, amounts in sorted(counted.items())
    ]
    head = ["kind", "status", "currency", "entries", "amount"]
    title = "  Payments and invoices by status"
    return ["", title, *_indented(aligned(head, table, numbers=2))]


def _unpaid(rows: list[Row]) -> list[str]:
    owed: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "invoice" and row["status"] in _UNPAID:
            owed[row["currency"]].append(row)
    if not owed:
        return ["", "  Unpaid: nothing"]
    return [""] + [
        f"  Unpaid: {_amount(sum((row['total'] for row in unpaid), Decimal()))} {currency} in "
        f"{len(unpaid)} invoice{'s' * (len(unpaid) > 1)}, the oldest of "
        f"{_day(min(row['issued_at'] for row in unpaid))}"
        for currency, unpaid in sorted(owed.items())
    ]


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _amount(amount: Decimal) -> str:
    whole, _, places = plain(amount).partition(".")
    return f"{int(whole):,}.{places}" if not whole.startswith("-0") else f"{whole}.{places}"


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


__all__ = ["COMPONENTS", "components", "summary"]
