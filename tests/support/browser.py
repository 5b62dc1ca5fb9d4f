"""A real browser to look at what people see: Chromium, driven by Playwright, with no network.

Whatever a page asks for elsewhere than on this machine is blocked and kept, and so is every error
it meets, for a test to refuse.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import plotly

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

LIGHT = ("#ffffff", "#1f2328")
DARK = ("#111111", "#e6e6e6")
"""Paper and ink of a page."""

_ON_THIS_MACHINE = ("file", "data", "blob", "about")
PATIENCE = 90_000
"""Milliseconds that a page may take on a busy machine before it has failed."""

_COUNT = "window.drawn = (window.drawn || 0) + 1;"


class NoBrowserError(Exception):
    """No browser can be started here; says what is missing."""


@dataclass(slots=True)
class Watch:
    """What pages did that they must not: asked for something elsewhere, or ran into errors."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert not self.requests, f"asked for {self.requests}"
        assert not self.errors, f"ran into {self.errors}"


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium, and end it.

    While it runs, its event loop is the thread's: nothing else can run one.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowserError("playwright is missing: pip install playwright") from None
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowserError(f"none of {', '.join(NAMES)} is installed")
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=found, args=FLAGS)) as browser,
    ):
        yield browser


@contextmanager
def watched(browser: Browser, width: int = 900) -> Iterator[tuple[Page, Watch]]:
    """Open a page that reaches nothing but this machine."""
    watch = Watch()

    def decide(route: Route) -> None:
        if is_on_this_machine(route.request.url):
            route.continue_()
        else:
            watch.requests.append(route.request.url)
            route.abort()

    def refuse(url: str) -> None:
        if not is_on_this_machine(url):
            watch.requests.append(url)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            watch.errors.append(message.text)

    with closing(browser.new_context(viewport={"width": width, "height": 800})) as context:
        context.route("**/*", decide)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("websocket", lambda socket: refuse(socket.url))
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("console", said)
        yield page, watch


def is_on_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme in _ON_THIS_MACHINE or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def show(
    page: Page,
    folder: Path,
    figures: Mapping[str, go.Figure],
    *,
    colours: tuple[str, str] = LIGHT,
    config: Mapping[str, Any] | None = None,
    head: str = "",
) -> None:
    """Have a page show figures below each other, as wide as it is, each in an element of its name.

    Parameters
    ----------
    folder : pathlib.Path
        Where the page is kept.
    figures : mapping of str to plotly.graph_objects.Figure
        The figures.
    colours : tuple of str
        What the page is written on, and with.
    config : mapping, optional
        Plotly's; its own defaults unless told otherwise, but that charts follow the page's width.
    head : str
        More HTML, before Plotly is loaded.
    """
    drawn = [
        figure.to_html(
            full_html=False,
            include_plotlyjs=False,
            div_id=name,
            config={"responsive": True, **(config or {})},
            post_script=_COUNT,
        )
        for name, figure in figures.items()
    ]
    paper, ink = colours
    path = folder / "page.html"
    path.write_text(
        f'<!doctype html><meta charset="utf-8">{head}<script src="{PLOTLY.as_uri()}"></script>'
        f'<body style="margin:0;background:{paper};color:{ink}">{"".join(drawn)}</body>'
    )
    page.goto(path.as_uri())
    page.wait_for_function("count => (window.drawn || 0) === count", arg=len(figures))
