"""The dashboard in JupyterLab and Notebook, with a real kernel and a real browser."""

from __future__ import annotations

import csv
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from support import browser as browsers
from support import jupyter
from support.folders import ROOT
from support.ledgers import records

import billnb
from billnb import analysis, cli
from billnb.values.money import total

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.jupyter

NOTEBOOKS = ROOT / "notebooks"
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
EXPLORE = (
    "from datetime import date\n"
    "import billnb\n"
    "history = billnb.demo(today=date(2026, 11, 21))\n"
    "explorer = billnb.explore(history, as_of='2026-11-21T14:02')\n"
    "explorer"
)
HOSTILE = (
    "import billnb\n"
    "history = billnb.demo(kind='payment')\n"
    "evil = '<img src=x onerror=\"window.pwned=1\"><b>$x$%{y}'\n"
    "for name in ('description', 'account', 'status', 'provider'):\n"
    "    history[name] = history[name].fillna('') + evil\n"
    "history['document_url'] = 'javascript:window.pwned=1'\n"
    "billnb.explore(history)"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jupyter.Server]:
    """JupyterLab and Notebook, for the whole module."""
    with jupyter.serving(tmp_path_factory.mktemp("jupyter")) as found:
        yield found


@pytest.fixture
def shown(
    browser: Browser, server: jupyter.Server
) -> Iterator[Callable[..., tuple[Page, browsers.Watch]]]:
    """Open a notebook, run it, and wait for its dashboard."""
    opened = []

    def show(
        name: str, *cells: str, app: str = "lab", width: int = 1400
    ) -> tuple[Page, browsers.Watch]:
        server.write(name, *cells)
        context = browsers.watched(browser, width)
        opened.append(context)
        page, watch = context.__enter__()
        server.open(page, name, app)
        server.run(page)
        drawn(page)
        return page, watch

    yield show
    for context in opened:
        context.__exit__(None, None, None)
    server.end_sessions()


def drawn(page: Page) -> None:
    """Wait until charts and table are there."""
    page.wait_for_selector(".billnb[data-drawn]")
    page.wait_for_selector(".billnb-table tbody td")


def demo() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


_ROUND = "() => Number(document.querySelector('.billnb').dataset.drawn || 0)"


def after(page: Page, act: Callable[[], Any]) -> None:
    """Do something, and wait until the charts are drawn anew."""
    before = page.evaluate(_ROUND)
    act()
    page.wait_for_function(f"before => ({_ROUND})() > before", arg=before)


def entries(page: Page) -> int:
    """Return how many entries the page says are chosen."""
    found = re.search(r"Entries \(([\d,]+) of 286\)", page.locator(".billnb").inner_text())
    assert found
    return int(found[1].replace(",", ""))


SYMBOLS = {"$": "USD", "₹": "INR"}
_AMOUNT = re.compile(r"(-?)([$₹])([\d,.]*\d)")

Sums = dict[tuple[str, ...], Decimal]


def hovers(page: Page, figure: str) -> list[str]:
    """Return what a chart's points say, in order; nothing where a sentence stands in its place."""
    found: list[str] = page.evaluate(
        """name => {
            const plot = document.querySelector(`.billnb-figure.billnb-${name} .billnb-plot`)
            if (!plot || plot.hidden) return []
            return plot.data.flatMap(({customdata}) => customdata.map(([said]) => said))
        }""",
        figure,
    )
    return list(map(unescape, found))


def amount(said: str) -> tuple[str, Decimal]:
    """Return the currency and the amount that a hover states."""
    found = _AMOUNT.search(said.partition(": ")[2])
    assert found, said
    return SYMBOLS[found[2]], Decimal(f"{found[1]}{found[3].replace(',', '')}")


def stated(page: Page, figure: str) -> Sums:
    """Return what a chart's hovers add up to, by what they begin with, kind and currency."""
    found: Sums = {}
    for said in hovers(page, figure):
        currency, own = amount(said)
        name = re.split(", |: ", said)[0].lower()
        kind = re.search(r": [\d,]+ (invoice|payment)", said)
        key = (name, currency, *(kind.groups() if kind else ()))
        found[key] = total([found.get(key, Decimal()), own])
    return {key: own for key, own in found.items() if own}


def summed(answer: pd.DataFrame, *keys: str, of: str = "amount") -> Sums:
    """Return what an answer adds up to, by some of its columns."""
    found: Sums = {}
    for row in records(answer):
        key = tuple(row[name] or "not stated" for name in keys)
        found[key] = total([found.get(key, Decimal()), row[of]])
    return {key: own for key, own in found.items() if own}


def assert_all_is_right(page: Page, chosen: Mapping[str, str]) -> None:
    """Everything the page says is what the questions say of the entries chosen."""
    whole = demo()

    def part(*but: str) -> pd.DataFrame:
        kept = pd.Series(True, index=whole.index)
        for name, value in chosen.items():
            if name not in but:
                kept &= FILTERS[name][value](whole)
        return whole[kept]

    rows = part()
    assert entries(page) == len(rows)
    assert_table(page, rows)
    parts = summed(analysis.charges(part("component"), "year"), "component", "currency")
    assert stated(page, "breakdown") == parts
    drawn = summed(analysis.charges(part("component", "period"), "year"), "component", "currency")
    wanted = chosen.get("component")
    drawn = {key: own for key, own in drawn.items() if wanted in (None, key[0])}
    assert stated(page, "trend") == drawn
    fared = analysis.statuses(part("component", "period", "status"))
    assert stated(page, "status") == summed(fared, "status", "currency", "kind")
    owed = analysis.ageing(part("period", "preset", "component"), NOW)
    assert stated(page, "ageing") == summed(owed, "bucket", "currency")
    left = analysis.balance(part("period", "preset", "component", "kind", "status"))
    said = [amount(f"{LEFT}: {one}") for one in hovers(page, "balance")[-1:]]
    assert said == [(row["currency"], row["balance"]) for row in records(left.tail(1))]


LEFT = "left"


def assert_table(page: Page, rows: pd.DataFrame) -> None:
    """The table's first page shows the last entries, and where there are none, it says so."""
    shown = min(10, len(rows))
    info = f"1 to {shown} of {len(rows)}" if shown else ""
    page.wait_for_function(
        "info => document.querySelector('.billnb-table .dt-info')?.textContent === info", arg=info
    )
    found = page.evaluate(
        "() => [...document.querySelectorAll('.billnb-table tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))"
    )
    expected = [
        [
            f"{row['issued_at']:%Y-%m-%d %H:%M}",
            row["account"],
            f"{row['total'].normalize():,f}",
            *(row[name] or "" for name in ("currency", "kind", "status", "description")),
            row["provider"],
            "open" if row["document_url"] else "",
        ]
        for row in reversed(records(rows.tail(shown)))
    ]
    for one in found:
        one[2] = f"{Decimal(one[2].replace(',', '')).normalize():,f}"
    assert found == expected


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_the_page_says_what_the_frame_says(
    app: str, shown: Callable[..., tuple[Page, browsers.Watch]]
) -> None:
    page, watch = shown(f"first-{app}.ipynb", EXPLORE, app=app)
    words = page.locator(".billnb-cards").inner_text()
    for amount in ("$925.11 +8.5%", "₹36,840.26 +39.0%", "$349.00", "₹42,868.17", "$1,048.28"):
        assert amount in words
    assert entries(page) == 286
    assert_all_is_right(page, {})
    assert watch.requests == []


def select(page: Page, name: str, value: str) -> None:
    after(page, lambda: page.locator(f".billnb-{name} select").first.select_option(value))


def on(day: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz="UTC")


ZERO: Any = Decimal()


def taxed(frame: pd.DataFrame) -> Any:
    voided = frame["status"].isin(["cancelled", "refunded"]).fillna(False)
    return frame["tax"].ne(ZERO).fillna(False) & (frame["kind"] == "invoice") & ~voided


def october_2026(frame: pd.DataFrame) -> Any:
    return (frame["issued_at"] >= on("2026-10-01")) & (frame["issued_at"] < on("2026-11-01"))


def september_2024(frame: pd.DataFrame) -> Any:
    return (frame["issued_at"] >= on("2024-09-01")) & (frame["issued_at"] < on("2024-10-01"))


def used(frame: pd.DataFrame) -> Any:
    return frame["usage"].ne(ZERO).fillna(False) & (frame["kind"] == "invoice")


def _of(name: str, value: str) -> Callable[[pd.DataFrame], Any]:
    return lambda frame: (frame[name] == value).fillna(False)


FILTERS: dict[str, dict[str, Callable[[pd.DataFrame], Any]]] = {
    "account": {"bytio": _of("account", "bytio")},
    "provider": {"unpod": _of("provider", "unpod")},
    "currency": {"INR": _of("currency", "INR"), "USD": _of("currency", "USD")},
    "kind": {"payment": _of("kind", "payment"), "invoice": _of("kind", "invoice")},
    "status": {
        "not stated": lambda frame: frame["status"].isna(),
        "failed": _of("status", "failed"),
        "paid": _of("status", "paid"),
    },
    "component": {"tax": taxed, "usage": used},
    "preset": {"last month": october_2026},
    "period": {"Sep 2024": september_2024},
}


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_each_filter_narrows_all_of_it_to_the_right_numbers(
    app: str, shown: Callable[..., tuple[Page, browsers.Watch]]
) -> None:
    page, watch = shown(f"filters-{app}.ipynb", EXPLORE, app=app)
    for name, values in FILTERS.items():
        for value in values if name != "period" else ():
            select(page, name, value)
            assert_all_is_right(page, {name: value})
            after(page, lambda: page.get_by_role("button", name="Reset").click())
    assert_all_is_right(page, {})
    chosen = {"account": "bytio", "kind": "invoice", "preset": "last month"}
    for name, value in chosen.items():
        select(page, name, value)
    assert_all_is_right(page, chosen)
    assert watch.requests == []


def test_days_and_words_narrow_too(shown: Callable[..., tuple[Page, browsers.Watch]]) -> None:
    page, watch = shown("words.ipynb", EXPLORE)
    whole = demo()
    after(page, lambda: page.locator(".billnb-search input").fill("october 2026"))
    assert_table(page, whole[whole["description"].str.contains("October 2026").fillna(False)])
    after(page, lambda: page.get_by_role("button", name="Remove “october 2026”").click())
    after(page, lambda: page.locator(".billnb-since input").fill("2026-11-03"))
    assert_table(page, whole[whole["issued_at"] >= on("2026-11-03")])
    page.locator(".billnb-until input").fill("2026-10-01")
    banner = page.locator(".billnb-banner[role=alert]")
    banner.get_by_text("since=2026-11-03 is after until=2026-10-01; swap them").wait_for()
    assert_table(page, whole[whole["issued_at"] >= on("2026-11-03")])
    select(page, "status", "refunded")  # of which there is none in these days
    assert not banner.is_visible()
    assert "Nothing was charged here." in page.locator(".billnb-panels").inner_text()
    # the table asks the kernel after the charts are drawn
    page.locator(".billnb-table", has_text="No entries are chosen.").wait_for()
    assert watch.requests == []


def click(page: Page, figure: str, trace: int, point: int) -> None:
    """Point at a bar of a chart, and click it."""
    panel = page.locator(f".billnb-figure.billnb-{figure}")
    panel.scroll_into_view_if_needed()
    box = panel.locator(".trace").nth(trace).locator(".point path").nth(point).bounding_box()
    assert box
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(across, down)
    panel.locator(".hoverlayer text").first.wait_for()
    after(page, lambda: page.mouse.click(across, down))


def test_clicks_narrow_the_rest_and_are_taken_back(
    shown: Callable[..., tuple[Page, browsers.Watch]],
) -> None:
    page, _ = shown("clicks.ipynb", EXPLORE)
    chips = page.locator(".billnb-chip")

    def chosen() -> list[str]:
        return [one[:-2] for one in chips.all_inner_texts()]

    click(page, "trend", 0, 10)
    assert chosen() == ["Sep 2024"]
    assert_all_is_right(page, {"period": "Sep 2024"})
    after(page, chips.first.click)
    assert_all_is_right(page, {})
    click(page, "trend", 0, 10)
    click(page, "trend", 0, 10)  # a second click takes it back
    assert chosen() == []
    click(page, "breakdown", 0, 0)
    assert chosen() == ["usage"]
    assert_all_is_right(page, {"component": "usage"})
    click(page, "breakdown", 0, 0)
    assert chips.count() == 0
    click(page, "status", 0, 3)
    assert chosen() == ["paid"]
    assert_all_is_right(page, {"status": "paid"})


def test_keys_do_what_clicks_do(shown: Callable[..., tuple[Page, browsers.Watch]]) -> None:
    page, _ = shown("keys.ipynb", EXPLORE)
    page.locator(".billnb-trend .billnb-plot").focus()
    for _step in range(11):
        page.keyboard.press("ArrowRight")
    page.locator(".billnb-spoken").get_by_text("Usage, Sep 2024: $235.82").wait_for(
        state="attached"
    )
    after(page, lambda: page.keyboard.press("Enter"))
    assert_all_is_right(page, {"period": "Sep 2024"})
    after(page, lambda: page.keyboard.press("Enter"))
    page.locator(".billnb-breakdown .billnb-plot").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):  # usage, standing, tax
        page.keyboard.press(key)
    after(page, lambda: page.keyboard.press("Enter"))
    assert_all_is_right(page, {"component": "tax"})


def test_what_is_shown_is_what_leaves(
    shown: Callable[..., tuple[Page, browsers.Watch]], tmp_path: Path
) -> None:
    page, watch = shown("exports.ipynb", EXPLORE)
    select(page, "account", "bytio")
    select(page, "kind", "payment")
    whole = demo()
    chosen = whole[(whole["account"] == "bytio") & (whole["kind"] == "payment")]
    kept = {}
    for name, form in (("CSV", "csv"), ("Parquet", "parquet"), ("Excel", "xlsx"),
                       ("HTML report", "html")):  # fmt: skip
        page.locator(".billnb-menu summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert download.value.suggested_filename == f"billing.{form}"
        kept[form] = tmp_path / f"billing.{form}"
        download.value.save_as(kept[form])
    assert records(pd.read_parquet(kept["parquet"], dtype_backend="pyarrow")) == records(chosen)
    assert [
        row["entry_id"] for row in csv.DictReader(kept["csv"].read_text().splitlines())
    ] == list(chosen["entry_id"])
    sheet = openpyxl.load_workbook(kept["xlsx"]).active
    assert sheet.max_row == 1 + len(chosen)
    assert "bytio" not in kept["html"].read_text().partition("<script")[0]
    page.get_by_role("button", name="Code").click()
    page.locator("dialog[open]").wait_for()
    code = page.get_by_label("Python code").input_value()
    names: dict[str, Any] = {"history": whole}
    exec(code, names)
    assert records(names["selection"]) == records(chosen)
    assert watch.requests == []


def test_libraries_are_asked_for_once(browser: Browser, server: jupyter.Server) -> None:
    server.write("once.ipynb", EXPLORE)
    asked: list[str] = []

    def heard(frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        asked.extend(re.findall(r'"type": ?"code", ?"name": ?"(\w+)"', text))

    with browsers.watched(browser, 1400) as (page, watch):
        page.on("websocket", lambda socket: socket.on("framesent", heard))
        server.open(page, "once.ipynb")
        server.run(page)
        drawn(page)
        for value in ("payment", "invoice", ""):
            select(page, "kind", value)
        page.wait_for_timeout(5000)  # after which another kernel would be asked
    server.end_sessions()
    assert sorted(asked) == ["plotly", "tables"]
    assert watch.requests == []


def test_it_survives_a_reload_and_says_when_its_kernel_is_gone(
    shown: Callable[..., tuple[Page, browsers.Watch]], server: jupyter.Server
) -> None:
    page, watch = shown("again.ipynb", EXPLORE)
    select(page, "account", "bytio")
    jupyter.command(page, "docmanager:save")
    server.open(page, "again.ipynb")
    drawn(page)
    banner = page.locator(".billnb-banner[role=alert]")
    assert not banner.is_visible()
    assert page.get_by_role("button", name="Remove bytio").is_visible()
    assert entries(page) == 159
    select(page, "kind", "payment")
    assert entries(page) == 123
    server.restart_kernel()
    if not banner.is_visible():  # it is told of a restart at once, or when it next asks
        page.locator(".billnb-kind select").select_option("invoice")
    banner.get_by_text("Run the cell again").wait_for()
    saved = (server.folder / "again.ipynb").read_text()
    assert len(saved) < 500_000
    assert watch.requests == []


def test_what_vendors_write_stays_text(
    shown: Callable[..., tuple[Page, browsers.Watch]], server: jupyter.Server
) -> None:
    page, watch = shown("hostile.ipynb", HOSTILE)
    assert page.evaluate("window.pwned") is None
    for tag in ("img", "b", "a[href^=javascript]"):
        assert page.locator(f".billnb {tag}").count() == 0
    assert "<img src=x" in page.locator(".billnb-table").inner_text()
    jupyter.command(page, "docmanager:save")
    saved = json.loads((server.folder / "hostile.ipynb").read_text())
    for output in saved["cells"][0]["outputs"]:
        assert "text/html" not in output.get("data", {})
    assert watch.requests == []


@pytest.mark.parametrize("width", [1400, 900, 640])
def test_nothing_is_cut_off_and_everything_reads(
    width: int, shown: Callable[..., tuple[Page, browsers.Watch]]
) -> None:
    page, _ = shown("narrow.ipynb", EXPLORE, width=width)
    for theme in ("Light", "Dark", "Dark High Contrast"):
        jupyter.dress(page, theme)
        assert_all_is_seen(page)


def assert_all_is_seen(page: Page) -> None:
    """No part is wider than its place, and all text has the page's colour."""
    too_wide = page.evaluate(
        "() => [...document.querySelectorAll('.billnb-card, .billnb-filters, .billnb header')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className)"
    )
    assert too_wide == []
    fills = page.evaluate(
        """() => {
            const found = new Set()
            for (const text of document.querySelectorAll(".billnb-plot text")) {
                const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
                while (walker.nextNode())
                    if (walker.currentNode.textContent.trim())
                        found.add(getComputedStyle(walker.currentNode.parentElement).fill)
            }
            return [...found]
        }"""
    )
    assert fills == [
        page.evaluate("getComputedStyle(document.querySelector('.billnb-plot')).color")
    ]


# the tour


def test_lab_opens_the_tour(tmp_path: Path) -> None:
    port = jupyter.free_port()
    words = [sys.executable, "-m", "billnb", "lab", "--no-browser", "--port", str(port)]
    words.append("--allow-root")
    environment = {"JUPYTER_TOKEN": "tour"}
    with jupyter.started(words, tmp_path, environment) as process:
        server = jupyter.Server(f"http://127.0.0.1:{port}", "tour", tmp_path)
        jupyter.wait_for(server, process)
        names = [one["name"] for one in server.ask("api/contents")["content"]]
    with socket.socket() as tried:  # what ends the command ends the server
        assert tried.connect_ex(("127.0.0.1", port)) != 0
    assert "explore.ipynb" in names
    assert json.loads((tmp_path / "explore.ipynb").read_text())["nbformat"] == 4


def test_lab_asks_before_it_replaces_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "explore.ipynb"
    own.write_text("mine")
    # nothing is started: what would start it is a program that does nothing
    for answer, kept in (("n\n", True), ("y\n", False)):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", "/bin/true")
            done = CliRunner().invoke(cli.main, ["lab", "--no-browser"], input=answer)
        assert "Replace it?" in done.stderr
        assert (own.read_text() == "mine") is kept


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebooks_run_in_the_real_thing(
    path: Path, browser: Browser, server: jupyter.Server
) -> None:
    (server.folder / path.name).write_bytes(path.read_bytes())
    with browsers.watched(browser, 1400) as (page, watch):
        server.open(page, path.name)
        server.run(page)
        if path.stem == "explore":
            drawn(page)
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
            " === 'idle'"
        )
        assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
        if path.stem != "share":
            page.locator(".js-plotly-plot .main-svg").first.wait_for(state="attached")
    server.end_sessions()
    assert watch.requests == []
