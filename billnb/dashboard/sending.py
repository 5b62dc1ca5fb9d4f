"""What is sent to the front end besides what it shows: libraries, and files to keep?"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from itables.utils import read_package_file
from plotly.offline import get_plotlyjs

from billnb import answers, export
from billnb.errors import ArgumentError
from billnb.money import plain
from billnb.reporting import report
from billnb.reporting.licences import commented

FILES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}
"""The forms a selection leaves in, and what browsers call them."""

_LIBRARIES: Mapping[str, Callable[[], list[str]]] = {
    "plotly": lambda: [commented(get_plotlyjs())],
    "tables": lambda: [
        commented(read_package_file("html/dt_bundle.js")),
        read_package_file("html/dt_bundle.css"),
    ],
}


@functools.cache
def library(name: str) -> list[bytes]:
    """Return the code of a library, and its style, compressed."""
    if name not in _LIBRARIES:
        raise ArgumentError(f"library {name!r} is none of {', '.join(_LIBRARIES)}")
    return [gzip.compress(text.encode(), 3, mtime=0) for text in _LIBRARIES[name]()]


def file(selection: pd.DataFrame, form: str, now: datetime) -> bytes:
    """Return a file of entries in one of :data:`FILES`; a report is redacted.

    Raises
    ------
    ArgumentError
        For another form.
    ImportError
        For Excel where openpyxl is missing.
    """
    if form not in FILES:
        raise ArgumentError(f"format={form!r} is none of {', '.join(FILES)}")
    if form in ("csv", "parquet"):
        return export.encoded(selection, form)
    with TemporaryDirectory() as folder:
        path = Path(folder, f"billing.{form}")
        if form == "html":
            report(selection, path, as_of=now)
        else:
            _excel(selection, path)
        return path.read_bytes()


def _excel(selection: pd.DataFrame, path: Path) -> None:
    """Write entries as a sheet; amounts are text, for a sheet's numbers are binary floats."""
    try:
        import openpyxl
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError:
        raise ImportError("Excel files need openpyxl: pip install openpyxl") from None
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("entries")
    names = list(selection.columns)
    sheet.append(names)
    for row in answers.records(selection):
        cells = []
        for value in row.values():
            text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", _kept(value))
            one = openpyxl.cell.WriteOnlyCell(sheet, text or None)
            one.data_type = "s"  # no formula, whatever it begins with
            cells.append(one)
        sheet.append(cells)
    book.save(path)


def _kept(value: Any) -> str:
    """Return what stands in a sheet: digits, an instant to its last digit, or text."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).replace("+00:00", "Z")
    return cell(value)


def cell(value: Any) -> str:
    """Return what stands in a cell: digits, a minute in UTC, or text."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d %H:%M}"
    return value if isinstance(value, str) else plain(value)


__all__ = ["FILES", "cell", "file", "library"]
