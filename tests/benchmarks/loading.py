"""The time to load a long history, compared with other ways and with the floor.

``python tests/benchmarks/loading.py`` serves 100,000 Bytio entries in 1,000 pages on loopback and
loads them in each way, each in a process of its own, in turn, several times. It prints medians, the
memory each grew by, whether the sum is exact, and the ratios. Needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import vendor  # noqa: E402

WORKERS = 16
PATH = "/v1/account/billinghistory"


def by_billnb(base_url: str, entries: int) -> tuple[int, Any]:
    """`billnb.load`, as its documentation says."""
    import billnb

    account, load = billnb.Bytio(vendor.KEY, base_url=base_url), billnb.load
    ready()
    history = load(account, workers=WORKERS, progress=False)
    return len(history), history["total"].sum() * 100


def by_hand(base_url: str, entries: int) -> tuple[int, Any]:
    """The loop a user writes: page after page, then `json_normalize`."""
    import pandas as pd
    import requests

    ready()
    session = requests.Session()
    session.headers["X-API-KEY"] = vendor.KEY
    rows: list[Any] = []
    page = 1
    while True:
        asked: dict[str, str | int] = {"filter": "all", "page": page, "count": 100}
        answer = session.get(base_url + PATH, params=asked, timeout=30)
        answer.raise_for_status()
        content = answer.json()
        rows += content["billing_histories"]
        if page >= content["pagination"]["total_pages"]:
            break
        page += 1
    frame = pd.json_normalize(rows)
    return len(frame), frame["total_cents"].sum()


def by_dlt(base_url: str, entries: int) -> tuple[int, Any]:
    """dlt's `rest_api` source: extraction and paging alone, without a destination."""
    from dlt.sources.rest_api import rest_api_source

    ready()
    source = rest_api_source(
        {
            "client": {
                "base_url": base_url + "/v1/account/",
                "auth": {
                    "type": "api_key",
                    "name": "X-API-KEY",
                    "api_key": vendor.KEY,
                    "location": "header",
                },
                "paginator": {
                    "type": "page_number",
                    "base_page": 1,
                    "total_path": "pagination.total_pages",
                },
            },
            "resources": [
                {
                    "name": "billing",
                    "endpoint": {
                        "path": "billinghistory",
                        "params": {"filter": "all", "count": 100},
                        "data_selector": "billing_histories",
                    },
                }
            ],
        }
    )
    rows = list(source.resources["billing"])
    return len(rows), sum(row["total_cents"] for row in rows)


def by_floor(base_url: str, entries: int) -> tuple[int, Any]:
    """The same requests with libcurl, 16 at a time, bodies thrown away."""
    import pycurl

    ready()
    multi = pycurl.CurlMulti()
    waiting = list(range(-(-entries // vendor.PAGE), 0, -1))
    received = 0

    def count(data: bytes) -> None:
        nonlocal received
        received += len(data)

    def ask(handle: Any) -> None:
        page = waiting.pop()
        handle.setopt(pycurl.URL, f"{base_url}{PATH}?filter=all&page={page}&count=100")
        multi.add_handle(handle)

    handles = []
    for _ in range(min(WORKERS, len(waiting))):
        handle = pycurl.Curl()
        handle.setopt(pycurl.WRITEFUNCTION, count)
        handle.setopt(pycurl.HTTPHEADER, [f"X-API-KEY: {vendor.KEY}"])
        handles.append(handle)
        ask(handle)
    active = len(handles)
    while active:
        multi.perform()
        _, done, failed = multi.info_read()
        if failed:
            raise RuntimeError(failed)
        for handle in done:
            multi.remove_handle(handle)
            active -= 1
            if waiting:
                ask(handle)
                active += 1
        if active and not done:
            multi.select(1.0)
    return entries, None


WAYS: dict[str, Callable[[str, int], tuple[int, Any]]] = {
    "billnb": by_billnb,
    "floor": by_floor,
    "hand": by_hand,
    "dlt": by_dlt,
}

_began: dict[str, float] = {}


def ready() -> None:
    """Note that imports are over: time and memory count from here."""
    import pyarrow as pa

    pa.array([])  # pyarrow imports pandas at its first use
    _began["memory"] = _resident()
    _began["time"] = time.perf_counter()


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(way: str, base_url: str, entries: int) -> dict[str, Any]:
    """Load once, in this process."""
    rows, total = WAYS[way](base_url, entries)
    seconds = time.perf_counter() - _began["time"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {
        "seconds": seconds,
        "memory": peak - _began["memory"],
        "rows": rows,
        "total": None if total is None else str(total),
    }


@contextmanager
def serving(entries: int, latency: float) -> Iterator[str]:
    """Serve the vendor in a process of its own."""
    command = [sys.executable, str(HERE / "vendor.py"), str(entries), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def apart(way: str, base_url: str, entries: int) -> dict[str, Any]:
    """Load once, in a process of its own."""
    command = [sys.executable, __file__, "--once", way, base_url, str(entries)]
    environ = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(entries: int, latency: float, runs: dict[str, int]) -> dict[str, dict[str, float]]:
    """Measure each way in turn and print the medians."""
    exact = vendor.total_cents(entries)
    print(f"\n{entries:,} entries, {latency * 1000:g} ms latency, {WORKERS} workers")
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in runs}
    with serving(entries, latency) as base_url:
        for turn in range(max(runs.values())):
            for way, count in runs.items():
                if turn < count:
                    found[way].append(apart(way, base_url, entries))
    medians = {}
    for way, results in found.items():
        seconds = statistics.median(result["seconds"] for result in results)
        memory = statistics.median(result["memory"] for result in results)
        total = results[0]["total"]
        said = "" if total is None else "exact" if Decimal(total) == exact else f"off: {total}"
        assert all(result["rows"] == entries for result in results)
        medians[way] = {"seconds": seconds, "memory": memory}
        print(f"  {way:8} {seconds:7.2f} s  {memory:6.0f} MB  {said}")
    ours = medians["billnb"]["seconds"]
    for way in runs:
        if way == "floor":
            print(f"  {ours / medians[way]['seconds']:.2f} times the floor")
        elif way != "billnb":
            print(f"  {medians[way]['seconds'] / ours:.1f} times as fast as {way}")
    return medians


def main() -> None:
    """Compare, at both latencies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", nargs=3, metavar=("WAY", "BASE_URL", "ENTRIES"))
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.once:
        way, base_url, entries = chosen.once
        print(json.dumps(measure(way, base_url, int(entries))))
        return
    runs, few = chosen.runs, 1 + chosen.runs // 3
    compare(chosen.entries, 0.02, {"billnb": runs, "floor": runs, "hand": few, "dlt": few})
    whole = compare(chosen.entries, 0.0, {"billnb": runs, "hand": runs, "dlt": few})
    half = compare(chosen.entries // 2, 0.0, {"billnb": runs})
    growth = whole["billnb"]["memory"] / half["billnb"]["memory"]
    print(f"\nmemory for twice the entries: {growth:.2f} times")


if __name__ == "__main__":
    main()
