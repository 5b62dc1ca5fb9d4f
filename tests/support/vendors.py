"""Both vendors, said once: what a test of one is a test of the other too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd

import billnb
from billnb.providers.base import Provider
from billnb.sandbox.bytio import BytioVendor
from billnb.sandbox.unpod import UnpodVendor
from billnb.sandbox.wire import Request, Response, json_response

KEY = "k3y-CANARYTOKEN-77aa"
ORGANIZATION = "canary-org.example"
QUICK: dict[str, Any] = {"connect": 15.0, "silence": 15.0, "total": 30.0, "backoff": 0.01}
"""Limits that no busy machine reaches, but that are tried again at once."""

FIRST = datetime(2025, 1, 1, tzinfo=UTC)

decode: Callable[[bytes], Any] = msgspec.json.Decoder(Any, float_hook=Decimal).decode
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Case:
    """One vendor with a history of its own, newest first."""

    name: str
    entries: list[dict[str, Any]]
    page_limit: int = 100
    vendor: Any = field(init=False)

    def __post_init__(self) -> None:
        if self.name == "bytio":
            self.vendor = BytioVendor(self.entries, key=KEY)
        else:
            self.vendor = UnpodVendor({ORGANIZATION: self.entries}, token=KEY)

    def answer(self, request: Request) -> Response:
        self.vendor.page_limit = self.page_limit
        return self.vendor.answer(request) or json_response(404, {"message": "Not found."})

    def account(
        self, url: str, *, key: str = KEY, name: str | None = None, **limits: Any
    ) -> Provider:
        chosen = billnb.Limits(**{**QUICK, **limits})
        name = name or self.name
        if self.name == "bytio":
            return billnb.Bytio(key, name=name, base_url=url, limits=chosen)
        return billnb.Unpod(key, ORGANIZATION, name=name, base_url=url, limits=chosen)

    @property
    def rows(self) -> str:
        """The member of the envelope that holds the entries."""
        return "billing_histories" if self.name == "bytio" else "results"

    @property
    def amount(self) -> str:
        return "total_cents" if self.name == "bytio" else "amount"

    @property
    def issued(self) -> str:
        return "created_on" if self.name == "bytio" else "invoice_date"

    def with_total(self, body: bytes, total: Any) -> bytes:
        """Return a page that announces another total."""
        content = decode(body)
        if self.name == "bytio":
            content["pagination"]["total_count"] = total
        else:
            content["count"] = total
        return encode(content)

    def with_rows(self, body: bytes, change: Any) -> bytes:
        """Return a page with its rows changed."""
        content = decode(body)
        content[self.rows] = change(content[self.rows])
        return encode(content)

    def make(self, number: int, amount: Decimal | None = None) -> dict[str, Any]:
        return make(self.name, number, amount)

    def amounts(self, entries: list[dict[str, Any]] | None = None) -> Counter[Decimal]:
        """The amounts there are, in units."""
        cents = self.name == "bytio"
        found = (Decimal(one[self.amount]) for one in (entries or self.entries))
        return Counter(amount.scaleb(-2) if cents else amount for amount in found)


def make(vendor: str, number: int, amount: Decimal | None = None) -> dict[str, Any]:
    """Return an entry; those of different numbers differ in amount and second."""
    when = (FIRST + timedelta(hours=number)).isoformat().replace("+00:00", "Z")
    amount = Decimal(1000 + number) if amount is None else amount
    if vendor == "bytio" and number % 3 == 0:
        return {
            "type": "invoice",
            "created_on": when,
            "name": "January 2025",
            "usage_charges_cents": amount - 300,
            "standing_charges_cents": Decimal("249.5"),
            "tax_cents": Decimal("50.1234567"),
            "total_cents": amount,
            "invoice_url": f"https://files.bytio.example/invoices/{number}.pdf",
        }
    if vendor == "bytio":
        return {
            "type": "payment",
            "created_on": when,
            "total_cents": amount,
            "reciept_url": f"https://files.bytio.example/reciepts/{number}.pdf",
            "payment_type": "manual_top_up",
            "status": "succeeded",
            "payment_method": {
                "type": "card",
                "brand": "visa",
                "expires_month": 11,
                "expires_year": 2030,
                "last4": 42,
            },
        }
    return {
        "id": number + 1,
        "amount": str(amount),
        "currency": "USD",
        "status": "paid",
        "invoice_date": when,
    }


def case(name: str, count: int = 250, page_limit: int = 100) -> Case:
    entries = [make(name, number) for number in range(count)][::-1]
    return Case(name, entries, page_limit)


def amounts(history: pd.DataFrame) -> Counter[Decimal]:
    return Counter(history["total"].to_list())
