"""An attack on scaled reports: what is the mean month, from the file alone?

Known is only that money comes in whole cents. Index numbers are then the points of a lattice: all
of them are whole multiples of what one cent is on the scale. Every count of cents that the
smallest number may stand for gives a guess at that; guesses that leave another number between two
cents are dropped, and the others become more precise with each number. The coarsest lattice that
is left tells the cent, and the cent tells the mean month.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

_MOST_CENTS = 60_000
"""How many cents the smallest number may stand for."""

_MOST_NUMBERS, _ENOUGH = 500, 40
_NUMBER = re.compile(r"(?<![\w.#])-?\d[\d,]*(?:\.\d+)?(?![\w.])")


def mean_months(path: Path) -> set[float]:
    """Return what the mean month may be, in cents: a guess from each set of numbers in a file."""
    found = set()
    for numbers in number_sets(path):
        for guess in guesses(numbers):
            found.add(guess)
    return found


def is_recovered(path: Path, mean: Decimal) -> bool:
    """Whether one of the guesses is the mean month, given in cents, to within 0.01 %."""
    return any(abs(guess / float(mean) - 1) <= 1e-4 for guess in mean_months(path))


def guesses(numbers: Iterable[str]) -> Iterator[float]:
    """Yield the mean month in cents, by the steps that the numbers may be rounded to."""
    exact = {abs(Decimal(one.replace(",", ""))) for one in numbers}
    values = np.array(sorted(map(float, exact - {Decimal()})))[:_MOST_NUMBERS]
    if len(values) < 5:
        return
    places = max(-int(one.normalize().as_tuple().exponent) for one in exact)
    for rounded in (1, 3):  # a total of three parts is as far off as three of them
        cent = _cent(values, rounded * 10.0**-places / 2)
        if cent is not None:
            yield 100 / cent


def _cent(values: Any, half: float) -> float | None:
    """Return what a cent is, if every value is a whole number of them, give or take `half`."""
    values = values[values > 2 * half]
    if not len(values):
        return None
    counts = np.arange(1, _MOST_CENTS + 1)
    low, high = (values[0] - half) / counts, (values[0] + half) / counts
    for number, value in enumerate(values[1:]):
        if number > _ENOUGH and len(low) > _MOST_CENTS / 2:
            break  # whatever a cent may be, the numbers agree to it
        first, last = np.ceil((value - half) / high - 1e-9), np.floor((value + half) / low + 1e-9)
        kept = last >= first
        first, last, low, high = first[kept], last[kept], low[kept], high[kept]
        known = first == last
        low = np.where(known, np.maximum(low, (value - half) / first), low)
        high = np.where(known, np.minimum(high, (value + half) / first), high)
        if not len(low):
            return None
    return float((low[0] + high[0]) / 2)


def number_sets(path: Path) -> Iterator[list[str]]:
    """Yield the numbers of a report, each set from one place: by currency, by kind of number."""
    page, packed = opened(path)
    for entries in packed:
        if entries.startswith('[{"field"'):
            columns = {one["field"]: one for one in json.loads(entries)}
            yield columns["total"]["cells"]
            for word in columns["currency"]["words"]:
                code = columns["currency"]["codes"]
                mark = code_of(columns["currency"], word)
                cells = columns["total"]["cells"]
                yield [cell for cell, one in zip(cells, code, strict=True) if one == mark]
        elif entries.startswith("[{"):
            for figure in json.loads(entries):
                drawn = [Decimal(str(one)) for one in _leaves(figure["data"], "y") if _is_num(one)]
                yield [f"{one:f}" for one in drawn]
                said = " ".join(
                    str(one) for one in _leaves(figure["data"], "customdata") if one is not None
                )
                yield _NUMBER.findall(said)
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        yield _NUMBER.findall(" ".join(re.findall(r'<td class="number">([^<]*)</td>', table)))
    yield _NUMBER.findall(" ".join(re.findall(r'<span class="amount">([^<]*)<', page)))
    whole = page + "".join(one for one in packed if one.startswith("[{"))
    yield [one for one in _NUMBER.findall(whole) if "." in one]
    by_places: dict[int, list[str]] = {}
    for one in _NUMBER.findall(whole):
        by_places.setdefault(len(one.partition(".")[2]), []).append(one)
    yield from by_places.values()


def code_of(column: dict[str, Any], word: str) -> str:
    """Return the character that stands for a word in a packed column."""
    return chr(ord("#") + column["words"].index(word))


def opened(path: Path) -> tuple[str, list[str]]:
    """Return a report's markup without its scripts, and all that is packed in it, unpacked."""
    text = path.read_text()
    packed = re.findall(r"H4sI[A-Za-z0-9+/]+={0,2}", text)
    page = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    return page, [gzip.decompress(base64.b64decode(one)).decode() for one in packed]


def _is_num(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _leaves(content: Any, field: str | None) -> Iterator[Any]:
    """Yield what stands below every field of that name."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _leaves(value, None if field is None or name == field else field)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value, field)
    elif field is None:
        yield content
