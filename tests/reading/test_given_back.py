"""What a load, a test or a failure takes, it gives back: descriptors, threads and memory."""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from support import vendors
from support.clock import PATIENCE
from support.faulty import ConnectProxy, Exchange, FaultyServer
from support.folders import TESTS
from support.silent import accepting, silent_addresses

from billnb.sandbox.unpod import UnpodVendor
from billnb.sandbox.wire import json_response

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts in /proc")

FAULTS: dict[str, Callable[[Exchange], Any]] = {
    "401": lambda it: it.reply_body(b"{}", 401),
    "503": lambda it: it.reply_body(b"{}", 503),
    "malformed": lambda it: it.reply_body(b"<html>"),
    "reset": Exchange.reset,
    "cut": lambda it: (it.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), it.close()),
    "no http": lambda it: it.send(b"\r\n\r\nnonsense\r\n\r\n"),
    "redirect": lambda it: it.reply_body(b"", 302, Location="/"),
    "length unsaid": lambda it: (it.send(b"HTTP/1.1 200 OK\r\n\r\n{}"), it.close()),
    "too large": lambda it: it.reply_body(bytes(5000)),
    "late": Exchange.hang,
}


def run(module: str, order: Any, **more: Any) -> Any:
    """Run a module of the tests in a process of its own, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", f"support.{module}"],
        input=json.dumps(order) + "\n",
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
        **more,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_thousand_loads_tests_and_failures_leave_nothing(tmp_path: Path) -> None:
    case = vendors.case("unpod", 3)
    trusted, other = trustme.CA(), trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with ExitStack() as stack:

        def serve(authority: trustme.CA | None = None) -> FaultyServer:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if authority else None
            if authority:
                authority.issue_cert("localhost").configure_cert(context)
            return stack.enter_context(FaultyServer(case.answer, tls=context))

        failing = [(serve(other).url, False)]
        for name, fault in FAULTS.items():
            server = serve()
            server.behave = fault
            failing.append((server.url, name == "late"))
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # and listens to nobody
        (host,), silent = stack.enter_context(silent_addresses())
        mute = stack.enter_context(accepting())
        failing += [
            (f"http://127.0.0.1:{closed.getsockname()[1]}", False),
            (f"http://{host}:{silent}", True),
            (f"https://localhost:{mute}", True),
            (f"http://localhost:{mute}", True),
        ]
        left = run(
            "giving_back",
            {
                "times": 1000,
                "bundle": str(tmp_path / "ca.pem"),
                "good": serve().url,
                "secure": serve(trusted).url,
                "proxy": stack.enter_context(ConnectProxy()).url,
                "failing": failing,
            },
        )
    print(left)
    assert left.pop("done") >= 1000
    assert left.pop("memory") < 20  # MB
    assert left == {"descriptors": 0, "threads": 0}


def test_four_hundred_accounts_load_with_256_descriptors() -> None:
    """Only as many accounts are open at a time as there are workers."""
    organizations = [f"organization-{number}.example" for number in range(400)]
    entries = [vendors.make("unpod", number) for number in range(3)]
    vendor = UnpodVendor(dict.fromkeys(organizations, entries), token=vendors.KEY)

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    with FaultyServer(lambda it: vendor.answer(it) or json_response(404, {})) as server:
        order = {"url": server.url, "organizations": organizations}
        loaded = run("loading_many", order, preexec_fn=few)
    assert loaded == {"limit": 256, "accounts": 400, "entries": 1200}


def test_a_client_that_is_closed_holds_no_connection() -> None:
    """Not even while somebody holds the client."""

    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    case = vendors.case("unpod", 3)
    with FaultyServer(case.answer) as server:
        account = case.account(server.url)
        before = opened()
        held = [account.client(connections=2) for _ in range(5)]
        for client in held:
            client.get(account.query(kind="all", page=1, size=3), account.decode)
        assert opened() >= before + 5
        for client in held:
            client.close()
        end = time.monotonic() + PATIENCE
        while opened() > before and time.monotonic() < end:  # until the server has closed its ends
            time.sleep(0.01)
        assert opened() == before
