"""Vendors, proxies and callers that mean harm, or might as well."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import traceback
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support import vendors
from support.clock import ending, working
from support.faulty import Exchange, FaultyServer
from support.folders import TESTS
from support.vendors import Case, amounts

import billnb
from billnb import errors, paging
from billnb.entry import Page
from billnb.errors import clear_frames_on_error
from billnb.sandbox.wire import Response
from billnb.values.secret import redact


def load(case: Case, server: FaultyServer, **limits: Any) -> Any:
    return billnb.load(case.account(server.url, **limits))


def locals_of(error: BaseException) -> str:
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [f for f in report.stack if not Path(f.filename).is_relative_to(TESTS)]
    return "\n".join(str(frame.locals) for frame in ours)


# paging


def source_of(entries: list[str], total: int, limit: int, **more: Any) -> paging.Source[Any, Any]:
    def fetch(kind: str, number: int, size: int) -> Page[Any]:
        size = min(size, limit)
        rows = entries[(number - 1) * size : number * size]
        return Page(total, rows, tuple(rows))

    return paging.Source(fetch=fetch, open=lambda page: page, page_size=100, **more)


@pytest.mark.parametrize("has_ids", [True, False])
@pytest.mark.parametrize(("limit", "total"), [(5, 20), (10, 90), (100, 9900)])
def test_a_stale_total_of_full_pages_is_found_out(limit: int, total: int, has_ids: bool) -> None:
    """One entry too few, on a total at which two grids would both end with a full page."""
    entries = [str(number) for number in range(total + 1)]
    with ThreadPoolExecutor(4) as executor:
        source = source_of(entries, total, limit, has_ids=has_ids, executor=executor, restarts=1)
        with pytest.raises(errors.UnstableHistoryError):
            paging.read(source, verify="snapshot")
        whole = source_of(entries, total + 1, limit, has_ids=has_ids, executor=executor)
        assert paging.read(whole, verify="snapshot").certificate == "snapshot"


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
def test_rows_where_there_should_be_none_are_an_error(
    case: Case, server: FaultyServer, verify: Any
) -> None:
    server.behave = lambda it: it.reply_body(case.with_total(it.answer().body, 0))
    with pytest.raises(errors.UnstableHistoryError):
        billnb.load(case.account(server.url), verify=verify)


def test_the_same_row_for_ever_is_bounded() -> None:
    case = vendors.case("unpod", 1)
    with FaultyServer(case.answer) as server:
        body = case.with_total(vendors.encode({"count": 1, "results": case.entries}), 10**6)
        server.behave = lambda it: it.reply_body(body)
        with pytest.raises(errors.ContractError, match="the same as all pages"):
            load(case, server)
        assert server.requests < 1000


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
def test_a_vendor_that_repeats_an_identifier_is_believed_when_it_does_so_again(verify: Any) -> None:
    case = vendors.case("unpod", 250)
    case.entries.insert(200, case.entries[20])
    with FaultyServer(case.answer) as server:
        first = billnb.load(case.account(server.url), verify=verify)
        again = billnb.load(case.account(server.url), verify=verify)
    assert amounts(first) == case.amounts()
    assert first["entry_id"].is_unique
    assert first.equals(again)


def test_numbers_of_identical_entries_never_meet_the_vendors_ids() -> None:
    case = vendors.case("unpod", 4)
    for entry, name in zip(case.entries, ["7", "7", "7#2", "7"], strict=True):
        entry["id"] = name
    with FaultyServer(case.answer) as server:
        assert sorted(load(case, server)["entry_id"]) == ["7", "7#2", "7#3", "7#4"]


@pytest.mark.slow
def test_a_kind_that_grows_while_it_is_read_is_unstable() -> None:
    case = vendors.case("bytio", 1100, page_limit=1)
    with FaultyServer(case.answer) as server:

        def behave(exchange: Exchange) -> None:
            if exchange.request.query["filter"] == "all" and exchange.number > 1:
                case.entries.insert(0, case.make(3 * exchange.number))
            exchange.reply()

        server.behave = behave
        with pytest.raises(errors.UnstableHistoryError):
            billnb.load(case.account(server.url), workers=8)


# bodies


@pytest.mark.parametrize("size", [b"-1", b"-5", b"zz"])
def test_chunks_of_less_than_nothing_are_refused(
    case: Case, server: FaultyServer, size: bytes
) -> None:
    sent = 0

    def behave(exchange: Exchange) -> None:
        nonlocal sent
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        with suppress(OSError):
            while sent < 500 << 20:
                exchange.send(bytes(1 << 20))
                sent += 1 << 20
        exchange.close()

    server.behave = behave
    with pytest.raises(errors.TransportError):
        load(case, server, max_body=1 << 20, tries=1)
    assert sent < 50 << 20


def test_gzip_of_several_members_is_read(case: Case, server: FaultyServer) -> None:
    def behave(exchange: Exchange) -> None:
        body = exchange.answer().body
        packed = gzip.compress(body[:1000]) + gzip.compress(body[1000:])
        exchange.reply_body(packed, Content_Encoding="gzip")

    server.behave = behave
    assert amounts(load(case, server)) == case.amounts()


def test_gzip_of_endless_members_is_refused(case: Case, server: FaultyServer) -> None:
    packed = gzip.compress(b" ") * 100_000
    server.behave = lambda it: it.reply_body(packed, Content_Encoding="gzip")
    with working(at_most=10), pytest.raises(errors.MalformedBodyError):
        load(case, server, tries=1)


@pytest.mark.parametrize("text", ["a." * 30_000, "!" * 60_000, "a:/" * 20_000, "1 " * 30_000])
def test_long_messages_are_cut_before_they_are_read(
    case: Case, server: FaultyServer, text: str
) -> None:
    server.behave = lambda it: it.reply_body(vendors.encode({"message": text}), 400)
    with working(at_most=10), pytest.raises(errors.RequestError) as caught:
        load(case, server)
    assert len(str(caught.value)) < 500


def test_a_cut_never_leaves_half_a_secret() -> None:
    for before in range(980, 1001):
        text = "x " * (before // 2) + "sk-live-0123456789abcdef and more"
        assert "0123" not in redact(text, limit=2000)


def test_a_status_that_is_none_is_not_repeated() -> None:
    case = vendors.case("unpod")
    with FaultyServer(case.answer) as server:
        server.behave = lambda it: it.reply_body(b'{"status_code": 4000123456788642}')
        with pytest.raises(errors.BillnbError) as caught:
            load(case, server, tries=1)
    assert "8642" not in str(caught.value)


# deadlines


def test_a_proxy_that_drips_is_late_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with suppress(OSError), connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 Connected\r\n")
                for _ in range(200):
                    connection.sendall(b"X: y\r\n")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        case = vendors.case("bytio")
        with ending(), pytest.raises(errors.TransportError):
            billnb.load(case.account("https://bytio.example", total=1.0, tries=1))


# executors


class _Broken(Executor):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("a worker died"))
        return future


def test_a_broken_executor_is_a_typed_error(case: Case, server: FaultyServer) -> None:
    with pytest.raises(errors.TransportError, match=f"^{case.name}: the executor gave up"):
        billnb.load(case.account(server.url), executor=_Broken())


# callers


def test_an_interruption_shows_no_variables() -> None:
    @clear_frames_on_error
    def ask(key: str) -> None:
        header = f"Token {key}"
        raise KeyboardInterrupt(len(header))

    with pytest.raises(KeyboardInterrupt) as caught:
        ask("CANARY")
    assert caught.value.__context__ is None
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    inner = [frame for frame in report.stack if frame.name in ("ask", "called")]
    assert len(inner) == 3
    assert "CANARY" not in str([frame.locals for frame in inner])


@pytest.mark.parametrize(
    ("kind", "credentials"),
    [
        (billnb.Bytio, {"api_key": b"CANARY"}),
        (billnb.Unpod, {"token": b"CANARY", "org_handle": "CANARY"}),
        (billnb.Unpod, {"token": "CANARY", "org_handle": ["CANARY"]}),
        (billnb.Bytio, {"api_key": "CANARY", "currency": "?"}),
    ],
)
def test_credentials_of_another_type_are_refused_unseen(kind: Any, credentials: Any) -> None:
    with pytest.raises(errors.BillnbError) as caught:
        kind(**credentials)
    assert "CANARY" not in str(caught.value) + locals_of(caught.value)


def test_a_key_passed_as_a_name_is_not_repeated() -> None:
    with pytest.raises(errors.UnknownNameError) as caught:
        billnb.load("sk_live_0CANARYKEY1")
    assert "CANARY" not in str(caught.value) + locals_of(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://*.example.com",
        "https://.example.com",
        "https://ex%zzample.com",
        "https://\u00ad.com",
    ],
)
def test_hosts_that_cannot_be_asked_are_refused(url: str) -> None:
    with pytest.raises(errors.ArgumentError, match="base_url"):
        billnb.Bytio("key", base_url=url)


@pytest.mark.parametrize(
    "limits", [{"max_body": 1e6}, {"silence": 1e10}, {"total": 1e300}, {"total": float("nan")}]
)
def test_limits_that_no_clock_holds_are_refused(limits: Any) -> None:
    with pytest.raises(errors.ArgumentError):
        billnb.Limits(**limits)


def test_very_many_tries_are_taken(case: Case, server: FaultyServer) -> None:
    server.behave = lambda it: it.reply(Response(503, b"", {}))
    with pytest.raises(errors.DeadlineExceededError):
        load(case, server, tries=5000, total=0.5, backoff=0.001)
