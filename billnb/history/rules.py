"""The rules of what counts as spend, voided, unpaid, cash and a top-up, and of components.

Each rule is one expression over the columns of a history, so that it runs on every engine;
:func:`holds` evaluates the same rule on Arrow columns. A comparison with a status that is not
stated is neither true nor false, so each rule says how those count.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from billnb.history.schema import MONEY
from billnb.values.money import PLACES, total

if TYPE_CHECKING:
    import pandas as pd

COMPONENTS = ("usage", "standing", "discount", "tax", "rounding", "unclassified")
"""The components of charges, in the order in which they are shown."""

STATED = ("usage", "standing", "discount", "tax")
"""The components that a vendor may state; each is a column of a history."""

VOIDED = ("cancelled", "refunded")
"""The statuses of an invoice that is not spend."""

UNPAID = ("pending", "failed")
"""The statuses of an invoice that is still owed."""

RETURNED = ("refund", "chargeback")
"""The kinds of entries by which money comes back."""

_ITEMIZED = ("usage", "standing")
_TOP_UP = "(?i)top[ _-]?up"
_TEXT = nw.col("payment_type").cast(nw.String)  # the column may be categorical
_WIDE = pa.decimal128(36, PLACES)


def is_invoice() -> nw.Expr:
    """Return the rule for invoices, whatever their status."""
    return nw.col("kind") == "invoice"


def is_voided() -> nw.Expr:
    """Return the rule for invoices that were cancelled or refunded."""
    return is_invoice() & nw.col("status").is_in(VOIDED)


def is_spend(*, include_voided: bool = False) -> nw.Expr:
    """Return the rule for invoices that count as spend: voided ones only if asked for."""
    if include_voided:
        return is_invoice()
    status = nw.col("status")
    return is_invoice() & (status.is_null() | ~status.is_in(VOIDED))


def is_unpaid() -> nw.Expr:
    """Return the rule for invoices that are pending, or whose payment failed.

    A failed top-up is no debt, and an invoice whose status is not stated is not known to be one.
    """
    return is_invoice() & nw.col("status").is_in(UNPAID)


def is_without_status() -> nw.Expr:
    """Return the rule for invoices whose status is not stated; they may be paid or not."""
    return is_invoice() & nw.col("status").is_null()


def went_through() -> nw.Expr:
    """Return the rule for entries that are paid, or whose vendor states no status."""
    return nw.col("status").is_null() | (nw.col("status") == "paid")


def is_return() -> nw.Expr:
    """Return the rule for refunds and chargebacks."""
    return nw.col("kind").is_in(RETURNED)


def is_cash() -> nw.Expr:
    """Return the rule for payments, refunds and chargebacks that went through."""
    return ((nw.col("kind") == "payment") | is_return()) & went_through()


def is_top_up() -> nw.Expr:
    """Return the rule for payments that top up a prepaid balance, whatever their status."""
    return (nw.col("kind") == "payment") & _TEXT.str.contains(_TOP_UP)


def is_itemized() -> nw.Expr:
    """Return the rule for entries that state usage or standing charges.

    The rest of the total of such an entry is rounding; that of any other is unclassified.
    """
    usage, standing = (~nw.col(name).is_null() for name in _ITEMIZED)
    return usage | standing


def holds(rule: nw.Expr, table: pa.Table | pd.DataFrame) -> Any:
    """Return whether a rule holds for each row of Arrow columns.

    Parameters
    ----------
    rule : narwhals.Expr
        A rule of this module.
    table : pyarrow.Table or pandas.DataFrame
        At least the columns that the rule uses.

    Returns
    -------
    numpy.ndarray of bool
        False where the rule is neither true nor false.

    Examples
    --------
    >>> table = pa.table({"kind": ["invoice", "payment"], "status": [None, "paid"]})
    >>> holds(is_spend(), table).tolist(), holds(is_cash(), table).tolist()
    ([True, False], [False, True])
    """
    if not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, preserve_index=False)
    found = nw.from_native(table).select(holds=rule).to_native()["holds"]
    return pc.fill_null(found, False).combine_chunks().to_numpy(zero_copy_only=False)


def components(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the components of an entry; they sum exactly to its total.

    Parameters
    ----------
    row : mapping of str to object
        The amounts of an entry, by the history's columns; ``None`` where not stated.

    Returns
    -------
    dict of str to decimal.Decimal
        The components stated, and the rest of the total: `rounding` where usage or standing
        charges are stated, `unclassified` elsewhere.

    Examples
    --------
    >>> row = {"usage": Decimal("1.234"), "standing": None, "discount": None, "tax": None}
    >>> components({**row, "total": Decimal("1.24")})
    {'usage': Decimal('1.234'), 'rounding': Decimal('0.006')}
    """
    parts = {name: row[name] for name in STATED if row[name] is not None}
    rest = total([row["total"], *(part.copy_negate() for part in parts.values())])
    parts[rest_name(itemized=any(name in parts for name in _ITEMIZED))] = rest
    return parts


def rest_name(*, itemized: bool) -> str:
    """Return the component that the rest of a total belongs to; see :func:`is_itemized`."""
    return "rounding" if itemized else "unclassified"


def rest_of(table: pa.Table) -> pa.Array:
    """Return the rest of the totals of Arrow rows, less the components they state, as decimals."""
    rest = table["total"].cast(_WIDE)
    for name in STATED:
        amount = pc.fill_null(table[name], pa.scalar(0, MONEY))
        rest = pc.subtract(rest, amount.cast(_WIDE)).cast(_WIDE)
    return rest.combine_chunks()


__all__ = [
    "COMPONENTS",
    "RETURNED",
    "STATED",
    "UNPAID",
    "VOIDED",
    "components",
    "holds",
    "is_cash",
    "is_invoice",
    "is_itemized",
    "is_return",
    "is_spend",
    "is_top_up",
    "is_unpaid",
    "is_voided",
    "is_without_status",
    "rest_name",
    "rest_of",
    "went_through",
]
