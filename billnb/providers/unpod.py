"""Unpod's billing history API.

``GET /api/v2/platform/organisation/billing/`` returns invoices, newest first and without a
tie-break. Three envelopes and two forms of an invoice are in use; all are read. A missing
organization may be answered with HTTP 206.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import msgspec
from requests.adapters import BaseAdapter

from billnb.entry import Entry, Page, currency_code, instant, lower, page_of
from billnb.errors import (
    AccountNotFoundError,
    MoneyError,
    clear_frames_on_error,
    contract_error,
    naming_account,
)
from billnb.providers.base import (
    Credential,
    GatewayError,
    Provider,
    amount_error,
    as_secret,
    error_message,
    from_environment,
    parsed,
)
from billnb.transport import HeaderAuth, Limits, Refusal, strict_json
from billnb.values.money import units
from billnb.values.secret import Secret


class Record(msgspec.Struct, gc=False):
    """One invoice, in its current form or the earlier one."""

    amount: Decimal
    currency: str
    invoice_date: str
    id: int | str | None = None
    invoice_number: int | str | None = None
    status: str | None = None
    tax_amount: Decimal | None = None
    charge_type: str | None = None
    due_date: str | None = None
    payment_at: str | None = None


class Rows(msgspec.Struct, gc=False):
    """An envelope inside the envelope."""

    results: list[Record] | None = None
    count: int | None = None


class BillingData(msgspec.Struct, gc=False):
    """The whole answer: rows in ``results``, in ``data``, or in ``data.results``."""

    count: int | None = None
    status_code: int | None = None
    message: str | None = None
    results: list[Record] | None = None
    data: list[Record] | Rows | None = None
    error: GatewayError | str | None = None


class Organization(msgspec.Struct, gc=False):
    """An organization a token can see. Its own token, which rows may carry, is not read."""

    domain_handle: str


class Organizations(msgspec.Struct, gc=False):
    """The list of organizations."""

    data: list[Organization] | None = None
    results: list[Organization] | None = None
    count: int | None = None
    status_code: int | None = None
    message: str | None = None
    error: GatewayError | str | None = None


_decoder = msgspec.json.Decoder(BillingData)
_organizations_decoder = msgspec.json.Decoder(Organizations)


class Unpod(Provider):
    """An organization's account at Unpod.

    Parameters
    ----------
    token : str or Secret, optional
        The API token; from ``UNPOD_API_TOKEN`` by default.
    org_handle : str or Secret, optional
        The organization's domain handle; from ``UNPOD_ORG_HANDLE`` by default. See
        :meth:`organizations`.
    name : str
        The name of the account in the history.
    base_url : str, optional
        Scheme and host; from ``UNPOD_BASE_URL``, or the vendor's own.
    limits : Limits, optional
        The limits of time, tries and size.
    adapter : requests.adapters.BaseAdapter, optional
        Sends requests in another way than over the network.

    Raises
    ------
    AuthenticationError
        When the token is missing, or a credential cannot be sent. A missing organization is an
        error when the history is read.
    ArgumentError
        When another argument is invalid.

    Examples
    --------
    >>> Unpod(token="t0ken", org_handle="example.com", name="voice")
    <Unpod account 'voice'>
    """

    provider: ClassVar = "unpod"
    url_variable: ClassVar = "UNPOD_BASE_URL"
    default_base_url: ClassVar = "https://unpod.ai"
    path: ClassVar = "/api/v2/platform/organisation/billing/"
    organizations_path: ClassVar = "/api/v2/platform/organizations/"
    credentials: ClassVar = (
        Credential("token", "UNPOD_API_TOKEN", "API token"),
        Credential("org_handle", "UNPOD_ORG_HANDLE", "organization handle", is_secret=False),
    )
    max_page_size: ClassVar = 100
    has_ids: ClassVar = True
    statuses: ClassVar = {206: AccountNotFoundError}

    def __init__(
        self,
        token: str | Secret | None = None,
        org_handle: str | Secret | None = None,
        *,
        name: str = "unpod",
        base_url: str | None = None,
        limits: Limits | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        token = as_secret(token)
        org_handle = as_secret(org_handle)
        super().__init__(
            {"token": token, "org_handle": org_handle},
            name=name,
            base_url=base_url,
            limits=limits,
            adapter=adapter,
        )
        self.credential("token")

    def auth(self) -> HeaderAuth:
        return HeaderAuth(
            {
                "Authorization": self.credential("token"),
                "Org-Handle": self.credential("org_handle"),
            },
            prefixes={"Authorization": "Token "},
        )

    def query(self, *, kind: str, page: int, size: int) -> dict[str, str | int]:
        return {"page": page, "page_size": size}

    def decode(self, body: bytes) -> BillingData:
        answer = strict_json(body, _decoder)
        _refuse_failure(answer)
        return answer

    def page(self, answer: BillingData) -> Page[list[Entry]]:
        inner = answer.data if isinstance(answer.data, Rows) else Rows()
        rows = answer.results if answer.results is not None else inner.results
        if rows is None and isinstance(answer.data, list):
            rows = answer.data
        if rows is None:
            raise contract_error("required, and missing", "results")
        total = answer.count if answer.count is not None else inner.count
        if total is None:
            raise contract_error("required, and missing", "count")
        return page_of(parsed(rows, parse, "results"), total=total)

    @from_environment
    @clear_frames_on_error
    def organizations(self) -> list[str]:
        """Return the handles of the organizations the token can see, in the vendor's order.

        Called on the class, it takes the token from the environment.

        Returns
        -------
        list of str
            What ``org_handle`` takes: ``[Unpod(org_handle=o) for o in Unpod.organizations()]``.

        Raises
        ------
        BillnbError
            As for :func:`billnb.load`.

        Examples
        --------
        >>> from billnb.sandbox import Sandbox, demo
        >>> _, unpod = demo.accounts(Sandbox())
        >>> unpod.organizations()
        ['acme.example', 'acme-labs.example']
        """
        headers = {"Authorization": self.credential("token")}
        if (org_handle := self._secrets["org_handle"]) is not None:
            headers["Org-Handle"] = org_handle
        auth = HeaderAuth(headers, prefixes={"Authorization": "Token "})
        client = self.client(connections=1, path=self.organizations_path, auth=auth)
        with naming_account(self.name), closing(client):
            return client.get({}, _handles)


def parse(record: Record) -> Entry:
    """Return the entry of one invoice; in the earlier form, its amount includes the tax.

    Parameters
    ----------
    record : Record
        An invoice in either form.

    Raises
    ------
    ContractError
        When it has no identifier, or a date or an amount cannot be read exactly; it names the
        field.
    """
    entry_id = record.id if record.id is not None else record.invoice_number
    if entry_id is None or entry_id == "":
        raise contract_error("required, and missing, like invoice_number", "id")
    if not record.currency:
        raise contract_error("expected a currency", "currency")
    try:
        return Entry(
            kind="invoice",
            issued_at=instant(record.invoice_date, "invoice_date"),
            currency=currency_code(record.currency),
            total=units(record.amount),
            entry_id=str(entry_id),
            description=record.charge_type or None,
            status=lower(record.status),
            tax=None if record.tax_amount is None else units(record.tax_amount),
            due_at=_instant(record.due_date, "due_date"),
            paid_at=_instant(record.payment_at, "payment_at"),
        )
    except MoneyError:
        pass
    raise amount_error(record, ("amount", "tax_amount"), units)


def _refuse_failure(answer: BillingData | Organizations) -> None:
    if answer.status_code not in (None, 200):
        raise Refusal(answer.status_code, answer.message)
    if answer.error is not None and answer.results is None and answer.data is None:
        raise Refusal(None, answer.message or error_message(answer.error))


def _handles(body: bytes) -> list[str]:
    answer = strict_json(body, _organizations_decoder)
    _refuse_failure(answer)
    rows = answer.data if answer.data is not None else answer.results
    if rows is None:
        raise contract_error("required, and missing", "data")
    if answer.count not in (None, len(rows)):
        raise contract_error("expected the number of organizations listed", "count")
    return [row.domain_handle for row in rows]


def _instant(text: str | None, field: str) -> datetime | None:
    return instant(text, field) if text else None
