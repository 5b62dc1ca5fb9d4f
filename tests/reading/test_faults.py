"""Faults that loading must survive: exact data, or a typed error; never part of the data."""

from __future__ import annotations

import gzip
import logging
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from support import vendors
from support.clock import ending
from support.faults import assert_exact, load, reset_in_mid_body, sometimes, status
from support.faulty import Behaviour, ConnectProxy, Exchange, FaultyServer, message
from support.vendors import Case

import billnb
from billnb import errors
from billnb.sandbox.wire import json_response

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
    with ending(), pytest.raises(errors.TransportError, match=case.name):
        load(case, server, silence=0.3, total=1.0)
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
    with ending(after=0.7), pytest.raises(errors.DeadlineExceededError):
        load(case, server, total=0.8)


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
    with ending(after=0.9):
        assert_exact(case, load(case, server, total=10.0))


@pytest.mark.parametrize("after", ["86400", "99999999999999999999", "date"])
def test_an_absurd_wait_is_an_error_at_once(case: Case, server: FaultyServer, after: str) -> None:
    server.behave = status(429, Retry_After=in_seconds(7200) if after == "date" else after)
    with pytest.raises(errors.RateLimitedError) as caught:
        load(case, server)
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
    behave = status(429) if after is None else status(429, Retry_After=after)
    server.behave = sometimes(behave)
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
        billnb.load(case.account(server.url, key=canary))
    assert "CANARY" not in str(caught.value)
    assert "CANARY" not in caplog.text
    assert server.requests == 0
