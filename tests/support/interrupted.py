"""What is under way when Ctrl-C comes: run in a process, or a kernel, of its own.

As a script, it takes lines of JSON, each a place to be interrupted in, and answers each with what
the interrupt left behind.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from support import vendors

import billnb
from billnb.accounts.probing import probe

SLOW = "slow.example"
LONG = {"connect": 50.0, "silence": 50.0, "total": 60.0, "max_wait": 50.0}

_resolve: Any = socket.getaddrinfo


def _slowly(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Look names up as a name server that does not answer has it."""
    if host == SLOW:
        time.sleep(60)
    return _resolve(host, *args, **kwargs)


socket.getaddrinfo = _slowly


def begin(place: dict[str, Any]) -> None:
    """Do what is to be interrupted."""
    case = vendors.case("unpod")
    limits = {**LONG, **place.get("limits", {})}
    account = case.account(place["url"], **limits)
    if place["by"] == "test":
        probe(account)
    elif place["by"] == "executor":
        with ThreadPoolExecutor(2) as pool:
            billnb.load(account, executor=pool, workers=4)
    else:
        while True:
            with suppress(billnb.UnstableHistoryError):
                billnb.load(account)


def left() -> dict[str, int]:
    """Count what is open; a kernel has threads and descriptors of its own, which come and go."""
    gc.collect()
    threads = [one for one in threading.enumerate() if one.name.startswith("billnb-")]
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "connections": sum(_is_connection(int(one)) for one in os.listdir("/proc/self/fd")),
        # a lookup cannot be ended: it is left to itself, once for all who ask for that name
        "threads": sum(not one.name.startswith("billnb-daemon") for one in threads),
    }


def _is_connection(descriptor: int) -> bool:
    try:
        if not os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:"):
            return False
        with socket.socket(fileno=os.dup(descriptor)) as one:
            return one.family in (socket.AF_INET, socket.AF_INET6)
    except OSError:
        return False


def interrupted(place: dict[str, Any]) -> dict[str, Any]:
    """Say when the interrupt was over, and what there was more of than before."""
    before = left()
    print("begun", flush=True)
    try:
        begin(place)
    except KeyboardInterrupt:
        at = time.monotonic()
    after = left()
    return {"at": at, **{name: after[name] - before[name] for name in after}}


if __name__ == "__main__":
    billnb.demo()
    for line in sys.stdin:
        print(json.dumps(interrupted(json.loads(line))), flush=True)
