"""The sandbox served on loopback, for curl, browsers and tests."""

from __future__ import annotations

from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from billnb.sandbox.app import Sandbox

HOST = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Do nothing: a log line would hold what was sent."""


def server(sandbox: Sandbox, port: int = 0) -> WSGIServer:
    """Return a server of the sandbox on loopback; ``server.server_port`` is its port.

    Parameters
    ----------
    sandbox : Sandbox
        What to serve.
    port : int
        The port, or 0 for any free one.

    Raises
    ------
    OSError
        When the port is taken.
    """
    return make_server(HOST, port, sandbox, server_class=_Server, handler_class=_QuietHandler)


__all__ = ["HOST", "server"]
