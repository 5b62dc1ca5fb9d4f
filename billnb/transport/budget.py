"""The time that each request of one client may take, and the end of all of them at once.

A deadline belongs to the thread that sends the request, from :meth:`Budget.begin` on. Everything
that waits for the network (a name, a connection, a handshake, an answer) asks here how long it may.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

_SLICE = 0.05  # seconds between checks, in waits that no other thread can end


class Breakable(Protocol):
    """Something under way that another thread may end."""

    def break_off(self) -> None:
        """End every wait for it."""


class Budget:
    """The time that each request of one client may take.

    Parameters
    ----------
    connect : float
        Seconds for a connection, from the name to the end of its TLS handshake.
    silence : float
        Seconds without a byte that count as too late, whatever is left.
    """

    def __init__(self, *, connect: float, silence: float) -> None:
        self._connect = connect
        self._silence = silence
        self._thread = threading.local()
        self._open: weakref.WeakSet[Breakable] = weakref.WeakSet()
        self._opening = threading.Lock()
        self._is_over = False

    def begin(self, seconds: float) -> None:
        """Give this thread's next request so many seconds."""
        self._thread.until = time.monotonic() + seconds

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Limit this thread to the time for a connection, or to what is left if that is less."""
        whole = self._thread.until
        self._thread.until = min(whole, time.monotonic() + self._connect)
        try:
            yield
        finally:
            self._thread.until = whole

    def check(self) -> None:
        """Raise OSError once all requests are to end."""
        if self._is_over:
            raise OSError("given up")

    def left(self) -> float:
        """Return the seconds left to this thread's request.

        Raises
        ------
        TimeoutError
            When there are none.
        OSError
            When the client has been closed meanwhile.
        """
        self.check()
        left: float = self._thread.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the answer is over")
        return left

    def silence(self) -> float:
        """Return the seconds that may pass without a byte."""
        return min(self.left(), self._silence)

    def next_check(self) -> float:
        """Return the seconds after which a wait that nothing can end must check again."""
        return min(self.left(), _SLICE)

    def watch(self, one: Breakable) -> None:
        """Register something to be broken off when all requests end.

        Raises
        ------
        OSError
            When they have ended already.
        """
        with self._opening:
            self._open.add(one)
            is_over = self._is_over
        if is_over:
            raise OSError("given up")

    def end(self) -> None:
        """End every request that is under way, from any thread; no other will be begun."""
        with self._opening:
            self._is_over = True
            under_way = list(self._open)
        for one in under_way:
            with suppress(OSError):
                one.break_off()
