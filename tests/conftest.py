"""What every test starts from: no account configured, no keyring, no proxy, nobody's `.netrc`."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import keyring.backends.fail
import pytest

pytest.register_assert_rewrite("support")

from support import vendors  # noqa: E402
from support.browser import NoBrowserError, launched, watched  # noqa: E402
from support.faulty import FaultyServer  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def pytest_configure() -> None:
    """Have the examples in docstrings, which know no fixtures, find nothing of this user's."""
    os.environ["BILLNB_CONFIG"] = tempfile.mkdtemp(prefix="billnb-examples-")
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


MARKED_BY_FIXTURE = {"browser": "browser", "spark": "engines"}
COSTLY = ("jupyter", "browser", "engines", "slow")
"""Markers of what takes its time, the most of it first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they use, and put the files that take longest first.

    Files are handed to whichever process is free: a long one at the end would leave the others
    with nothing to do. A process alone keeps the order it was asked for.
    """
    ranks: dict[Path, int] = {}
    for item in items:
        for name, marker in MARKED_BY_FIXTURE.items():
            if name in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        marked = [COSTLY.index(one.name) for one in item.iter_markers() if one.name in COSTLY]
        rank = min(marked, default=len(COSTLY))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: ranks[item.path])


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what was imported, which is most of what there is."""
    gc.freeze()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, homes: Path) -> None:
    for name in list(os.environ):
        ours = ("BYTIO_", "UNPOD_", "BILLNB_", "XDG_CONFIG_", "XDG_STATE_")
        if name.startswith(ours) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", tempfile.mkdtemp(dir=homes))
    keyring.set_keyring(keyring.backends.fail.Keyring())


@pytest.fixture(params=["bytio", "unpod"])
def case(request: pytest.FixtureRequest) -> vendors.Case:
    """A vendor with 250 entries: three pages."""
    return vendors.case(request.param)


@pytest.fixture
def server(case: vendors.Case) -> Iterator[FaultyServer]:
    with FaultyServer(case.answer) as serving:
        yield serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for a module alone: while it is open, no other event loop can run."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(launched())
        except NoBrowserError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must ask for nothing elsewhere, and meet no error."""
    with watched(browser) as (opened, watch):
        yield opened
    watch.check()
