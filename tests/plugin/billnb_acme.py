"""A provider that billnb does not know: what a package of somebody else's looks like."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from requests.adapters import BaseAdapter

from billnb.entry import Entry, Page, instant, page_of
from billnb.providers.base import Credential, Provider, as_secret, parsed
from billnb.transport import HeaderAuth, Limits, strict_json
from billnb.values.money import units


class Bill(msgspec.Struct):
    """One bill, as Acme states it."""

    number: int
    day: str
    euros: Decimal


class Bills(msgspec.Struct):
    """A page of bills."""

    total: int
    bills: list[Bill]


_decoder = msgspec.json.Decoder(Bills)


class Acme(Provider):
    """An account at Acme."""

    provider: ClassVar = "acme"
    url_variable: ClassVar = "ACME_BASE_URL"
    default_base_url: ClassVar = "https://acme.example"
    path: ClassVar = "/bills"
    credentials: ClassVar = (Credential("key", "ACME_KEY", "key"),)
    max_page_size: ClassVar = 50
    has_ids: ClassVar = True

    def __init__(
        self,
        key: str | None = None,
        *,
        name: str = "acme",
        base_url: str | None = None,
        limits: Limits | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        super().__init__(
            {"key": as_secret(key)}, name=name, base_url=base_url, limits=limits, adapter=adapter
        )

    def auth(self) -> HeaderAuth:
        return HeaderAuth({"Key": self.credential("key")})

    def query(self, *, kind: str, page: int, size: int) -> dict[str, str | int]:
        return {"page": page, "size": size}

    def decode(self, body: bytes) -> Bills:
        return strict_json(body, _decoder)

    def page(self, answer: Any) -> Page[list[Entry]]:
        return page_of(parsed(answer.bills, parse, "bills"), total=answer.total)


def parse(bill: Bill) -> Entry:
    """Return what a bill says."""
    return Entry(
        kind="invoice",
        issued_at=instant(bill.day, "day"),
        currency="EUR",
        total=units(bill.euros),
        entry_id=str(bill.number),
    )
