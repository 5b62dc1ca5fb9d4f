"""Reports as their readers see them, and what histories come to, reckoned without billnb."""

from __future__ import annotations

import base64
import gzip
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.ledgers import history, invoice

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


TODAY = date(2026, 11, 21)
AS_OF = "2026-11-21T14:02"
COLUMNS = ("account", "total", "currency", "kind", "status", "description", "provider")
"""What stands right of the day, in this order."""

WORDS = tuple(name for name in COLUMNS if name != "total")
TOTAL = COLUMNS.index("total") + 1

# the reader


def show(page: Page, path: Path) -> Page:
    page.goto(path.as_uri())
    page.get_by_label("Search").wait_for()
    return page


def cells(page: Page) -> list[list[str]]:
    """Return the table of entries, as far as it is shown."""
    rows: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('#entries-table tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


def show_all(page: Page) -> list[list[str]]:
    page.get_by_label("entries per page").select_option("500")
    return cells(page)


def tables(page: Page) -> dict[str, list[list[str]]]:
    """Return the tables behind the charts, with their heads."""
    found: dict[str, list[list[str]]] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('main table:not(#entries-table)')].map("
        "(table) => [table.caption.textContent, [...table.rows].map("
        "(row) => [...row.cells].map((cell) => cell.textContent))]))"
    )
    return found


def said_of(page: Page) -> str:
    """Return all that a reader may come to see, in words and in the page behind them."""
    show_all(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    words: str = page.evaluate("document.body.innerText + document.documentElement.outerHTML")
    return words + page.title()


def number(cell: str) -> Decimal:
    return Decimal(cell.replace(",", ""))


def unpacked(path: Path) -> str:
    """Return a file with all that is packed in it, unpacked."""
    text = path.read_text()
    packed = re.findall(r"H4sI[A-Za-z0-9+/]+={0,2}", text)
    assert packed, "nothing is packed"
    return "\n".join([text, *(gzip.decompress(base64.b64decode(one)).decode() for one in packed)])


class Parts(HTMLParser):
    """The elements of a page, outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


Sums = dict[str, Decimal]


def spent(rows: list[dict[str, Any]], first: datetime, end: datetime) -> Sums:
    """Return what was charged in each currency from a moment up to another."""
    sums: Sums = defaultdict(Decimal)
    for row in rows:
        if row["kind"] == "invoice" and row["status"] not in ("cancelled", "refunded"):
            sums[row["currency"]] += row["total"] if first <= row["issued_at"] < end else 0
    return dict(sorted(sums.items()))


def owed(rows: list[dict[str, Any]]) -> dict[str, list[tuple[date, Decimal]]]:
    """Return what is unpaid in each currency, each with the day it is counted from."""
    found = defaultdict(list)
    for row in rows:
        if row["kind"] == "invoice" and row["status"] in ("pending", "failed"):
            day = (row["due_at"] or row["issued_at"]).date()
            found[row["currency"]].append((day, row["total"]))
    return dict(sorted(found.items()))


def left(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], Decimal]:
    """Return the balance of each prepaid account and currency."""
    filled: set[tuple[str, str, str]] = set()
    changes: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        place = (row["provider"], row["account"], row["currency"])
        if row["kind"] == "payment" and "top" in (row["payment_type"] or "").lower():
            filled.add(place)
            changes[place] += row["total"] if row["status"] in ("paid", None) else 0
        if row["kind"] == "invoice" and row["status"] not in ("cancelled", "refunded"):
            changes[place] -= row["total"]
    return {place: changes[place] for place in sorted(filled)}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def assert_above(element: Locator, height: int) -> None:
    box = element.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height


ONE = history(invoice("12.50", "2026-11-03", status="paid"))
