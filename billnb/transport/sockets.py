"""An adapter of requests whose time limit covers a whole answer, however slowly it arrives.

A socket's timeout limits one `recv`; a server that sends a byte now and then never exceeds it.
Here the timeout given to a request is a budget for the name, the connection, the status line, the
headers and the body together: each wait is allowed what is left of it.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import sys
import threading
from collections.abc import Callable
from email.errors import MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.poolmanager import PoolManager
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssltransport import SSLTransport

from billnb.transport import socks_proxy
from billnb.transport.budget import Budget
from billnb.transport.certificates import context, trusted_locations
from billnb.transport.connector import Connector, Resolve, resolve

_OF_MULTIPART = (MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect)


class _StrictResponse(http.client.HTTPResponse):
    """An answer that refuses malformed headers; urllib3 would log what they hold, and go on."""

    def begin(self) -> None:
        super().begin()
        defects = [one for one in self.msg.defects if not isinstance(one, _OF_MULTIPART)]
        if defects or (not self.msg.is_multipart() and self.msg.get_payload()):
            raise http.client.HTTPException("the headers are malformed")

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:  # http.client would read to the end of the stream
            raise http.client.HTTPException("a chunk has a negative size")
        return size


class BudgetAdapter(HTTPAdapter):
    """An adapter of requests for one host, whose read timeout is the time for the whole answer.

    Parameters
    ----------
    connections : int
        Connections kept open: as many as there are threads.
    connect : float
        Seconds for a connection, from the name to the end of its TLS handshake.
    silence : float
        Seconds without a byte that count as too late, whatever is left of the budget.
    resolve : callable
        Finds the addresses of a name.
    """

    def __init__(
        self, *, connections: int, connect: float, silence: float, resolve: Resolve = resolve
    ) -> None:
        self._budget = Budget(connect=connect, silence=silence)
        self._connector = Connector(self._budget, resolve)
        self._locations = trusted_locations()
        self._pool: Any = None
        self._choosing = threading.Lock()
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._connect_by_budget(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        if proxy.lower().startswith("socks"):
            socks_proxy.check()
        else:
            kwargs["proxy_ssl_context"] = context(self._locations)
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._connect_by_budget(manager)
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        _, seconds = kwargs["timeout"]
        self._budget.begin(seconds)
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, *_: Any, **__: Any
    ) -> tuple[Any, Any]:
        where: Any
        where, settings = super().build_connection_pool_key_attributes(request, verify=True)
        if where["scheme"] == "https":
            settings["ssl_context"] = context(self._locations)
        return where, settings

    def cert_verify(self, *_: Any) -> None:
        """Do nothing: the context has the certificates, which would be read at each connection."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        # one adapter asks one host: its pool need not be looked up for each request
        if self._pool is None:
            with self._choosing:
                self._budget.check()
                self._pool = self._pool or super().get_connection_with_tls_context(*args, **kwargs)
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

    def close(self) -> None:
        """End all requests, in every thread; no other will be begun."""
        self._budget.end()
        with self._choosing:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()  # a manager only forgets its pools
        super().close()

    def _connect_by_budget(self, manager: PoolManager) -> None:
        pool_classes: Any = {
            "http": functools.partial(_pool, HTTPConnectionPool, _Connection, self._connector),
            "https": functools.partial(
                _pool, HTTPSConnectionPool, _SecureConnection, self._connector
            ),
        }
        manager.pool_classes_by_scheme = pool_classes


def _pool(
    pool_class: type[HTTPConnectionPool],
    connection: Callable[..., Any],
    connector: Connector,
    *args: Any,
    _socks_options: Any = None,
    **kwargs: Any,
) -> HTTPConnectionPool:
    if _socks_options is not None:
        connector = socks_proxy.SocksConnector(connector.budget, _socks_options)
    pool = pool_class(*args, **kwargs)
    make: Any = functools.partial(connection, connector=connector)
    pool.ConnectionCls = make
    return pool


class _Connection(HTTPConnection):
    """A connection made within the time of the request."""

    response_class = _StrictResponse

    def __init__(self, *args: Any, connector: Connector, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector = connector

    def connect(self) -> None:
        with self._connector.budget.connecting():
            super().connect()

    def _new_conn(self) -> Any:
        try:
            plain = self._connector.connect(
                self._dns_host, self.port or self.default_port, self.socket_options or ()
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError:
            raise LocationParseError("the host is not a valid name") from None
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return _watched(plain, self._connector.budget)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS, also to a proxy."""

    def connect(self) -> None:
        super().connect()
        self.sock = _watched(self.sock, self._connector.budget)

    def _connect_tls_proxy(self, *args: Any, **kwargs: Any) -> Any:
        return _watched(super()._connect_tls_proxy(*args, **kwargs), self._connector.budget)


def _watched(plain: Any, budget: Budget) -> Any:
    budgeted = _BudgetedSocket(plain, budget)
    try:
        budget.watch(budgeted)
    except OSError:
        budgeted.close()
        raise
    return budgeted


class _BudgetedSocket:
    """A socket whose waits keep to the time of the request, and not to its own timeout."""

    def __init__(self, plain: Any, budget: Budget) -> None:
        self._plain = plain
        self._allowed: float | None = None
        self.budget = budget

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: the budget applies, and urllib3's timeout would begin later."""

    def makefile(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode != "rb":
            return self._plain.makefile(mode, *args, **kwargs)
        return io.BufferedReader(_Reader(self, self._plain.makefile("rb", buffering=0)))

    def recv(self, *args: Any) -> Any:
        self.allow()
        return self._plain.recv(*args)

    def sendall(self, *args: Any) -> None:
        self.allow()
        self._plain.sendall(*args)

    def allow(self) -> None:
        """Let the next wait take what is left of the budget."""
        allowed = self.budget.silence()
        if allowed != self._allowed:  # each change is a system call
            self._plain.settimeout(allowed)
            self._allowed = allowed

    def break_off(self) -> None:
        inner = self._plain
        while isinstance(inner, SSLTransport | _BudgetedSocket):
            inner = inner.socket if isinstance(inner, SSLTransport) else inner._plain
        # of the socket itself: that of TLS would also forget its key, under the reader's hands
        socket.socket.shutdown(inner, socket.SHUT_RDWR)

    @property
    def _io_refs(self) -> int:
        count: int = self._plain._io_refs
        return count

    @_io_refs.setter
    def _io_refs(self, count: int) -> None:
        self._plain._io_refs = count  # what reads through TLS in TLS counts itself here

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class _Reader(io.RawIOBase):
    """The reading end of a budgeted socket."""

    def __init__(self, budgeted: _BudgetedSocket, plain: Any) -> None:
        self._budgeted = budgeted
        self._plain = plain

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._budgeted.allow()
        count: int | None = self._plain.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._plain.close()
        super().close()
