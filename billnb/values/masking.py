"""Text with what identifies people, cards, accounts and keys masked.

Text is normalised before it is searched (:func:`normal`), so that another spelling does not hide
anything. What is searched for is in :mod:`billnb.values.patterns`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from urllib.parse import unquote

from billnb.values.patterns import MASK, PARTS, WHOLE, Rule, is_date

LONGEST = 2000
"""The characters of a text that are kept at most."""

CUT = " [cut]"
"""What ends a text that was cut."""

_LONGEST_READ = 10 * LONGEST
_LONGEST_SPACED = 100  # characters of what is masked although there are spaces in it
_MOST_DECODINGS = 4
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_HIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u034f\u115f\u1160\u17b4\u17b5"
                     "\u3164\ufe00-\ufe0f\uffa0\ue000-\uf8ff]")  # fmt: skip


def normal(text: str) -> str:
    r"""Return text in one form: NFKC, nothing invisible, and nothing written in escapes.

    Digits of any script become those of ASCII, and HTML's entities and percent escapes what they
    mean, however often they were escaped.

    Examples
    --------
    >>> normal("ann%40ex\u200bample&period;com, \uff11\uff12")
    'ann@example.com, 12'
    """
    for _ in range(_MOST_DECODINGS):
        before = text
        if "%" in text:
            text = _PERCENT.sub(_decoded, text)
        if "&" in text:
            text = html.unescape(text)
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).translate(_folded())
        text = _HIDDEN.sub("", text)
        if text == before:
            break
    return text


def _decoded(escapes: re.Match[str]) -> str:
    try:
        return unquote(escapes[0], errors="strict")
    except UnicodeDecodeError:
        return escapes[0]


@cache
def _folded() -> dict[int, str | None]:
    """Return what replaces digits of other scripts, and characters that do not show."""
    table: dict[int, str | None] = {}
    for code in (*range(0x80, 0x20000), *range(0xE0000, 0xE0200)):
        category = unicodedata.category(chr(code))
        if category == "Nd":
            table[code] = str(unicodedata.decimal(chr(code)))
        elif category == "Cf":
            table[code] = None
    return table


def bounded(text: str) -> tuple[str, bool]:
    """Return the beginning of a text that is read, and whether more follows."""
    return text[:_LONGEST_READ], len(text) > _LONGEST_READ


def cut(text: str, was_cut: bool) -> str:
    """Return a masked text of at most :data:`LONGEST` characters, cut after a whole word.

    Where the text was cut before it was masked, its end may be half of what would be masked.
    """
    if was_cut:
        text = text[: max(0, len(text) - _LONGEST_SPACED)]
    elif len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition(" ")[0] + CUT


def masked(text: str, rules: Iterable[Rule] = (*WHOLE, *PARTS)) -> str:
    """Return normalised text with what identifies people, cards, accounts and keys masked.

    Examples
    --------
    >>> masked("Invoice #47112 for ann@example.com, October 2026, 1,204 minutes")
    'Invoice ••• for •••, October 2026, 1,204 minutes'
    """
    for pattern, instead in rules:
        text = pattern.sub(instead, text)
    return text


__all__ = [
    "CUT",
    "LONGEST",
    "MASK",
    "PARTS",
    "WHOLE",
    "bounded",
    "cut",
    "is_date",
    "masked",
    "normal",
]
