"""Bytio's billing history API.

``GET /v1/account/billinghistory`` returns pages of at most 100 entries, and at most 1,000 pages
for each filter. Entries have no identifier and state no currency; amounts are in cents and may
have fractions of one. "reciept" is the vendor's spelling.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache, partial
from typing import ClassVar

import msgspec
from requests.adapters import BaseAdapter

from billnb.entry import Entry, Page, currency_code, instant, lower, page_of
from billnb.errors import ArgumentError, MoneyError, contract_error
from billnb.providers.base import Credential, Provider, Setting, amount_error, as_secret, parsed
from billnb.transport import HeaderAuth, Limits, Refusal, strict_json
from billnb.values.money import cents
from billnb.values.secret import Secret


class PaymentMethod(msgspec.Struct, gc=False):
    """The method of a payment: a card or PayPal."""

    type: str | None = None
    email: str | None = None
    brand: str | None = None
    expires_month: int | None = None
    expires_year: int | None = None
    last4: int | str | None = None
    wallet: str | None = None


class Record(msgspec.Struct, gc=False):
    """One entry as Bytio states it."""

    type: str
    created_on: str
    total_cents: Decimal
    name: str | None = None
    usage_charges_cents: Decimal | None = None
    standing_charges_cents: Decimal | None = None
    tax_cents: Decimal | None = None
    invoice_url: str | None = None
    reciept_url: str | None = None
    receipt_url: str | None = None
    payment_type: str | None = None
    status: str | None = None
    payment_method: PaymentMethod | None = None


class Pagination(msgspec.Struct, gc=False):
    """The total, and the number of the page."""

    total_count: int
    current_page: int | None = None


class BillingHistory(msgspec.Struct, gc=False):
    """The whole answer; a failure has a status that is not ``ok``, and maybe a message."""

    status: str
    pagination: Pagination | None = None
    billing_histories: list[Record] | None = None
    message: str | None = None


_decoder = msgspec.json.Decoder(BillingHistory)


class Bytio(Provider):
    """An account at Bytio.

    Parameters
    ----------
    api_key : str or Secret, optional
        The API key; from ``BYTIO_API_KEY`` by default.
    name : str
        The name of the account in the history.
    currency : str, optional
        The account's currency, which the API does not state; from ``BYTIO_CURRENCY``, or ``USD``.
    base_url : str, optional
        Scheme and host; from ``BYTIO_BASE_URL``, or the vendor's own.
    limits : Limits, optional
        The limits of time, tries and size.
    adapter : requests.adapters.BaseAdapter, optional
        Sends requests in another way than over the network.

    Raises
    ------
    AuthenticationError
        When the key is missing or cannot be sent.
    ArgumentError
        When another argument is invalid.

    Examples
    --------
    >>> Bytio(api_key="k3y", name="production")
    <Bytio account 'production'>
    """

    provider: ClassVar = "bytio"
    url_variable: ClassVar = "BYTIO_BASE_URL"
    default_base_url: ClassVar = "https://api.bytio.com"
    path: ClassVar = "/v1/account/billinghistory"
    credentials: ClassVar = (Credential("api_key", "BYTIO_API_KEY", "API key"),)
    settings: ClassVar = (Setting("currency", "BYTIO_CURRENCY", "currency", "USD"),)
    max_page_size: ClassVar = 100
    max_pages: ClassVar = 1000
    filters: ClassVar = ("invoice", "payment")

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        name: str = "bytio",
        currency: str | None = None,
        base_url: str | None = None,
        limits: Limits | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        api_key = as_secret(api_key)
        if currency is None:
            currency = self.settings[0].of(currency)
        if not isinstance(currency, str) or not currency.isalnum():
            raise ArgumentError("currency must be a code such as 'USD'")
        self.currency = currency_code(currency)
        self._parse = partial(parse, currency=self.currency)
        super().__init__(
            {"api_key": api_key},
            name=name,
            base_url=base_url,
            limits=limits,
            adapter=adapter,
            currency=currency,
        )
        self.credential("api_key")

    def auth(self) -> HeaderAuth:
        return HeaderAuth({"X-API-KEY": self.credential("api_key")})

    def query(self, *, kind: str, page: int, size: int) -> dict[str, str | int]:
        return {"filter": kind if kind in self.filters else "all", "page": page, "count": size}

    def decode(self, body: bytes) -> BillingHistory:
        answer = strict_json(body, _decoder)
        if answer.status != "ok":
            raise Refusal(None, answer.message)
        return answer

    def page(self, answer: BillingHistory) -> Page[list[Entry]]:
        if answer.pagination is None:
            raise contract_error("required, and missing", "pagination")
        if answer.billing_histories is None:
            raise contract_error("required, and missing", "billing_histories")
        return page_of(
            parsed(answer.billing_histories, self._parse, "billing_histories"),
            total=answer.pagination.total_count,
            number=answer.pagination.current_page,
        )


def parse(record: Record, *, currency: str) -> Entry:
    """Return the entry of one record.

    Parameters
    ----------
    record : Record
        An invoice or a payment.
    currency : str
        The account's currency.

    Raises
    ------
    ContractError
        When a date or an amount cannot be read exactly; it names the field.
    """
    kind = record.type.lower()
    if not kind:
        raise contract_error("expected a kind of entry", "type")
    method = record.payment_method or _NO_METHOD
    usage, standing, tax = (
        record.usage_charges_cents,
        record.standing_charges_cents,
        record.tax_cents,
    )
    try:
        return Entry(
            kind=kind,
            issued_at=instant(record.created_on, "created_on"),
            currency=currency,
            total=cents(record.total_cents),
            description=record.name or None,
            status="paid" if record.status == "succeeded" else lower(record.status),
            usage=None if usage is None else cents(usage),
            standing=None if standing is None else cents(standing),
            tax=None if tax is None else cents(tax),
            payment_type=record.payment_type or None,
            method=lower(method.type),
            method_brand=method.brand or None,
            method_last4=_last4(method.last4),
            method_expires=_expires(method.expires_year, method.expires_month),
            method_wallet=method.wallet or None,
            method_email=method.email or None,
            document_url=record.invoice_url or record.reciept_url or record.receipt_url or None,
        )
    except MoneyError:
        pass
    raise amount_error(record, _AMOUNTS, cents)


_NO_METHOD = PaymentMethod()
_AMOUNTS = ("total_cents", "usage_charges_cents", "standing_charges_cents", "tax_cents")


def _last4(last4: int | str | None) -> str | None:
    # 0042 arrives as the number 42
    return None if last4 is None or last4 == "" else str(last4).zfill(4)


@lru_cache(maxsize=1024)
def _expires(year: int | None, month: int | None) -> str | None:
    return None if year is None or month is None else f"{year:04d}-{month:02d}"
