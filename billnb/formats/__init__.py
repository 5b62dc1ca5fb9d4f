"""The formats in which a history is written, in one registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from billnb.errors import ArgumentError
from billnb.files.atomic import replace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which a history is written.

    Attributes
    ----------
    module : str
        The module that writes it, imported when it is used.
    suffix : str
        The ending of its files: ``.csv``.
    mime : str
        Its media type.
    is_text : bool
        Whether a terminal can show it.
    """

    module: str
    suffix: str
    mime: str
    is_text: bool

    def encoded(self, history: pd.DataFrame) -> bytes:
        """Return a history as the bytes of a file."""
        content: bytes = import_module(f"billnb.formats.{self.module}").encoded(history)
        return content


FORMATS: Mapping[str, Format] = {
    "table": Format("text", ".txt", "text/plain", True),
    "csv": Format("csv", ".csv", "text/csv", True),
    "json": Format("json", ".json", "application/json", True),
    "parquet": Format("parquet", ".parquet", "application/vnd.apache.parquet", False),
    "xlsx": Format(
        "excel",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        False,
    ),
}
"""The formats, by name."""


def find(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    ArgumentError
        When there is no such format; the message lists the known ones.
    """
    if name in FORMATS:
        return FORMATS[name]
    raise ArgumentError(f"format={name!r} is not one of {', '.join(FORMATS)}")


def of_file(path: str | os.PathLike[str]) -> str:
    """Return the name of the format with the ending of a file's name.

    Raises
    ------
    ArgumentError
        When no format has it; the message lists the known endings.

    Examples
    --------
    >>> of_file("history.CSV")
    'csv'
    """
    ending = os.path.splitext(path)[1].lower()
    found = next((name for name, one in FORMATS.items() if one.suffix == ending), None)
    if found is not None:
        return found
    endings = ", ".join(one.suffix for one in FORMATS.values())
    raise ArgumentError(
        f"the format of {os.fspath(path)!r} is not known; end its name in {endings}, or name "
        "a format (--format in a shell)"
    )


def write(history: pd.DataFrame, path: str | os.PathLike[str], form: str) -> None:
    """Write a history to a file, whole or not at all.

    A link is followed; an existing file keeps its permissions.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    path : path-like
        The file; one that is there is replaced when the new one is complete.
    form : {"table", "csv", "json", "parquet", "xlsx"}
        ``table`` is for reading, and leaves out what identifies people and cards; the others hold
        every column. Amounts have all their digits, as text where a number would be read as a
        binary float; instants are in UTC; what is not stated is empty or ``null``.

    Raises
    ------
    ArgumentError
        When the file cannot be written, or is no plain file; what was there is untouched.
    ImportError
        For Excel where openpyxl is missing.

    Examples
    --------
    >>> import billnb
    >>> from tempfile import mkdtemp
    >>> folder = mkdtemp()
    >>> write(billnb.demo(), f"{folder}/history.parquet", "parquet")
    """
    replace(path, find(form).encoded(history))


__all__ = ["FORMATS", "Format", "find", "of_file", "write"]
