"""Rows as a table in plain text, numbers aligned at their points."""

from __future__ import annotations


def aligned(head: list[str], rows: list[list[str]], *, numbers: int) -> str:
    """Return rows as columns of text.

    Parameters
    ----------
    head : list of str
        The columns' names.
    rows : list of list of str
        Their cells. Characters that a terminal would obey become spaces.
    numbers : int
        How many of the last columns are numbers, whose points are aligned.

    Returns
    -------
    str
        The table, without a line break at its end.

    Examples
    --------
    >>> print(aligned(["month", "amount"], [["2026-01", "9.5"], ["2026-02", "12"]], numbers=1))
    month    amount
    2026-01     9.5
    2026-02    12
    """
    columns = [[_printable(cell) for cell in column] for column in zip(head, *rows, strict=True)]
    for position, column in enumerate(columns):
        if position >= len(columns) - numbers:
            columns[position] = _pointed(column)
        else:
            width = max(map(len, column))
            columns[position] = [cell.ljust(width) for cell in column]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _printable(cell: str) -> str:
    return "".join(character if character.isprintable() else " " for character in cell)


def _pointed(column: list[str]) -> list[str]:
    places = max((len(cell.partition(".")[2]) for cell in column[1:]), default=0)
    cells = [
        cell + " " * (places - len(cell.partition(".")[2]) + (places > 0 and "." not in cell))
        for cell in column[1:]
    ]
    width = max(map(len, [column[0], *cells]))
    return [column[0].rjust(width), *(cell.rjust(width) for cell in cells)]


__all__ = ["aligned"]
