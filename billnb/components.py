"""What is an invoice made of?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billnb.values.money import total

COMPONENTS = ("usage", "standing", "discount", "tax", "rounding", "unclassified")
"""What charges are made of, in the order they are shown."""

STATED = ("usage", "standing", "discount", "tax")


def components(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the components of an entry; they sum exactly to its total.

    Parameters
    ----------
    row : mapping of str to object
        The amounts of an entry, by the history's columns; ``None`` where not stated.

    Returns
    -------
    dict of str to decimal.Decimal
        The components stated, and what is missing to the total: `rounding` where usage or
        standing charges are stated, `unclassified` elsewhere.

    Examples
    --------
    >>> row = {"usage": Decimal("1.234"), "standing": None, "discount": None, "tax": None}
    >>> components({**row, "total": Decimal("1.24")})
    {'usage': Decimal('1.234'), 'rounding': Decimal('0.006')}
    """
    parts = {name: row[name] for name in STATED if row[name] is not None}
    rest = total([row["total"], *(part.copy_negate() for part in parts.values())])
    parts["rounding" if "usage" in parts or "standing" in parts else "unclassified"] = rest
    return parts


__all__ = ["COMPONENTS", "STATED", "components"]
