"""A history as a table to read, without what identifies people and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billnb.formats import cells
from billnb.values.table import aligned

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("issued_at", "account", "kind", "description", "status", "currency", "total")
_LONGEST_CELL = 40


def encoded(history: pd.DataFrame) -> bytes:
    """Return the main columns of a history as a table in plain text, UTF-8.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-10-20")
    >>> print(encoded(history).decode(), end="")
    issued at   account  kind     description  status  currency   total
    2026-10-20  bytio    payment               paid    USD       150.00
    """
    rows = [[_shown(name, row[name]) for name in _SHOWN] for row in cells.rows(history)]
    table = aligned([name.replace("_", " ") for name in _SHOWN], rows, numbers=1)
    return f"{table}\n".encode()


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return ""
    if name == "issued_at":
        return value[:10]
    value = " ".join(value.split())
    return value if len(value) <= _LONGEST_CELL else value[: _LONGEST_CELL - 1] + "…"


__all__ = ["encoded"]
