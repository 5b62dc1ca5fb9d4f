"""A provider of another package is found by its entry point and read like the built-in ones."""

from __future__ import annotations

from typing import Any

import pytest
from support.faulty import FaultyServer
from support.folders import TESTS
from support.vendors import encode

import billnb
from billnb import errors, providers
from billnb.sandbox.wire import Request, Response, json_response

BILLS = [{"number": n, "day": f"2026-01-{n % 28 + 1:02d}", "euros": f"{n}.25"} for n in range(120)]


def answer(request: Request) -> Response:
    if request.headers.get("key") != "k3y":
        return json_response(401, {"message": "who are you?"})
    page, size = int(request.query["page"]), int(request.query["size"])
    rows = BILLS[(page - 1) * size : page * size]
    return Response(200, encode({"total": len(BILLS), "bills": rows}))


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS / "plugin"))


def test_a_plugin_is_known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert providers.names() == ["acme", "bytio", "unpod"]
    with pytest.raises(errors.UnknownNameError, match="known: acme, bytio, unpod"):
        billnb.load("nope")
    with pytest.raises(errors.AuthenticationError, match=r"acme: .* ACME_KEY"):
        billnb.load("acme")
    with FaultyServer(answer) as server:
        monkeypatch.setenv("ACME_KEY", "k3y")
        monkeypatch.setenv("ACME_BASE_URL", server.url)
        history = billnb.load("acme")
        assert billnb.load(verify="snapshot")["total"].sum() == history["total"].sum()
    assert len(history) == 120
    assert set(history["currency"]) == {"EUR"}
    assert history.attrs["billnb"]["acme"]["certificate"] == "by id"


def test_what_providers_imported_before_is_still_there() -> None:
    from billnb.money import units
    from billnb.providers.base import Trouble, said, sealed

    assert str(units("1.5")) == "1.500000000000"
    assert said(Trouble("no such key")) == "no such key"
    secret = sealed("k3y")
    assert secret is not None
    assert secret.reveal() == "k3y"


def test_what_is_no_provider_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import billnb_acme

    wrong: Any = billnb_acme.parse
    monkeypatch.setattr(billnb_acme, "Acme", wrong)
    with pytest.raises(errors.ArgumentError, match="not a subclass"):
        providers.find("acme")
