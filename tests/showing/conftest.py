"""The report of the demo: as a file, on a screen, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from support.browser import watched
from support.reports import (
    AS_OF,
    TODAY,
    show,
)

import billnb

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


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
