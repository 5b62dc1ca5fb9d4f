"""Entries packed by column, so that a browser opens a hundred thousand of them at once."""

from __future__ import annotations

import base64
import gzip
import json
from itertools import pairwise
from typing import Any

import pandas as pd

from billnb.engine import answers
from billnb.values.money import plain

COLUMNS = {
    "issued_at": "Issued (UTC)",
    "account": "Account",
    "total": "Total",
    "currency": "Currency",
    "kind": "Kind",
    "status": "Status",
    "description": "Description",
    "provider": "Provider",
}
"""The columns of the table, and their headings."""

DETAILS = {"entry_id": "Id", "method": "Method", "method_last4": "Card", "document_url": "Document"}
"""The columns shown as well if nothing is redacted."""

_CODES = "".join(
    chr(code) for code in range(ord("#"), ord("\\"))
)  # without characters that JSON escapes


def packed(text: str) -> str:
    """Return text compressed, as base64: browsers unpack gzip themselves.

    Examples
    --------
    >>> gzip.decompress(base64.b64decode(packed("paid, " * 1000))).decode()[:6]
    'paid, '
    """
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def content(history: pd.DataFrame, *, details: bool) -> str:
    """Return the entries as JSON, by column, newest entry first.

    For compression, columns of few words become codes of one character each, and instants the
    minutes between them. Amounts are text, because a number would be read as a binary float.
    """
    shown = {**COLUMNS, **(DETAILS if details else {})}
    newest = history.iloc[::-1]
    columns = [
        {"field": field, "name": name, **_cells(newest[field])} for field, name in shown.items()
    ]
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"))


def _cells(column: pd.Series[Any]) -> dict[str, object]:
    found = answers.values(column)
    if column.name == "issued_at":
        minutes = [int(one.timestamp() // 60) for one in found]
        return {"steps": [one - before for before, one in pairwise([0, *minutes])]}
    if column.name == "total":
        return {"cells": [plain(one) for one in found]}
    cells = [one or "" for one in found]
    words = sorted(set(cells))
    if len(words) > len(_CODES):
        return {"cells": cells}
    code = dict(zip(words, _CODES, strict=False))
    return {"words": words, "codes": "".join([code[cell] for cell in cells])}


__all__ = ["COLUMNS", "DETAILS", "content", "packed"]
