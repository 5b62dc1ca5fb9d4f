"""The history: a pandas frame with one row for each entry.

:mod:`~billnb.history.schema` names the columns, :mod:`~billnb.history.build` makes the frame from
entries, :mod:`~billnb.history.notes` says how each account was read, and
:mod:`~billnb.history.rules` says what counts as spend, unpaid, cash and top-ups.
"""

from billnb.history.build import LEAST_ROOM, account_table, batch, frame, room
from billnb.history.notes import readings
from billnb.history.schema import (
    AMOUNTS,
    COLUMNS,
    FX_TYPES,
    INSTANT,
    INSTANTS,
    MONEY,
    ORDER,
    SCHEMA,
)

__all__ = [
    "AMOUNTS",
    "COLUMNS",
    "FX_TYPES",
    "INSTANT",
    "INSTANTS",
    "LEAST_ROOM",
    "MONEY",
    "ORDER",
    "SCHEMA",
    "account_table",
    "batch",
    "frame",
    "readings",
    "room",
]
