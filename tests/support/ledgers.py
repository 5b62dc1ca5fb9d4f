"""Histories to ask questions of: written by hand, drawn by Hypothesis, or long and always the same.

All of them are frames as `billnb.load` returns them, but that their rows are in any order.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from billnb import analysis
from billnb.history import AMOUNTS, COLUMNS, INSTANTS, SCHEMA
from billnb.values.money import PLACES

Row = Mapping[str, Any]
Question = Callable[[Any], pd.DataFrame]

KINDS = ("invoice", "payment", "refund", "chargeback", "credit")
STATUSES = (None, "paid", "pending", "failed", "refunded", "cancelled", "disputed")
PAYMENT_TYPES = (None, "manual_top_up", "auto_topup", "Top-Up", "subscription")
GROUPS = ("provider", "account", "status", "method", "payment_type")

AS_OF = "2024-03-10"
QUESTIONS: dict[str, Question] = {
    "charges": analysis.charges,
    "charges by week": partial(analysis.charges, by="week", include_voided=True),
    "charges by quarter": partial(analysis.charges, by="quarter"),
    "spend": partial(analysis.spend, as_of=AS_OF),
    "spend by day": partial(analysis.spend, by="day", as_of=AS_OF),
    "spend by account": partial(
        analysis.spend,
        group=["provider", "account", "status"],
        as_of="2024-02-29",
        include_voided=True,
    ),
    "cash": partial(analysis.cash, as_of=AS_OF),
    "cash by year and method": partial(analysis.cash, by="year", group="method", as_of=AS_OF),
    "statuses": analysis.statuses,
    "statuses by month": partial(analysis.statuses, by="month"),
    "ageing": partial(analysis.ageing, as_of=datetime(2024, 3, 31, 12, 0, 0, 5, UTC)),
    "balance": analysis.balance,
    "duplicates": analysis.duplicates,
}
"""Each question of the package that runs on any engine, asked in one way or several."""


def entry(kind: str, total: Decimal | str | int, issued_at: str, **said: Any) -> dict[str, Any]:
    """Return a row; what is not said is not stated. Amounts and instants may be strings."""
    return {
        "provider": "acme",
        "account": "main",
        "currency": "USD",
        "kind": kind,
        "total": total,
        "issued_at": issued_at,
        **said,
    }


def invoice(total: Decimal | str | int, issued_at: str, **said: Any) -> dict[str, Any]:
    return entry("invoice", total, issued_at, **said)


def payment(
    total: Decimal | str | int, issued_at: str, status: str | None = "paid", **said: Any
) -> dict[str, Any]:
    return entry("payment", total, issued_at, status=status, **said)


def top_up(
    total: Decimal | str | int, issued_at: str, status: str | None = "paid", **said: Any
) -> dict[str, Any]:
    return payment(total, issued_at, status, payment_type="manual_top_up", **said)


def table(rows: Iterable[Row]) -> pa.Table:
    """Return rows as an Arrow table; an entry's id is its number, unless it has one."""
    whole = [
        {name: _cell(name, {"entry_id": str(number), **row}.get(name)) for name in COLUMNS}
        for number, row in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(whole, SCHEMA)


def history(*rows: Row) -> pd.DataFrame:
    """Return rows as a history, in the order they are in."""
    return in_pandas(table(rows))


def in_pandas(history: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = history.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame in Python's own types; `None` is what is not stated."""
    rows: list[dict[str, Any]] = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return rows


def steps(amount: Decimal | None) -> int:
    """Return an amount in its smallest steps, 10 ** -12 of a unit: a plain integer."""
    return 0 if amount is None else int(amount.scaleb(PLACES))


def _cell(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in AMOUNTS:
        return Decimal(value)
    if name in INSTANTS and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value


_EDGES: list[datetime] = [
    _cell("issued_at", moment)
    for moment in (
        "2023-12-31T23:59:59.999999",
        "2024-01-01",
        "2024-01-31T23:59:59.999999",
        "2024-02-01",
        "2024-02-29",
        "2024-02-29T23:59:59.999999",
        "2024-03-01",
        "2024-03-31T12:00:00.000005",
        "2024-03-31T12:00:00.000006",
        "2024-12-30",
        "2024-12-31T23:59:59.999999",
        "2025-01-01",
    )
]
_instants = st.sampled_from(_EDGES) | st.datetimes(
    datetime(2023, 12, 1), datetime(2025, 2, 28), timezones=st.just(UTC)
)
_amounts = st.sampled_from([Decimal(), Decimal("0.01"), Decimal(150), Decimal("-25.5")]) | (
    st.integers(-(10**24), 10**24).map(lambda digits: Decimal(digits).scaleb(-PLACES))
)
_parts = st.none() | _amounts
_entries = st.fixed_dictionaries(
    {
        "provider": st.sampled_from(["acme", "bytio"]),
        "account": st.sampled_from(["main", "voice"]),
        "kind": st.sampled_from(["invoice", "payment", *KINDS]),
        "status": st.sampled_from(STATUSES),
        "currency": st.sampled_from(["USD", "INR", "BITS"]),
        "issued_at": _instants,
        "total": _amounts,
        "usage": _parts,
        "standing": _parts,
        "discount": _parts,
        "tax": _parts,
        "payment_type": st.sampled_from(PAYMENT_TYPES),
        "method": st.sampled_from([None, "card", "paypal"]),
        "due_at": st.none() | _instants,
    }
)


def ledgers(max_size: int = 60) -> st.SearchStrategy[pd.DataFrame]:
    """Draw histories of up to `max_size` entries, some of them twice.

    Ids are an account's own: those of different accounts are often the same.
    """
    rows = st.lists(_entries, max_size=max_size * 3 // 4)
    twice = st.lists(st.integers(0, 7), max_size=max_size // 4)
    return st.builds(_ledger, rows, twice)


def _ledger(rows: list[Row], twice: list[int]) -> pd.DataFrame:
    again = [rows[position % len(rows)] for position in twice] if rows else []
    return history(*_numbered([*rows, *again]))


def _numbered(rows: Iterable[Row]) -> Iterator[Row]:
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        account = row["provider"], row["account"]
        seen[account] += 1
        yield {**row, "entry_id": str(seen[account])}


def shuffled(history: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    """Return a history with its rows in another order."""
    order = list(range(len(history)))
    chance.shuffle(order)
    return history.iloc[order].reset_index(drop=True)


def column(values: Iterable[Any], kind: pa.DataType) -> Any:
    """Return values as a column of Arrow's; the types of `pandas.array` know none."""
    return pd.Series(pa.array(values, kind).to_pandas(types_mapper=pd.ArrowDtype)).array


def long_table(rows: int = 2_000) -> pa.Table:
    """Return a history of many entries, the same each time, with a bit of everything."""
    chance = random.Random(20240229)
    first = datetime(2023, 12, 1, tzinfo=UTC)

    def moment() -> datetime:
        if chance.random() < 0.2:
            return chance.choice(_EDGES)
        return first + timedelta(microseconds=chance.randrange(450 * 86_400 * 10**6))

    def amount() -> Decimal:
        if chance.random() < 0.3:
            return Decimal(chance.choice(["0", "0.01", "150", "-25.5"]))
        return Decimal(chance.randint(-(10**22), 10**24)).scaleb(-PLACES)

    def part() -> Decimal | None:
        return amount() if chance.random() < 0.6 else None

    def row() -> Row:
        return {
            "provider": chance.choice(["acme", "bytio"]),
            "account": chance.choice(["main", "voice"]),
            "kind": chance.choice(["invoice", "invoice", "payment", *KINDS]),
            "description": chance.choice([None, "Übertrag <b>", "March"]),
            "status": chance.choice(STATUSES),
            "currency": chance.choice(["USD", "INR", "BITS"]),
            "issued_at": moment(),
            "total": amount(),
            "usage": part(),
            "standing": part(),
            "discount": part(),
            "tax": part(),
            "payment_type": chance.choice(PAYMENT_TYPES),
            "method": chance.choice([None, "card", "paypal"]),
            "due_at": moment() if chance.random() < 0.5 else None,
        }

    drawn = [row() for _ in range(rows * 9 // 10)]
    again = chance.sample(drawn, rows - len(drawn))
    return table(_numbered([*drawn, *again]))
