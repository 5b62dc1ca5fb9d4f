"""One entry of a billing history, and one page of entries.

An :class:`Entry` is what every provider's records become; its fields are the history's columns.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

import msgspec

from billnb.errors import contract_error

KINDS = ("invoice", "payment", "refund", "credit", "chargeback", "adjustment")

Rows = TypeVar("Rows")


class Entry(NamedTuple):
    """One line of a billing history.

    Amounts are exact, in units of `currency` (see :mod:`billnb.values.money`); instants are in UTC;
    ``None`` is what the vendor does not state.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`, or what the vendor calls it, in lower case.
    issued_at : datetime.datetime
        When the entry was made, in UTC.
    currency : str
        ISO 4217 code, or as the vendor gives it.
    total : decimal.Decimal
        What was billed or paid, tax included.
    entry_id : str or None
        The vendor's own identifier, where it has one.
    """

    # fingerprints are made of the fields from here to `paid_at`, in this order: it stays
    kind: str
    issued_at: datetime
    currency: str
    total: Decimal
    description: str | None = None
    status: str | None = None
    usage: Decimal | None = None
    standing: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    payment_type: str | None = None
    method: str | None = None
    method_brand: str | None = None
    method_last4: str | None = None
    method_expires: str | None = None
    method_wallet: str | None = None
    method_email: str | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    entry_id: str | None = None
    document_url: str | None = None


class Page(msgspec.Struct, Generic[Rows], frozen=True):
    """One page of a history, as the vendor numbers them.

    Attributes
    ----------
    total : int
        Entries in the whole history, as this page announces it.
    rows : Rows
        The entries, in the form the reader wants them.
    keys : tuple of str
        What distinguishes each row from the others: see :func:`key`.
    number : int or None
        The page's number, where the vendor says it.
    """

    total: int
    rows: Rows
    keys: tuple[str, ...]
    number: int | None = None


_encoder = msgspec.json.Encoder()
_FINGERPRINTED = Entry._fields.index("paid_at") + 1


def key(entry: Entry) -> str:
    """Return the vendor's identifier of an entry or, where it has none, a fingerprint.

    The fingerprint covers everything the entry says except the query of its document's URL, which
    vendors sign again at each reading. Identical entries share it.

    Parameters
    ----------
    entry : Entry
        The entry.

    Returns
    -------
    str
        The same for the same entry at every reading, and in every release.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> top_up = dict(kind="payment", issued_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    ...               currency="USD", total=Decimal(10))
    >>> signed = "https://files.example/7.pdf?signature="
    >>> key(Entry(**top_up, document_url=signed + "a")) == key(
    ...     Entry(**top_up, document_url=signed + "b"))
    True
    """
    if entry.entry_id is not None:
        return entry.entry_id
    url = entry.document_url
    content = (entry[:_FINGERPRINTED], url and url.partition("#")[0].partition("?")[0])
    return hashlib.blake2b(_encoder.encode(content), digest_size=16).hexdigest()


def page_of(entries: list[Entry], *, total: int, number: int | None = None) -> Page[list[Entry]]:
    """Return a page of entries with their keys; a total below zero is refused."""
    if total < 0:
        raise contract_error("expected a total of at least 0", "total")
    keys = tuple([key(entry) for entry in entries])
    return Page(total=total, rows=entries, keys=keys, number=number)


def instant(text: str, field: str) -> datetime:
    """Return an ISO 8601 date or time as an instant in UTC; it is taken as UTC without a zone.

    Raises
    ------
    ContractError
        When the text is not such a date; it names `field`, not the text.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise contract_error("expected an ISO 8601 date", field)


def lower(text: str | None) -> str | None:
    """Return a vendor's word in lower case, and nothing for an empty one."""
    return text.lower() if text else None


def currency_code(text: str) -> str:
    """Return a currency as ISO 4217 spells it, or as given where it is no ISO code.

    Examples
    --------
    >>> currency_code("usd"), currency_code("BITS")
    ('USD', 'BITS')
    """
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else text


__all__ = [
    "KINDS",
    "Entry",
    "Page",
    "currency_code",
    "instant",
    "key",
    "lower",
    "page_of",
]
