"""One question over HTTP: what is sent, how long is waited, and what an answer is taken for."""

from __future__ import annotations

import gzip
import io
import logging
import re
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from importlib.metadata import version
from typing import Any

import certifi
import msgspec
import pytest
import requests
from support import vendors
from support.faulty import Exchange, FaultyServer
from urllib3.exceptions import NameResolutionError
from urllib3.response import HTTPResponse

from billnb import errors
from billnb.sandbox.wire import Request, json_response
from billnb.transport import (
    Client,
    HeaderAuth,
    Limits,
    Refusal,
    checked_base_url,
    checked_credential,
    strict_json,
)
from billnb.transport.body import read_body
from billnb.transport.endpoint import environment_settings
from billnb.transport.failures import explained
from billnb.transport.waits import backoff, seconds_asked, seconds_to_reset
from billnb.values.secret import Secret

KEY = "CANARY-key"
Behaviour = Callable[[Exchange], Any]


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    def answer(request: Request) -> Any:
        return json_response(200, {"query": request.query})

    with FaultyServer(answer) as serving:
        yield serving


@contextmanager
def asking(server: FaultyServer, more: Any = None, **limits: Any) -> Iterator[Client]:
    chosen = Limits(**{**vendors.QUICK, "total": 20.0, **limits})
    auth = HeaderAuth({"Authorization": Secret(KEY)}, {"Authorization": "Token "})
    client = Client(f"{server.url}/v1/list", auth, limits=chosen, **(more or {}))
    try:
        yield client
    finally:
        client.close()


def failure(
    server: FaultyServer,
    behave: Behaviour | None = None,
    parse: Any = bytes,
    more: Any = None,
    **limits: Any,
) -> errors.BillnbError:
    """Return what a question comes to, asked as often as may be."""
    server.behave = behave or server.behave
    server.heads.clear()
    with asking(server, more, **limits) as client:
        with pytest.raises(errors.BillnbError) as caught:
            client.get({}, parse)
        # the last may have been given up before the server had a look at it
        assert 0 <= client.sent - server.requests <= 1
    return caught.value


def says(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    return lambda exchange: exchange.reply_body(body, code, **headers)


def limits_of(name: str, value: Any) -> Limits:
    return Limits(**{name: value})


def host(server: FaultyServer) -> str:
    return f"127.0.0.1:{server.port}"


# what is sent


def test_a_question_is_asked_with_the_credential_and_little_else(server: FaultyServer) -> None:
    with asking(server) as client:
        assert client.get({"page": 2, "a b": "c&d"}, bytes) == (
            b'{"query":{"page":"2","a b":"c&d"}}'
        )
        assert client.get({}, bytes) == b'{"query":{}}'
        assert client.sent == 2
    first, second = (head.decode().split("\r\n") for head in server.heads)
    assert first[0] == "GET /v1/list?page=2&a+b=c%26d HTTP/1.1"
    assert second[0] == "GET /v1/list HTTP/1.1"
    assert sorted(first[1:]) == [
        "Accept-Encoding: gzip",
        "Accept: application/json",
        f"Authorization: Token {KEY}",
        f"Host: {host(server)}",
        f"User-Agent: billnb/{version('billnb')}",
    ]


def test_a_name_is_asked_at_the_addresses_that_are_found(server: FaultyServer) -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[Any]:
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    auth = HeaderAuth({"X-Key": Secret(KEY)})
    limits = Limits(**vendors.QUICK)
    client = Client("http://name.example:81", auth, limits=limits, resolve=resolve)
    assert client.get({}, bytes) == b'{"query":{}}'
    client.close()
    assert asked == [("name.example", 81)]


def test_the_log_tells_of_tries_and_not_of_keys(
    server: FaultyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "billnb.transport")
    server.behave = lambda it: it.reply_body(b"{}", 503 if it.number == 1 else 200)
    with asking(server) as client:
        client.get({"page": 2}, bytes)
    lines = [f"{host(server)}: {line}" for line in (
        r"HTTP 503 after \d{1,4} ms",
        r"try 1 failed, next in 0\.0\d s",
        r"HTTP 200 after \d{1,4} ms",
    )]  # fmt: skip
    said = [one.getMessage() for one in caplog.records if one.name == "billnb.transport"]
    assert len(said) == len(lines)
    for pattern, line in zip(lines, said, strict=True):
        assert re.fullmatch(pattern, line)


# what an answer is taken for


ADVICE = {
    400: "Check the arguments of the account",
    401: "Check that the credential is right and has not been revoked",
    403: "Check that the credential may read billing, and of this organization",
    404: "Check the organization handle and base_url",
    418: "Check the arguments of the account",
    499: "Check the arguments of the account",
}
KINDS = {
    401: errors.AuthenticationError,
    403: errors.AccessDeniedError,
    404: errors.AccountNotFoundError,
}


@pytest.mark.parametrize("code", ADVICE)
def test_a_refusal_says_what_to_check_and_is_final(server: FaultyServer, code: int) -> None:
    error = failure(server, says(code))
    assert type(error) is KINDS.get(code, errors.RequestError)
    assert str(error) == f"{host(server)} says {code}. {ADVICE[code]}"
    assert isinstance(error, errors.RequestError)
    assert error.status == code
    assert server.requests == 1


def test_a_vendor_may_give_a_status_another_meaning(server: FaultyServer) -> None:
    more = {"statuses": {206: errors.AccountNotFoundError, 404: errors.RequestError}}
    assert type(failure(server, says(206), more=more)) is errors.AccountNotFoundError
    error = failure(server, says(404), more=more)
    assert type(error) is errors.RequestError


@pytest.mark.parametrize("code", [199 + 2, 204, 304, 310, 399])
def test_what_is_neither_an_answer_nor_a_refusal_breaks_the_contract(
    server: FaultyServer, code: int
) -> None:
    error = failure(server, says(code, b""))
    assert type(error) is errors.ContractError
    assert str(error) == f"{host(server)} says {code}; expected 200 and a page of the history"
    assert server.requests == 1


@pytest.mark.parametrize("code", [300, 301, 302, 303, 305, 307, 308])
def test_a_redirect_is_not_followed(server: FaultyServer, code: int) -> None:
    error = failure(server, says(code, b"", Location=f"{server.url}/other"))
    assert type(error) is errors.RedirectRefusedError
    assert str(error) == (
        f"{host(server)} answered HTTP {code}, a redirect; it is not followed, because it would "
        "send the credential elsewhere. Check base_url"
    )
    assert server.requests == 1


@pytest.mark.parametrize("code", [408, 425, 500, 502, 503, 504, 599])
def test_a_failure_that_may_pass_is_asked_for_again(server: FaultyServer, code: int) -> None:
    server.behave = lambda it: it.reply_body(b"yes", code if it.number < 3 else 200)
    with asking(server) as client:
        assert client.get({}, bytes) == b"yes"
        assert client.sent == server.requests == 3
    error = failure(server, says(code), tries=2)
    assert type(error) is errors.TransportError
    assert str(error).endswith(f" says {code} (tried 2 times)")


EXPECTED = "expected 200 and a page of the history"
SLOWER = " and load again, or use fewer workers"


def explain(body: bytes) -> str | None:
    return str(msgspec.json.decode(body).get("message") or "") or None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "no."}', ", saying: no"),
        (b'{"message": "no key CANARY-key of ann@mail.example..."}', ", saying: no key ••• of •••"),
        (b'{"message": ""}', ""),
        (b"{}", ""),
    ],
)
def test_what_the_vendor_says_is_repeated_without_secrets(
    server: FaultyServer, body: bytes, said: str
) -> None:
    error = failure(server, says(400, body), more={"explain": explain})
    assert str(error) == (f"{host(server)} says 400{said}. Check the arguments of the account")


def test_an_error_that_cannot_be_read_is_told_by_its_status(server: FaultyServer) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\n{")
        exchange.close()

    large = says(403, b" " * (65 * 1024))
    for behave in (cut, large, says(403, b"{", Content_Encoding="gzip")):
        error = failure(server, behave, more={"explain": explain})
        assert type(error) is errors.AccessDeniedError
        assert "saying" not in str(error)


def test_a_long_message_of_an_error_is_read(server: FaultyServer) -> None:
    body = b'{"message": "no"' + b" " * (60 * 1024) + b"}"
    assert "says 400, saying: no. " in str(
        failure(server, says(400, body), more={"explain": explain})
    )


@pytest.mark.parametrize(
    ("status", "message", "kind", "said"),
    [
        (None, "locked.", errors.RequestError, "states a failure, saying: locked"),
        (None, None, errors.RequestError, "states a failure"),
        (401, "who", errors.AuthenticationError, f"says 401, saying: who. {ADVICE[401]}"),
        (100, None, errors.ContractError, f"says 100; {EXPECTED}"),
        (99, None, errors.ContractError, f"says an unknown status; {EXPECTED}"),
        (999, None, errors.TransportError, "says 999 (tried 1 times)"),
        (1000, None, errors.TransportError, "says an unknown status (tried 1 times)"),
        (429, None, errors.RateLimitedError, f"says 429; wait{SLOWER} (tried 1 times)"),
    ],
)
def test_a_body_that_states_a_failure_is_one(
    server: FaultyServer,
    status: int | None,
    message: str | None,
    kind: type[errors.BillnbError],
    said: str,
) -> None:
    def parse(body: bytes) -> None:
        raise Refusal(status, message)

    error = failure(server, parse=parse, tries=1)
    assert type(error) is kind
    assert str(error) == f"a body under HTTP 200 {said}"


def test_a_refusal_holds_no_message_of_its_own() -> None:
    refusal = Refusal(403, "CANARY")
    assert (str(refusal), refusal.status, refusal.message) == (
        "the body states a failure",
        403,
        "CANARY",
    )


def test_a_body_cut_short_is_asked_for_again_and_a_wrong_one_is_not(server: FaultyServer) -> None:
    def cut(body: bytes) -> None:
        raise errors.MalformedBodyError("cut")

    def wrong(body: bytes) -> None:
        raise errors.ContractError("wrong")

    error = failure(server, parse=cut, tries=3)
    assert (type(error), str(error)) == (errors.MalformedBodyError, "cut (tried 3 times)")
    assert server.requests == 3
    error = failure(server, parse=wrong, tries=3)
    assert (type(error), str(error), server.requests) == (errors.ContractError, "wrong", 1)


@pytest.mark.parametrize(
    "head", [b" continued: 1\r\nContent-Length: 2\r\n", b"Content-Length: 2\r\nno colon\r\n"]
)
def test_headers_that_are_none_are_no_answer(server: FaultyServer, head: bytes) -> None:
    error = failure(
        server, lambda it: (it.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n{}"), it.close()), tries=1
    )
    assert type(error) is errors.TransportError


def test_a_type_of_several_parts_is_no_fault_of_the_headers(server: FaultyServer) -> None:
    server.behave = says(200, Content_Type="multipart/mixed; boundary=x")
    with asking(server) as client:
        assert client.get({}, bytes) == b"{}"


# waits


@pytest.mark.parametrize("code", [503, 408])
def test_a_wait_asked_for_is_kept_up_to_its_cap(server: FaultyServer, code: int) -> None:
    """Of as many seconds as may be: there is no time for it. Of more: it is our own, and short."""
    error = failure(server, says(code, Retry_After="30"), max_wait=30.0)
    assert type(error) is errors.DeadlineExceededError
    assert str(error) == f"{host(server)} says {code} (tried 1 times within 20 s)"
    error = failure(server, says(code, Retry_After="30"), max_wait=29.0, tries=4)
    assert (type(error), server.requests) == (errors.TransportError, 4)


def test_a_reset_is_waited_for_where_nothing_remains(server: FaultyServer) -> None:
    headers: dict[str, Any] = {"RateLimit_Remaining": "0", "RateLimit_Reset": "30"}
    error = failure(server, says(503, **headers))
    assert (type(error), server.requests) == (errors.DeadlineExceededError, 1)
    headers["RateLimit_Remaining"] = "7"
    error = failure(server, says(503, **headers), tries=2)
    assert (type(error), server.requests) == (errors.TransportError, 2)


@pytest.mark.parametrize("header", ["Retry_After", "RateLimit_Reset"])
def test_a_rate_limit_is_waited_for_up_to_its_cap(server: FaultyServer, header: str) -> None:
    headers: dict[str, Any] = {header: "30"}
    error = failure(server, says(429, **headers), max_wait=30.0)
    assert isinstance(error, errors.RateLimitedError)
    assert str(error) == (
        f"{host(server)} says 429; it asks to wait 30 s and load again, or use fewer workers "
        "(tried 1 times within 20 s)"
    )
    assert error.retry_after == 30.0


def test_a_rate_limit_says_when_it_ends_whatever_is_said_to_remain(server: FaultyServer) -> None:
    error = failure(server, says(429, RateLimit_Reset="30", RateLimit_Remaining="5"))
    assert isinstance(error, errors.RateLimitedError)
    assert error.retry_after == 30.0


def test_a_rate_limit_past_the_cap_is_an_error_at_once(server: FaultyServer) -> None:
    error = failure(server, says(429, Retry_After="31"), max_wait=30.0, total=60.0)
    assert isinstance(error, errors.RateLimitedError)
    assert str(error) == (
        f"{host(server)} says 429; it asks to wait 31 s and load again, or use fewer workers"
    )
    assert (error.retry_after, server.requests) == (31.0, 1)


def test_a_reset_past_the_cap_is_our_own_wait(server: FaultyServer) -> None:
    error = failure(server, says(429, RateLimit_Reset="31"), max_wait=30.0, tries=2)
    assert isinstance(error, errors.RateLimitedError)
    assert str(error).endswith("; wait and load again, or use fewer workers (tried 2 times)")
    assert error.retry_after is None


def test_a_rate_limit_holds_back_what_is_asked_next(server: FaultyServer) -> None:
    server.behave = says(429, Retry_After="30")
    with asking(server) as client:
        with pytest.raises(errors.RateLimitedError):
            client.get({}, bytes)
        with pytest.raises(errors.DeadlineExceededError):
            client.get({}, bytes)
    assert server.requests == 1


def test_a_shorter_limit_does_not_end_a_longer_one(server: FaultyServer) -> None:
    server.behave = lambda it: it.reply_body(b"", 429, Retry_After="50" if it.number == 1 else "1")
    with asking(server, total=40.0) as client:
        with pytest.raises(errors.RateLimitedError):
            client.get({}, bytes)
        with pytest.raises(errors.DeadlineExceededError):
            client.get({}, bytes)


def test_a_late_answer_is_called_late(server: FaultyServer) -> None:
    began = time.monotonic()
    error = failure(server, Exchange.hang, total=0.3, silence=20.0)
    assert 0.25 < time.monotonic() - began < 10
    assert type(error) is errors.DeadlineExceededError
    assert str(error) == (
        f"{host(server)} gave no whole answer within 0.3 s; try again, or allow more with "
        "Limits(total=…)"
    )


def test_a_failure_at_the_end_of_the_time_is_called_late_and_says_what_it_was(
    server: FaultyServer,
) -> None:
    error = failure(server, says(500), tries=5000, total=0.3, backoff=0.001)
    assert type(error) is errors.DeadlineExceededError
    assert re.fullmatch(rf"{host(server)} says 500 \(tried \d+ times within 0\.3 s\)", str(error))


def test_a_silence_is_tried_again(server: FaultyServer) -> None:
    error = failure(server, Exchange.hang, total=5.0, silence=0.1, tries=2)
    assert type(error) is errors.TransportError
    assert str(error) == f"{host(server)}: no answer in time (tried 2 times)"


@pytest.mark.parametrize("behave", [Exchange.reset, Exchange.close])
def test_a_cut_connection_is_tried_again(server: FaultyServer, behave: Behaviour) -> None:
    error = failure(server, behave, tries=3)
    assert type(error) is errors.TransportError
    assert str(error) == (
        f"{host(server)}: the connection failed, or was cut before the answer was whole "
        "(tried 3 times)"
    )
    assert server.requests == 3


def test_a_client_that_was_closed_asks_nothing(server: FaultyServer) -> None:
    with asking(server) as client:
        client.pause(0)
        client.pause(-1)
        client.close()
        for call in (lambda: client.get({}, bytes), lambda: client.pause(30)):
            with pytest.raises(errors.TransportError) as caught:
                call()
            assert str(caught.value) == "given up, because another part of the load failed"
    assert server.requests == client.sent == 0


def test_a_pause_lasts(server: FaultyServer) -> None:
    with asking(server) as client:
        began = time.monotonic()
        client.pause(0.1)
        assert time.monotonic() - began >= 0.09


def test_our_own_waits_double_up_to_a_cap() -> None:
    for tries, most in (
        (1, 0.25),
        (2, 0.5),
        (4, 2.0),
        (6, 8.0),
        (7, 10.0),
        (40, 10.0),
        (5000, 10.0),
    ):
        drawn = [backoff(tries, 0.25) for _ in range(300)]
        assert all(0 <= one <= most for one in drawn)
        assert max(drawn) > most * 0.9
        assert min(drawn) < most * 0.1
    assert max(backoff(34, 1e-9) for _ in range(300)) <= 1e-9 * 2.0**32


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("1", 1.0),
        (" 7 ", 7.0),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u0667", None),
        ("9" * 400, 999999999999.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Tue, 99 Foo 2026", None),
        ("Sun, 06 Nov 2026 08:49:37 +99999999999999", None),
        ("20 Nov 99999999999999999999 10:00:00 GMT", None),
    ],
)
def test_the_seconds_asked_for_are_read(text: str, seconds: float | None) -> None:
    assert seconds_asked({"Retry-After": text}) == seconds


def test_a_date_to_wait_for_is_read_as_utc() -> None:
    assert seconds_asked({}) is None
    there = datetime.now(timezone(timedelta(hours=5))) + timedelta(seconds=100)
    for text in (
        in_seconds(100),
        in_seconds(100).replace("GMT", "-0000"),
        format_datetime(there),
    ):
        asked = seconds_asked({"Retry-After": text})
        assert asked is not None
        assert 95 < asked <= 100


NOW = 1_800_000_000
DATE = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "limited", "seconds"),
    [
        ({"RateLimit-Reset": "20"}, True, 20.0),
        ({"RateLimit-Reset": "2.5"}, True, 2.5),
        ({"RateLimit-Reset": "1"}, True, 1.0),
        ({"RateLimit-Reset": "1000000000", "Date": DATE}, True, None),
        ({"RateLimit-Reset": "100000000000", "Date": DATE}, True, None),
        ({"X-RateLimit-Reset": "20"}, True, 20.0),
        ({"RateLimit-Reset": "soon", "X-RateLimit-Reset": "20"}, True, 20.0),
        ({"RateLimit-Reset": "10", "X-RateLimit-Reset": "20"}, True, 10.0),
        ({"RateLimit-Reset": "0", "X-RateLimit-Reset": "20"}, True, None),
        ({"RateLimit-Reset": "-4"}, True, None),
        ({"RateLimit-Reset": "1.2.3"}, True, None),
        ({"RateLimit-Reset": "\u0667"}, True, None),
        ({"RateLimit-Reset": "1" * 21}, True, None),
        ({"RateLimit-Reset": "0" * 18 + "30"}, True, 30.0),
        ({"RateLimit-Reset": "0" * 19 + "30"}, True, None),
        ({"RateLimit-Reset": "999999999"}, True, 999999999.0),
        ({"RateLimit-Reset": str(NOW + 30), "Date": DATE}, True, 30.0),
        ({"RateLimit-Reset": str(NOW - 30), "Date": DATE}, True, None),
        ({"RateLimit-Reset": str(NOW), "Date": DATE}, True, None),
        ({"RateLimit-Reset": f"{NOW + 30}000", "Date": DATE}, True, 30.0),
        ({"RateLimit-Reset": "20", "Retry-After": "soon"}, True, None),
        ({"RateLimit-Reset": "20", "RateLimit-Remaining": "5"}, True, 20.0),
        ({"RateLimit-Reset": "20", "RateLimit-Remaining": "5"}, False, None),
        ({"RateLimit-Reset": "20", "X-RateLimit-Remaining": "1"}, False, None),
        ({"RateLimit-Reset": "20", "RateLimit-Remaining": "0"}, False, 20.0),
        ({"RateLimit-Reset": "20"}, False, 20.0),
        ({}, True, None),
    ],
)
def test_a_reset_is_read_in_the_ways_it_is_written(
    headers: dict[str, str], limited: bool, seconds: float | None
) -> None:
    assert seconds_to_reset(headers, limited=limited) == seconds


def test_a_reset_without_a_date_is_counted_from_now() -> None:
    for text in (str(int(time.time()) + 100), str((int(time.time()) + 100) * 1000)):
        found = seconds_to_reset({"RateLimit-Reset": text}, limited=True)
        assert found is not None
        assert 95 < found <= 101


# bodies


def raw(body: bytes, **headers: str) -> HTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(io.BytesIO(body), headers=named, preload_content=False)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
def test_packed_bodies_are_unpacked(encoding: str) -> None:
    body = b"digits " * 20_000
    assert read_body(raw(gzip.compress(body), Content_Encoding=encoding), 10**6) == body
    two = gzip.compress(body) + gzip.compress(b"and more")
    assert read_body(raw(two, Content_Encoding=encoding), 10**6) == body + b"and more"


@pytest.mark.parametrize(
    "headers", [{}, *({"Content_Encoding": one} for one in ("", " ", "Identity"))]
)
def test_plain_bodies_are_as_they_are(headers: dict[str, str]) -> None:
    body = bytes(range(256)) * 1000
    assert read_body(raw(body, **headers), len(body)) == body


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(pack: Any) -> None:
    headers = {"Content_Encoding": "gzip"} if pack is gzip.compress else {}
    for size in (0, 1, 5000, 200_000):
        body = bytes(size)
        assert read_body(raw(pack(body), **headers), max(size, 30)) == body
    with pytest.raises(errors.ResponseTooLargeError) as caught:
        read_body(raw(pack(bytes(5001)), **headers), 5000)
    assert str(caught.value) == (
        "the body is larger than 5,000 bytes, more than the rows asked for should take; larger "
        "Limits(max_row=…, max_body=…) allow it"
    )


class Counted(io.BytesIO):
    """A stream that knows how much was read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def test_no_more_is_read_than_tells_that_it_is_too_much() -> None:
    stream = Counted(bytes(10**7))
    with pytest.raises(errors.ResponseTooLargeError):
        read_body(HTTPResponse(stream, preload_content=False), 1000)
    assert stream.read_bytes < 10**6


def test_no_more_is_unpacked_than_tells_that_it_is_too_much() -> None:
    bomb = gzip.compress(bytes(5 * 10**7))
    tracemalloc.start()
    try:
        with pytest.raises(errors.ResponseTooLargeError):
            read_body(raw(bomb, Content_Encoding="gzip"), 10**6)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_members_together_are_held_to_the_limit() -> None:
    two = gzip.compress(bytes(3000)) * 2
    assert len(read_body(raw(two, Content_Encoding="gzip"), 6000)) == 6000
    with pytest.raises(errors.ResponseTooLargeError):
        read_body(raw(two, Content_Encoding="gzip"), 5999)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"x" * 99)[:-3],
        zlib.compress(b"x" * 99),
        b"no gzip",
        gzip.compress(b"x") + b"no gzip",
        b"",
        gzip.compress(b"") * 101,
    ],
    ids=["cut", "zlib", "plain", "more", "empty", "many"],  # gzip's own bytes tell the time
)
def test_a_packed_body_that_is_damaged_is_malformed(packed: bytes) -> None:
    with pytest.raises(errors.MalformedBodyError) as caught:
        read_body(raw(packed, Content_Encoding="gzip"), 10**6)
    assert str(caught.value) == "the compressed body is incomplete or damaged"


def test_a_body_of_a_hundred_members_is_read() -> None:
    assert read_body(raw(gzip.compress(b"x") * 100, Content_Encoding="gzip"), 10**4) == b"x" * 100


def test_packing_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(errors.ContractError) as caught:
        read_body(raw(b"", Content_Encoding="br"), 10)
    assert str(caught.value) == "the body has a compression that was not asked for; expected gzip"


class Row(msgspec.Struct):
    """What a row is in these tests."""

    amount: int
    note: str | None = None


class Envelope(msgspec.Struct):
    """What a body is in these tests."""

    rows: list[Row]


decoder = msgspec.json.Decoder(Envelope)


def test_what_is_strict_json_is_read() -> None:
    assert strict_json(b'{"rows": [{"amount": 3}]}', decoder).rows == [Row(3)]


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (b'{"rows": [{"amount": "CANARY"}]}', "rows[0].amount", "expected `int`, got `str`"),
        (b'{"rows": [{}]}', "rows[0].amount", "required, and missing"),
        (b"{}", "rows", "required, and missing"),
        (b'"CANARY"', "(the whole body)", "expected `object`, got `str`"),
    ],
)
def test_a_broken_contract_names_the_field(body: bytes, field: str, problem: str) -> None:
    with pytest.raises(errors.ContractError) as caught:
        strict_json(body, decoder)
    assert caught.value.field == field
    assert str(caught.value) == (
        f"field {field}: {problem}; the vendor's answer has changed, or it is not the vendor's"
    )
    assert caught.value.__context__ is None


DEEP = b'{"other": ' + b"[" * 100_000


def test_a_field_of_any_name_is_written_as_one() -> None:
    named = msgspec.json.Decoder(dict[str, list[Row]])
    with pytest.raises(errors.ContractError) as caught:
        strict_json(b'{"CANARY": [{"amount": 1}, {"amount": "x"}]}', named)
    assert caught.value.field == "[][1].amount"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", DEEP, b'{"rows": []}x'])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(errors.MalformedBodyError) as caught:
        strict_json(body, decoder)
    assert str(caught.value) == (
        "the body is not complete, strict JSON; if it stays so, check base_url and any proxy"
    )
    assert caught.value.__context__ is None


# where it goes


IN_CLEAR = "is http, which would send the credential in clear text (http is only for loopback)"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "is not a URL"),
        (7, "is not a URL"),
        ("https://", "is not a URL"),
        ("https://x.example:99999", "is not a URL"),
        ("https://x .example", "is not a URL"),
        ("https://x.example\\@y.example", "is not a URL"),
        ("https://x.exa\tmple", "is not a URL"),
        ("https://*.example.com", "is not a URL"),
        ("ftp://x.example", "is not https"),
        ("http://x.example", IN_CLEAR),
        ("http://127.0.0.1.evil.example", IN_CLEAR),
        ("https://u@x.example", "holds a user name"),
        ("https://:p@x.example", "holds a user name"),
        ("https://x.example/v1", "is more than scheme and host (the path is the provider's)"),
        ("https://x.example?a", "is more than scheme and host (the path is the provider's)"),
        ("https://x.example#a", "is more than scheme and host (the path is the provider's)"),
        ("https://x.example:0", "is more than scheme and host (the path is the provider's)"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: Any, problem: str) -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        checked_base_url(url)
    assert str(caught.value) == (
        f"base_url {problem}; expected something like 'https://api.example.com'"
    )
    with pytest.raises(errors.ArgumentError, match=r"^X_BASE_URL (is|holds) "):
        checked_base_url(url, "X_BASE_URL")


@pytest.mark.parametrize(
    "url",
    ["https://x.example", "https://X.example", "https://x.example:8443/", "http://localhost", "http://LOCALHOST:80/",
     "http://127.8.9.1", "http://[::1]:80"],
)  # fmt: skip
def test_https_and_loopback_are_asked(url: str) -> None:
    assert checked_base_url(url) == url.rstrip("/")


def test_a_credential_that_cannot_travel_is_refused() -> None:
    good = Secret("".join(map(chr, range(0x21, 0x7F))))
    assert checked_credential(good, "api_key") is good
    for bad in ("", "a b", "a\n", "\x7f", "é"):
        with pytest.raises(errors.AuthenticationError) as caught:
            checked_credential(Secret(bad), "api_key")
        assert str(caught.value) == (
            "api_key cannot be sent: it is empty, not text, or holds a space, a line break or a "
            "character outside ASCII; copy it from the vendor's site once more"
        )


def test_headers_without_a_prefix_hold_the_credential_alone() -> None:
    auth = HeaderAuth({"X-Key": Secret("one"), "Authorization": Secret("two")}, {"X-Other": "no "})
    request = requests.Request("GET", "https://x.example", auth=auth).prepare()
    assert (request.headers["X-Key"], request.headers["Authorization"]) == ("one", "two")
    assert auth.secrets == (Secret("one"), Secret("two"))


def test_proxies_are_for_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:8080")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    secure = environment_settings("https://x.example")
    assert secure["proxies"]["https"] == "http://proxy.example:8080"
    assert secure["verify"] == "/nowhere"
    plain = environment_settings("http://127.0.0.1:80")
    assert (plain["proxies"], plain["verify"]) == ({}, True)
    assert "stream" not in secure | plain


def test_an_adapter_is_told_whom_to_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert environment_settings("https://x.example")["verify"] == certifi.where()
    monkeypatch.setenv("SSL_CERT_FILE", "/one")
    assert environment_settings("https://x.example")["verify"] == "/one"
    monkeypatch.setenv("CURL_CA_BUNDLE", "/two")
    assert environment_settings("https://x.example")["verify"] == "/two"


# limits


@pytest.mark.parametrize("name", ["connect", "silence", "total", "backoff", "max_wait"])
def test_a_limit_of_time_is_a_number_above_nothing(name: str) -> None:
    assert getattr(limits_of(name, 2**31 - 1), name) == 2**31 - 1
    assert getattr(limits_of(name, 0.5), name) == 0.5
    for wrong, problem in (
        ("1", "must be a number"),
        (True, "must be a number"),
        (None, "must be a number"),
        (0, "must be above 0, and at most 2,147,483,647"),
        (-1.5, "must be above 0, and at most 2,147,483,647"),
        (2**31, "must be above 0, and at most 2,147,483,647"),
        (float("nan"), "must be above 0, and at most 2,147,483,647"),
    ):
        with pytest.raises(errors.ArgumentError) as caught:
            limits_of(name, wrong)
        assert str(caught.value) == f"{name} {problem}"


@pytest.mark.parametrize("name", ["tries", "max_body", "max_row", "max_history"])
def test_a_limit_that_counts_is_a_whole_number(name: str) -> None:
    assert getattr(Limits(**{name: 1}), name) == 1
    with pytest.raises(errors.ArgumentError) as caught:
        limits_of(name, 1.5)
    assert str(caught.value) == f"{name} must be a whole number"


# what is said of a request that failed on its way


def certificate_error(code: int) -> Exception:
    inner = ssl.SSLCertVerificationError(1, "CANARY")
    inner.verify_code = code
    return requests.exceptions.SSLError(inner)


OUT_OF_DATE = "its TLS certificate is out of date; check this machine's clock"
NO_ADDRESS = "the address, or that of the proxy, is invalid; check base_url and HTTPS_PROXY"
NO_NAME = "the name has no address; check base_url and the network"
PROXY = "the proxy refused or failed; check HTTPS_PROXY"
UNKNOWN_NAME = requests.exceptions.ConnectionError(
    NameResolutionError("x", None, OSError("CANARY"))  # type: ignore[arg-type]
)
NOT_TRUSTED = (
    "its TLS certificate is not from a trusted authority; where a company has its own, set "
    "SSL_CERT_FILE, or REQUESTS_CA_BUNDLE, to the file of your authority's certificates"
)


@pytest.mark.parametrize(
    ("error", "story", "passing"),
    [
        (requests.exceptions.ProxyError("CANARY"), PROXY, True),
        (requests.exceptions.SSLError("CANARY"), "no trusted TLS connection could be made", True),
        (requests.exceptions.ConnectTimeout("CANARY"), "no connection could be made in time", True),
        (requests.exceptions.ReadTimeout("CANARY"), "no answer in time", True),
        (OSError("CANARY"), "the connection failed, or was cut before the answer was whole", True),
        (requests.exceptions.InvalidURL("CANARY"), NO_ADDRESS, False),
        (UNKNOWN_NAME, NO_NAME, True),
        (certificate_error(10), OUT_OF_DATE, False),
        (certificate_error(62), "its TLS certificate is another host's; check base_url", False),
        (certificate_error(20), NOT_TRUSTED, False),
    ],
)
def test_a_failure_on_the_way_is_told_in_our_words(
    error: Exception, story: str, passing: bool
) -> None:
    assert explained(error) == (story, passing)
    around = OSError("around")
    around.__cause__ = error
    assert explained(around) == (story, passing)
    around = OSError("around")
    around.__context__ = error
    assert explained(around) == (story, passing)
    around = OSError("around")
    around.reason = error  # type: ignore[attr-defined]
    error.__context__ = around  # a circle, as they come
    assert explained(around) == (story, passing)
