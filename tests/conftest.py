"""What every test starts from: no account configured, no proxy, nobody's `.netrc`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import vendors
from faulty import FaultyServer


@pytest.fixture(autouse=True)
def _bare_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in list(os.environ):
        if name.startswith(("BYTIO_", "UNPOD_", "BILLNB_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(params=["bytio", "unpod"])
def case(request: pytest.FixtureRequest) -> vendors.Case:
    """A vendor with 250 entries: three pages."""
    return vendors.case(request.param)


@pytest.fixture
def server(case: vendors.Case) -> Iterator[FaultyServer]:
    with FaultyServer(case.answer) as serving:
        yield serving
