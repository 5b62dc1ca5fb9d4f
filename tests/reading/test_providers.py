"""Both contracts, in every form their vendors use."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support import vendors
from support.faulty import Exchange, FaultyServer
from support.vendors import encode

import billnb
from billnb import errors
from billnb.entry import Entry
from billnb.providers.bytio import Bytio
from billnb.providers.unpod import Unpod
from billnb.sandbox.wire import Request, Response, json_response
from billnb.transport import Refusal

BYTIO = Bytio("key", currency="eur")
UNPOD = Unpod("token", "example.com")


def bytio(*records: dict[str, Any], **envelope: Any) -> list[Entry]:
    pagination = {"total_pages": 1, "current_page": 1, "total_count": len(records), "per_page": 100}
    content = {"status": "ok", "pagination": pagination, "billing_histories": records, **envelope}
    return BYTIO.page(BYTIO.decode(encode(content))).rows


def unpod(*records: dict[str, Any], **envelope: Any) -> list[Entry]:
    content = {"count": len(records), "status_code": 200, "results": records, **envelope}
    return UNPOD.page(UNPOD.decode(encode(content))).rows


INVOICE = {
    "type": "invoice",
    "created_on": "2023-11-07T05:31:56Z",
    "name": "December 2025",
    "usage_charges_cents": Decimal("5895.3554498"),
    "standing_charges_cents": 4900,
    "tax_cents": Decimal("0.1"),
    "total_cents": 10796,
    "invoice_url": "https://files.example/1.pdf?sig=a",
}
TOP_UP = {
    "type": "payment",
    "created_on": "2023-11-07T05:31:56.5+02:00",
    "total_cents": 5000,
    "reciept_url": "https://files.example/2.pdf?sig=b",
    "payment_type": "manual_top_up",
    "status": "succeeded",
    "payment_method": {
        "type": "card",
        "brand": "visa",
        "expires_month": 3,
        "expires_year": 2030,
        "last4": 42,
        "wallet": "Apple Pay",
    },
}


def test_a_bytio_invoice_is_read() -> None:
    assert bytio(INVOICE) == [
        Entry(
            kind="invoice",
            issued_at=datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC),
            currency="EUR",
            total=Decimal("107.96"),
            description="December 2025",
            usage=Decimal("58.953554498"),
            standing=Decimal(49),
            tax=Decimal("0.001"),
            document_url="https://files.example/1.pdf?sig=a",
        )
    ]


def test_a_bytio_top_up_is_read() -> None:
    assert bytio(TOP_UP) == [
        Entry(
            kind="payment",
            issued_at=datetime(2023, 11, 7, 3, 31, 56, 500000, tzinfo=UTC),
            currency="EUR",
            total=Decimal(50),
            status="paid",
            payment_type="manual_top_up",
            method="card",
            method_brand="visa",
            method_last4="0042",
            method_expires="2030-03",
            method_wallet="Apple Pay",
            document_url="https://files.example/2.pdf?sig=b",
        )
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "failed"}, {"status": "failed"}),
        ({"status": None}, {"status": None}),
        ({"status": ""}, {"status": None}),
        ({"status": "Disputed"}, {"status": "disputed"}),
        ({"type": "Refund"}, {"kind": "refund"}),
        ({"reciept_url": None, "receipt_url": "https://x"}, {"document_url": "https://x"}),
        ({"reciept_url": ""}, {"document_url": None}),
        ({"payment_type": ""}, {"payment_type": None}),
        ({"payment_method": None}, {"method": None, "method_last4": None}),
        ({"payment_method": {}}, {"method": None, "method_expires": None}),
        (
            {"payment_method": {"type": "paypal", "email": "a@b.example"}},
            {"method": "paypal", "method_email": "a@b.example", "method_last4": None},
        ),
        ({"payment_method": {"type": "card", "last4": "0007"}}, {"method_last4": "0007"}),
        ({"payment_method": {"type": "card", "last4": 0}}, {"method_last4": "0000"}),
        ({"payment_method": {"expires_year": 2030}}, {"method_expires": None}),
        ({"total_cents": "5000.5"}, {"total": Decimal("50.005")}),
        ({"total_cents": -1}, {"total": Decimal("-0.01")}),
        ({"usage_charges_cents": 0}, {"usage": Decimal(0)}),
        ({"something_new": {"nested": [1]}}, {"kind": "payment"}),
    ],
)
def test_what_a_bytio_payment_may_say(change: dict[str, Any], expected: dict[str, Any]) -> None:
    (entry,) = bytio({**TOP_UP, **change})
    assert {name: getattr(entry, name) for name in expected} == expected


@pytest.mark.parametrize("envelope", [{"pagination": None}, {"billing_histories": None}])
def test_a_bytio_page_without_its_parts_is_refused(envelope: dict[str, Any]) -> None:
    with pytest.raises(errors.ContractError, match=next(iter(envelope))):
        bytio(INVOICE, **envelope)


def test_a_bytio_status_that_is_not_ok_is_a_refusal() -> None:
    with pytest.raises(Refusal) as caught:
        bytio(status="error", message="locked")
    assert (caught.value.status, caught.value.message) == (None, "locked")


@pytest.mark.parametrize("currency", ["", "U S", 7])
def test_a_currency_is_a_code(currency: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="currency"):
        Bytio("key", currency=currency)


NOW = {
    "id": 101,
    "amount": "299.00",
    "currency": "USD",
    "status": "paid",
    "invoice_date": "2026-02-01T00:00:00Z",
}
EARLIER = {
    "invoice_number": "INV-7",
    "amount": "1357.30",
    "tax_amount": "207.05",
    "currency": "INR",
    "status": "PENDING",
    "charge_type": "addon_subscription",
    "invoice_date": "2026-02-01T10:00:00.045893Z",
    "due_date": "2026-02-15",
    "payment_at": None,
}


def test_an_unpod_invoice_is_read_in_both_forms() -> None:
    assert unpod(NOW, EARLIER) == [
        Entry(
            kind="invoice",
            issued_at=datetime(2026, 2, 1, tzinfo=UTC),
            currency="USD",
            total=Decimal(299),
            entry_id="101",
            status="paid",
        ),
        Entry(
            kind="invoice",
            issued_at=datetime(2026, 2, 1, 10, 0, 0, 45893, tzinfo=UTC),
            currency="INR",
            total=Decimal("1357.3"),
            entry_id="INV-7",
            description="addon_subscription",
            status="pending",
            tax=Decimal("207.05"),
            due_at=datetime(2026, 2, 15, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize(
    "envelope",
    [
        {"results": [NOW]},
        {"results": None, "data": [NOW]},
        {"results": None, "data": {"results": [NOW]}},
        {"results": None, "count": None, "data": {"results": [NOW], "count": 1}},
        {"results": [NOW], "data": {}},
        {"results": [NOW], "status_code": None, "message": None},
    ],
)
def test_unpod_envelopes_are_all_read(envelope: dict[str, Any]) -> None:
    content = {"count": 1, "status_code": 200, **envelope}
    page = UNPOD.page(UNPOD.decode(encode(content)))
    assert [entry.entry_id for entry in page.rows] == ["101"]
    assert page.total == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": Decimal("1357.3")}, {"total": Decimal("1357.3")}),
        ({"amount": "-5"}, {"total": Decimal(-5)}),
        ({"currency": "BITS"}, {"currency": "BITS"}),
        ({"currency": "inr"}, {"currency": "INR"}),
        ({"status": "refunded"}, {"status": "refunded"}),
        ({"status": None}, {"status": None}),
        ({"payment_at": "2026-03-01T00:00:00"}, {"paid_at": datetime(2026, 3, 1, tzinfo=UTC)}),
        ({"due_date": ""}, {"due_at": None}),
        ({"id": "abc"}, {"entry_id": "abc"}),
        ({"invoice_date": "2026-02-01"}, {"issued_at": datetime(2026, 2, 1, tzinfo=UTC)}),
    ],
)
def test_what_an_unpod_invoice_may_say(change: dict[str, Any], expected: dict[str, Any]) -> None:
    (entry,) = unpod({**NOW, **change})
    assert {name: getattr(entry, name) for name in expected} == expected


def test_the_vendors_own_forms_of_failure_are_refusals() -> None:
    for content, status in (
        ({"status_code": 403, "message": "no", "data": {}}, 403),
        ({"error": {"code": "x", "message": "no"}}, None),
        ({"error": "no"}, None),
    ):
        with pytest.raises(Refusal) as caught:
            UNPOD.decode(encode(content))
        assert (caught.value.status, caught.value.message) == (status, "no")


# the organizations a token can see


class Directory:
    """Unpod's list of organizations, and their histories."""

    def __init__(self, **answer: Any) -> None:
        rows = [
            {"id": 1, "name": "One", "domain_handle": "one.example", "token": "CANARY"},
            {"id": 2, "name": "Two", "domain_handle": "two.example", "token": "CANARY"},
        ]
        self.content = {"count": 2, "status_code": 200, "data": rows, **answer}

    def answer(self, request: Request) -> Response:
        if request.path == "/api/v2/platform/organizations/":
            return json_response(200, self.content)
        case = vendors.case("unpod", 5)
        case.vendor.organizations = dict.fromkeys(("one.example", "two.example"), case.entries)
        return case.answer(request)


def test_organizations_lead_to_all_their_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer(Directory().answer) as server:
        monkeypatch.setenv("UNPOD_API_TOKEN", vendors.KEY)
        monkeypatch.setenv("UNPOD_BASE_URL", server.url)
        handles = billnb.Unpod.organizations()
        assert (
            handles == billnb.Unpod(vendors.KEY).organizations() == ["one.example", "two.example"]
        )
        assert b"Org-Handle" not in server.heads[0]
        history = billnb.load(*[billnb.Unpod(org_handle=handle) for handle in handles])
        assert history["account"].value_counts().to_dict() == {"unpod": 5, "unpod-2": 5}
        billnb.Unpod(vendors.KEY, "one.example").organizations()
        assert b"Org-Handle: one.example" in server.heads[-1]


@pytest.mark.parametrize(
    "answer",
    [{"count": 3}, {"data": None}, {"data": [{"name": "x"}]}, {"status_code": 401, "data": None}],
)
def test_part_of_the_organizations_is_an_error(answer: dict[str, Any]) -> None:
    with FaultyServer(Directory(**answer).answer) as server:
        account = billnb.Unpod(vendors.KEY, base_url=server.url)
        with pytest.raises(errors.BillnbError) as caught:
            account.organizations()
        assert "CANARY" not in str(caught.value)


def test_organizations_name_the_account_when_refused() -> None:
    with FaultyServer(Directory().answer) as server:
        server.behave = lambda exchange: Exchange.reply_body(exchange, b"{}", 403)
        with pytest.raises(errors.AccessDeniedError, match=r"^voice: "):
            billnb.Unpod(vendors.KEY, name="voice", base_url=server.url).organizations()
