"""The dashboard in JupyterLab and Notebook, with a real kernel and a real browser."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import browser as browsers
import jupyter
import pandas as pd
import pytest
from click.testing import CliRunner
from ledgers import records

import billnb
from billnb import analysis, cli
from billnb.money import total

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
TODAY = date(2026, 11, 21)
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
        page.set_default_timeout(30_000)
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


def bars(page: Page, figure: str) -> dict[str, Decimal]:
    """Return what the hovers of a chart's bars add up to, by the names of its traces."""
    found: dict[str, Decimal] = {}
    traces = page.evaluate(
        "name => document.querySelector(`.billnb-${name} .billnb-plot`).data"
        ".map(({name, customdata}) => [name, customdata.map(([said]) => said)])",
        figure,
    )
    for name, said in traces:
        amounts = [
            re.search(r": (-?)[^\d-]?([\d,.]+?)(?=,? |$)", one) for one in map(unescape, said)
        ]
        parts = [Decimal(f"{one[1]}{one[2].replace(',', '')}") for one in amounts if one]
        found[name] = total([found.get(name, Decimal()), *parts])
    return found


def charged(frame: pd.DataFrame) -> dict[str, Decimal]:
    """Return what was charged in dollars, by component."""
    answer = analysis.charges(frame, "year")
    rows = records(answer[answer["currency"] == "USD"])
    names = {row["component"] for row in rows}
    sums = {n: total(row["amount"] for row in rows if row["component"] == n) for n in names}
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_the_page_says_what_the_frame_says(
    app: str, shown: Callable[..., tuple[Page, browsers.Watch]]
) -> None:
    page, watch = shown(f"first-{app}.ipynb", EXPLORE, app=app)
    words = page.locator(".billnb-cards").inner_text()
    for amount in ("$925.11 +8.5%", "₹36,840.26 +39.0%", "$349.00", "₹42,868.17", "$1,048.28"):
        assert amount in words
    assert entries(page) == 286
    select(page, "currency", "USD")
    assert bars(page, "trend") == charged(demo())
    assert len(page.locator(".billnb-table tbody tr").all()) == 10
    assert watch.requests == []


def select(page: Page, name: str, value: str) -> None:
    after(page, lambda: page.locator(f".billnb-{name} select").first.select_option(value))


def on(day: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz="UTC")


def taxed(frame: pd.DataFrame) -> Any:
    voided = frame["status"].isin(["cancelled", "refunded"]).fillna(False)
    return (frame["tax"].fillna(Decimal()) != 0) & (frame["kind"] == "invoice") & ~voided


def in_october(frame: pd.DataFrame) -> Any:
    return (frame["issued_at"] >= on("2026-10-01")) & (frame["issued_at"] < on("2026-11-01"))


FILTERS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "account": ("bytio", lambda frame: frame["account"] == "bytio"),
    "provider": ("unpod", lambda frame: frame["provider"] == "unpod"),
    "currency": ("INR", lambda frame: frame["currency"] == "INR"),
    "kind": ("payment", lambda frame: frame["kind"] == "payment"),
    "status": ("not stated", lambda frame: frame["status"].isna()),
    "component": ("tax", taxed),
    "preset": ("last month", in_october),
}


def test_each_filter_narrows_to_the_right_entries(
    shown: Callable[..., tuple[Page, browsers.Watch]],
) -> None:
    page, watch = shown("filters.ipynb", EXPLORE)
    whole = demo()
    for name, (value, keep) in FILTERS.items():
        select(page, name, value)
        assert entries(page) == int(keep(whole).sum()), name
        after(page, lambda: page.get_by_role("button", name="Reset").click())
        assert entries(page) == 286
    after(page, lambda: page.locator(".billnb-search input").fill("october 2026"))
    assert entries(page) == int(whole["description"].str.contains("October 2026").sum())
    after(page, lambda: page.get_by_role("button", name="Remove “october 2026”").click())
    after(page, lambda: page.locator(".billnb-since input").fill("2026-11-03"))
    assert entries(page) == int((whole["issued_at"] >= on("2026-11-03")).sum())
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
    whole = demo()
    chips = page.locator(".billnb-chip")

    def chosen() -> list[str]:
        return [one[:-2] for one in chips.all_inner_texts()]

    click(page, "trend", 0, 10)  # September 2024
    assert chosen() == ["Sep 2024"]
    month = (whole["issued_at"] >= on("2024-09-01")) & (whole["issued_at"] < on("2024-10-01"))
    assert entries(page) == int(month.sum())
    said = bars(page, "breakdown")
    assert total(said.values()) != 0
    after(page, chips.first.click)
    assert entries(page) == 286
    click(page, "trend", 0, 10)
    click(page, "trend", 0, 10)  # a second click takes it back
    assert chosen() == []
    click(page, "breakdown", 0, 0)
    assert chosen() == ["usage"]
    assert set(bars(page, "trend")) == {"usage"}
    click(page, "breakdown", 0, 0)
    assert chips.count() == 0
    click(page, "status", 0, 3)
    assert chosen() == ["paid"]
    assert entries(page) == int((whole["status"] == "paid").sum())


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
    for theme in ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"):
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
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
        page.set_default_timeout(60_000)
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
