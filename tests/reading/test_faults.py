"""Faults that loading must survive: exact data, or a typed error; never part of the data."""

from __future__ import annotations

import gzip
import logging
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from support import vendors
from support.faulty import Behaviour, ConnectProxy, Exchange, FaultyServer, message
from support.vendors import Case, amounts

import billnb
from billnb import errors
from billnb.sandbox.wire import Response, json_response


def load(
    case: Case, server: FaultyServer, *, verify: Any = "counts", workers: int = 4, **limits: Any
) -> Any:
    return billnb.load(case.account(server.url, **limits), verify=verify, workers=workers)


def assert_exact(case: Case, history: Any) -> None:
    assert amounts(history) == case.amounts()
    assert history["entry_id"].is_unique


def sometimes(fault: Behaviour, times: int = 3) -> Behaviour:
    """A fault of the first requests; those after go well."""

    def behave(exchange: Exchange) -> None:
        (fault if exchange.number <= times else Exchange.reply)(exchange)

    return behave


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    return lambda exchange: exchange.reply_body(body, code, **headers)


def reset_in_mid_body(exchange: Exchange) -> None:
    whole = message(exchange.answer())
    exchange.send(whole[: len(whole) - 40])
    exchange.reset()


# 1, 2: resets, failures and silence


@pytest.mark.parametrize(
    "fault",
    [Exchange.reset, Exchange.close, reset_in_mid_body, status(500), status(502), status(503)],
    ids=["reset", "close", "reset in mid-body", "500", "502", "503"],
)
def test_passing_failures_are_tried_again(
    case: Case, server: FaultyServer, fault: Behaviour
) -> None:
    server.behave = sometimes(fault)
    assert_exact(case, load(case, server))


@pytest.mark.parametrize(
    "fault",
    [Exchange.reset, reset_in_mid_body, status(500), status(503, b"<html>"), Exchange.hang],
    ids=["reset", "reset in mid-body", "500", "503", "hang"],
)
def test_lasting_failures_end_in_time(case: Case, server: FaultyServer, fault: Behaviour) -> None:
    server.behave = fault
    began = time.monotonic()
    with pytest.raises(errors.TransportError, match=case.name):
        load(case, server, silence=0.3, total=1.0)
    assert time.monotonic() - began < 2.5
    assert 1 <= server.requests <= 5


def test_unreachable_host_is_a_transport_error(case: Case, server: FaultyServer) -> None:
    server.__exit__()
    with pytest.raises(errors.TransportError, match="page 1"):
        load(case, server)


def test_a_late_page_fails_the_whole_load(case: Case, server: FaultyServer) -> None:
    server.behave = lambda it: it.reset() if it.page == 3 else it.reply()
    with pytest.raises(errors.TransportError) as caught:
        load(case, server)
    assert caught.value.page == 3
    assert caught.value.loaded is None


# 3: dripping


def drip_body(exchange: Exchange) -> None:
    head, _, body = message(exchange.answer()).partition(b"\r\n\r\n")
    exchange.send(head + b"\r\n\r\n")
    exchange.drip(body)


def drip_header(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    exchange.drip(b"a" * 100_000)


def drip_continue(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, pause=0.005)


@pytest.mark.parametrize("fault", [drip_body, drip_header, drip_continue])
def test_dripping_ends_at_the_deadline(case: Case, server: FaultyServer, fault: Behaviour) -> None:
    server.behave = fault
    began = time.monotonic()
    with pytest.raises(errors.DeadlineExceededError):
        load(case, server, total=0.8)
    assert 0.7 < time.monotonic() - began < 2


# 4: bodies cut short


def chunk_cut(exchange: Exchange) -> None:
    body = exchange.answer().body
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    exchange.send(head + b"%x\r\n" % len(body) + body[: len(body) // 2])
    exchange.close()


def closed_without_length(exchange: Exchange) -> None:
    body = exchange.answer().body
    exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body[: len(body) // 2])
    exchange.close()


def length_too_small(exchange: Exchange) -> None:
    body = exchange.answer().body
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) - 9) + body)


def lengths_in_conflict(exchange: Exchange) -> None:
    body = exchange.answer().body
    lengths = b"Content-Length: %d\r\nContent-Length: %d\r\n" % (len(body), len(body) - 9)
    exchange.send(b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n" + body)


def gzip_cut(exchange: Exchange) -> None:
    packed = gzip.compress(exchange.answer().body)
    exchange.reply_body(packed[:-20], Content_Encoding="gzip")


CUT = [chunk_cut, closed_without_length, length_too_small, lengths_in_conflict, gzip_cut]


@pytest.mark.parametrize("fault", CUT)
def test_a_body_cut_short_is_asked_for_again(
    case: Case, server: FaultyServer, fault: Behaviour
) -> None:
    server.behave = sometimes(fault)
    assert_exact(case, load(case, server))


@pytest.mark.parametrize("fault", CUT)
def test_a_body_always_cut_short_is_an_error(
    case: Case, server: FaultyServer, fault: Behaviour
) -> None:
    server.behave = fault
    with pytest.raises((errors.TransportError, errors.ContractError)):
        load(case, server)
    assert server.requests == 5


def test_packed_and_chunked_bodies_are_read(case: Case, server: FaultyServer) -> None:
    def behave(exchange: Exchange) -> None:
        packed = gzip.compress(exchange.answer().body)
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
        chunks = [packed[start : start + 97] for start in range(0, len(packed), 97)]
        body = b"".join(b"%x\r\n" % len(chunk) + chunk + b"\r\n" for chunk in chunks)
        exchange.send(head + body + b"0\r\n\r\n")

    server.behave = behave
    assert_exact(case, load(case, server))


# 5: too much, or packed unasked


def test_a_gzip_bomb_is_refused_in_little_memory(case: Case, server: FaultyServer) -> None:
    import tracemalloc

    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    server.behave = lambda it: it.reply_body(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(errors.ResponseTooLargeError):
            load(case, server, max_body=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_body_past_the_limit_is_refused(case: Case, server: FaultyServer) -> None:
    with pytest.raises(errors.ResponseTooLargeError, match="1,000 bytes"):
        load(case, server, max_body=1000)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_packing_not_asked_for_is_refused(case: Case, server: FaultyServer, encoding: str) -> None:
    server.behave = lambda it: it.reply_body(it.answer().body, Content_Encoding=encoding)
    with pytest.raises(errors.ContractError, match="not asked for"):
        load(case, server)


# 6: no HTTP


@pytest.mark.parametrize("kind", ["headers", "body"])
def test_what_is_no_http_is_a_transport_error(case: Case, server: FaultyServer, kind: str) -> None:
    lines = b"".join(b"X-%d: CANARY\r\n" % number for number in range(300))
    head = b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"

    def behave(exchange: Exchange) -> None:
        exchange.send(head if kind == "headers" else b'{"CANARY": 1}\r\n\r\n')
        exchange.close()

    server.behave = behave
    with pytest.raises(errors.TransportError) as caught:
        load(case, server)
    assert "CANARY" not in str(caught.value)


# 7: redirects


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(case: Case, server: FaultyServer, code: int) -> None:
    with FaultyServer(case.answer) as elsewhere:
        targets = [elsewhere.url + "/v1", server.url + "/other", "http://bytio.example/"]
        for target in targets:
            server.behave = status(code, b"", Location=target)
            asked = server.requests
            with pytest.raises(errors.RedirectRefusedError):
                load(case, server)
            assert server.requests == asked + 1
        assert elsewhere.requests == 0


def test_no_redirect_from_https_to_http_is_followed(
    case: Case, secure: FaultyServer, server: FaultyServer
) -> None:
    secure.behave = status(302, b"", Location=server.url)
    with pytest.raises(errors.RedirectRefusedError):
        load(case, secure)
    assert (secure.requests, server.requests) == (1, 0)


# 8, 9: statuses


@pytest.mark.parametrize("code", [201, 202, 204, 206, 304])
def test_no_other_success_counts(case: Case, server: FaultyServer, code: int) -> None:
    body = b"" if code in (204, 304) else b'{"status_code": 206, "message": "gone", "data": {}}'
    server.behave = status(code, body)
    special = case.name == "unpod" and code == 206
    wanted = errors.AccountNotFoundError if special else errors.ContractError
    with pytest.raises(wanted, match=str(code)):
        load(case, server)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.RequestError),
        (401, errors.AuthenticationError),
        (403, errors.AccessDeniedError),
        (404, errors.AccountNotFoundError),
        (418, errors.RequestError),
    ],
)
def test_refusals_are_typed_and_do_not_echo(
    case: Case, server: FaultyServer, code: int, kind: type[errors.RequestError]
) -> None:
    said = f"no key {vendors.KEY} of ann@canary.example, see https://x.example/?sig=abc".encode()
    server.behave = status(code, b'{"message": "' + said + b'"}')
    with pytest.raises(kind) as caught:
        load(case, server)
    assert type(caught.value) is kind
    assert caught.value.status == code
    assert caught.value.account == case.name
    assert "no key ••• of •••" in str(caught.value)
    assert vendors.KEY not in str(caught.value)
    assert server.requests == 1


# 10: rate limits


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_rate_limit_is_waited_for(case: Case, server: FaultyServer, form: str) -> None:
    case.entries[:] = case.entries[:50]

    def behave(exchange: Exchange) -> None:
        after = "1" if form == "seconds" else in_seconds(2)
        busy = json_response(429, {"message": "slow down"}, Retry_After=after)
        exchange.reply(busy if exchange.number == 1 else None)

    server.behave = behave
    began = time.monotonic()
    assert_exact(case, load(case, server, total=10.0))
    assert 0.9 < time.monotonic() - began < 4


@pytest.mark.parametrize("after", ["86400", "99999999999999999999", "date"])
def test_an_absurd_wait_is_an_error_at_once(case: Case, server: FaultyServer, after: str) -> None:
    server.behave = status(429, Retry_After=in_seconds(7200) if after == "date" else after)
    began = time.monotonic()
    with pytest.raises(errors.RateLimitedError) as caught:
        load(case, server)
    assert time.monotonic() - began < 1
    assert caught.value.retry_after is not None
    assert server.requests == 1


@pytest.mark.parametrize(
    "after",
    [
        None,
        "-5",
        "soon",
        "0",
        "1.5e3",
        "Tue, 99 Foo 2026",
        "Sun, 06 Nov 2026 08:49:37 +99999999999999",
        "20 Nov 99999999999999999999 10:00:00 GMT",
    ],
)
def test_an_unreadable_wait_is_our_own(case: Case, server: FaultyServer, after: str | None) -> None:
    headers = {} if after is None else {"Retry_After": after}
    server.behave = sometimes(status(429, **headers))
    assert_exact(case, load(case, server))


def test_a_lasting_rate_limit_is_an_error(case: Case, server: FaultyServer) -> None:
    server.behave = status(429)
    with pytest.raises(errors.RateLimitedError, match="tried 5 times"):
        load(case, server)


def test_all_workers_wait_for_a_rate_limit(case: Case, server: FaultyServer) -> None:
    """A limit that one worker meets holds the others back too."""
    met = threading.Event()
    during: list[float] = []

    def behave(exchange: Exchange) -> None:
        if exchange.page == 2 and not met.is_set():
            met.set()
            during.append(time.monotonic())
            exchange.reply(json_response(429, {}, Retry_After="1"))
            return
        if met.is_set():
            during.append(time.monotonic())
        exchange.reply()

    case.page_limit = 10
    server.behave = behave
    assert_exact(case, load(case, server, total=10.0, workers=3))
    early = [when for when in during if 0.2 < when - during[0] < 0.9]
    assert not early


# 11, 12: what is no answer


HTML = b"<!doctype html><html><body>CANARY maintenance</body></html>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (HTML, errors.ContractError),
        (b'{"status": "error", "message": "broken"}', errors.BillnbError),
        (b'{"status_code": 401, "message": "who?", "data": {}}', errors.BillnbError),
        (b'{"error": {"code": "x", "message": "gateway"}}', errors.BillnbError),
        (b"[]", errors.ContractError),
        (b"null", errors.ContractError),
        (b"", errors.ContractError),
    ],
)
def test_a_200_that_is_no_page_is_an_error(
    case: Case, server: FaultyServer, body: bytes, kind: type[errors.BillnbError]
) -> None:
    server.behave = status(200, body)
    with pytest.raises(kind) as caught:
        load(case, server)
    assert "CANARY" not in str(caught.value)


def test_a_status_code_in_the_body_counts() -> None:
    case = vendors.case("unpod")
    with FaultyServer(case.answer) as server:
        server.behave = status(200, b'{"status_code": 401, "message": "who?", "data": {}}')
        with pytest.raises(errors.AuthenticationError, match="who"):
            load(case, server)
        server.behave = sometimes(status(200, b'{"status_code": 500, "message": "oops"}'), 5)
        assert server.requests == 1
        with pytest.raises(errors.TransportError, match="500"):
            load(case, server, tries=2)
        assert_exact(case, load(case, server))


BROKEN = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1E400": b"1E400",
    "5000 digits": b"9" * 5000,
    "13 places": b"0.1234567890123456",
    "deep": b"[" * 100_000,
    "boolean": b"true",
    "null": b"null",
    "text": b'"twelve"',
    "text NaN": b'"NaN"',
    "hexadecimal": b"0x1F",
    "leading zero": b"007",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_numbers_that_are_none_are_refused(case: Case, server: FaultyServer, broken: str) -> None:
    def behave(exchange: Exchange) -> None:
        content = vendors.decode(exchange.answer().body)
        content[case.rows][3][case.amount] = "AMOUNT"
        exchange.reply_body(vendors.encode(content).replace(b'"AMOUNT"', BROKEN[broken]))

    server.behave = behave
    with pytest.raises(errors.ContractError):
        load(case, server)


@pytest.mark.parametrize("text", [b"caf\xe9", b"\\ud800", b"\\udc00 low", b"\x00", b"a\nb"])
def test_text_that_is_no_utf8_is_refused(case: Case, server: FaultyServer, text: bytes) -> None:
    def behave(exchange: Exchange) -> None:
        body = exchange.answer().body
        exchange.reply_body(body.replace(b'":[{', b'":[{"note":"' + text + b'",', 1))

    server.behave = behave
    with pytest.raises(errors.ContractError):
        load(case, server)


# 13: digits


@pytest.mark.parametrize("digits", ["1234.10", "5895.3554498", "9007199254740993", "0.1", "1e-7"])
def test_every_digit_is_kept(case: Case, server: FaultyServer, digits: str) -> None:
    amount = Decimal(digits)
    case.entries[:] = [case.make(7, amount)]
    if case.name == "unpod":
        case.entries.append({**case.make(8), "amount": amount})  # as a number, too
    history = load(case, server)
    expected = amount.scaleb(-2) if case.name == "bytio" else amount
    assert history["total"].to_list() == [expected] * len(case.entries)


# 14, 15: pages that are not what was asked


@pytest.mark.parametrize("limit", [1, 7, 20, 50, 99])
def test_a_page_size_clamped_in_silence_loses_nothing(
    case: Case, server: FaultyServer, limit: int
) -> None:
    case.entries[:] = case.entries[:103]
    case.page_limit = limit
    for verify in ("counts", "snapshot"):
        assert_exact(case, load(case, server, verify=verify))


def test_a_page_that_echoes_the_size_asked_for_and_not_its_own_is_read() -> None:
    case = vendors.case("bytio", page_limit=30)

    def behave(exchange: Exchange) -> None:
        content = vendors.decode(exchange.answer().body)
        content["pagination"]["per_page"] = int(exchange.request.query["count"])
        exchange.reply_body(vendors.encode(content))

    with FaultyServer(case.answer) as server:
        server.behave = behave
        for verify in ("counts", "snapshot"):
            assert_exact(case, load(case, server, verify=verify))


@pytest.mark.parametrize("first", [1, 5])
def test_a_page_size_that_cannot_be_changed_is_read(
    case: Case, server: FaultyServer, first: int
) -> None:
    size = 60

    def behave(exchange: Exchange) -> None:
        if exchange.page != first:  # whichever page is answered first
            time.sleep(0.05)
        query = {**exchange.request.query, "count": str(size), "page_size": str(size)}
        request = type(exchange.request)(exchange.request.path, query, exchange.request.headers)
        exchange.reply(case.answer(request))

    server.behave = behave
    history = load(case, server, verify="snapshot")
    assert_exact(case, history)


def wrong_page(case: Case, exchange: Exchange) -> bytes:
    content = vendors.decode(exchange.answer().body)
    if case.name == "bytio":
        content["pagination"]["current_page"] = 1
        return vendors.encode(content)
    return same_page(case, exchange)


def same_page(case: Case, exchange: Exchange) -> bytes:
    query = {**exchange.request.query, "page": "1"}
    request = type(exchange.request)(exchange.request.path, query, exchange.request.headers)
    content = vendors.decode(case.answer(request).body)
    if case.name == "bytio":
        content["pagination"]["current_page"] = exchange.page
    return vendors.encode(content)


def short_page(case: Case, exchange: Exchange) -> bytes:
    body = exchange.answer().body
    return case.with_rows(body, lambda rows: rows[:-1]) if exchange.page == 2 else body


CONTRADICTIONS: dict[str, Callable[[Case, Exchange], bytes]] = {
    "wrong page": wrong_page,
    "short page": short_page,
    "same page for ever": same_page,
    "negative total": lambda case, it: case.with_total(it.answer().body, -1),
    "no total": lambda case, it: case.with_total(it.answer().body, None),
    "text total": lambda case, it: case.with_total(it.answer().body, "250"),
    "no rows": lambda case, it: case.with_rows(it.answer().body, lambda rows: []),
    "null rows": lambda case, it: case.with_rows(it.answer().body, lambda rows: None),
}


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_pages_that_contradict_themselves_are_refused(
    case: Case, server: FaultyServer, name: str, verify: str
) -> None:
    server.behave = lambda it: it.reply_body(CONTRADICTIONS[name](case, it))
    with pytest.raises(errors.ContractError) as caught:
        load(case, server, verify=verify)
    assert caught.value.page is not None
    assert server.requests < 100


def test_an_absurd_total_is_bounded(case: Case, server: FaultyServer) -> None:
    server.behave = lambda it: it.reply_body(case.with_total(same_page(case, it), 10**12))
    with pytest.raises((errors.ContractError, errors.TruncatedHistoryError)):
        load(case, server)
    assert server.requests < 300


# 16, 17, 18: histories that change while they are read


def insert(case: Case, turn: int) -> None:
    case.entries.insert(0, case.make(1000 + turn))


def insert_in_the_middle(case: Case, turn: int) -> None:
    case.entries.insert(120, case.make(1000 + turn))


def delete(case: Case, turn: int) -> None:
    del case.entries[30]


def swap_in_at_the_top(case: Case, turn: int) -> None:
    del case.entries[-5]
    case.entries.insert(0, case.make(1000 + turn))


def swap_in_at_the_end(case: Case, turn: int) -> None:
    del case.entries[0]
    case.entries.append(case.make(1000 + turn))


CHANGES = [insert, insert_in_the_middle, delete, swap_in_at_the_top, swap_in_at_the_end]


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_paging_loses_nothing(
    case: Case, server: FaultyServer, change: Callable[[Case, int], None], after: int, verify: str
) -> None:
    """Each history that the vendor ever held is right; a mixture of two is not."""
    held = [case.amounts()]
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            if exchange.number == after + 1:
                change(case, 0)
                held.append(case.amounts())
            response = exchange.answer()
        exchange.reply(response)

    server.behave = behave
    history = load(case, server, verify=verify, workers=2)
    assert amounts(history) in held
    assert history["entry_id"].is_unique


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
@pytest.mark.parametrize("change", [insert, delete, swap_in_at_the_top, swap_in_at_the_end])
def test_a_history_that_never_rests_is_an_error(
    case: Case, server: FaultyServer, change: Callable[[Case, int], None], verify: str
) -> None:
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            change(case, exchange.number)
            response = exchange.answer()
        exchange.reply(response)

    server.behave = behave
    with pytest.raises(errors.UnstableHistoryError, match=case.name):
        load(case, server, verify=verify)


def test_a_cached_page_is_found_out_by_snapshot(case: Case, server: FaultyServer) -> None:
    """Page 2 comes from a cache of before a swap; asked in another size, it does not."""
    cached: dict[tuple[str, ...], Response] = {}

    def behave(exchange: Exchange) -> None:
        key = tuple(sorted(exchange.request.query.items()))
        if exchange.page == 2:
            exchange.reply(cached.setdefault(key, exchange.answer()))
        else:
            exchange.reply()

    server.behave = behave
    assert_exact(case, load(case, server, verify="snapshot"))
    swap_in_at_the_top(case, 1)
    try:
        # identifiers may tell that two readings have seen everything between them
        assert_exact(case, load(case, server, verify="snapshot"))
    except errors.UnstableHistoryError:
        pass
    else:
        assert case.name == "unpod"
    cached.clear()
    assert_exact(case, load(case, server, verify="snapshot"))


@pytest.mark.parametrize("stale", [249, 248, 251, 200])
def test_a_stale_total_is_found_out_by_snapshot(
    case: Case, server: FaultyServer, stale: int
) -> None:
    server.behave = lambda it: it.reply_body(case.with_total(it.answer().body, stale))
    with pytest.raises((errors.UnstableHistoryError, errors.ContractError)):
        load(case, server, verify="snapshot")


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
def test_ties_in_no_order_lose_nothing(case: Case, server: FaultyServer, verify: str) -> None:
    """Entries of one second come in another order each time they are asked for."""
    import random

    chance = random.Random(7)
    tied = [
        {**case.make(500 + number), case.issued: "2025-03-01T00:00:00Z"} for number in range(30)
    ]
    older = case.entries[:]
    exact = case.amounts([*tied, *older])
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            chance.shuffle(tied)
            case.entries[:] = [*older[:85], *tied, *older[85:]]
            response = exchange.answer()
        exchange.reply(response)

    server.behave = behave
    for _ in range(2):
        try:
            history = load(case, server, verify=verify)
        except errors.UnstableHistoryError:
            continue
        assert amounts(history) == exact
        if case.name == "unpod":
            assert history.attrs["billnb"]["unpod"]["certificate"] in ("by id", "snapshot")


def test_ids_make_ties_in_no_order_whole() -> None:
    case = vendors.case("unpod", 150)
    with FaultyServer(case.answer) as server:
        import random

        chance = random.Random(3)
        lock = threading.Lock()
        exact = case.amounts()

        def behave(exchange: Exchange) -> None:
            with lock:
                chance.shuffle(case.entries)
                response = exchange.answer()
            exchange.reply(response)

        server.behave = behave
        history = load(case, server)
        assert amounts(history) == exact
        assert history.attrs["billnb"]["unpod"]["certificate"] == "by id"


# 19, 20, 21: twins, the cap, signatures


def test_identical_entries_stay_separate_with_the_same_ids() -> None:
    case = vendors.case("bytio", 198)
    twins = [{**case.make(901), "reciept_url": "https://files.example/1.pdf"}] * 7
    case.entries[96:96] = twins  # across the first two pages
    with FaultyServer(case.answer) as server:
        first, again = load(case, server), load(case, server)
    assert_exact(case, first)
    assert first["entry_id"].to_list() == again["entry_id"].to_list()
    numbered = first["entry_id"][first["entry_id"].str.contains("#")]
    assert sorted(numbered.str[-2:]) == ["#2", "#3", "#4", "#5", "#6", "#7"]
    assert first.attrs["billnb"]["bytio"]["certificate"] == "snapshot"


def test_more_entries_than_pages_are_read_kind_by_kind() -> None:
    case = vendors.case("bytio", 1300, page_limit=1)
    with FaultyServer(case.answer) as server:
        history = load(case, server, workers=8)
        assert_exact(case, history)
        assert history.attrs["billnb"]["bytio"]["announced"] == 1300


def test_more_of_a_kind_than_pages_is_an_error() -> None:
    case = vendors.case("bytio", 1600, page_limit=1)  # two in three are payments
    with FaultyServer(case.answer) as server:
        with pytest.raises(errors.TruncatedHistoryError, match=r"1,066 entries \(payment\)"):
            load(case, server, workers=8)
        invoices = billnb.load(case.account(server.url), kind="invoice")
    assert len(invoices) == 534


def test_kinds_that_do_not_make_up_the_whole_are_an_error() -> None:
    case = vendors.case("bytio", 1100, page_limit=1)
    case.entries[:3] = [{**one, "type": "adjustment"} for one in case.entries[:3]]
    with (
        FaultyServer(case.answer) as server,
        pytest.raises(errors.TruncatedHistoryError, match="all kinds but"),
    ):
        load(case, server, workers=8)


def test_a_new_signature_is_no_new_entry() -> None:
    case = vendors.case("bytio")
    with FaultyServer(case.answer) as server:
        first = load(case, server, verify="snapshot")
        again = load(case, server)
    assert first["entry_id"].equals(again["entry_id"])
    assert not first["document_url"].equals(again["document_url"])


# 22, 23: fields


def test_what_is_unknown_passes_through(case: Case, server: FaultyServer) -> None:
    strange = {
        "bytio": {
            "type": "Refund",
            "status": "On_Hold",
            "extra": {"a": [1]},
            "payment_method": None,
        },
        "unpod": {"status": "On_Hold", "currency": "BITS", "extra": {"a": [1]}, "due_date": None},
    }
    case.entries[0] = {**case.make(0), **strange[case.name]}
    history = load(case, server)
    row = history[history["status"] == "on_hold"].iloc[0]
    if case.name == "bytio":
        assert row["kind"] == "refund"
    else:
        assert row["currency"] == "BITS"


@pytest.mark.parametrize("value", ["missing", None, 5.5, [], {}, "CANARY"])
def test_a_broken_required_field_is_named(case: Case, server: FaultyServer, value: Any) -> None:
    required = {
        "bytio": ["type", "created_on", "total_cents"],
        "unpod": ["amount", "currency", "invoice_date", "id"],
    }
    for field in required[case.name]:
        fits = isinstance(value, str) and field in ("type", "currency", "id")
        if (value == "CANARY" and fits) or (value == 5.5 and field == case.amount):
            continue
        broken = {**case.make(33), field: value}
        if value == "missing":
            del broken[field]
        keep, case.entries[130] = case.entries[130], broken
        with pytest.raises(errors.ContractError) as caught:
            load(case, server)
        case.entries[130] = keep
        error = caught.value
        assert (error.account, error.page) == (case.name, 2)
        assert error.field == f"{case.rows}[30].{field}"
        assert str(error).startswith(f"{case.name}, page 2, field {case.rows}[30].{field}: ")
        assert "CANARY" not in str(error)
        assert "5.5" not in str(error)


# 24: the environment


def test_netrc_and_http_proxy_are_left_out(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert_exact(case, load(case, server))
    for head in server.heads:
        assert vendors.KEY.encode() in head
        assert b"Basic" not in head


@pytest.fixture
def secure(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FaultyServer]:
    """The vendor over TLS, with a certificate that the environment trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with FaultyServer(case.answer, tls=context) as serving:
        yield serving


def test_https_is_read_and_its_deadline_holds(case: Case, secure: FaultyServer) -> None:
    assert_exact(case, load(case, secure))
    secure.behave = drip_body
    with pytest.raises(errors.DeadlineExceededError):
        load(case, secure, total=0.8)


def test_a_certificate_nobody_trusts_is_refused(
    case: Case, secure: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(errors.TransportError, match="TLS"):
        load(case, secure)
    assert secure.requests == 0


def test_https_proxies_are_used_as_tunnels(
    case: Case, secure: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert_exact(case, load(case, secure))
        assert proxy.heads
        for head in proxy.heads:
            assert head.startswith(b"CONNECT localhost:")
            assert vendors.KEY.encode() not in head


# 25: credentials that cannot be sent


@pytest.mark.parametrize("bad", ["a\nb", "a\r\nX: y", "a b", " a", "schlüssel", "", "a\x00b"])
def test_a_credential_that_cannot_be_sent_is_refused_unsaid(
    case: Case, server: FaultyServer, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = f"CANARY{bad}" if bad else bad
    with pytest.raises(errors.AuthenticationError) as caught:
        load(case, server) if case.account(server.url, key=canary) else None
    assert "CANARY" not in str(caught.value)
    assert "CANARY" not in caplog.text
    assert server.requests == 0
