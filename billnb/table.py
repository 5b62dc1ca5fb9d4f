"""How do rows become a table in plain text?"""

from __future__ import annotations


def aligned(head: list[str], rows: list[list[str]], *, numbers: int) -> str:
    """Return rows as columns of text, the last `numbers` of them with their points aligned."""
    columns = [list(column) for column in zip(head, *rows, strict=True)]
    for position, column in enumerate(columns):
        if position >= len(columns) - numbers:
            columns[position] = _pointed(column)
        else:
            width = max(map(len, column))
            columns[position] = [cell.ljust(width) for cell in column]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _pointed(column: list[str]) -> list[str]:
    places = max((len(cell.partition(".")[2]) for cell in column[1:]), default=0)
    cells = [
        cell + " " * (places - len(cell.partition(".")[2]) + (places > 0 and "." not in cell))
        for cell in column[1:]
    ]
    width = max(map(len, [column[0], *cells]))
    return [column[0].rjust(width), *(cell.rjust(width) for cell in cells)]


__all__ = ["aligned"]
