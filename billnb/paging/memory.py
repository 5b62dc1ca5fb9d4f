"""The memory that one account's answers and pages take while it is read, counted and limited."""

from __future__ import annotations

import queue
import threading
import weakref
from dataclasses import dataclass
from typing import Generic, TypeVar

from billnb.errors import ResponseTooLargeError

_ANSWER = 4  # times its body that an answer takes at most, which is for text of emoji

Thing = TypeVar("Thing")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Received(Generic[Value]):
    """An answer that waits to become a page."""

    value: Value


class HeldBytes:
    """A count of the bytes that objects hold, each for as long as the object lives.

    Readings begin again, and pages are released, in many places; so lifetimes are counted.

    Parameters
    ----------
    most : int
        Bytes that may be held at a time.

    Examples
    --------
    >>> held = HeldBytes(most=100)
    >>> answer = held.received("an answer", body=20)
    >>> held.size
    80
    >>> del answer
    >>> held.size
    0
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._counting = threading.Lock()
        # an object can die in a thread that is counting: unlike a lock, this queue may be used then
        self._let_go: queue.SimpleQueue[int] = queue.SimpleQueue()

    @property
    def size(self) -> int:
        """Bytes held now."""
        with self._counting:
            return self._settled()

    def received(self, value: Value, *, body: int) -> Received[Value]:
        """Return an answer, counted by the bytes of its body."""
        return self.keep(Received(value), _ANSWER * body)

    def keep(self, thing: Thing, size: int) -> Thing:
        """Return an object whose bytes are counted from now on.

        Raises
        ------
        ResponseTooLargeError
            When more bytes would be held than may be.
        """
        with self._counting:
            held = self._settled() + size
            if held <= self._most:
                self._size = held
        if held > self._most:
            raise ResponseTooLargeError(
                f"the history takes more than {self._most:,} bytes while it is read; if it is that "
                "long, a larger Limits(max_history=…) allows it, or load one kind with kind=…"
            )
        weakref.finalize(thing, self._let_go.put, size).atexit = False
        return thing

    def _settled(self) -> int:
        while not self._let_go.empty():
            self._size -= self._let_go.get_nowait()
        return self._size


__all__ = ["HeldBytes", "Received"]
