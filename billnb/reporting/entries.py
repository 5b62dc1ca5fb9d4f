"""How do a hundred thousand entries fit into a file that a browser opens at once?"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pandas as pd

from billnb.money import plain

COLUMNS = {
    "issued_at": "Issued (UTC)",
    "provider": "Provider",
    "account": "Account",
    "kind": "Kind",
    "description": "Description",
    "status": "Status",
    "currency": "Currency",
    "total": "Total",
}
"""What the table shows, and what it calls it."""

DETAILS = {"entry_id": "Id", "method": "Method", "method_last4": "Card", "document_url": "Document"}
"""What it shows as well where nothing is redacted."""


def packed(text: str) -> str:
    """Return text compressed, as base64: browsers unpack gzip themselves.

    Examples
    --------
    >>> gzip.decompress(base64.b64decode(packed("paid, " * 1000))).decode()[:6]
    'paid, '
    """
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def content(history: pd.DataFrame, *, details: bool) -> str:
    """Return the entries as JSON: the names of the columns and their cells, newest entry first.

    Amounts are their digits, as text: a number would be read as a binary float.
    """
    shown = {**COLUMNS, **(DETAILS if details else {})}
    newest = history.iloc[::-1]
    cells = [_cells(newest[name], name) for name in shown]
    return json.dumps(
        {"fields": list(shown), "names": list(shown.values()), "cells": cells},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _cells(column: pd.Series[Any], name: str) -> list[str]:
    if name == "issued_at":
        column = column.dt.strftime("%Y-%m-%d %H:%M")
    if name == "total":
        return [plain(one) for one in column]
    return list(column.fillna(""))


__all__ = ["COLUMNS", "DETAILS", "content", "packed"]
