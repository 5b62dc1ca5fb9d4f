"""The report says first what matters, to eyes, keyboards and printers."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from support import ledgers
from support.ledgers import history, invoice
from support.reports import (
    AS_OF,
    COLUMNS,
    TOTAL,
    Sums,
    assert_above,
    cells,
    day,
    left,
    number,
    owed,
    show,
    show_all,
    spent,
    tables,
)

import billnb
from billnb.values import words

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_the_page_can_ask_nobody_even_if_it_wanted_to(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    show(page, report)
    refused = page.evaluate(
        """async () => {
          const refused = [];
          const heard = (one) => refused.push(one.effectiveDirective);
          addEventListener("securitypolicyviolation", heard);
          const url = "https://elsewhere.example/";
          const added = (tag, attributes) =>
            document.body.append(Object.assign(document.createElement(tag), attributes));
          added("img", { src: url });
          added("script", { src: url });
          added("iframe", { src: url });
          added("link", { rel: "stylesheet", href: url });
          added("video", { src: url });
          added("object", { data: url });
          navigator.sendBeacon(url);
          try { new WebSocket("wss://elsewhere.example/"); } catch {}
          try { await fetch(url); } catch {}
          const form = Object.assign(document.createElement("form"), { action: url });
          document.body.append(form);
          form.submit();
          await new Promise((done) => setTimeout(done, 300));
          return refused;
        }"""
    )
    page.close()
    assert {
        "img-src", "script-src-elem", "frame-src", "style-src-elem", "media-src", "object-src",
        "connect-src", "form-action",
    } <= set(refused)  # fmt: skip
    assert [url for url in answered if not url.startswith(("file:", "blob:", "data:"))] == []


SIZES = [(1400, 900), (1280, 720)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_first_screen_is_enough_for_a_decision(
    width: int, height: int, screen: Page, demo: pd.DataFrame
) -> None:
    screen.set_viewport_size({"width": width, "height": height})
    screen.evaluate("scrollTo(0, 0)")
    assert_above(screen.get_by_text("21 Nov 2026, 14:02 UTC").first, height)
    assert_above(screen.get_by_text("Verified:"), height)
    for title in ("Spend this month", "Unpaid", "Prepaid balance"):
        card = screen.locator(".card", has=screen.get_by_role("heading", name=title))
        assert_above(card, height)
    words = screen.locator("#summary").inner_text()
    rows = ledgers.records(demo)
    now = spent(rows, day("2026-11-01"), day("2026-12-01"))
    then = spent(rows, day("2026-10-01"), day("2026-10-22"))
    for currency, sign in (("USD", "$"), ("INR", "₹")):
        change = 100 * (now[currency] - then[currency]) / then[currency]
        assert f"{sign}{now[currency]:,.2f} {change:+.1f}%" in words
        unpaid = sum(amount for _, amount in owed(rows)[currency])
        assert f"{sign}{unpaid:,.2f}" in words
    (balance,) = left(rows).values()
    assert f"${balance:,.2f}" in words
    assert "against 1-21 Oct" in words


def test_it_says_how_far_it_goes_and_how_it_was_verified(screen: Page, demo: pd.DataFrame) -> None:
    header = screen.locator("header").inner_text()
    assert (
        f"{len(demo)} entries of 2 accounts, 1 Nov 2023 to {words.day(demo['issued_at'].max())}"
        in header
    )
    assert "append-only (all pages agree on the total)" in header
    assert "by id (as many different ids as entries announced)" in header


def test_headings_are_in_order(screen: Page) -> None:
    levels = screen.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((one) => +one.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_chart_has_a_name_and_its_figures_in_a_table(screen: Page) -> None:
    names = []
    for section in screen.locator("main > section:has(.js-plotly-plot)").all():
        image = section.locator("[role=img]:has(.js-plotly-plot)")
        names.append(image.get_attribute("aria-label") or "")
        assert section.get_by_role("heading", level=2).count() == 1
        assert section.locator("table tbody tr").count() > 0
    assert len(names) == len(set(names)) == 6
    assert all(re.search(r"\b(INR|USD)\b", name) for name in names), names


def month(name: str) -> tuple[datetime, datetime]:
    """Return when a month begins and ends."""
    first = datetime.strptime(name[:8], "%b %Y").replace(tzinfo=UTC)
    return first, (first + timedelta(days=32)).replace(day=1)


def test_the_tables_say_what_the_entries_come_to(screen: Page, demo: pd.DataFrame) -> None:
    rows, found = ledgers.records(demo), tables(screen)
    always = (day("2000-01-01"), day("2100-01-01"))
    cash: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["kind"] == "payment" and row["status"] == "paid":
            cash[row["currency"], f"{row['issued_at']:%b %Y}"] += row["total"]
    for currency, whole in spent(rows, *always).items():
        head, *months = found[f"Spend by month in {currency}"]
        assert (head[0], head[-2:]) == ("month", ["total", "change"])
        assert months[0][0] == "Nov 2026, so far"
        total = Decimal()
        for name, *parts, amount, _ in months:
            assert number(amount) == spent(rows, *month(name))[currency]
            assert number(amount) == sum(map(number, parts))
            total += number(amount)
        assert total == whole
        *parts, amount = (row[-1] for row in found[f"Charges in {currency}"][1:])
        assert number(amount) == sum(map(number, parts)) == whole
        for name, invoiced, paid in found[f"Invoiced and paid by month in {currency}"][1:]:
            assert number(invoiced or "0") == spent(rows, *month(name))[currency]
            assert number(paid or "0") == cash[currency, name[:8]]
    statuses: dict[tuple[str, ...], tuple[int, Decimal]] = {}
    for row in rows:
        key = (row["kind"], row["status"] or "not stated", row["currency"])
        count, whole = statuses.get(key, (0, Decimal()))
        statuses[key] = (count + 1, whole + row["total"])
    assert {
        (kind, status, currency): (int(count), number(amount))
        for kind, status, currency, count, _, amount in found["Entries by status"][1:]
    } == statuses
    unpaid: Sums = defaultdict(Decimal)
    for _, _, currency, *_, amount in found["Unpaid invoices by age"][1:]:
        unpaid[currency] += number(amount)
    assert unpaid == {one: sum(amount for _, amount in debt) for one, debt in owed(rows).items()}
    assert number(found["Prepaid balances"][1][3]) == next(iter(left(rows).values()))


def test_on_a_narrow_screen_nothing_is_cut_off(page: Page, report: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    show(page, report)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    cut = page.evaluate(
        """[...document.querySelectorAll("main svg text")].filter((one) => {
          const box = one.getBoundingClientRect();
          const chart = one.closest("svg").getBoundingClientRect();
          return box.width > 0 && (box.right > chart.right + 1 || box.left < chart.left - 1);
        }).map((one) => one.textContent)"""
    )
    assert cut == []


# the table of entries

PRECISE = ("1234567.123456789012", "-0.000000000001", "-1234.5", "99", "100", "9007199254740993.1")


def test_the_table_is_exact(page: Page, demo: pd.DataFrame, tmp_path: Path) -> None:
    extra = history(
        *(
            invoice(amount, f"2026-11-15T10:00:0{n}", description=f"n{n}")
            for n, amount in enumerate(PRECISE, 1)
        )
    )
    frame = pd.concat([demo, extra], ignore_index=True).sort_values("issued_at", kind="stable")
    show(page, billnb.report(frame, tmp_path / "report.html", redact=False, as_of=AS_OF))
    found = show_all(page)
    head = page.locator("#entries-table thead th").all_inner_texts()
    assert head[:8] == [
        "Issued (UTC)", "Account", "Total", "Currency", "Kind", "Status", "Description", "Provider"
    ]  # fmt: skip
    rows = ledgers.records(frame)[::-1]
    assert [row[0] for row in found] == [f"{row['issued_at']:%Y-%m-%d %H:%M}" for row in rows]
    for row, shown in zip(rows, found, strict=True):
        for name, cell in zip(COLUMNS, shown[1:8], strict=True):
            assert name == "total" or cell == (row[name] or "")
        assert number(shown[TOTAL]) == row["total"]
        assert re.fullmatch(r"-?\d{1,3}(,\d{3})*\.\d{2,12}", shown[TOTAL])
    assert "9,007,199,254,740,993.10" in [row[TOTAL] for row in found]
    # numbers are sorted as numbers, words as words; by mouse here, by keyboard elsewhere
    for name, read in (("Total", number), ("Description", str.casefold)):
        place = head.index(name)
        for backwards in (False, True):
            page.locator("#entries-table th", has_text=name).click()
            order = "descending" if backwards else "ascending"
            page.locator(f"th[aria-sort={order}]", has_text=name).wait_for()
            column = [read(row[place]) for row in cells(page)]
            assert column == sorted(column, reverse=backwards)
    search = page.get_by_label("Search")
    for searched, count in (("n2", 1), ("1234567.123456789012", 1), ("bytio payment failed", 11)):
        search.fill(searched)
        assert len(cells(page)) == count, searched
    search.fill("no such thing")
    assert "No matching records" in page.locator("#entries-table tbody").inner_text()


def test_an_amount_is_found_as_it_is_shown(screen: Page) -> None:
    search = screen.get_by_label("Search")
    shown = next(row[TOTAL] for row in cells(screen) if "," in row[TOTAL])
    search.fill(shown)
    found = screen.locator("#entries-table tbody").inner_text()
    search.fill("")
    assert shown in found


FOCUSED = """async () => {
  await Promise.all(document.getAnimations().map((change) => change.finished));
  const one = document.activeElement, style = getComputedStyle(one);
  if (one === document.body) return [null, false];
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
  const ring = style.outlineColor.match(/\\d+/g).map(Number);
  const isMarked = style.outlineStyle !== "none" && Math.max(...ring) > 100;  // on a dark page
  return [name.trim(), isMarked && one.checkVisibility({ opacityProperty: true })];
}"""


def test_everything_is_reached_by_keyboard(page: Page, report: Path) -> None:
    page.emulate_media(color_scheme="dark")
    show(page, report)
    reached: dict[str, bool] = {}
    for _ in range(150):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(FOCUSED)
        if name is None:
            break
        reached[name] = is_seen
    assert next(iter(reached)) == "Skip to the summary"
    for name in (
        "Spend",
        "Entries",
        "Spend by month in USD, as a table",
        "Unpaid invoices by age, as a table",
        "Search",
        "entries per page",
        "Total: Activate to sort",
        "Next",
    ):
        assert name in reached, name
    total = page.get_by_role("button", name="Total: Activate to sort")
    total.focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending]", has_text="Total").wait_for()
    column = [number(row[TOTAL]) for row in cells(page)]
    assert column == sorted(column)
    page.get_by_text("Entries by status, as a table").focus()
    page.keyboard.press("Space")
    assert page.get_by_role("table", name="Entries by status").is_visible()
    assert [name for name, is_seen in reached.items() if not is_seen] == []


# colours

CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      // stripes of rows are shadows inside their cells
      for (const shadow of style.boxShadow.match(/rgba?\\([^)]*\\)(?=[^,]*inset)/g) ?? [])
        layers.push(rgba(shadow));
      layers.push(rgba(style.backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.replace("■", "").trim();
    const element = walker.currentNode.parentElement;
    const unseen = "script, style, noscript, .skip, [aria-disabled=true], option";
    if (!text || element.closest(unseen)) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element), drawn = element instanceof SVGElement;
    const ink = rgba(drawn ? style.fill : style.color);
    if (drawn) ink[3] *= parseFloat(style.fillOpacity);
    const below = ground(element), [a, b] = [light(over(ink, below)), light(below)];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text.slice(0, 60)]);
  }
  return found;
}"""


def faint(page: Page) -> set[str]:
    """Return the texts that are hard to read, after checking that there were texts."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.wait_for_timeout(200)  # the table hears of another theme a little later
    found = page.evaluate(CONTRASTS)
    assert len(found) > 1000
    return {f"{text}: {contrast:.1f}" for contrast, text in found if contrast < 4.5}


@pytest.mark.parametrize("first", ["light", "dark"])
def test_all_text_can_be_read_on_light_and_dark_pages(first: Any, page: Page, report: Path) -> None:
    page.emulate_media(color_scheme=first)
    show(page, report)
    assert faint(page) == set()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == {
        "light": "rgb(255, 255, 255)",
        "dark": "rgb(20, 24, 29)",
    }.get(first)
    page.emulate_media(color_scheme="dark" if first == "light" else "light")
    assert faint(page) == set()  # and when the theme is switched meanwhile


# paper


def test_all_entries_are_printed(paper: Page, demo: pd.DataFrame) -> None:
    assert len(cells(paper)) == len(demo)
    assert paper.locator("details:not([open])").count() == 0
    for name in ("Search", "entries per page"):
        assert not paper.get_by_label(name).is_visible()
    assert not paper.get_by_role("navigation").first.is_visible()
    assert paper.pdf().startswith(b"%PDF")


def test_on_paper_all_text_can_be_read(paper: Page) -> None:
    assert faint(paper) == set()


def test_on_paper_every_table_says_what_it_holds(paper: Page) -> None:
    nameless = paper.evaluate(
        """[...document.querySelectorAll("main table:not(#entries-table)")].filter((table) => {
          const names = [table.caption, table.closest("details")?.querySelector("summary")];
          return !names.some((one) => one && one.getBoundingClientRect().width > 20);
        }).map((table) => table.caption.textContent)"""
    )
    assert [name for name in nameless if name != "Entries alike on the same day"] == []


def test_after_printing_the_page_is_as_before(screen: Page) -> None:
    for event in ("beforeprint", "afterprint"):
        screen.evaluate(f"dispatchEvent(new Event('{event}'))")
    assert len(cells(screen)) == 25
    assert screen.locator("details[open]").count() == 0


def test_licences_are_read_at_the_end_of_the_page_and_not_printed(page: Page, report: Path) -> None:
    show(page, report)
    words = page.get_by_text("Permission is hereby granted")
    assert not words.is_visible()
    page.get_by_text("Licences of the software in this file").click()
    assert words.is_visible()
    page.emulate_media(media="print")
    assert not words.is_visible()
