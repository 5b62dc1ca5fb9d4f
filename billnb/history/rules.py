"""What is spend, what is unpaid, and what is money that moved?

The answers, as expressions over the columns of a history. A comparison with a status that is not
stated is neither true nor false, so each says what becomes of those.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

VOIDED = ("cancelled", "refunded")
"""The statuses of an invoice that is no spend."""

UNPAID = ("pending", "failed")
"""The statuses of an invoice that is still owed."""

RETURNED = ("refund", "chargeback")
"""The kinds of entries by which money comes back."""

_TOP_UP = "(?i)top[ _-]?up"
_TEXT = nw.col("payment_type").cast(nw.String)  # which may be kept as categories


def is_spend(*, include_voided: bool = False) -> nw.Expr:
    """Invoices, without those that were cancelled or refunded unless they are asked for."""
    invoices = nw.col("kind") == "invoice"
    if include_voided:
        return invoices
    status = nw.col("status")
    return invoices & (status.is_null() | ~status.is_in(VOIDED))


def is_unpaid() -> nw.Expr:
    """Invoices that are pending, or whose payment failed.

    A failed top-up is no debt, and an invoice whose status is not stated is not known to be one.
    """
    return (nw.col("kind") == "invoice") & nw.col("status").is_in(UNPAID)


def went_through() -> nw.Expr:
    """Entries that are paid, or that a provider which states no status lists at all."""
    return nw.col("status").is_null() | (nw.col("status") == "paid")


def is_cash() -> nw.Expr:
    """Payments, refunds and chargebacks that went through."""
    return nw.col("kind").is_in(("payment", *RETURNED)) & went_through()


def is_top_up() -> nw.Expr:
    """Payments that fill up a prepaid balance, whatever became of them."""
    return (nw.col("kind") == "payment") & _TEXT.str.contains(_TOP_UP)


__all__ = [
    "RETURNED",
    "UNPAID",
    "VOIDED",
    "is_cash",
    "is_spend",
    "is_top_up",
    "is_unpaid",
    "went_through",
]
