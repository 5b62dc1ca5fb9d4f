"""Every chart of every history, and what a figure says."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from hypothesis import HealthCheck, settings
from support.ledgers import Row, history, invoice, payment, top_up

import billnb
from billnb import charts
from billnb.values import words

TODAY = date(2026, 11, 21)
AS_OF = "2026-11-21T14:02"

Chart = Callable[..., go.Figure]
CHARTS: dict[str, Chart] = {name: getattr(charts, name) for name in charts.__all__}
BY_PERIOD = ("cash_flow", "spend_trend", "status_distribution")

laws = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# histories


def months(count: int) -> list[str]:
    """Return the last `count` months, up to the one that is running."""
    last = TODAY.year * 12 + TODAY.month - 1
    return [f"{one // 12}-{one % 12 + 1:02d}" for one in range(last - count + 1, last + 1)]


def a_bit_of_everything(count: int, currencies: Sequence[str] = ("USD",)) -> pd.DataFrame:
    """Return months of invoices, payments and top-ups, of all statuses, the same each time."""
    chance = random.Random(20261121)
    rows: list[Row] = []
    for currency in currencies:
        for month in months(count):
            usage = Decimal(chance.randint(10_000, 90_000)) / 100
            tax = usage * 19 / 100
            status = chance.choice(["paid", "paid", "pending", "failed"])
            status = "pending" if month == months(1)[0] else status
            said = {"currency": currency, "usage": usage, "tax": tax, "status": status}
            rows.append(invoice(usage + tax, f"{month}-05", **said))
            rows.append(top_up(chance.randint(300, 900), f"{month}-03", currency=currency))
    return history(*rows)


def of_many_accounts() -> pd.DataFrame:
    accounts = [f"team-{number:03d}-production" for number in range(200)]
    return history(
        *(top_up(200, "2026-09-01", account=one) for one in accounts),
        *(
            invoice(10 + number, f"{month}-05", account=one, usage=10 + number)
            for number, one in enumerate(accounts)
            for month in months(2)
        ),
    )


def with_refunds() -> pd.DataFrame:
    """Return invoices that give money back in some months, and a balance below zero."""
    invoices = [
        invoice(amount, f"{month}-05", usage=amount + 20, discount=-20, status="pending")
        for month, amount in zip(months(5), (60, -45, -120, 30, -20), strict=True)
    ]
    return history(top_up(50, "2026-07-01"), *invoices, invoice(400, "2026-08-09", status="paid"))


@cache
def demo() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


HISTORIES: dict[str, Callable[[], pd.DataFrame]] = {
    "demo": demo,
    "no entries": history,
    "one entry": lambda: history(invoice("485.52", "2026-10-05", usage=408, status="pending")),
    "one month": partial(a_bit_of_everything, 1),
    "three months": partial(a_bit_of_everything, 3),
    "thirteen months": partial(a_bit_of_everything, 13),
    "three years": partial(a_bit_of_everything, 36),
    "five currencies": partial(a_bit_of_everything, 3, ("BITS", "EUR", "INR", "JPY", "USD")),
    "many accounts": of_many_accounts,
    "all voided": lambda: history(
        invoice(20, "2026-10-05", status="cancelled"), invoice(30, "2026-11-05", status="refunded")
    ),
    "unknown statuses": lambda: history(
        invoice(20, "2026-10-05", status="disputed"), payment(30, "2026-11-05", "in review")
    ),
    "negative": with_refunds,
    "huge": lambda: history(
        top_up(10**15, "2026-09-01"),
        invoice(10**15, "2026-10-05", usage=10**15, status="pending"),
        invoice(1, "2026-11-05", usage=1, status="pending"),
    ),
    "nothing but zeros": lambda: history(
        top_up(0, "2026-09-01"), invoice(0, "2026-10-05", usage=0, status="pending")
    ),
}


@cache
def drawn(name: str, which: str) -> go.Figure:
    """Return a chart of a history, drawn once."""
    return CHARTS[name](HISTORIES[which](), as_of=AS_OF)


CURRENCIES = {"no entries": 0, "demo": 2, "five currencies": 5}  # 1 elsewhere


# what a figure says


def text_of(markup: str) -> str:
    """Return what people read of a text that is given to Plotly."""
    return html.unescape(re.sub("<[^>]+>", "", markup.replace("<br>", "\n")))


def heading(figure: go.Figure) -> list[str]:
    """Return the sentences above a figure; those that go well together share a line."""
    return re.split("\n| · ", text_of(figure.layout.title.text))


def key(figure: go.Figure) -> dict[str, str]:
    """Return the colour of each name that a figure's key explains."""
    found = re.findall(
        r'<span style="color:(#\w+)">■</span><span[^>]*>(.*?)</span>', figure.layout.title.text
    )
    return {text_of(name).strip(): colour for colour, name in found}


def hovers(trace: Any) -> list[str]:
    return [text_of(cell[0]) for cell in trace.customdata]


def row_of(figure: go.Figure, trace: Any) -> int:
    """Return which row of panels a trace is drawn in, from 0."""
    across = len({axis.domain for axis in figure.select_xaxes()})
    return (int(trace.yaxis.removeprefix("y") or 1) - 1) // across


def says(text: str, amount: Decimal, currency: str) -> bool:
    """Whether a text holds an amount with its currency, every digit and no more."""
    exact = re.escape(words.amount(amount, currency))
    return re.search(rf"(?<!\S){exact}(?=$|, | in | \()", text) is not None


def strings(value: object) -> Iterator[str]:
    """Yield every string inside a figure's JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
