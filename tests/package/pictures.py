"""Take the README's pictures: ``python tests/package/pictures.py`` draws them anew, in Chromium.

They come from the charts and the report as anyone gets them, of the demo on a fixed day, once on a
light page and once on a dark one.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, sync_playwright

import billnb
from billnb.sandbox import Sandbox, bytio, unpod
from billnb.sandbox.serve import HOST
from billnb.sandbox.serve import server as serving_vendors
from billnb.sharing import KEY_VARIABLE

sys.path.insert(0, str(Path(__file__).parent.parent))
from support import jupyter
from support.folders import ROOT

if TYPE_CHECKING:
    import plotly.graph_objects as go

PICTURES = ROOT / "notebooks" / "pictures"
TODAY = date(2026, 11, 21)
PAGES = {"light": ("#ffffff", "#1f2328"), "dark": ("#0d1117", "#e6edf3")}
EXPLORE = (
    "from datetime import date\n"
    "import billnb\n"
    "history = billnb.demo(today=date(2026, 11, 21))\n"
    'explorer = billnb.explore(history, as_of="2026-11-21T14:02")\n'
    'explorer.choose(preset="12 months")\n'
    "explorer"
)
_WIDTH, _SCALE = 760, 1.5
_FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
_DRAWN = ".js-plotly-plot .main-svg"


def figures() -> dict[str, go.Figure]:
    """Return the charts that the README shows."""
    whole = billnb.demo(today=TODAY)
    year = billnb.demo(today=TODAY, since="2025-12")
    charts = billnb.charts
    return {
        "spend_trend": charts.spend_trend(year, as_of=TODAY),
        "charge_breakdown": charts.charge_breakdown(year, as_of=TODAY),
        "status_distribution": charts.status_distribution(whole, as_of=TODAY),
        "ageing": charts.ageing(whole, as_of=TODAY),
        "balance": charts.balance(whole, as_of=TODAY),
        "cash_flow": charts.cash_flow(year, as_of=TODAY),
    }


def page(figure: go.Figure, background: str, ink: str) -> str:
    """Return a page that shows a figure and nothing else."""
    drawn = figure.to_html(full_html=False, config={"displayModeBar": False})
    style = f"margin:0;background:{background};color:{ink};width:{_WIDTH}px"
    return f'<!doctype html><meta charset="utf-8"><body style="{style}">{drawn}</body>'


def take(browser: Browser, folder: Path) -> None:
    """Write all pictures."""
    source = folder / "page.html"
    for theme, (background, ink) in PAGES.items():
        context = browser.new_context(
            viewport={"width": _WIDTH, "height": 560},
            device_scale_factor=_SCALE,
            color_scheme="light" if theme == "light" else "dark",
        )
        shown = context.new_page()
        for name, figure in figures().items():
            source.write_text(page(figure, background, ink))
            shown.goto(source.as_uri())
            shown.wait_for_selector(_DRAWN)
            shown.locator("body > div").screenshot(path=PICTURES / f"{name}-{theme}.png")
        report = billnb.report(
            billnb.demo(today=TODAY), source, title="Acme, November 2026", as_of=TODAY
        )
        shown.set_viewport_size({"width": 940, "height": 800})
        shown.goto(report.as_uri())
        shown.wait_for_selector("#entries-table td")
        shown.screenshot(path=PICTURES / f"report-{theme}.png")
        context.close()


def take_dashboard(browser: Browser, folder: Path) -> None:
    """Write the pictures of the dashboard, in JupyterLab."""
    with jupyter.serving(folder) as server:
        server.write("tour.ipynb", EXPLORE)
        for theme in PAGES:
            context = browser.new_context(
                viewport={"width": 1320, "height": 1600}, device_scale_factor=1.25
            )
            shown = context.new_page()
            server.open(shown, "tour.ipynb")
            jupyter.dress(shown, theme.capitalize())
            jupyter.command(shown, "application:toggle-left-area")
            server.run(shown)
            shown.wait_for_selector(".billnb[data-drawn]")
            shown.wait_for_selector(".billnb-table tbody td")
            shown.wait_for_timeout(500)
            path = PICTURES / f"dashboard-{theme}.png"
            box = shown.locator(".billnb").bounding_box()
            assert box
            left, top, width = box["x"] - 8, box["y"] - 4, box["width"] + 16
            shown.screenshot(path=path, clip={"x": left, "y": top, "width": width, "height": 950})
            context.close()
            server.end_sessions()


def take_panel(browser: Browser, folder: Path) -> None:
    """Write the pictures of the sidebar, beside a dashboard that was opened there."""
    environment = {"BILLNB_CONFIG": str(folder / "accounts")}
    os.environ.update(environment)
    with (
        serving_vendors(Sandbox(today=TODAY)) as vendors,
        jupyter.serving(folder, environment=environment) as server,
    ):
        threading.Thread(target=vendors.serve_forever, daemon=True).start()
        url = f"http://{HOST}:{vendors.server_port}"
        add = partial(billnb.accounts.add, base_url=url, store="file", verify=False)
        add("production", "bytio", api_key=bytio.KEY)
        add("voice", "unpod", token=unpod.TOKEN, org_handle=unpod.ORGANIZATIONS[0])
        add("staging", "bytio", api_key="another")
        billnb.load("production", "voice")
        for name in ("production", "voice", "staging"):
            billnb.accounts.test(name)
        for theme in PAGES:
            context = browser.new_context(
                viewport={"width": 1320, "height": 780}, device_scale_factor=1.25
            )
            shown = context.new_page()
            server.open_lab(shown)
            jupyter.dress(shown, theme.capitalize())
            jupyter.command(shown, "billnb:show")
            for name in ("production", "voice"):
                shown.locator(f'.billnb-Account[data-account="{name}"] input').check()
            jupyter.command(shown, "billnb:open-dashboard")
            shown.wait_for_selector(".billnb[data-drawn]")
            shown.wait_for_selector(".billnb-table tbody td", state="attached")
            shown.wait_for_timeout(1000)
            shown.screenshot(path=PICTURES / f"panel-{theme}.png")
            context.close()
            server.end_sessions()


def main() -> None:
    """Take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium is installed; on Debian: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    os.environ[KEY_VARIABLE] = "the pictures of README.md"  # the same pseudonyms each time
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        take(browser, Path(folder))
        for number, taking in enumerate((take_dashboard, take_panel)):
            own = Path(folder, str(number))
            own.mkdir()
            taking(browser, own)
        browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
