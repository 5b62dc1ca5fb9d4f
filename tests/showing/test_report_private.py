"""What the report keeps to itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from support.ledgers import history, invoice, top_up
from support.reports import (
    TOTAL,
    cells,
    said_of,
    show,
    unpacked,
)

import billnb

if TYPE_CHECKING:
    from playwright.sync_api import Page


EMAIL = "canary.person+bills@canary-mail.example"
SIGNATURE = "canarySIGNATURE0123456789abcdef"
URL = f"https://files.example/receipts/1.pdf?sig={SIGNATURE}"
LAST4 = "8642"
PRIVATE = (EMAIL, SIGNATURE, "canary-production", "inv_canary", "visa-canary", "canarypay")


@pytest.fixture(scope="module")
def private() -> pd.DataFrame:
    details = {
        "account": "canary-production",
        "description": f"for canary-production {EMAIL} 4000 1234 5678 8642 {URL}",
        "method": f"card {EMAIL}",
        "method_brand": "visa-canary",
        "method_last4": LAST4,
        "method_wallet": "canarypay",
        "method_email": EMAIL,
        "document_url": URL,
    }
    frame = history(
        top_up(2000, "2026-10-02", entry_id="inv_canary1", **details),
        invoice(
            "73519.41",
            "2026-10-03",
            status=f"disputed by {EMAIL}",
            entry_id="inv_canary2",
            **details,
        ),
        invoice("91357.63", "2026-11-05", status="pending", entry_id="inv_canary3", **details),
        invoice("91357.63", "2026-11-05", status="failed", entry_id="inv_canary4", **details),
    )
    frame["note"] = EMAIL
    reading = {"read_at": "2026-11-21T14:02:00+00:00", "certificate": "by id"}
    frame.attrs["billnb"] = {"canary-production": reading, "canary-production-2": reading}
    return frame


def told(words: str) -> set[str]:
    found = {one for one in PRIVATE if one.lower() in words.lower()}
    return found | set(re.findall(rf"(?<!\w){LAST4}(?!\w)", words))


def test_nothing_private_is_in_the_file_or_on_the_screen(
    page: Page, private: pd.DataFrame, tmp_path: Path
) -> None:
    path = billnb.report(private, tmp_path / "report.html")
    assert told(unpacked(path)) == set()
    words = said_of(show(page, path))
    assert told(words) == set()
    shared = billnb.redact(private)
    # and names are the same wherever they stand
    assert set(re.findall("account [0-9a-f]{8}", words)) == {
        *shared["account"],
        *shared.attrs["billnb"],
    }
    assert "Redacted:" in page.locator("#summary").inner_text()
    open_path = billnb.report(private, path, redact=False)
    # they were there to be found
    assert told(unpacked(open_path)) == {*PRIVATE, LAST4} - {"visa-canary", "canarypay"}


def test_a_report_that_is_not_redacted_says_so(private: pd.DataFrame, tmp_path: Path) -> None:
    path = billnb.report(private, tmp_path / "report.html", redact=False)
    assert "Not redacted" in path.read_text()


def test_a_scaled_report_shows_index_numbers(
    page: Page, private: pd.DataFrame, tmp_path: Path
) -> None:
    show(page, billnb.report(private, tmp_path / "report.html", scale=True))
    assert "100 is about the mean month" in page.locator("#summary").inner_text()
    assert "$" not in page.locator("main").inner_text()
    assert {row[TOTAL + 1] for row in cells(page)} == {"USD index"}
    drawn = page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')].flatMap((one) => one.data.flatMap("
        "({ x, y }) => [...x, ...y].filter((value) => typeof value === 'number')))"
    )
    assert drawn
    amounts = {abs(float(one)) for one in private["total"]} | {91357.63 * 2}
    assert not any(abs(abs(value) - one) < 1 for value in drawn for one in amounts)


@pytest.mark.parametrize("redact", [True, False])
def test_a_scaled_report_holds_no_amount(
    redact: bool, private: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    for scale in (False, True):
        text = unpacked(billnb.report(private, path, scale=scale, redact=redact))
        own = text.replace(plotly(text), "").replace(",", "")
        for digits in ("73519", "91357", "182715", "2000.00"):
            assert (digits in own) != scale, digits


def plotly(text: str) -> str:
    """Return the script of Plotly, which has numbers of its own."""
    return str(max(re.findall(r"<script>.*?</script>", text, re.DOTALL), key=len))


def test_an_amount_in_a_description_does_not_undo_the_scale(tmp_path: Path) -> None:
    frame = history(
        invoice("73519.41", "2026-10-03", description="October, $73,519.41 in all"),
        top_up("250.75", "2026-10-04", description="Top-up of USD 250.75"),
    )
    text = unpacked(billnb.report(frame, tmp_path / "report.html", scale=True))
    for amount in ("73,519.41", "250.75"):
        assert amount not in text
