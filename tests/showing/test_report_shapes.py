"""Histories of any shape and size can be told."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from support import ledgers
from support.clock import working
from support.ledgers import history, invoice, payment, top_up
from support.reports import (
    AS_OF,
    ONE,
    TOTAL,
    assert_above,
    cells,
    number,
    show,
    show_all,
)

import billnb
from billnb.history import SCHEMA

if TYPE_CHECKING:
    from playwright.sync_api import Page


MANY = ("USD", "EUR", "GBP", "INR", "JPY")
ACCOUNTS = history(
    *(
        row
        for n in range(200)
        for row in (
            top_up(500, "2026-10-01", account=f"shop-{n}", currency=MANY[n % 5]),
            invoice(
                10 + n, "2026-11-03", account=f"shop-{n}", currency=MANY[n % 5], status="pending"
            ),
        )
    )
)
SHAPES: Mapping[str, pd.DataFrame] = {
    "nothing": history(),
    "one entry": ONE,
    "payments only": history(payment(5, "2026-11-01"), payment(7, "2026-10-01")),
    "a currency without invoices": history(
        invoice(5, "2026-11-01"), payment(7, "2026-10-01", currency="EUR")
    ),
    "nothing stated": history(invoice(5, "2026-11-01", account=None, provider=None, entry_id=None)),
    "a hundred years": history(invoice(5, "1926-11-01"), invoice(7, "2026-11-02")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_history_of_any_shape_is_told(shape: str, tmp_path: Path) -> None:
    frame = SHAPES[shape]
    text = billnb.report(frame, tmp_path / "report.html", as_of=AS_OF).read_text()
    assert text.count('<div class="card">') == 3
    assert "How it was verified is not known" in text
    assert f"All {len(frame)}, newest first" in text
    sections = re.findall(r'<section id="(\w+)" aria-labelledby', text)
    assert len(sections) == len(set(sections)) >= 7
    for name in sections:  # a picture, a table, or why there is none
        section = text.partition(f'<section id="{name}"')[2].partition("</section>")[0]
        assert re.search(r'role="img"|<table|<p class="muted">\w[^<]+\.</p>', section), name


@pytest.mark.parametrize("shape", ["nothing", "one entry", "a currency without invoices"])
def test_a_history_of_any_shape_is_shown(shape: str, page: Page, tmp_path: Path) -> None:
    frame = SHAPES[shape]
    show(page, billnb.report(frame, tmp_path / "report.html", as_of=AS_OF))
    assert len(page.locator(".card h2").all_inner_texts()) == 3
    rows = show_all(page)
    if len(frame):
        assert f"of {len(frame):,} entr" in page.get_by_role("status").inner_text()
        assert len(rows) == len(frame)
        return
    assert rows == [["There are no entries."]]
    for sentence in ("No invoice counts as spend.", "Nothing is unpaid.", "No account is prepaid."):
        assert sentence in page.locator("#summary").inner_text()


def test_the_first_screen_is_enough_for_many_accounts_and_currencies(
    page: Page, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    show(page, billnb.report(ACCOUNTS, tmp_path / "report.html", as_of=AS_OF))
    assert f"of {len(ACCOUNTS)} entries" in page.get_by_role("status").inner_text()
    for card in page.locator(".card").all():
        assert_above(card, 720)


def test_what_an_empty_chart_says_is_said_in_words(tmp_path: Path) -> None:
    text = billnb.report(history(), tmp_path / "report.html", as_of=AS_OF).read_text()
    for name, sentence in (
        ("spend", "No invoice counts as spend."),
        ("unpaid", "Nothing is unpaid."),
        ("balance", "No account is prepaid"),
    ):
        section = text.partition(f'<section id="{name}"')[2].partition("</section>")[0]
        assert sentence in re.sub(r"<script.*?</script>", "", section, flags=re.DOTALL)


def hundred_thousand() -> pd.DataFrame:
    """Return a history of six accounts, five currencies and five years."""
    chance, count = random.Random(20261121), 100_000
    first = datetime(2021, 11, 1, tzinfo=UTC)
    seconds = sorted(chance.randrange(5 * 365 * 86_400) for _ in range(count))
    invoices = [chance.random() < 0.6 for _ in range(count)]
    totals = [Decimal(chance.randrange(10**13)).scaleb(-7) for _ in range(count)]
    account = chance.choices(["production", "voice", "research", "staging", "mail", "lab"], k=count)
    prepaid = {"production", "voice"}
    statuses = chance.choices(["paid", "paid", "paid", "pending", "failed", None], k=count)
    taxes = [(total / 6).quantize(Decimal("1e-7")) for total in totals]
    columns = {
        "provider": ["bytio" if one in prepaid else "unpod" for one in account],
        "account": account,
        "entry_id": [f"{n:09}" for n in range(count)],
        "kind": ["invoice" if one else "payment" for one in invoices],
        "issued_at": [first + timedelta(seconds=one) for one in seconds],
        "description": chance.choices(["usage", "subscription", None], k=count),
        "status": statuses,
        "currency": chance.choices(["USD", "EUR", "GBP", "INR", "JPY"], k=count),
        "usage": [
            total - tax if one else None
            for total, tax, one in zip(totals, taxes, invoices, strict=True)
        ],
        "tax": [tax if one else None for tax, one in zip(taxes, invoices, strict=True)],
        "total": totals,
        "payment_type": [
            "manual_top_up" if one in prepaid and not is_invoice else None
            for one, is_invoice in zip(account, invoices, strict=True)
        ],
    }
    table = pa.table(
        [pa.array(columns.get(field.name, [None] * count), field.type) for field in SCHEMA],
        schema=SCHEMA,
    )
    return ledgers.in_pandas(table)


def test_a_hundred_thousand_entries_are_reported_quickly_and_opened_at_once(
    page: Page, tmp_path: Path
) -> None:
    frame = hundred_thousand()
    with working(at_most=10):
        path = billnb.report(frame, tmp_path / "report.html", as_of=AS_OF)
    assert path.stat().st_size < 8_000_000
    show(page, path)
    assert page.get_by_role("status").inner_text() == "Showing 1 to 25 of 100,000 entries"
    newest = frame.iloc[::-1].head(25)
    assert sorted(number(row[TOTAL]) for row in cells(page)) == sorted(newest["total"])
    page.get_by_label("Search").fill("invoice INR failed")
    count = len(frame.query("kind == 'invoice' and currency == 'INR' and status == 'failed'"))
    assert f"of {count:,} entries" in page.get_by_role("status").inner_text()
    # paper has an end, and says so
    page.get_by_label("Search").fill("")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = len(cells(page))
    assert printed >= 1000
    info = page.get_by_role("status")
    assert info.is_visible()
    assert info.inner_text() == f"Showing 1 to {printed:,} of 100,000 entries"
