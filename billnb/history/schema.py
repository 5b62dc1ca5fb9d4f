"""The columns of a history, their types, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from billnb.values.money import PLACES, PRECISION

if TYPE_CHECKING:
    pass


MONEY = pa.decimal128(PRECISION, PLACES)

INSTANT = pa.timestamp("us", tz="UTC")

AMOUNTS = ("usage", "standing", "discount", "tax", "total")

INSTANTS = ("issued_at", "due_at", "paid_at")

COLUMNS = (
    "provider",
    "account",
    "entry_id",
    "kind",
    "issued_at",
    "description",
    "status",
    "currency",
    *AMOUNTS,
    "payment_type",
    "method",
    "method_brand",
    "method_last4",
    "method_expires",
    "method_wallet",
    "method_email",
    "due_at",
    "paid_at",
    "document_url",
)
"""The columns of a history, in order."""

ORDER = ("issued_at", "provider", "account", "entry_id")
"""The columns that a history is sorted by."""

SCHEMA = pa.schema(
    [
        (name, MONEY if name in AMOUNTS else INSTANT if name in INSTANTS else pa.string())
        for name in COLUMNS
    ]
)
"""The columns with their Arrow types."""

FX_TYPES = {"fx_rate": MONEY, "fx_date": pa.date32()}
"""The additional columns of a history converted into one currency."""


__all__ = ["AMOUNTS", "COLUMNS", "FX_TYPES", "INSTANT", "INSTANTS", "MONEY", "ORDER", "SCHEMA"]
