"""A loopback HTTP/1.1 server over real sockets that does whatever a test needs it to do wrong."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from billnb.sandbox.wire import Request, Response

Answer = Callable[[Request], Response]


@dataclass
class Exchange:
    """One request, and the ways to answer it. Numbers count requests from 1."""

    number: int
    request: Request
    connection: socket.socket
    answer: Callable[[], Response]
    server: FaultyServer

    @property
    def page(self) -> int:
        return int(self.request.query.get("page", 1))

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(self, response: Response | None = None) -> None:
        """Send an answer, the right one unless another is given."""
        self.send(message(response or self.answer()))

    def reply_body(self, body: bytes, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.reply(Response(status, body, {"Content-Type": "application/json", **named}))

    def close(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError

    def reset(self) -> None:
        """Cut the connection the hard way."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        raise ConnectionAbortedError

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        """Send byte by byte until the other side has had enough."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            time.sleep(pause)

    def hang(self) -> None:
        """Say nothing until the server is closed."""
        self.server.closing.wait(30)
        raise ConnectionAbortedError


Behaviour = Callable[[Exchange], object]


def message(response: Response) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {response.status} Said", f"Content-Length: {len(response.body)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body


class FaultyServer:
    """Serves `answer`, but where `behave` says otherwise.

    `heads` holds the head of every request as it came.
    """

    def __init__(self, answer: Answer, *, tls: Any = None) -> None:
        self.answer = answer
        self.behave: Behaviour = Exchange.reply
        self.heads: list[bytes] = []
        self.closing = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = (
            f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        )
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def requests(self) -> int:
        return len(self.heads)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                received = b""
                while not self.closing.is_set():
                    while b"\r\n\r\n" not in received:
                        data = connection.recv(65536)
                        if not data:
                            return
                        received += data
                    head, _, received = received.partition(b"\r\n\r\n")
                    self._exchange(connection, head)

    def _exchange(self, connection: socket.socket, head: bytes) -> None:
        with self._lock:
            self.heads.append(head)
            number = len(self.heads)
        first, *lines = head.decode("latin-1").split("\r\n")
        target = urlsplit(first.split()[1])
        named = (line.partition(": ") for line in lines)
        request = Request(
            path=target.path,
            query=dict(parse_qsl(target.query)),
            headers={name.lower(): value for name, _, value in named},
        )
        answer = lambda: self.answer(request)  # noqa: E731
        self.behave(Exchange(number, request, connection, answer, self))


class ConnectProxy:
    """A proxy for https: tunnels, and notes where to and with which head."""

    def __init__(self, *, tls: Any = None) -> None:
        self.heads: list[bytes] = []
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        host = "https://localhost" if tls else "http://127.0.0.1"
        self.url = f"{host}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(near,), daemon=True).start()

    def _met(self, near: socket.socket) -> socket.socket:
        met: socket.socket = self._tls.wrap_socket(near, server_side=True) if self._tls else near
        return met

    def _tunnel(self, near: socket.socket) -> None:
        with suppress(OSError), self._met(near) as near:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(4096)
            self.heads.append(head)
            host, _, port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                back.start()
                _pump(near, far)
                back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
