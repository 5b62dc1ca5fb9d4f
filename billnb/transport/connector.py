"""TCP connections to hosts by name, made within the time left.

Names are looked up in daemon threads. Addresses are tried as RFC 8305 says ("Happy Eyeballs"): each
a moment after the one before, and the first that answers is used, so that a silent address costs no
more than a moment.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from urllib3.util.connection import allowed_gai_family

from billnb.transport.budget import Budget
from billnb.transport.daemon_threads import DaemonThreads, wait_for

Address = tuple[Any, ...]
"""What :func:`socket.getaddrinfo` lists."""
Resolve = Callable[[str, int], Sequence[Address]]
"""Returns the addresses of a name and a port; it may take as long as it likes."""
Options = Iterable[tuple[int, int, int | bytes]]
"""What :meth:`socket.socket.setsockopt` takes."""

_STAGGER = 0.25  # seconds, as RFC 8305 recommends
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, 10035})  # Windows
_MOST_TRIED = 4  # addresses at a time: each takes a descriptor

_lookups: DaemonThreads[Sequence[Address]] = DaemonThreads(most=16)


def resolve(host: str, port: int) -> Sequence[Address]:
    """Return the addresses of a name, as the system knows them."""
    return socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)


class Connector:
    """Makes the connections of one client, which looks up each name once.

    Parameters
    ----------
    budget : Budget
        The time left.
    resolve : callable
        Finds the addresses of a name.
    """

    def __init__(self, budget: Budget, resolve: Resolve = resolve) -> None:
        self.budget = budget
        self._resolve = resolve
        self._known: dict[tuple[str, int], Sequence[Address]] = {}

    def connect(self, host: str, port: int, options: Options = ()) -> socket.socket:
        """Return a connection to the first address that answers.

        Raises
        ------
        TimeoutError
            When there is no time left.
        socket.gaierror
            When the name has no address.
        OSError
            When no address answers.
        """
        addresses = self._known.get((host, port)) or self._found(host, port)
        try:
            connected = first(addresses, self.budget, options)
        except OSError:
            self._known.pop((host, port), None)  # it may have moved
            raise
        self._known[host, port] = addresses
        return connected

    def _found(self, host: str, port: int) -> Sequence[Address]:
        if _is_numeric(host):
            return self._resolve(host, port)
        look_up = self._resolve
        lookup = _lookups.call((look_up, host, port), lambda: look_up(host, port))
        return wait_for(lookup, self.budget.next_check)


def first(addresses: Iterable[Address], budget: Budget, options: Options = ()) -> socket.socket:
    """Return a connection to the address that answers first.

    Raises
    ------
    TimeoutError
        When there is no time left.
    OSError
        When none answers.
    """
    rest = list(addresses)[::-1]
    failure = OSError("the name has no address")
    tried: list[socket.socket] = []
    due = 0.0
    with selectors.DefaultSelector() as selector:
        try:
            while rest or tried:
                if rest and (not tried or time.monotonic() >= due):
                    due = time.monotonic() + _STAGGER
                    try:
                        tried.append(_begun(rest.pop(), options))
                    except OSError as error:
                        failure = error
                        continue
                    selector.register(tried[-1], selectors.EVENT_WRITE)
                    if len(tried) > _MOST_TRIED:
                        _drop(tried[0], tried, selector)
                for key, _ in selector.select(_until(due, budget, more=bool(rest))):
                    ready: Any = key.fileobj
                    code = ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not code:
                        tried.remove(ready)
                        connected: socket.socket = ready
                        return connected
                    failure = OSError(code, os.strerror(code))
                    _drop(ready, tried, selector)
                    due = 0.0
        finally:
            for left in tried:
                left.close()
    try:
        raise failure
    finally:
        del failure  # it would hold this frame, which holds it


def _until(due: float, budget: Budget, *, more: bool) -> float:
    moment = budget.next_check()
    return max(0.0, min(moment, due - time.monotonic())) if more else moment


def _begun(address: Address, options: Options) -> socket.socket:
    family, socket_type, protocol, _, where = address
    begun = socket.socket(family, socket_type, protocol)
    try:
        for option in options:
            begun.setsockopt(*option)
        begun.setblocking(False)
        code = begun.connect_ex(where)
    except BaseException:
        begun.close()
        raise
    if code in _UNDER_WAY:
        return begun
    begun.close()
    raise OSError(code, os.strerror(code))


def _drop(one: socket.socket, tried: list[socket.socket], selector: selectors.BaseSelector) -> None:
    selector.unregister(one)
    tried.remove(one)
    one.close()


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
