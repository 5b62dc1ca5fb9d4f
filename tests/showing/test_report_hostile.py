"""What vendors write is shown in the report as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from support import ledgers
from support.ledgers import history, invoice, top_up
from support.reports import (
    COLUMNS,
    WORDS,
    cells,
    show,
    show_all,
    tables,
)

import billnb

if TYPE_CHECKING:
    from playwright.sync_api import Page


HOSTILE = (
    "<script>pwned()</script>",
    '<img src=x onerror="pwned()">',
    '&<img src=x onerror="pwned()">',
    "&amp;<svg onload=pwned()>",
    "</script><script>pwned()</script>",
    "<!--<script>",
    "--><b>bold</b>",
    "</style><style>*{display:none}",
    "</title></h1><h2>x</h2>",
    "{{ 7*7 }}{% raw %}{# #}",
    "${7*7}`${pwned()}`",
    "%{x}<extra>%{y}</extra>",
    r"$\sqrt{2}$",
    "javascript:pwned()",
    "data:text/html,<script>pwned()</script>",
    "a\u2028b\u2029c",
    "'\"><svg/onload=pwned()>",
    "<a href='javascript:pwned()'>x</a>",
    "__proto__",
    "&lt;b&gt; &#60;i&#62; \\u003cu\\u003e",
    "=HYPERLINK(1)",
    "\u202egnp.exe",
)
LINKS = (
    "https://files.example/1.pdf?a=1&b=<2>",
    "HTTPS://files.example/2.pdf",
    'https://files.example/" onmouseover="pwned()',
    "http://files.example/3.pdf",
    "javascript:pwned()//https://files.example",
    "data:text/html,<script>pwned()</script>",
    "//files.example/4.pdf",
    " https://files.example/5.pdf",
    "https:files.example",
    "vbscript:pwned()",
)


@pytest.fixture(scope="module")
def hostile() -> pd.DataFrame:
    rows = []
    for n, text in enumerate(HOSTILE):
        words = dict.fromkeys(("provider", "account", "description", "status"), text)
        details = dict.fromkeys(("entry_id", "method", "method_brand", "method_email"), text)
        url = LINKS[n % len(LINKS)]
        rows.append(
            invoice(n + 1, f"2026-11-{n % 20 + 1:02}", **words, **details, document_url=url)
        )
        rows.append(top_up(n + 1, f"2026-10-{n % 28 + 1:02}", account=text, entry_id=f"t{n}"))
    rows[0]["kind"] = rows[2]["currency"] = HOSTILE[2]
    rows[4] |= {"kind": HOSTILE[1], "currency": HOSTILE[3]}
    frame = history(*rows).sort_values("issued_at", kind="stable", ignore_index=True)
    reading = {"read_at": "2026-11-21T14:02:00+00:00", "certificate": HOSTILE[1]}
    frame.attrs["billnb"] = dict.fromkeys(HOSTILE, reading)
    return frame


@pytest.mark.parametrize("redact", [True, False])
def test_what_vendors_write_is_shown_as_it_is(
    redact: bool, page: Page, hostile: pd.DataFrame, tmp_path: Path
) -> None:
    title = " ".join(HOSTILE)
    path = billnb.report(hostile, tmp_path / "report.html", title=title, redact=redact)
    page.add_init_script("window.pwned = () => { window.werePwned = true }")
    show(page, path)
    found = show_all(page)
    shown = billnb.redact(hostile) if redact else hostile
    expected = [
        [row[name] or "" for name in WORDS if not (redact and name == "account")]
        for row in ledgers.records(shown)[::-1]
    ]
    places = [COLUMNS.index(name) + 1 for name in WORDS if not (redact and name == "account")]
    assert sorted([row[n] for n in places] for row in found) == sorted(expected)
    assert page.locator("h1").text_content() == title
    assert page.title() == title
    if not redact:  # ids are these texts too, and become pseudonyms wherever they stand
        page.get_by_label("Search").fill("onerror")
        assert len(cells(page)) >= 2
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    statuses = {row[1] for row in tables(page)["Entries by status"][1:]}
    assert statuses == set(shown["status"].fillna("not stated"))
    made = "img, iframe, object, embed, base, main style, svg svg svg, [onload], [onerror], b, i, u"
    assert page.locator(made).count() == 0
    hrefs = page.evaluate("[...document.querySelectorAll('a[href]')].map((one) => one.href)")
    assert all(href.startswith(("https://files.example/", path.as_uri())) for href in hrefs)
    assert page.evaluate("window.werePwned") is None
    page.get_by_label("Search").fill("")
    links = page.locator("#entries-table a")
    hrefs = links.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    if redact:
        assert hrefs == []
    else:  # and what is no https is no link
        assert set(hrefs) == set(LINKS[:3])
        assert {row[-1] for row in cells(page)} == {"", "open", *LINKS[3:]}
        kinds = links.evaluate_all("(all) => all.map((one) => one.rel)")
        assert set(kinds) == {"noopener noreferrer"}
