"""A made-up Bytio account of three years, and the API that serves it.

A prepaid proxy service: monthly invoices of usage, standing charges and tax with fractions of a
cent, totals rounded up; top-ups by card and PayPal, some failed and tried again, some twice in
the same second. Standing charges rose a year and a half ago.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any

from billnb.sandbox.calendar import MONTHS, Month, is_before, months, text
from billnb.sandbox.wire import Request, Response, json_response

KEY = "sandbox-key"
PATH = "/v1/account/billinghistory"

_FILES = "https://files.bytio.example"
_PRICE_CHANGE = 18  # months ago
_VAT = Decimal("0.20")
_CARD: dict[str, Any] = {
    "type": "card",
    "brand": "visa",
    "expires_month": 11,
    "expires_year": 2030,
    "last4": 42,
}
_WALLET: dict[str, Any] = {
    "type": "card",
    "brand": "mastercard",
    "expires_month": 4,
    "expires_year": 2029,
    "last4": 8210,
    "wallet": "Apple Pay",
}
_PAYPAL: dict[str, Any] = {"type": "paypal", "email": "billing@acme.example"}


class BytioVendor:
    """Bytio's endpoint over a list of entries.

    Parameters
    ----------
    entries : list of dict
        As the API states them, in the order it lists them.
    key : str
        The API key it accepts.
    """

    def __init__(self, entries: list[dict[str, Any]], *, key: str = KEY) -> None:
        self.entries = entries
        self.key = key
        self.page_limit = 100
        self._signatures = itertools.count(1)

    def answer(self, request: Request) -> Response | None:
        """Return the answer to a request for this vendor, ``None`` to any other."""
        if request.path != PATH:
            return None
        if request.headers.get("x-api-key") != self.key:
            return _failure(401, "Invalid API key.")
        wanted = request.query.get("filter", "all")
        page = request.number("page", 1, most=1000)
        count = request.number("count", 10, most=100)
        if page is None or count is None or wanted not in ("all", "invoice", "payment"):
            return _failure(400, "Invalid parameters.")
        count = min(count, self.page_limit)
        entries = [one for one in self.entries if wanted in ("all", one.get("type"))]
        rows = entries[(page - 1) * count : page * count]
        return json_response(
            200,
            {
                "status": "ok",
                "pagination": {
                    "total_pages": max(1, -(-len(entries) // count)),
                    "current_page": page,
                    "total_count": len(entries),
                    "per_page": count,
                },
                "billing_histories": [self._signed(row) for row in rows],
            },
        )

    def _signed(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return an entry with its document's URL signed again, as vendors do at each reading."""
        signed = dict(entry)
        for name in ("invoice_url", "reciept_url"):
            if name in signed:
                signed[name] = f"{signed[name]}?signature={next(self._signatures):016x}"
        return signed


def entries(today: date) -> list[dict[str, Any]]:
    """Return the account's entries as of `today`, newest first."""
    found = [entry for month in months(today) for entry in _month(month)]
    past = [one for one in found if is_before(datetime.fromisoformat(one["created_on"]), today)]
    return sorted(past, key=lambda one: str(one["created_on"]), reverse=True)


def new_entry(now: datetime) -> dict[str, Any]:
    """Return a top-up that has just been made."""
    return _top_up(now, Decimal(5000), _CARD, f"new-{now:%Y%m%d%H%M%S%f}")


def _month(month: Month) -> Iterator[dict[str, Any]]:
    chance = month.random("bytio")
    growth = 1 + Decimal(36 - month.age) / 60
    raised = month.age < _PRICE_CHANGE
    usage = Decimal(24000) * growth * month.season() * Decimal(chance.randint(92, 108)) / 100
    usage = (usage + Decimal(chance.randint(0, 9_999_999)) / 10_000_000).quantize(
        Decimal("1e-7"), ROUND_HALF_EVEN
    )
    standing = Decimal(5900 if raised else 4900) + chance.randint(0, 3) * 350
    tax = ((usage + standing) * _VAT).quantize(Decimal("1e-7"), ROUND_HALF_EVEN)
    total = (usage + standing + tax).quantize(Decimal(1), ROUND_CEILING)
    issued = (month.first + timedelta(days=32)).replace(day=1, minute=5)
    yield {
        "type": "invoice",
        "created_on": text(issued),
        "name": month.name,
        "usage_charges_cents": usage,
        "standing_charges_cents": standing,
        "tax_cents": tax,
        "total_cents": total,
        "invoice_url": f"{_FILES}/invoices/{month.first:%Y-%m}.pdf",
    }
    pressed_twice = month.month % 4 == 0
    top_ups = int((total / 15000).quantize(Decimal(1))) - pressed_twice
    if month.age == MONTHS:
        top_ups += 2  # to begin with
    for number in range(top_ups):
        when = month.at(
            2 + number * 25 // top_ups, chance.randint(7, 19), chance.randint(0, 59), number
        )
        method = chance.choice([_CARD, _CARD, _WALLET, _PAYPAL])
        name = f"{month.first:%Y-%m}-{number + 1}"
        if chance.random() < 0.09:
            yield _top_up(when - timedelta(minutes=4), Decimal(15000), method, None, "failed")
        yield _top_up(when, Decimal(15000), method, name)
        if number == 0 and pressed_twice:
            # the same second and the same receipt, but two entries
            yield _top_up(when, Decimal(15000), method, name)


def _top_up(
    when: datetime,
    amount: Decimal,
    method: dict[str, Any],
    receipt: str | None,
    status: str = "succeeded",
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "payment",
        "created_on": text(when),
        "total_cents": amount,
        "payment_type": "manual_top_up",
        "status": status,
        "payment_method": method,
    }
    if receipt is not None:
        entry["reciept_url"] = f"{_FILES}/reciepts/{receipt}.pdf"
    return entry


def _failure(status: int, message: str) -> Response:
    return json_response(status, {"status": "error", "message": message})
