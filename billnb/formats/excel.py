"""A history as an Excel sheet: amounts are text, because numbers would be binary floats."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from billnb.engine import answers
from billnb.formats import cells

if TYPE_CHECKING:
    import pandas as pd

_UNWRITABLE = "\ufffd"


def encoded(history: pd.DataFrame) -> bytes:
    """Return a history as the bytes of an Excel file, in which text is never a formula.

    Raises
    ------
    ImportError
        Where openpyxl is missing.
    """
    try:
        import openpyxl
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError:
        raise ImportError("Excel files need openpyxl: pip install 'billnb[excel]'") from None
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("entries")
    sheet.append(list(history.columns))
    for row in answers.records(history):
        line = []
        for value in row.values():
            text = ILLEGAL_CHARACTERS_RE.sub(_UNWRITABLE, cells.written(value) or "")
            cell = openpyxl.cell.WriteOnlyCell(sheet, text or None)
            cell.data_type = "s"  # text, never a formula
            line.append(cell)
        sheet.append(line)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


__all__ = ["encoded"]
