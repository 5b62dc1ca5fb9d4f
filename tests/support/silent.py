"""Addresses on loopback that never answer, and servers that never finish a handshake."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def silent_addresses(count: int = 1) -> Iterator[tuple[list[str], int]]:
    """Give addresses, and a port, where connections are neither made nor refused."""
    with ExitStack() as stack:
        hosts, port = [], 0
        for number in range(count):
            host = f"127.0.0.{number + 2}"
            listener = stack.enter_context(socket.socket())
            listener.bind((host, port))
            port = listener.getsockname()[1]
            listener.listen(0)
            for _ in range(4):  # more than the queue of those not yet accepted holds
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex((host, port))
            hosts.append(host)
        yield hosts, port


@contextmanager
def accepting(said: bytes = b"", pause: float = 0.02) -> Iterator[int]:
    """Give the port of a server that accepts, and sends bytes one by one, or nothing."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            for position in range(len(said)):
                connection.sendall(said[position : position + 1])
                time.sleep(pause)
            over.wait(60)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
