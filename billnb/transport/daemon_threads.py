"""Daemon threads for calls that cannot be interrupted.

A name is looked up in C: no signal, deadline or other thread can interrupt it. The threads are
daemons, so that a process can end while one is stuck, and their number is limited. A process would
wait for those of :class:`concurrent.futures.ThreadPoolExecutor`.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class DaemonThreads(Generic[T]):
    """Daemon threads for calls that cannot be interrupted; equal calls at a time are made once.

    Parameters
    ----------
    most : int
        Threads at a time. Calls past that wait for one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._restart()
        if hasattr(os, "register_at_fork"):  # a forked child has none of the threads
            os.register_at_fork(after_in_child=self._restart)

    def call(self, key: Hashable, function: Callable[[], T]) -> Future[T]:
        """Return the future of a call; calls with the same `key` at a time share one."""
        with self._lock:
            found = self._under_way.get(key)
            if found is not None:
                return found
            future: Future[T] = Future()
            self._under_way[key] = future
            self._waiting.append((key, function))
            if self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name="billnb-daemon", daemon=True).start()
        return future

    def _restart(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[T]] = {}
        self._waiting: deque[tuple[Hashable, Callable[[], T]]] = deque()
        self._threads = 0

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                key, function = self._waiting.popleft()
            result: Any = None
            failure: BaseException | None = None
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                failure = error
            with self._lock:
                future = self._under_way.pop(key)
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
            del future, result, failure, function


def wait_for(future: Future[T], next_check: Callable[[], float]) -> T:
    """Return a result; `next_check` returns the seconds to wait at a time, or raises."""
    while not future.done():
        wait([future], timeout=next_check())
    return future.result()
