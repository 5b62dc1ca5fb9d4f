"""Sockets whose time limit covers a whole answer, however slowly it comes in.

A socket's timeout bounds one `recv`; a server that sends a byte now and then is never late.
Here the timeout given to a request is a budget for the status line, the headers and the body
together: each `recv` is allowed what is left of it.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from email.errors import MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager
from urllib3.response import BaseHTTPResponse

_OF_MULTIPART = (MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect)


class _StrictResponse(http.client.HTTPResponse):
    """An answer whose headers are headers; urllib3 would log what they hold, and go on."""

    def begin(self) -> None:
        super().begin()
        defects = [one for one in self.msg.defects if not isinstance(one, _OF_MULTIPART)]
        if defects or (not self.msg.is_multipart() and self.msg.get_payload()):
            raise http.client.HTTPException("the headers are malformed")

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:  # http.client would read to the end of the stream
            raise http.client.HTTPException("a chunk has less than no bytes")
        return size


class BudgetAdapter(HTTPAdapter):
    """An adapter of requests for one host, whose read timeout is the time for the whole answer.

    Parameters
    ----------
    connections : int
        Connections kept open: as many as there are threads.
    silence : float
        Seconds without a byte that count as too late, whatever is left of the budget.
    """

    def __init__(self, *, connections: int, silence: float) -> None:
        self._silence = silence
        self._open: weakref.WeakSet[_BudgetedSocket] = weakref.WeakSet()
        self._opening = threading.Lock()
        self._is_aborted = False
        self._request = threading.local()
        self._pool: Any = None
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._budget(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._budget(manager)
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        _, seconds = kwargs["timeout"]
        # what the thread is about to read has to be read by then, the tunnel of a proxy included
        self._request.deadline = time.monotonic() + seconds
        return super().send(request, *args, **kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        # one adapter asks one host: its pool need not be looked up for each request
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        # proxies are used as tunnels alone, so the target is never a whole URL
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        # neither cookies nor history nor a guessed encoding: what is used, and no more
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers  # type: ignore[assignment]
        response.raw = resp
        return response

    def abort(self) -> None:
        """End every answer that is still coming in, from any thread; no other will be begun."""
        with self._opening:
            self._is_aborted = True
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _budget(self, manager: PoolManager) -> None:
        adapter = self

        class Connection(HTTPConnection):
            response_class = _StrictResponse

            def _new_conn(self) -> Any:
                return adapter._watched(super()._new_conn())

        class SecureConnection(HTTPSConnection):
            response_class = _StrictResponse

            def _new_conn(self) -> Any:
                return adapter._watched(super()._new_conn())

            def connect(self) -> None:
                super().connect()
                self.sock = adapter._watched(self.sock)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = SecureConnection

        manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}

    def _watched(self, plain: Any) -> Any:
        budgeted = _BudgetedSocket(plain, self._silence, self._deadline)
        with self._opening:
            self._open.add(budgeted)
            is_aborted = self._is_aborted
        if is_aborted:
            budgeted.close()
            raise OSError("given up")
        return budgeted

    def _deadline(self) -> float:
        deadline: float = self._request.deadline
        return deadline


class _BudgetedSocket:
    """A socket whose reading ends at the deadline of the request, whatever its timeout."""

    def __init__(self, plain: socket.socket, silence: float, deadline: Callable[[], float]) -> None:
        self._plain = plain
        self._silence = silence
        self._allowed: float | None = plain.gettimeout()
        self._deadline = deadline

    def settimeout(self, seconds: float | None) -> None:
        """Keep to the deadline: what urllib3 would allow is counted from a later moment."""

    def makefile(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode != "rb":
            return self._plain.makefile(mode, *args, **kwargs)  # type: ignore[call-overload]
        return io.BufferedReader(_Reader(self, self._plain.makefile("rb", buffering=0)))

    def allow(self) -> None:
        """Let the next `recv` take what is left of the budget."""
        left = self._deadline() - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the answer is over")
        allowed = min(left, self._silence)
        if allowed != self._allowed:  # each change is a system call
            self._plain.settimeout(allowed)
            self._allowed = allowed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class _Reader(io.RawIOBase):
    """The reading end of a budgeted socket."""

    def __init__(self, budget: _BudgetedSocket, plain: Any) -> None:
        self._budget = budget
        self._plain = plain

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._budget.allow()
        count: int | None = self._plain.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._plain.close()
        super().close()
