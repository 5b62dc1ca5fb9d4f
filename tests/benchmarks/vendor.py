"""A Bytio that answers as fast as a loopback socket allows: what loading is measured against.

``python tests/benchmarks/vendor.py ENTRIES LATENCY_SECONDS`` prints its port and serves until it is
ended. Every page is rendered beforehand, so that the server's own work does not blur the figures.
"""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

PAGE = 100
KEY = "benchmark-key"
_PAGE_NUMBER = re.compile(rb"[?&]page=(\d+)")
_FIRST = datetime(2016, 1, 1, tzinfo=UTC)


def entry(number: int) -> dict[str, Any]:
    """Return one entry: an invoice in four, the rest payments by card."""
    created = (_FIRST + timedelta(minutes=47 * number)).isoformat().replace("+00:00", "Z")
    if number % 4 == 0:
        usage = Decimal(number * 7_919_000_003 % 10**14).scaleb(-7)
        return {
            "type": "invoice",
            "created_on": created,
            "name": "December 2025",
            "usage_charges_cents": usage,
            "standing_charges_cents": 5000,
            "tax_cents": Decimal("1000.25"),
            "total_cents": usage + Decimal("6000.25"),
            "invoice_url": f"https://files.bytio.example/invoices/{number}.pdf?signature=abc",
        }
    return {
        "type": "payment",
        "created_on": created,
        "total_cents": 5000 + number % 977,
        "reciept_url": f"https://files.bytio.example/reciepts/{number}.pdf?signature=abc",
        "payment_type": "manual_top_up",
        "status": "succeeded" if number % 20 else "failed",
        "payment_method": {
            "type": "card",
            "brand": "visa",
            "expires_month": 11,
            "expires_year": 2030,
            "last4": 42,
        },
    }


def total_cents(entries: int) -> Decimal:
    """Return the exact sum of `total_cents`, which every way of loading should arrive at."""
    return sum((Decimal(entry(number)["total_cents"]) for number in range(entries)), Decimal())


def pages(entries: int) -> list[bytes]:
    """Return every page as the bytes that go over the socket."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    count = -(-entries // PAGE)
    found = []
    for page in range(count):
        numbers = range(page * PAGE, min(entries, (page + 1) * PAGE))
        body = encoder.encode(
            {
                "status": "ok",
                "pagination": {
                    "total_pages": count,
                    "current_page": page + 1,
                    "total_count": entries,
                    "per_page": PAGE,
                },
                "billing_histories": [entry(entries - 1 - number) for number in numbers],
            }
        )
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        found.append(head.encode() + b"\r\n\r\n" + body)
    return found


class _Vendor(asyncio.Protocol):
    def __init__(self, answers: list[bytes], latency: float) -> None:
        self._answers = answers
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            found = _PAGE_NUMBER.search(head)
            answer = self._answers[int(found[1]) - 1 if found else 0]
            if self._latency:
                loop = asyncio.get_running_loop()
                loop.call_later(self._latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def _serve(entries: int, latency: float) -> None:
    answers = pages(entries)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Vendor(answers, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
