"""Connections through a SOCKS proxy, by PySocks, made within the time left."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any

from billnb.errors import TransportError
from billnb.transport.budget import Budget
from billnb.transport.connector import Connector, Options
from billnb.transport.daemon_threads import DaemonThreads, wait_for

_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")

_talks: DaemonThreads[socket.socket] = DaemonThreads(most=64)


def check() -> None:
    """Check that PySocks is installed.

    Raises
    ------
    TransportError
        When it is not; the message says what to install, or to set.
    """
    if find_spec("socks") is not None:
        return
    named_by = next((name for name in _VARIABLES if os.environ.get(name)), "the system")
    raise TransportError(
        f"{named_by} names a SOCKS proxy, which needs the package PySocks: python -m pip install "
        "PySocks, or name an http proxy in HTTPS_PROXY"
    )


class SocksConnector(Connector):
    """Makes connections through a SOCKS proxy.

    Parameters
    ----------
    budget : Budget
        The time left.
    proxy : mapping
        The proxy's address, as urllib3 parsed it.
    """

    def __init__(self, budget: Budget, proxy: Mapping[str, Any]) -> None:
        super().__init__(budget)
        self._proxy = proxy

    def connect(self, host: str, port: int, options: Options = ()) -> socket.socket:
        import socks  # type: ignore[import-untyped]

        seconds = self.budget.left()

        def talk() -> socket.socket:
            connected: socket.socket = socks.create_connection(
                (host, port),
                proxy_type=self._proxy["socks_version"],
                proxy_addr=self._proxy["proxy_host"],
                proxy_port=self._proxy["proxy_port"],
                proxy_username=self._proxy["username"],
                proxy_password=self._proxy["password"],
                proxy_rdns=self._proxy["rdns"],
                timeout=seconds,
                socket_options=options,
            )
            return connected

        # PySocks waits for one answer at a time, and looks names up itself
        under_way = _talks.call(object(), talk)
        try:
            return wait_for(under_way, self.budget.next_check)
        except BaseException:
            under_way.add_done_callback(_close)
            raise


def _close(late: Future[socket.socket]) -> None:
    if late.exception() is None:
        late.result().close()
