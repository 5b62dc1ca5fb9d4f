"""The parts of a connection: its time, calls made apart, names and addresses."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest
from support.silent import silent_addresses

from billnb.errors import TransportError
from billnb.transport.budget import Budget
from billnb.transport.connector import Connector, first, resolve
from billnb.transport.daemon_threads import DaemonThreads, wait_for
from billnb.transport.socks_proxy import SocksConnector, check


def budget(seconds: float = 10.0, *, connect: float = 5.0, silence: float = 2.0) -> Budget:
    begun = Budget(connect=connect, silence=silence)
    begun.begin(seconds)
    return begun


# time


def test_a_request_has_the_seconds_it_was_given() -> None:
    given = budget(10.0)
    assert 9 < given.left() <= 10
    given.begin(100.0)
    assert 99 < given.left() <= 100


def test_a_silence_is_no_longer_than_what_is_left() -> None:
    assert budget(10.0, silence=2.0).silence() == 2.0
    assert 1 < budget(1.5, silence=2.0).silence() <= 1.5


def test_what_nothing_can_break_off_looks_up_often() -> None:
    assert budget(10.0).next_check() == 0.05
    assert 0 < budget(0.04).next_check() <= 0.04


def test_connecting_has_a_time_of_its_own_within_the_whole() -> None:
    given = budget(10.0, connect=3.0)
    with given.connecting():
        assert 2 < given.left() <= 3
    assert 9 < given.left() <= 10
    short = budget(1.0, connect=3.0)
    with short.connecting():
        assert short.left() <= 1
    with pytest.raises(ZeroDivisionError), given.connecting():
        raise ZeroDivisionError
    assert given.left() > 9


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_is_too_late(seconds: float) -> None:
    with pytest.raises(TimeoutError) as caught:
        budget(seconds).left()
    assert str(caught.value) == "the time for the answer is over"


def test_a_deadline_is_the_threads_own() -> None:
    given = budget(10.0)
    found: list[float] = []

    def other() -> None:
        given.begin(50.0)
        found.append(given.left())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found[0] > 49
    assert given.left() <= 10


class Waiting:
    """Something that can be broken off."""

    def __init__(self, fails: bool = False) -> None:
        self.is_broken = False
        self.fails = fails

    def break_off(self) -> None:
        self.is_broken = True
        if self.fails:
            raise OSError(errno.ENOTCONN, "gone already")


def test_the_end_breaks_off_all_that_is_watched_and_all_that_comes() -> None:
    given = budget()
    given.check()
    several = [Waiting(fails=True), Waiting(fails=True), Waiting()]
    for one in several:
        given.watch(one)
    given.end()
    assert [one.is_broken for one in several] == [True] * 3
    for call in (given.check, given.left, given.next_check, lambda: given.watch(Waiting())):
        with pytest.raises(OSError, match=r"^given up$") as caught:
            call()
        assert not isinstance(caught.value, TimeoutError)


# calls apart


def test_one_that_asks_the_same_joins_the_call_under_way() -> None:
    apart: DaemonThreads[int] = DaemonThreads(most=4)
    gate = threading.Event()
    calls: list[int] = []

    def slow() -> int:
        calls.append(1)
        gate.wait(10)
        return 7

    both = [apart.call("same", slow) for _ in range(2)]
    assert both[0] is both[1]
    other = apart.call("other", lambda: 8)
    assert other.result(5) == 8
    gate.set()
    assert both[0].result(5) == 7
    assert apart.call("same", lambda: 9).result(5) == 9
    assert calls == [1]


def test_there_are_only_so_many_threads_apart() -> None:
    apart: DaemonThreads[int] = DaemonThreads(most=2)
    gate = threading.Event()
    lock = threading.Lock()
    under_way = [0, 0]

    def slow() -> int:
        with lock:
            under_way[0] += 1
            under_way[1] = max(under_way)
        gate.wait(10)
        with lock:
            under_way[0] -= 1
        return 1

    before = set(threading.enumerate())
    futures = [apart.call(number, slow) for number in range(6)]
    begun = [one for one in threading.enumerate() if one not in before]
    assert [(one.name, one.daemon) for one in begun] == [("billnb-daemon", True)] * 2
    gate.set()
    assert [future.result(5) for future in futures] == [1] * 6
    assert under_way[1] <= 2
    for one in begun:
        one.join(5)
        assert not one.is_alive()
    assert apart.call(0, lambda: 2).result(5) == 2
    # and no more of them once some have come and gone
    gate.clear()
    before = set(threading.enumerate())
    futures = [apart.call(number, slow) for number in range(6)]
    begun = [one for one in threading.enumerate() if one not in before]
    gate.set()
    assert [future.result(5) for future in futures] == [1] * 6
    assert len(begun) <= 2


def test_a_failure_apart_is_raised_where_it_is_waited_for() -> None:
    apart: DaemonThreads[int] = DaemonThreads(most=1)

    def fail() -> int:
        raise KeyboardInterrupt("stop")

    with pytest.raises(KeyboardInterrupt, match="stop"):
        wait_for(apart.call("it", fail), lambda: 1.0)
    assert wait_for(apart.call("it", lambda: 3), lambda: 1.0) == 3


def test_whoever_waits_looks_up_as_often_as_told() -> None:
    apart: DaemonThreads[int] = DaemonThreads(most=1)
    gate = threading.Event()
    moments = iter([0.0, 0.001, 0.002])

    def moment() -> float:
        return next(moments)

    def stuck() -> int:
        gate.wait(10)
        return 1

    with pytest.raises(StopIteration):
        wait_for(apart.call("it", stuck), moment)
    gate.set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_calls_with_threads_of_its_own() -> None:
    apart: DaemonThreads[int] = DaemonThreads(most=1)
    gate = threading.Event()

    def stuck() -> int:
        gate.wait(20)
        return 1

    waiting = apart.call("it", stuck)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a process with threads is forked
        child = os.fork()
    if not child:
        signal.alarm(20)  # nobody is left behind, whatever becomes of it
        code = 1
        try:
            code = 0 if apart.call("it", lambda: 5).result(5) == 5 else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    gate.set()
    assert os.waitstatus_to_exitcode(status) == 0
    assert waiting.result(5) == 1


# names and addresses


@contextmanager
def listening(count: int = 1) -> Iterator[list[socket.socket]]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        yield listeners
    finally:
        for one in listeners:
            one.close()


def at(*ports: int, host: str = "127.0.0.1") -> list[Any]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for port in ports]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_the_first_address_that_answers_is_connected_to() -> None:
    with listening(2) as servers:
        ports = [one.getsockname()[1] for one in servers]
        with first(at(*ports), budget()) as connected:
            assert connected.getpeername()[1] == ports[0]
        with first(at(closed_port(), *ports[::-1]), budget()) as connected:
            assert connected.getpeername()[1] == ports[1]


def test_what_cannot_be_tried_is_passed_over() -> None:
    nowhere = (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/nowhere")
    with listening() as (server,):
        port = server.getsockname()[1]
        wrong = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("256.0.0.1", port))
        with first([nowhere, wrong, *at(port)], budget()) as connected:
            assert connected.getpeername()[1] == port


def test_where_nobody_answers_it_says_why() -> None:
    with pytest.raises(OSError, match=r"^the name has no address$"):
        first([], budget())
    with pytest.raises(ConnectionRefusedError):
        first(at(closed_port(), closed_port()), budget())
    with pytest.raises(FileNotFoundError) as caught:
        first([(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/nowhere")], budget())
    assert caught.value.strerror == os.strerror(errno.ENOENT)


def test_an_answer_behind_silent_addresses_comes_a_moment_later() -> None:
    """Of six silent ones each costs a moment, and only so many are tried at a time."""
    with silent_addresses(6) as (hosts, port), listening() as (server,):
        silent = [address for host in hosts for address in at(port, host=host)]
        descriptors = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
        began = time.monotonic()
        with first([*silent, *at(server.getsockname()[1])], budget(20.0)) as connected:
            took = time.monotonic() - began
            assert connected.getpeername() == server.getsockname()
            if descriptors:
                assert len(os.listdir("/proc/self/fd")) == descriptors + 1
        assert 1.4 < took < 15


def test_silence_everywhere_ends_with_the_time() -> None:
    with silent_addresses(2) as (hosts, port):
        silent = [address for host in hosts for address in at(port, host=host)]
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            first(silent, budget(0.4))
        assert 0.35 < time.monotonic() - began < 10


class CountedBudget(Budget):
    """A budget that counts the waits it was asked about."""

    waits = 0

    def next_check(self) -> float:
        self.waits += 1
        return super().next_check()


def test_a_wait_with_no_address_left_to_try_does_not_keep_the_processor_busy() -> None:
    counted = CountedBudget(connect=5.0, silence=2.0)
    counted.begin(0.5)
    with silent_addresses(1) as (hosts, port), pytest.raises(TimeoutError):
        first([address for host in hosts for address in at(port, host=host)], counted)
    assert counted.waits < 50


def test_options_are_set_on_what_is_connected() -> None:
    with listening() as (server,):
        options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        with first(at(server.getsockname()[1]), budget(), options) as connected:
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connector = Connector(budget())
        port = server.getsockname()[1]
        with connector.connect("127.0.0.1", port, options) as connected:
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_name_is_looked_up_once_and_anew_when_nobody_answers() -> None:
    asked: list[tuple[str, int]] = []
    with listening() as (server,):
        found = at(server.getsockname()[1])

        def look_up(host: str, port: int) -> Sequence[Any]:
            asked.append((host, port))
            return found

        connector = Connector(budget(), look_up)
        for _ in range(3):
            connector.connect("name.example", 443).close()
        assert asked == [("name.example", 443)]
        connector.connect("name.example", 80).close()
        connector.connect("other.example", 443).close()
        assert asked[1:] == [("name.example", 80), ("other.example", 443)]
        live, found[:] = list(found), at(closed_port())
        with pytest.raises(ConnectionRefusedError):
            connector.connect("name.example", 443)
        found[:] = live
        connector.connect("name.example", 443).close()
        assert asked[3:] == [("name.example", 443)]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_an_address_is_no_name_to_look_up_apart(host: str) -> None:
    threads: list[threading.Thread] = []

    def look_up(host: str, port: int) -> Sequence[Any]:
        threads.append(threading.current_thread())
        return at(port)

    with listening() as (server,):
        port = server.getsockname()[1]
        Connector(budget(), look_up).connect(host, port).close()
        Connector(budget(), look_up).connect("name.example", port).close()
    assert threads[0] is threading.current_thread()
    assert threads[1] is not threading.current_thread()


def test_names_looked_up_at_once_have_addresses_of_their_own() -> None:
    both = threading.Barrier(2, timeout=10)
    with listening(2) as servers:
        ports = {f"{number}.example": one.getsockname()[1] for number, one in enumerate(servers)}
        found: dict[str, int] = {}

        def look_up(host: str, port: int) -> Sequence[Any]:
            both.wait()
            return at(ports[host])

        def ask(host: str) -> None:
            with Connector(budget(), look_up).connect(host, 80) as connected:
                found[host] = connected.getpeername()[1]

        threads = [threading.Thread(target=ask, args=(host,)) for host in ports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert found == ports


def test_a_lookup_ends_with_the_time() -> None:
    gate = threading.Event()

    def look_up(host: str, port: int) -> Sequence[Any]:
        gate.wait(20)
        return []

    with pytest.raises(TimeoutError):
        Connector(budget(0.1), look_up).connect("name.example", 80)
    gate.set()


def test_the_system_knows_the_addresses_of_names() -> None:
    found = resolve("127.0.0.1", 80)
    assert {kind for _, kind, *_ in found} == {socket.SOCK_STREAM}
    assert ("127.0.0.1", 80) in [where for *_, where in found]


# through a SOCKS proxy


class SocksProxy:
    """A SOCKS5 proxy that asks for a password, connects to nothing, and notes what it is told.

    `before` is called before it says that a connection was made.
    """

    def __init__(self, before: Callable[[], Any] = bool) -> None:
        self.before = before
        self.told: list[bytes] = []
        self.ended = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def connector(self, given: Budget, *, rdns: bool = True) -> SocksConnector:
        socks = pytest.importorskip("socks")
        return SocksConnector(
            given,
            {
                "socks_version": socks.PROXY_TYPE_SOCKS5,
                "proxy_host": "127.0.0.1",
                "proxy_port": self.port,
                "username": "ann",
                "password": "sesame",
                "rdns": rdns,
            },
        )

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(near,), daemon=True).start()

    def _talk(self, near: socket.socket) -> None:
        with suppress(OSError), near:
            near.recv(64)
            near.sendall(b"\x05\x02")
            self.told.append(near.recv(64))
            near.sendall(b"\x01\x00")
            self.told.append(near.recv(64))
            self.before()
            near.sendall(b"\x05\x00\x00\x01" + bytes(6))
            near.recv(64)
            self.ended.release()


def test_a_socks_proxy_is_told_who_asks_and_for_what() -> None:
    with SocksProxy() as proxy:
        options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        connected = proxy.connector(budget()).connect("name.example", 443, options)
        with connected:
            assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        proxy.connector(budget(), rdns=False).connect("localhost", 443).close()
    assert proxy.told == [
        b"\x01\x03ann\x06sesame",
        b"\x05\x01\x00\x03\x0cname.example\x01\xbb",
        b"\x01\x03ann\x06sesame",
        b"\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb",
    ]


def test_whoever_asks_a_socks_proxy_has_a_connection_of_their_own() -> None:
    both = threading.Barrier(2, timeout=10)
    with SocksProxy(both.wait) as proxy:
        found: list[socket.socket] = []

        def ask() -> None:
            found.append(proxy.connector(budget()).connect("name.example", 443))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len({id(one) for one in found}) == 2
        for one in found:
            one.close()


def test_a_connection_that_a_socks_proxy_makes_too_late_is_closed() -> None:
    late = threading.Event()
    with SocksProxy(lambda: late.wait(10)) as proxy:
        given = budget(30.0)
        threading.Timer(0.2, given.end).start()
        with pytest.raises(OSError, match=r"^given up$"):
            proxy.connector(given).connect("name.example", 443)
        late.set()
        assert proxy.ended.acquire(timeout=10)
        gc.collect()


def test_a_socks_proxy_that_says_nothing_keeps_no_thread() -> None:
    never = threading.Event()
    before = set(threading.enumerate())
    with SocksProxy(lambda: never.wait(20)) as proxy:
        with pytest.raises(OSError):  # noqa: PT011 - of the budget, or of PySocks: whose comes first
            proxy.connector(budget(0.3)).connect("name.example", 443)
        begun = [one for one in threading.enumerate() if one not in before]
        for one in begun:
            if one.name == "billnb-daemon":
                one.join(5)
                assert not one.is_alive()
        never.set()


@pytest.mark.parametrize("name", [None, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_what_names_a_socks_proxy_is_said_where_its_package_lacks(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the variables: then it was the system that names one."""
    monkeypatch.setitem(sys.modules, "socks", None)
    if name:
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    with pytest.raises(TransportError) as caught:
        check()
    assert str(caught.value) == (
        f"{name or 'the system'} names a SOCKS proxy, which needs the package PySocks: "
        "python -m pip install PySocks, or name an http proxy in HTTPS_PROXY"
    )
