"""The time until a dashboard is painted, in JupyterLab and a real browser.

``python tests/benchmarks/painting.py`` starts JupyterLab and headless Chromium. It times, in turn,
the first dashboard of the made-up accounts and a bare ``FigureWidget`` with the traces of its first
chart, each in a kernel and a page of its own; and then, with a ledger of a million entries, how
long it is from a choice to the page that is painted anew.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import ledger

sys.path.insert(0, str(Path(__file__).parent.parent))
from support import browser as browsers
from support import jupyter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DEMO = """
from datetime import date
import billnb, plotly.graph_objects as go
history = billnb.demo(today=date(2026, 11, 21))
explorer = billnb.explore(history, as_of="2026-11-21T14:02")
traces = explorer._view["figures"][0]["data"]
"""
SHOWN = {"dashboard": "explorer", "FigureWidget": "go.FigureWidget(data=traces)"}
DRAWN = {"dashboard": ".billnb[data-drawn]", "FigureWidget": ".js-plotly-plot .main-svg"}
LARGE = """
import billnb, pandas as pd
history = pd.read_parquet({path!r}, dtype_backend="pyarrow")
explorer = billnb.explore(history, as_of="2026-10-11")
explorer.choose(currency={currency!r})
explorer
"""
CHOSEN = """async value => {
    const select = document.querySelector(".billnb-account select")
    const root = document.querySelector(".billnb")
    const before = Number(root.dataset.drawn), began = performance.now()
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)))
    const until = name => new Promise(done => new MutationObserver((_, watch) => {
        if (Number(root.dataset[name]) <= before) return
        watch.disconnect()
        done(performance.now() - began)
    }).observe(root, {attributeFilter: [`data-${name}`]}))
    const seen = until("seen"), drawn = until("drawn")
    select.value = value
    select.dispatchEvent(new Event("change"))
    await drawn
    await frame()
    return [await seen, performance.now() - began]
}"""


def first(server: jupyter.Server, browser: Browser, what: str) -> float:
    """Return how many seconds it takes until something is drawn."""
    server.write("first.ipynb", DEMO, SHOWN[what])
    with browsers.watched(browser, 1400) as (page, _):
        server.open(page, "first.ipynb")
        jupyter.command(page, "notebook:run-cell-and-select-next")
        page.wait_for_timeout(1000)
        began = time.perf_counter()
        page.evaluate(
            "void window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
        )
        page.wait_for_selector(DRAWN[what])
        took = time.perf_counter() - began
    server.end_sessions()
    return took


def changes(
    server: jupyter.Server, browser: Browser, path: Path, count: int
) -> list[tuple[float, float]]:
    """Return the milliseconds from a choice to what is seen of it, and to all of it."""
    server.write("large.ipynb", LARGE.format(path=str(path), currency=ledger.CURRENCIES[0]))
    with browsers.watched(browser, 1400) as (page, _):
        server.open(page, "large.ipynb")
        server.run(page)
        page.wait_for_selector(DRAWN["dashboard"])
        page.wait_for_timeout(5000)
        took = []
        for number in range(count):
            took.append(page.evaluate(CHOSEN, f"{ledger.PROVIDERS[number % 3]}-main"))
            page.wait_for_timeout(500)
    server.end_sessions()
    return took


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--choices", type=int, default=20)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyter.serving(Path(folder)) as server,
        browsers.launched() as browser,
    ):
        took: dict[str, list[float]] = {what: [] for what in SHOWN}
        for _ in range(chosen.runs):
            for what, times in took.items():
                times.append(first(server, browser, what))
        middle = {what: statistics.median(times) for what, times in took.items()}
        for what, seconds in middle.items():
            print(f"first {what:<14} {seconds:6.2f} s")
        print(f"ratio {middle['dashboard'] / middle['FigureWidget']:20.2f}")
        path = ledger.write(Path(folder, "ledger.parquet"), chosen.entries)
        seen, whole = zip(*changes(server, browser, path, chosen.choices), strict=True)
        for name, painted in {"what is seen": seen, "all of it": whole}.items():
            print(
                f"{chosen.entries:,} entries: {name} of a choice is painted after "
                f"{statistics.median(painted):.0f} ms, at most {max(painted):.0f}"
            )


if __name__ == "__main__":
    main()
