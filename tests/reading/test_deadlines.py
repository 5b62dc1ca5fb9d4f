"""One limit covers all of a request: the name, its addresses, the connection, TLS, a proxy."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from support import vendors
from support.clock import PATIENCE, ending
from support.faulty import Behaviour, Exchange, FaultyServer
from support.silent import accepting, silent_addresses
from support.vendors import Case

import billnb
from billnb import errors
from billnb.transport import Client, HeaderAuth
from billnb.values.secret import Secret

Address = tuple[Any, ...]

# a record of a handshake that announces more than it holds, so that it never ends
HANDSHAKE = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0" + bytes(8000)


def client(url: str, *, resolve: Any = None, **limits: Any) -> Client:
    chosen = billnb.Limits(**{**vendors.QUICK, **limits})
    more = {} if resolve is None else {"resolve": resolve}
    return Client(url, HeaderAuth({"X-Key": Secret(vendors.KEY)}), limits=chosen, **more)


def addresses(hosts: Sequence[str], port: int) -> list[Address]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]


def test_twenty_silent_addresses_share_one_deadline() -> None:
    with silent_addresses(20) as (hosts, port):
        found = addresses(hosts, port)
        with (
            closing(
                client(f"http://name.example:{port}", resolve=lambda *_: found, total=1.0)
            ) as asking,
            ending(),
            pytest.raises(errors.DeadlineExceededError),
        ):
            asking.get({}, bytes)


def test_connect_limits_one_attempt_at_all_addresses() -> None:
    with silent_addresses(8) as (hosts, port):
        found = addresses(hosts, port)
        asking = client(
            f"http://name.example:{port}",
            resolve=lambda *_: found,
            connect=0.5,
            total=60.0,
            tries=1,
        )
        with (
            closing(asking),
            ending(),
            pytest.raises(errors.TransportError, match="no connection could be made in time"),
        ):
            asking.get({}, bytes)


def test_an_address_that_answers_is_found_behind_silent_and_closed_ones() -> None:
    case = vendors.case("bytio", 3)
    with FaultyServer(case.answer) as server, silent_addresses(6) as (hosts, port):
        found = [
            *addresses(hosts, port),
            *addresses(["127.0.0.1"], 9),
            *addresses(["127.0.0.1"], server.port),
        ]
        found[2:2] = [(socket.AF_UNIX, socket.SOCK_STREAM, 6, "", ("nowhere", 1))]
        asking = client("http://name.example", resolve=lambda *_: found, connect=20.0, total=30.0)
        server.behave = lambda it: it.reply_body(b"yes")
        with closing(asking), ending():
            assert asking.get({}, bytes) == b"yes"


def test_a_slow_lookup_ends_at_the_deadline() -> None:
    stuck = threading.Event()

    def slow(host: str, port: int) -> list[Address]:
        stuck.wait(20)
        return []

    threads = threading.active_count()
    try:
        with (
            closing(client("http://name.example", resolve=slow, connect=60.0, total=0.5)) as asking,
            ending(),
            pytest.raises(errors.DeadlineExceededError),
        ):
            asking.get({}, bytes)
        # asked again while it is stuck, nobody asks the name server once more
        for _ in range(5):
            with (
                closing(client("http://name.example", resolve=slow, total=0.1)) as asking,
                pytest.raises(errors.DeadlineExceededError),
            ):
                asking.get({}, bytes)
        assert threading.active_count() <= threads + 1
    finally:
        stuck.set()


def test_a_name_is_looked_up_once_a_client_and_anew_where_it_moved() -> None:
    case = vendors.case("bytio")
    with FaultyServer(case.answer) as server, FaultyServer(case.answer) as other:
        asked: list[str] = []
        serving = server

        def resolve(host: str, port: int) -> list[Address]:
            asked.append(host)
            return addresses(["127.0.0.1"], serving.port)

        server.behave = other.behave = lambda it: (
            it.reply_body(b"%d" % it.server.port),
            it.close(),
        )
        with closing(client("http://name.example", resolve=resolve)) as asking:
            for _ in range(3):
                assert int(asking.get({}, bytes)) == server.port
            assert len(asked) == 1
            server.__exit__()
            serving = other
            assert int(asking.get({}, bytes)) == other.port
            assert len(asked) == 2


def test_a_name_nobody_knows_says_so() -> None:
    def resolve(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    with (
        closing(client("http://name.example", resolve=resolve, tries=2)) as asking,
        pytest.raises(errors.TransportError, match="the name has no address") as caught,
    ):
        asking.get({}, bytes)
    assert type(caught.value) is errors.TransportError
    assert "tried 2 times" in str(caught.value)


@pytest.mark.parametrize("said", [b"", HANDSHAKE], ids=["silent", "dripping"])
def test_a_handshake_ends_at_the_deadline(said: bytes) -> None:
    with (
        accepting(said) as port,
        closing(client(f"https://localhost:{port}", connect=60.0, total=0.8)) as asking,
        ending(),
        pytest.raises(errors.DeadlineExceededError),
    ):
        asking.get({}, bytes)


def test_a_handshake_is_part_of_what_connecting_may_take() -> None:
    with (
        accepting(HANDSHAKE) as port,
        closing(
            client(f"https://localhost:{port}", connect=0.4, total=60.0, tries=1, silence=60.0)
        ) as asking,
        ending(),
        pytest.raises(errors.TransportError, match="in time"),
    ):
        asking.get({}, bytes)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_says_nothing_is_late_too(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with accepting() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://localhost:{port}")
        with (
            closing(client("https://bytio.example", connect=60.0, total=0.8)) as asking,
            ending(),
            pytest.raises(errors.DeadlineExceededError),
        ):
            asking.get({}, bytes)


WAITS: dict[str, Behaviour] = {
    "headers": Exchange.hang,
    "rate limit": lambda it: it.reply_body(b"{}", 429, Retry_After="30"),
    "backoff": lambda it: it.reply_body(b"{}", 503, Retry_After="30"),
    "body": lambda it: (it.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), it.hang()),
}


@pytest.mark.parametrize("wait", [*WAITS, "lookup", "connection", "handshake"])
def test_closing_a_client_ends_whoever_waits(wait: str) -> None:
    """Whoever closes it, from another thread: that is what ends a load on Ctrl-C."""
    stuck = threading.Event()
    case = vendors.case("bytio")
    resolve: Any = None
    with (
        FaultyServer(case.answer) as server,
        silent_addresses() as (hosts, silent),
        accepting() as mute,
    ):
        url = server.url
        if wait in WAITS:
            server.behave = WAITS[wait]
        elif wait == "lookup":
            url = "http://name.example"
            resolve = lambda *_: stuck.wait(20)  # noqa: E731
        elif wait == "connection":
            url = f"http://{hosts[0]}:{silent}"
        else:
            url = f"https://localhost:{mute}"
        limits = {"connect": 50.0, "silence": 50.0, "total": 60.0, "max_wait": 50.0}
        asking = client(url, resolve=resolve, **limits)
        ended: list[Any] = []

        def ask() -> None:
            try:
                ended.append(asking.get({}, bytes))
            except errors.BillnbError as error:
                ended.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        time.sleep(0.3)
        assert thread.is_alive()
        asking.close()
        thread.join(PATIENCE)
        stuck.set()
    assert not thread.is_alive()
    (error,) = ended
    assert isinstance(error, errors.TransportError)
    assert "given up" in str(error)
    sent = asking.sent
    with pytest.raises(errors.TransportError, match="given up"):
        asking.get({}, bytes)
    assert asking.sent == sent


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return context


def test_a_slow_handshake_within_the_limits_is_made(trusting: ssl.SSLContext, case: Case) -> None:
    """It takes many of the slices in which an interrupt is looked for."""
    with FaultyServer(case.answer, tls=trusting) as server, slow_relay(server.port) as port:
        frame = billnb.load(case.account(f"https://localhost:{port}", connect=20.0, total=30.0))
    assert vendors.amounts(frame) == case.amounts()


@contextmanager
def slow_relay(port: int) -> Iterator[int]:
    """Give a port that relays the first bytes of a server in pieces, with pauses between."""

    def relay(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            there = threading.Thread(target=pump, args=(near, far, 0.0), daemon=True)
            there.start()
            pump(far, near, 0.08)
            there.join(5)

    def pump(source: socket.socket, target: socket.socket, pause: float) -> None:
        try:
            sent = 0
            while data := source.recv(200 if pause and sent < 1500 else 65536):
                target.sendall(data)
                sent += len(data)
                time.sleep(pause if sent < 1500 else 0)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def accept(listener: socket.socket) -> None:
        try:
            while True:
                near, _ = listener.accept()
                threading.Thread(target=relay, args=(near,), daemon=True).start()
        except OSError:
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
