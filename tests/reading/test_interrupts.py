"""Ctrl-C, and a kernel's interrupt, end a load within a second, wherever it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from support import vendors
from support.clock import PATIENCE
from support.faulty import Exchange, FaultyServer
from support.folders import TESTS
from support.interrupted import SLOW
from support.silent import accepting, silent_addresses

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/fd").exists(), reason="sends SIGINT, and counts in /proc"
    ),
]

STATES: dict[str, Callable[[Exchange], Any]] = {
    "headers": Exchange.hang,
    "body": lambda it: (
        it.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
        it.drip(b" " * 9999),
    ),
    "backoff": lambda it: it.reply_body(b"{}", 503),
    "rate limit": lambda it: it.reply_body(b"{}", 429, Retry_After="40"),
}


class Places:
    """Servers to be interrupted at, each with the order for it, and how many requests it had."""

    def __init__(self, stack: ExitStack) -> None:
        (host,), silent = stack.enter_context(silent_addresses())
        mute = stack.enter_context(accepting())
        self.servers: dict[str, FaultyServer] = {}
        for name, behave in STATES.items():
            server = stack.enter_context(FaultyServer(vendors.case("unpod").answer))
            server.behave = behave
            self.servers[name] = server
        self.servers["parsing"] = stack.enter_context(FaultyServer(remembered(20_000)))
        self.servers["restart"] = stack.enter_context(FaultyServer(growing()))
        handshake, headers = f"https://localhost:{mute}", self.servers["headers"].url
        self.orders: dict[str, dict[str, Any]] = {
            name: {"by": "load", "url": server.url} for name, server in self.servers.items()
        }
        self.orders["backoff"]["limits"] = {"backoff": 10.0, "tries": 99}
        self.orders |= {
            "lookup": {"by": "load", "url": f"https://{SLOW}"},
            "connection": {"by": "load", "url": f"http://{host}:{silent}"},
            "handshake": {"by": "load", "url": handshake},
            "executor": {"by": "executor", "url": headers},
            "executor's handshake": {"by": "executor", "url": handshake},
            "executor's lookup": {"by": "executor", "url": f"https://{SLOW}"},
            "test's lookup": {"by": "test", "url": f"https://{SLOW}"},
            "test's connection": {"by": "test", "url": f"http://{host}:{silent}"},
            "test's handshake": {"by": "test", "url": handshake},
            "test's body": {"by": "test", "url": self.servers["body"].url},
        }

    def requests(self) -> dict[str, int]:
        return {name: server.requests for name, server in self.servers.items()}

    def wait_until_there(self, name: str) -> None:
        """Wait until what was begun is where it is to be interrupted."""
        server = self.servers.get(name)
        end = time.monotonic() + 20
        while server is not None and not server.requests and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.35)


def remembered(count: int) -> Any:
    """Return a vendor of so many entries that answers from memory."""
    case = vendors.case("unpod", count)
    answers: dict[str, Any] = {}

    def answer(request: Any) -> Any:
        key = str(sorted(request.query.items()))
        if key not in answers:
            answers[key] = case.answer(request)
        return answers[key]

    return answer


def growing() -> Any:
    """Return a vendor whose history is another one each time it is read."""
    case = vendors.case("unpod")

    def answer(request: Any) -> Any:
        case.entries.insert(0, case.make(1000 + len(case.entries)))
        return case.answer(request)

    return answer


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(stack)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}


@contextmanager
def started(*words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), **more},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said_by(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process that goes on."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate()[1][-3000:])
    return line.rstrip()


def check(found: dict[str, dict[str, Any]]) -> None:
    """See that all were over soon, and left nothing."""
    seconds = sorted(one["seconds"] for one in found.values())
    print({name: round(one["seconds"], 3) for name, one in found.items()})
    assert len(seconds) >= 10
    assert seconds[len(seconds) // 2] < 1, found  # most of them, on a busy machine as well
    assert seconds[-1] < 6, found
    for name, one in found.items():
        assert (one["connections"], one["threads"]) == (0, 0), name


def test_an_interrupt_ends_a_load_soon_wherever_it_is(places: Places) -> None:
    found = {}
    with started("-m", "support.interrupted") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name, order in places.orders.items():
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            assert said_by(process) == "begun"
            places.wait_until_there(name)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            said = json.loads(said_by(process))
            found[name] = {**said, "seconds": said["at"] - began}
        sent = places.requests()
        time.sleep(0.5)
        assert places.requests() == sent  # nobody goes on asking
    check(found)
    assert [one["descriptors"] for one in found.values()] == [0] * len(found)


@pytest.mark.jupyter
def test_a_kernels_interrupt_ends_a_load_soon_wherever_it_is(
    places: Places, tmp_path: Path
) -> None:
    from jupyter_client.manager import KernelManager

    folders = {f"JUPYTER_{name}_DIR": str(tmp_path) for name in ("CONFIG", "DATA", "RUNTIME")}
    # by files, for its own connections are not to be counted
    manager = KernelManager(transport="ipc", ip=tempfile.mkdtemp() + "/kernel")
    manager.start_kernel(env={**environment(), **folders, "IPYTHONDIR": str(tmp_path)})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def lines(message: str) -> Iterator[str]:
        begun = ""
        while True:
            said = client.get_iopub_msg(timeout=30)
            if said["parent_header"].get("msg_id") != message:
                continue
            if said["msg_type"] == "stream" and said["content"]["name"] == "stdout":
                *whole, begun = (begun + said["content"]["text"]).split("\n")
                yield from whole
            if said["msg_type"] == "error":
                raise AssertionError("\n".join(said["content"]["traceback"]))

    found = {}
    try:
        client.execute("import json, billnb; from support import interrupted; billnb.demo()")
        client.get_shell_msg(timeout=60)
        for name, order in places.orders.items():
            said = lines(client.execute(f"print(json.dumps(interrupted.interrupted({order!r})))"))
            assert next(said) == "begun"
            places.wait_until_there(name)
            began = time.monotonic()
            manager.interrupt_kernel()
            answer = json.loads(next(said))
            found[name] = {**answer, "seconds": answer["at"] - began}
            client.get_shell_msg(timeout=30)
    except Empty:
        pytest.fail(f"the kernel says nothing after {list(found)}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    check(found)


def end_of(process: subprocess.Popen[str], places: Places, place: str) -> tuple[float, str]:
    """Interrupt a process where it is, and return how long it took to end, and what it said."""
    assert said_by(process) == "begun"
    places.wait_until_there(place)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = process.communicate(timeout=30)
    return time.monotonic() - began, said


@pytest.mark.parametrize(
    ("by", "place"),
    [("load", "handshake"), ("executor", "lookup"), ("load", "rate limit"), ("test", "lookup")],
)
def test_an_interrupted_script_ends_soon(places: Places, by: str, place: str) -> None:
    order = {**places.orders[place], "by": by}
    text = (
        f"from support import interrupted; print('begun', flush=True); interrupted.begin({order!r})"
    )
    with started("-c", text) as process:
        seconds, said = end_of(process, places, place)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said
    assert seconds < PATIENCE


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["load"], "lookup"),
        (["load"], "headers"),
        (["accounts", "test"], "handshake"),
        (["accounts", "test"], "lookup"),
    ],
)
def test_an_interrupted_command_ends_soon(places: Places, words: list[str], place: str) -> None:
    url = places.orders[place]["url"]
    variables = {
        "UNPOD_API_TOKEN": vendors.KEY,
        "UNPOD_ORG_HANDLE": vendors.ORGANIZATION,
        "UNPOD_BASE_URL": url,
        "BYTIO_API_KEY": vendors.KEY,
        "BYTIO_BASE_URL": url,
    }
    text = (
        "import sys; from support import interrupted; from billnb.cli import main; "
        f"print('begun', flush=True); sys.exit(main({words!r}))"
    )
    with started("-c", text, **variables) as process:
        seconds, said = end_of(process, places, place)
    assert process.returncode == 1
    assert said.strip() == "Aborted!"
    assert seconds < PATIENCE
