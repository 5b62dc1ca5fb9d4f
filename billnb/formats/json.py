"""A history as JSON: a list of objects whose amounts are texts, as a number would lose digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from billnb.formats import cells

if TYPE_CHECKING:
    import pandas as pd


def encoded(history: pd.DataFrame) -> bytes:
    """Return a history as the bytes of a JSON file; what is not stated is ``null``."""
    compact = msgspec.json.encode(list(cells.rows(history)))
    return msgspec.json.format(compact, indent=1) + b"\n"


__all__ = ["encoded"]
