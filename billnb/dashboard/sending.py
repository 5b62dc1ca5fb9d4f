"""What a dashboard sends beside its view: libraries, and files to download."""

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

from billnb import formats
from billnb.errors import ArgumentError
from billnb.sharing.report import report
from billnb.sharing.report.licences import commented
from billnb.values.money import plain

REPORT = "html"
"""The form of a selection that is a report."""

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
        raise ArgumentError(f"library {name!r} is not one of {', '.join(_LIBRARIES)}")
    return [gzip.compress(text.encode(), 3, mtime=0) for text in _LIBRARIES[name]()]


def file(selection: pd.DataFrame, form: str, now: datetime) -> tuple[bytes, str]:
    """Return a file of entries, and its media type: a redacted report, or one of the formats.

    Raises
    ------
    ArgumentError
        For another form.
    ImportError
        For Excel where openpyxl is missing.
    """
    if form != REPORT:
        found = formats.find(form)
        return found.encoded(selection), found.mime
    with TemporaryDirectory() as folder:
        path = report(selection, Path(folder, f"billing.{form}"), as_of=now)
        return path.read_bytes(), "text/html"


def cell(value: Any) -> str:
    """Return what the table of entries shows: digits, a minute in UTC, or text."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d %H:%M}"
    return value if isinstance(value, str) else plain(value)


__all__ = ["REPORT", "cell", "file", "library"]
