"""A made-up Unpod organization of three years, and the API that serves it.

A voice platform: a monthly subscription in USD, add-ons and credits in INR with 18% GST; the
subscription's price rose a year ago. Most invoices are paid; a few failed, were cancelled or
refunded, and the latest are pending.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from billnb.sandbox.calendar import Month, is_before, months, text
from billnb.sandbox.wire import Request, Response, json_response

TOKEN = "sandbox-token"  # noqa: S105 - what the sandbox accepts, for everyone to read
ORGANIZATIONS = ("acme.example", "acme-labs.example")
PATH = "/api/v2/platform/organisation/billing/"
ORGANIZATIONS_PATH = "/api/v2/platform/organizations/"

_PRICE_CHANGE = 12  # months ago
_SETTLED_AFTER = 10  # months
_GST = Decimal("0.18")
_CENT = Decimal("0.01")


class UnpodVendor:
    """Unpod's endpoints over lists of invoices.

    Parameters
    ----------
    organizations : mapping of str to list of dict
        Each organization's invoices, as the API states them and in the order it lists them.
    token : str
        The API token it accepts.
    """

    def __init__(
        self, organizations: Mapping[str, list[dict[str, Any]]], *, token: str = TOKEN
    ) -> None:
        self.organizations = dict(organizations)
        self.token = token
        self.page_limit = 100

    def answer(self, request: Request) -> Response | None:
        """Return the answer to a request for this vendor, ``None`` to any other."""
        if request.path not in (PATH, ORGANIZATIONS_PATH):
            return None
        if request.headers.get("authorization") != f"Token {self.token}":
            return _failure(401, "Invalid token.")
        if request.path == ORGANIZATIONS_PATH:
            return self._organizations()
        organization = request.headers.get("org-handle")
        if not organization:
            return _failure(206, "Organization not found.", data={})
        if organization not in self.organizations:
            return json_response(404, {"message": "Organization not found."})
        page, size = request.number("page", 1), request.number("page_size", 20)
        if page is None or size is None:
            return _failure(400, "Invalid parameters provided.", data={})
        size = min(size, self.page_limit)
        invoices = self.organizations[organization]
        return json_response(
            200,
            {
                "count": len(invoices),
                "status_code": 200,
                "message": "Billing data fetched successfully",
                "results": invoices[(page - 1) * size : page * size],
            },
        )

    def _organizations(self) -> Response:
        rows = [
            {"id": number, "name": handle.partition(".")[0].title(), "domain_handle": handle}
            for number, handle in enumerate(self.organizations, 1)
        ]
        content = {
            "count": len(rows),
            "status_code": 200,
            "message": "Organizations fetched successfully",
            "data": rows,
        }
        return json_response(200, content)


def invoices(today: date, organization: str) -> list[dict[str, Any]]:
    """Return an organization's invoices as of `today`, newest first."""
    found = [one for month in months(today) for one in _month(month, organization)]
    past = [one for one in found if is_before(datetime.fromisoformat(one["invoice_date"]), today)]
    return sorted(past, key=lambda one: str(one["invoice_date"]), reverse=True)


def new_invoice(now: datetime) -> dict[str, Any]:
    """Return an invoice that has just been made."""
    return _invoice(now, int(f"{now:%d%H%M%S%f}"), Decimal(25), "USD", "credits", "pending")


def _month(month: Month, organization: str) -> Iterator[dict[str, Any]]:
    chance = month.random(organization)
    scale = 1 if organization == ORGANIZATIONS[0] else Decimal("0.35")
    number = (month.year * 12 + month.month) * 10
    price = Decimal(349 if month.age < _PRICE_CHANGE else 299) * scale
    recent = month.age == 0

    def status(*, usually: str = "paid") -> str:
        lot = chance.random()
        if recent:
            return "pending"
        # what fails is paid some months later
        return "failed" if lot < 0.05 and month.age < _SETTLED_AFTER else usually

    yield _invoice(month.at(1), number, price, "USD", "subscription", status())
    seats = 4 + (36 - month.age) // 6 + chance.randint(0, 2)
    yield _invoice(
        month.at(3, 9, 30), number + 1, Decimal(1499) * seats * scale, "INR",
        "addon_subscription", status(), tax=True,
    )  # fmt: skip
    minutes = Decimal(chance.randint(1800, 2600)) * month.season() * scale
    for extra in range(2 if month.season() > 1 else 1):
        usually = "refunded" if month.month == 5 else "cancelled" if month.month == 9 else "paid"
        yield _invoice(
            month.at(12 + 7 * extra, 14, chance.randint(0, 59), 15),
            number + 2 + extra,
            minutes * Decimal("2.15"),
            "INR",
            "credits",
            status(usually=usually if extra == 0 else "paid"),
            tax=True,
        )


def _invoice(
    when: datetime,
    number: int,
    net: Decimal,
    currency: str,
    charge: str,
    status: str,
    *,
    tax: bool = False,
) -> dict[str, Any]:
    net = net.quantize(_CENT, ROUND_HALF_EVEN)
    added = (net * _GST).quantize(_CENT, ROUND_HALF_EVEN) if tax else Decimal("0.00")
    paid = when + timedelta(hours=5, minutes=number % 60, microseconds=45893)
    return {
        "id": number,
        "amount": str(net + added),
        "currency": currency,
        "status": status,
        "invoice_date": text(when),
        "tax_amount": str(added),
        "charge_type": charge,
        "due_date": text(when + timedelta(days=14)),
        "payment_at": text(paid) if status in ("paid", "refunded") else None,
    }


def _failure(status: int, message: str, **more: Any) -> Response:
    return json_response(status, {"status_code": status, "message": message, **more})
