"""The report: one file that opens anywhere, says first what matters, and gives nothing away."""

from __future__ import annotations

import base64
import gzip
import html
import os
import random
import re
import resource
import stat
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import itables
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from itables.utils import read_package_file
from plotly.offline import get_plotlyjs, get_plotlyjs_version
from support import ledgers, vendors
from support.browser import watched
from support.faulty import FaultyServer
from support.ledgers import history, invoice, payment, top_up

import billnb
from billnb import cli
from billnb.history import SCHEMA
from billnb.summary import cards
from billnb.values import words
from billnb.values.moments import instant

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

TODAY = date(2026, 11, 21)
AS_OF = "2026-11-21T14:02"
COLUMNS = ("account", "total", "currency", "kind", "status", "description", "provider")
"""What stands right of the day, in this order."""

WORDS = tuple(name for name in COLUMNS if name != "total")
TOTAL = COLUMNS.index("total") + 1

# the reader


def show(page: Page, path: Path) -> Page:
    page.set_default_timeout(10_000)
    page.goto(path.as_uri())
    page.get_by_label("Search").wait_for()
    return page


@pytest.fixture(scope="module")
def demo() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


@pytest.fixture(scope="module")
def report(demo: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return billnb.report(demo, tmp_path_factory.mktemp("report") / "report.html", as_of=AS_OF)


@pytest.fixture(scope="module")
def screen(browser: Browser, report: Path) -> Iterator[Page]:
    """The report of the demo, to be looked at and left as it is."""
    with watched(browser) as (page, watch):
        page.set_viewport_size({"width": 1400, "height": 900})
        yield show(page, report)
    watch.check()


@pytest.fixture(scope="module")
def paper(browser: Browser, report: Path, demo: pd.DataFrame) -> Iterator[Page]:
    """The report of the demo as it is printed on A4, from a dark desktop."""
    with watched(browser, 688) as (page, watch):
        page.emulate_media(color_scheme="dark")
        show(page, report)
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        yield page
    watch.check()


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


# what it says, told again without billnb

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


def cards_of(frame: pd.DataFrame, as_of: str) -> dict[str, cards.Card]:
    return {card.title: card for card in cards.cards(frame, instant(as_of))}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "month", "end", "before", "before_end", "compared"),
    [
        ("2025-02-28", "2025-02-01", "2025-03-01", "2025-01-01", "2025-01-29", "1-28 Jan 2025"),
        (
            "2025-02-23T23:00",
            "2025-02-01",
            "2025-03-01",
            "2025-01-01",
            "2025-01-24",
            "1-23 Jan 2025",
        ),
    ],
)
def test_the_cards_say_what_the_entries_come_to(
    as_of: str, month: str, end: str, before: str, before_end: str, compared: str
) -> None:
    frame = ledgers.in_pandas(ledgers.long_table())
    frame = frame[frame["issued_at"] <= pd.Timestamp(instant(as_of))].reset_index(drop=True)
    rows = ledgers.records(frame)
    spend, unpaid, prepaid = cards_of(frame, as_of).values()
    now, then = spent(rows, day(month), day(end)), spent(rows, day(before), day(before_end))
    assert [line.amount for line in spend.lines] == [words.amount(now[one], one) for one in now]
    assert [line.change for line in spend.lines] == [
        words.change(float(100 * (now[one] - then[one]) / abs(then[one]))) for one in now
    ]
    assert {line.note for line in spend.lines} == {f"against {compared}"}
    debts = owed(rows)
    assert [line.amount for line in unpaid.lines] == [
        words.amount(sum((amount for _, amount in debt), Decimal()), one)
        for one, debt in debts.items()
    ]
    for line, debt in zip(unpaid.lines, debts.values(), strict=True):
        oldest = min(debt)[0]
        assert f"{len(debt)} invoices" in line.note
        assert words.day(oldest) in line.note
        assert f"{(instant(as_of).date() - oldest).days} days ago" in line.note
    balances = {words.amount(amount, place[-1]) for place, amount in left(rows).items()}
    shown = {line.amount for line in prepaid.lines}
    assert shown
    assert shown <= balances
    if shown != balances:  # where there are many, those left out are counted
        assert str(len(balances) - len(shown)) in prepaid.sentence


def test_a_balance_lasts_as_long_as_at_the_rate_of_ninety_days() -> None:
    frame = history(top_up(500, "2026-08-01"), invoice(45, "2026-09-01"), invoice(45, "2026-10-20"))
    (line,) = cards_of(frame, "2026-10-20")["Prepaid balance"].lines
    assert line.amount == "$410.00"
    assert "about 410 days at $1" in line.note


def test_a_balance_of_which_nothing_was_spent_lately_does_not_run_out() -> None:
    frame = history(top_up(100, "2024-01-01"), invoice(60, "2024-01-15"), top_up(10, "2024-12-01"))
    (line,) = cards_of(frame, "2024-12-02")["Prepaid balance"].lines
    assert line.amount == "$50.00"
    assert "days" not in line.note.replace("90 days", "")
    assert "nothing spent" in line.note


def test_a_balance_is_reckoned_on_the_day_it_is() -> None:
    frame = history(top_up(100, "2020-10-01"), invoice(60, "2020-10-15"))
    (line,) = cards_of(frame, "2026-11-21")["Prepaid balance"].lines
    assert "a day" not in line.note  # nothing was spent for six years


def test_a_balance_says_since_when_it_is_counted() -> None:
    # the sum of what was loaded, which with --since is not what the provider shows
    prepaid = cards_of(billnb.demo(since="2026-01", today=TODAY), AS_OF)["Prepaid balance"]
    assert re.search(
        r"since|from", " ".join([prepaid.sentence, *(one.note for one in prepaid.lines)])
    )


def test_a_month_that_is_cut_is_not_compared_with() -> None:
    whole = cards_of(billnb.demo(since="2026-10-01", today=TODAY), AS_OF)
    assert all(line.change for line in whole["Spend this month"].lines)
    cut = cards_of(billnb.demo(since="2026-10-02", today=TODAY), AS_OF)
    for line in cut["Spend this month"].lines:
        assert (line.change, line.note) == ("", "nothing to compare with")
    assert "Counted from 2 Oct 2026; what was left before is not in it." in (
        cut["Prepaid balance"].sentence
    )


def test_of_many_balances_those_that_run_out_are_shown() -> None:
    frame = history(
        top_up(100, "2025-01-01", account="overdrawn"),
        invoice(600, "2025-02-01", account="overdrawn"),
        top_up(50, "2026-10-01", account="short"),
        invoice(45, "2026-11-01", account="short"),
        *(
            row
            for n in range(20)
            for row in (
                top_up(1000, "2026-10-01", account=f"ample-{n}"),
                invoice(10, "2026-11-01", account=f"ample-{n}"),
            )
        ),
    )
    lines = cards_of(frame, "2026-11-21")["Prepaid balance"].lines
    assert [line.amount for line in lines if "ample" not in line.note] == ["-$500.00", "$5.00"]


def test_on_a_day_of_the_past_it_is_told_what_was_so_then() -> None:
    frame = history(
        top_up(900, "2026-01-02"),
        *(invoice(100 * n, f"2026-{n:02}-05", status="pending") for n in range(1, 8)),
    )
    then = frame[frame["issued_at"] <= pd.Timestamp("2026-03-20", tz="UTC")]
    told = cards_of(frame, "2026-03-20")
    assert [line.amount for line in told["Spend this month"].lines] == ["$300.00"]
    assert told == cards_of(then, "2026-03-20")


def test_an_invoice_dated_ahead_does_not_stand_for_this_month() -> None:
    frame = history(
        invoice(10, "2026-10-05", status="paid"),
        invoice(12, "2026-11-05", status="paid"),
        invoice(1200, "2026-12-01", status="pending"),
    )
    spend = cards_of(frame, "2026-11-21")["Spend this month"]
    assert [(line.amount, line.change) for line in spend.lines] == [("$12.00", "+20.0%")]


def test_a_history_that_ended_long_ago_says_of_when_it_is() -> None:
    frame = history(invoice(10, "2020-10-05"), invoice(12, "2020-11-05"))
    spend = next(iter(cards_of(frame, "2026-11-21").values()))
    assert spend.title == "Spend, Nov 2020"
    assert [(one.amount, one.change, one.note) for one in spend.lines] == [
        ("$12.00", "+20.0%", "against Oct 2020")
    ]


def test_where_nothing_was_before_nothing_is_said_of_it() -> None:
    (line,) = cards_of(history(invoice(10, "2026-11-05")), "2026-11-21")["Spend this month"].lines
    assert line.change == ""
    assert "nothing in" not in line.note  # what is not in the history need not have been nothing


def test_credits_are_taken_off() -> None:
    frame = history(
        invoice("-10", "2026-11-05", status="pending"),
        invoice("20", "2026-10-05", status="pending"),
        invoice("-60.5", "2026-10-06", status="pending"),
    )
    spend, unpaid, _ = cards_of(frame, "2026-11-21").values()
    assert [(one.amount, one.change) for one in spend.lines] == [("-$10.00", "+75.3%")]
    assert [one.amount for one in unpaid.lines] == ["-$50.50"]


def test_what_has_no_status_is_not_called_paid() -> None:
    unpaid = cards_of(history(invoice(10, "2026-11-05")), "2026-11-21")["Unpaid"]
    assert "1 invoice without a status" in unpaid.sentence
    assert "Nothing is unpaid" not in unpaid.sentence


def test_an_invoice_due_later_is_not_overdue() -> None:
    frame = history(invoice(10, "2026-11-05", status="pending", due_at="2026-12-05"))
    (line,) = cards_of(frame, "2026-11-21")["Unpaid"].lines
    assert "due 5 Dec 2026" in line.note
    assert "ago" not in line.note


# how it is written


def sizes(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_size for one in folder.iterdir()}


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Have no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


ONE = history(invoice("12.50", "2026-11-03", status="paid"))


def test_the_file_is_returned_and_is_html(tmp_path: Path) -> None:
    path = billnb.report(ONE, str(tmp_path / "one.html"))
    assert path == tmp_path / "one.html"
    assert path.read_text().startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path) -> None:
    path = tmp_path / f"{'r' * 250}.html"
    assert billnb.report(history(), path).exists()


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    with disk_of(100_000), pytest.raises(billnb.ArgumentError, match="cannot write"):
        billnb.report(ONE, path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["", "nowhere/report.html", "old.html/report.html", "loop/report.html", "a\0b.html"]
)
def test_a_path_that_cannot_be_written_is_a_clear_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("the old one")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(billnb.ArgumentError, match="cannot write"):
        billnb.report(ONE, f"{tmp_path}/{name}")
    assert (tmp_path / "old.html").read_text() == "the old one"
    assert {one.name for one in tmp_path.iterdir()} == {"old.html", "loop"}


def test_a_history_that_cannot_be_told_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    silent = history(invoice(1, "2026-01-01", currency=None))
    for frame, error in (
        (ONE.drop(columns="total"), billnb.ArgumentError),
        (ONE.astype({"total": float}), billnb.MoneyError),
        (silent, billnb.MixedCurrencyError),
        ("history.csv", billnb.ArgumentError),
    ):
        with pytest.raises(error):
            billnb.report(frame, path)
    with pytest.raises(billnb.ArgumentError, match="as_of"):
        billnb.report(ONE, path, as_of="soon")
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_title_that_is_no_text_is_a_clear_error_or_shown_as_it_can_be(tmp_path: Path) -> None:
    # as a shell hands over what is no UTF-8
    try:
        billnb.report(ONE, tmp_path / "report.html", title=os.fsdecode(b"caf\xe9"))
    except billnb.ArgumentError:
        assert list(tmp_path.iterdir()) == []


def test_the_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "report.html", tmp_path / "latest.html"
    path.write_text("the old one")
    path.chmod(0o640)
    link.symlink_to(path)
    billnb.report(ONE, link)
    assert link.is_symlink()
    assert path.read_text().startswith("<!doctype html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        path = billnb.report(ONE, tmp_path / "report.html")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_same_history_makes_the_same_file(tmp_path: Path) -> None:
    one, other = (billnb.report(ONE, tmp_path / f"{n}.html", as_of=AS_OF) for n in range(2))
    assert one.read_bytes() == other.read_bytes()


def test_histories_of_other_engines_are_reported_too(demo: pd.DataFrame, tmp_path: Path) -> None:
    expected = billnb.report(demo.copy(), tmp_path / "pandas.html", as_of=AS_OF).read_text()
    for engine in (pl.from_pandas, pa.Table.from_pandas):
        path = billnb.report(engine(demo), tmp_path / "other.html", as_of=AS_OF)
        found = path.read_text()
        assert "How it was verified is not known" in found  # such frames have no attrs
        assert packed_entries(found) == packed_entries(expected)


def packed_entries(text: str) -> str:
    (packed,) = re.findall(r'id="packed-entries">([^<]+)<', text)
    return str(packed)


# what is in it


def test_plotly_is_there_once(report: Path) -> None:
    assert len(re.findall(r"plotly\.js v\d", unpacked(report))) == 1


def test_nothing_is_to_be_fetched(report: Path) -> None:
    found = Parts(report.read_text()).found
    for tag, attributes in found:
        assert not {"src", "srcset", "background", "action", "data", "ping"} & attributes.keys()
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "form"}
        assert (attributes.get("href") or "#").startswith("#")
    style = re.sub(r"url\(data:[^)]*\)", "", unpacked(report).split("</style>")[0])
    assert "url(" not in style
    assert "@import" not in style
    metas = [attributes for tag, attributes in found if tag == "meta"]
    assert any("default-src 'none'" in (one.get("content") or "") for one in metas)


def test_its_links_lead_somewhere(report: Path) -> None:
    found = Parts(report.read_text()).found
    ids = [one["id"] for _, one in found if "id" in one]
    assert len(ids) == len(set(ids))
    targets = [one["href"] or "" for tag, one in found if tag == "a"]
    assert len(targets) > 7
    assert {target.removeprefix("#") for target in targets} <= set(ids)


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


def assert_above(element: Locator, height: int) -> None:
    box = element.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height


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


# what others wrote


def libraries_inside(code: str) -> set[str]:
    """Return which libraries a bundle says that it is made of, in what bundlers leave of them."""
    said = "".join(re.findall(r"Bundled license information:(.*?)\*/", code, re.DOTALL))
    paths = re.findall(r"^(\S+?)/\S*:$", said, re.MULTILINE)
    return {re.sub(r"^datatables\.net-.*", "datatables.net", path) for path in paths}


def test_the_licences_of_all_that_is_copied_into_the_file_stand_in_it(report: Path) -> None:
    text = html.unescape(report.read_text().partition("<footer>")[2].partition("</footer>")[0])
    bundles = (get_plotlyjs(), read_package_file("html/dt_bundle.js"))
    named = set(re.findall(r"^(\S+): (?:Copyright|by) ", text, re.MULTILINE))
    for bundle in bundles:
        inside = libraries_inside(bundle)
        assert inside
        assert inside <= named
    assert {"plotly.js", "itables", "jquery", "d3-geo", "d3-interpolate", "maplibre-gl"} <= named
    for part in (
        f"plotly.js {get_plotlyjs_version()} and itables {itables.__version__}",
        "Permission is hereby granted, free of charge, to any person obtaining a copy",
        "Redistributions in binary form must reproduce the above copyright notice",
        "Permission to use, copy, modify, and/or distribute this software",
        "This notice may not be removed or altered from any source distribution.",
    ):
        assert part in text, part


def test_licences_are_read_at_the_end_of_the_page_and_not_printed(page: Page, report: Path) -> None:
    show(page, report)
    words = page.get_by_text("Permission is hereby granted")
    assert not words.is_visible()
    page.get_by_text("Licences of the software in this file").click()
    assert words.is_visible()
    page.emulate_media(media="print")
    assert not words.is_visible()


# what vendors write

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


# what it keeps to itself

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


# shapes of histories

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


# a hundred thousand entries


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
    began = time.process_time()
    path = billnb.report(frame, tmp_path / "report.html", as_of=AS_OF)
    assert time.process_time() - began < 10
    assert path.stat().st_size < 8_000_000
    page.set_default_timeout(20_000)
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


# the command


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, ["report", *words])


def test_the_command_reports_on_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    done = run(
        "--demo", "--output", str(path), "--title", "Bills <of> October", "--since", "2026-08"
    )
    assert done.exit_code == 0, done.output
    assert re.fullmatch(rf"\d+ entries reported in {re.escape(str(path))}\n", done.stderr)
    assert done.stdout == ""
    text = path.read_text()
    assert "<h1>Bills &lt;of&gt; October</h1>" in text
    assert "account bytio" not in text
    assert "Redacted:" in text
    assert "Verified: account " in text


def test_the_command_is_told_when_it_is(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--as-of", "2026-06-30").exit_code == 0
    assert "Data as of <strong>30 Jun 2026</strong>" in path.read_text()
    path.unlink()
    done = run("--demo", "-o", str(path), "--as-of", "soon")
    assert done.exit_code == 1
    assert "soon" in done.stderr
    assert not path.exists()


def test_the_command_shows_names_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--no-redact").exit_code == 0
    assert "Verified: bytio append-only" in path.read_text()


def test_the_command_puts_index_numbers(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("--demo", "-o", str(path), "--scale").exit_code == 0
    assert "USD index" in path.read_text()
    assert "index numbers" in path.read_text()


def test_the_command_reports_on_an_account(
    case: vendors.Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prefix = case.name.upper()
    for name in ("API_KEY", "API_TOKEN"):
        monkeypatch.setenv(f"{prefix}_{name}", vendors.KEY)
    monkeypatch.setenv(f"{prefix}_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{prefix}_BASE_URL", server.url)
    monkeypatch.setenv("BILLNB_REDACTION_KEY", "the key of the test")
    path = tmp_path / "report.html"
    done = run(case.name, "--output", str(path))
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith(f"250 entries reported in {path}\n")
    frame = billnb.redact(billnb.load(case.account(server.url)))
    text = unpacked(path)
    assert frame["account"][0] in text
    assert vendors.KEY not in text
    assert vendors.ORGANIZATION not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--demo",), 2, "Missing option '--output'"),
        (("--demo", "bytio"), 1, "made-up accounts"),
        (("bytio",), 1, "set the environment variable BYTIO_API_KEY"),
        (("nope",), 1, "no account is called 'nope'"),
        ((), 1, "none is configured"),
        (("--demo", "--since", "soon"), 1, "since: cannot read 'soon'"),
    ],
)
def test_the_command_says_what_is_wrong(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    done = run(*words, *(() if code == 2 else ("--output", str(path))))
    assert done.exit_code == code
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert path.read_text() == "the old one"


def test_the_command_tells_of_a_file_it_cannot_write(tmp_path: Path) -> None:
    done = run("--demo", "--output", str(tmp_path / "nowhere" / "report.html"))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: cannot write ")
    assert done.stderr.count("\n") == 1


def test_the_command_helps() -> None:
    done = run("--help")
    assert done.exit_code == 0
    for option in ("--output", "--demo", "--no-redact", "--scale", "--title", "--debug"):
        assert option in done.output
