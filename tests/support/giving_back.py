"""A process that loads, tests and fails a thousand times and says what that left behind.

``python -m support.giving_back`` takes one line of JSON: how often, and which servers do
what. It is a process of its own so that no descriptor of a server's is counted.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from support import vendors

import billnb
from billnb import errors
from billnb.accounts.probing import probe


def left() -> dict[str, float]:
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "memory": resident / 1e6,
    }


def main() -> None:
    order = json.loads(sys.stdin.readline())
    case = vendors.case("unpod", 3)
    os.environ["REQUESTS_CA_BUNDLE"] = order["bundle"]
    good = case.account(order["good"])
    failing = [
        case.account(url, tries=2, backoff=0.001, total=0.02 if late else 5.0, max_body=4000)
        for url, late in order["failing"]
    ]
    done = 0

    def read(account: object, *, fails: bool = False, by: Callable[..., object] = probe) -> None:
        nonlocal done
        done += 1
        try:
            by(account)
        except errors.BillnbError:
            assert fails
        else:
            assert not fails

    def run(rounds: int) -> None:
        for number in range(rounds):
            read(good, by=billnb.load)
            read(good)
            read(case.account(order["secure"]))
            os.environ["HTTPS_PROXY"] = order["proxy"]
            read(case.account(order["secure"]))
            del os.environ["HTTPS_PROXY"]
            for account in failing:
                read(account, fails=True)
            read(failing[number % len(failing)], fails=True, by=billnb.load)

    run(5)
    done, before = 0, left()
    while done < order["times"]:
        run(1)
    after = left()
    grown = {name: after[name] - before[name] for name in after}
    print(json.dumps({"done": done, **grown}))


if __name__ == "__main__":
    main()
