"""How long is waited, for whom, and what it is called when that was not enough."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import vendors
from support.clock import PATIENCE, ending
from support.faulty import Exchange, FaultyServer

import billnb
from billnb import errors
from billnb.transport import Client, HeaderAuth
from billnb.transport.waits import seconds_asked, seconds_to_reset
from billnb.values.secret import Secret

RESETS = ["RateLimit-Reset", "X-RateLimit-Reset"]


@pytest.fixture
def serving() -> Iterator[FaultyServer]:
    with FaultyServer(vendors.case("bytio").answer) as server:
        yield server


def asking(server: FaultyServer, *, key: str = vendors.KEY, **more: Any) -> closing[Client]:
    explain = more.pop("explain", None)
    limits = billnb.Limits(**{**vendors.QUICK, "total": 20.0, **more})
    auth = HeaderAuth({"X-Key": Secret(key)})
    return closing(Client(server.url, auth, limits=limits, explain=explain))


def at_first(fault: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    return lambda it: fault(it) if it.number == 1 else it.reply_body(b"yes")


def says(status: int, **headers: str) -> Callable[[Exchange], None]:
    return lambda it: it.reply_body(b"{}", status, **headers)


def waits(caplog: pytest.LogCaptureFixture) -> list[float]:
    """Return the seconds of each wait before another try, as logged."""
    said = (re.search(r"next in ([\d.]+) s", one) for one in caplog.messages)
    return [float(found[1]) for found in said if found]


def ahead(seconds: float) -> str:
    return f"{datetime.now(UTC).timestamp() + seconds:.0f}"


# a limit's reset


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", RESETS)
@pytest.mark.parametrize("form", ["seconds", "moment"])
def test_a_limits_reset_is_waited_for(
    serving: FaultyServer, status: int, header: str, form: str
) -> None:
    reset = "1" if form == "seconds" else ahead(2)
    serving.behave = at_first(says(status, **{header.replace("-", "_"): reset}))
    with ending(after=0.9), asking(serving) as client:
        assert client.get({}, bytes) == b"yes"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", RESETS)
@pytest.mark.parametrize(
    "reset",
    ["86400", "9" * 30, "-5", "0", "soon", "1e3", "nan", "1.2.3", "", ".", "past", "far", "²"],
)
def test_a_reset_that_cannot_be_waited_for_is_our_own(
    serving: FaultyServer,
    status: int,
    header: str,
    reset: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reset = {"past": ahead(-60), "far": ahead(10**6)}.get(reset, reset)
    serving.behave = at_first(says(status, **{header.replace("-", "_"): reset}))
    with caplog.at_level(logging.DEBUG, "billnb"), asking(serving) as client:
        assert client.get({}, bytes) == b"yes"
    (waited,) = waits(caplog)
    assert waited <= vendors.QUICK["backoff"]


def test_a_lasting_limit_past_the_cap_is_a_rate_limit(serving: FaultyServer) -> None:
    serving.behave = says(429, X_RateLimit_Reset="86400")
    with (
        asking(serving, tries=3) as client,
        pytest.raises(errors.RateLimitedError, match="tried 3 times") as caught,
    ):
        client.get({}, bytes)
    assert caught.value.retry_after is None


def test_what_is_asked_for_comes_before_a_reset() -> None:
    assert seconds_asked({"Retry-After": "7", "RateLimit-Reset": "9"}) == 7
    for asked in ("7", "garbage", "-1"):
        headers = {"Retry-After": asked, "RateLimit-Reset": "9"}
        assert seconds_to_reset(headers, limited=True) is None
    assert seconds_to_reset({"RateLimit-Reset": "3", "X-RateLimit-Reset": "9"}, limited=True) == 3


@pytest.mark.parametrize("unit", [1, 1000])
def test_moments_are_counted_by_the_vendors_clock(unit: int) -> None:
    """Where it says what time it has: this machine's may be off."""
    now = datetime(2033, 5, 1, tzinfo=UTC)
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "X-RateLimit-Reset": f"{unit * (now + timedelta(seconds=12)).timestamp():.0f}",
    }
    assert seconds_to_reset(headers, limited=True) == pytest.approx(12, abs=0.01)


def test_a_failure_with_requests_left_is_not_the_limits() -> None:
    reset = {"X-RateLimit-Reset": "30"}
    assert seconds_to_reset(reset, limited=False) == 30
    assert seconds_to_reset(reset | {"X-RateLimit-Remaining": "0"}, limited=False) == 30
    assert seconds_to_reset(reset | {"X-RateLimit-Remaining": "4999"}, limited=False) is None
    assert seconds_to_reset(reset | {"X-RateLimit-Remaining": "4999"}, limited=True) == 30


@given(st.text(), st.sampled_from([*RESETS, "Retry-After"]))
def test_whatever_a_header_says_it_is_a_wait_or_none(text: str, header: str) -> None:
    for limited in (True, False):
        seconds = seconds_to_reset({header: text}, limited=limited)
        assert seconds is None or seconds > 0
    seconds = seconds_asked({header: text})
    assert seconds is None or seconds > 0


# what a failure asks for


@pytest.mark.parametrize("status", [500, 503, 408, 425])
def test_a_passing_failure_is_tried_again(serving: FaultyServer, status: int) -> None:
    serving.behave = at_first(says(status))
    with asking(serving) as client:
        assert client.get({}, bytes) == b"yes"
        assert client.sent == 2


@pytest.mark.parametrize("status", [400, 402, 409, 410, 422, 451])
def test_a_refusal_is_not(serving: FaultyServer, status: int) -> None:
    serving.behave = at_first(says(status))
    with asking(serving) as client, pytest.raises(errors.RequestError):
        client.get({}, bytes)
    assert serving.requests == 1


@pytest.mark.parametrize("status", [503, 408])
def test_a_failure_that_asks_for_a_wait_gets_it_up_to_the_cap(
    serving: FaultyServer, status: int
) -> None:
    serving.behave = at_first(says(status, Retry_After="1"))
    with ending(after=0.9), asking(serving, max_wait=1.0) as client:
        assert client.get({}, bytes) == b"yes"


@pytest.mark.parametrize("status", [503, 408])
def test_a_failure_that_asks_for_more_than_the_cap_is_tried_as_we_see_fit(
    serving: FaultyServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    serving.behave = at_first(says(status, Retry_After="2"))
    with caplog.at_level(logging.DEBUG, "billnb"), asking(serving, max_wait=1.9) as client:
        assert client.get({}, bytes) == b"yes"
    (waited,) = waits(caplog)
    assert waited <= vendors.QUICK["backoff"]


# what it is called


def test_a_failure_that_lasts_until_the_deadline_is_called_late(serving: FaultyServer) -> None:
    serving.behave = says(503)
    with (
        asking(serving, tries=10**6, total=3, backoff=4) as client,
        pytest.raises(errors.DeadlineExceededError, match=r"says 503.* within 3 s\)$"),
    ):
        client.get({}, bytes)


def test_a_rate_limit_that_lasts_until_the_deadline_stays_one(serving: FaultyServer) -> None:
    serving.behave = says(429)
    with (
        asking(serving, tries=10**6, total=3, backoff=4) as client,
        pytest.raises(errors.RateLimitedError, match=r"within 3 s\)$"),
    ):
        client.get({}, bytes)


def test_a_failure_after_all_tries_is_not_called_late(serving: FaultyServer) -> None:
    serving.behave = says(503)
    with (
        asking(serving, tries=2) as client,
        pytest.raises(errors.TransportError, match=r"says 503 \(tried 2 times\)$") as caught,
    ):
        client.get({}, bytes)
    assert type(caught.value) is errors.TransportError


def test_a_connection_cut_at_the_deadline_is_late(serving: FaultyServer) -> None:
    """Whatever became of it: there was no whole answer in time."""

    def behave(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        exchange.drip(b" " * 99, pause=0.1)

    serving.behave = behave
    with (
        asking(serving, tries=1, total=0.5, silence=5.0) as client,
        pytest.raises(errors.DeadlineExceededError, match=r"no whole answer within 0\.5 s; try"),
    ):
        client.get({}, bytes)


def test_waiting_tries_are_woken_when_the_client_is_closed(serving: FaultyServer) -> None:
    serving.behave = says(429, Retry_After="15")
    with asking(serving, max_wait=20.0) as client:
        ended: list[BaseException] = []

        def ask() -> None:
            try:
                client.get({}, bytes)
            except errors.BillnbError as error:
                ended.append(error)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + PATIENCE
        while not serving.requests and time.monotonic() < end:
            time.sleep(0.01)
        client.close()
        for thread in threads:
            thread.join(PATIENCE)
    assert [type(one) for one in ended] == [errors.TransportError] * 3
    assert all("given up" in str(one) for one in ended)


# what is repeated of an answer


@pytest.mark.parametrize("key", ["sesame", "abc", "open-sesame", "ключ".encode().hex()[:7]])
def test_a_key_that_looks_like_a_word_is_masked_too(serving: FaultyServer, key: str) -> None:
    """By its value: nothing else about it says that it is a key."""
    serving.behave = lambda it: it.reply_body(f"no account for {key} here".encode(), 400)
    with (
        asking(serving, key=key, explain=lambda body: body.decode()) as client,
        pytest.raises(errors.RequestError, match="no account for ••• here") as caught,
    ):
        client.get({}, bytes)
    assert key not in str(caught.value)


def test_an_error_of_another_kind_ends_all_clients_and_those_to_come() -> None:
    """As Ctrl-C does: a broken account must not leave the others asking."""
    case = vendors.case("unpod", 3)
    asked = threading.Event()

    class Broken(billnb.Unpod):
        def page(self, answer: Any) -> Any:
            asked.wait(PATIENCE)
            raise ZeroDivisionError

    with FaultyServer(case.answer) as server, FaultyServer(case.answer) as slow:
        slow.behave = lambda it: (asked.set(), it.hang())
        broken = Broken(vendors.KEY, vendors.ORGANIZATION, name="a", base_url=server.url)
        others = [
            billnb.Unpod(vendors.KEY, vendors.ORGANIZATION, name="b", base_url=slow.url),
            billnb.Unpod(
                vendors.KEY,
                vendors.ORGANIZATION,
                name="c",
                base_url=slow.url.replace("127.0.0.1", "localhost"),
            ),
        ]
        with ending(), pytest.raises(ZeroDivisionError):
            billnb.load(broken, *others, workers=2)
        sent = slow.requests
        time.sleep(0.2)
        assert slow.requests == sent
    names = [one.name for one in threading.enumerate()]
    assert not [name for name in names if name.startswith(("billnb-page", "billnb-account"))]


class _SlowToBegin(ThreadPoolExecutor):
    """A pool whose second task counts as running, and cannot be cancelled, before it begins."""

    begun = 0

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.begun += 1
        later = 0.0 if self.begun == 1 else 0.8

        def task() -> Any:
            time.sleep(later)
            return function(*args, **kwargs)

        return super().submit(task)


def test_an_account_begun_after_the_end_asks_for_nothing() -> None:
    case = vendors.case("unpod", 3)

    class Broken(billnb.Unpod):
        def page(self, answer: Any) -> Any:
            raise ZeroDivisionError

    with FaultyServer(case.answer) as server, FaultyServer(case.answer) as late:
        broken = Broken(vendors.KEY, vendors.ORGANIZATION, name="a", base_url=server.url)
        with _SlowToBegin(2) as pool, pytest.raises(ZeroDivisionError):
            billnb.load(broken, case.account(late.url, name="b"), executor=pool)
        assert (server.requests, late.requests) == (1, 0)
