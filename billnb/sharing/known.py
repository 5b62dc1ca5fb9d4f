"""Known names and ids found in text, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from billnb.values import masking
from billnb.values.masking import MASK

_SHORTEST_NAME, _SHORTEST_ID = 3, 4
_SHORTEST_JOINED = 6
"""The fewest letters of a name that is found without its spaces."""

_LONG_ID = 13
_MOST_PIECES = 16
_PIECE = re.compile(r"[^\W_]+")
_FARTHEST = 4
"""The most characters between two pieces of a name."""

_FIRST_PLACE, _LAST_PLACE = 0xE000, 0xF8FF  # private characters: normal text has none
_PLACE = re.compile(f"[{chr(_FIRST_PLACE)}-{chr(_LAST_PLACE)}]")


class Known:
    """Replacements of known names and ids in texts.

    Names are found in any case and normal form, and with anything between their pieces
    (``acme-prod``, ``ACME PROD``); without anything between them, from six letters on.

    Parameters
    ----------
    names, ids : mapping of str to str
        The replacement of each.
    """

    def __init__(self, names: Mapping[str, str], ids: Mapping[str, str]) -> None:
        self._exact = dict(ids)
        self._spaced: dict[str, str] = {}
        self._joined: dict[str, str] = {}
        self._literal: dict[str, str] = {}
        self._most = 1
        for found, shortest in ((ids, _SHORTEST_ID), (names, _SHORTEST_NAME)):
            for name, instead in found.items():
                self._add(name, instead, shortest)

    def _add(self, name: str, instead: str, shortest: int) -> None:
        text = masking.normal(name)
        pieces = [one.casefold() for one in _PIECE.findall(text)]
        joined = "".join(pieces)
        if not joined:
            if len(text) >= shortest and text.strip():
                self._literal[text] = instead
            return
        self._most = max(self._most, min(_MOST_PIECES, len(pieces)))
        if len(joined) < shortest or len(pieces) > _MOST_PIECES:
            return
        self._spaced[" ".join(pieces)] = instead
        if len(joined) >= _SHORTEST_JOINED and not joined.isdigit():
            self._joined[joined] = instead
            self._most = max(self._most, min(_MOST_PIECES, len(pieces) + 3))

    def put_aside(self, text: str, aside: list[str]) -> str:
        """Return a text with one character for each known name; append replacements to `aside`."""
        for literal, instead in self._literal.items():
            text = text.replace(literal, _placed(instead, aside))
        if not (self._spaced or self._exact):
            return text
        pieces = list(_PIECE.finditer(text))
        folded = [piece[0].casefold() for piece in pieces]
        parts: list[str] = []
        end = position = 0
        while position < len(pieces):
            count, instead = self._longest(text, pieces, folded, position)
            if count:
                parts += [text[end : pieces[position].start()], _placed(instead, aside)]
                end = pieces[position + count - 1].end()
            position += max(1, count)
        return "".join([*parts, text[end:]])

    def _longest(
        self, text: str, pieces: list[re.Match[str]], folded: list[str], first: int
    ) -> tuple[int, str]:
        """Return the number of pieces of the longest name that begins here, and its replacement."""
        last = first + 1
        while (
            last < min(len(pieces), first + self._most)
            and pieces[last].start() - pieces[last - 1].end() <= _FARTHEST
        ):
            last += 1
        for end in range(last, first, -1):
            exact = self._exact.get(text[pieces[first].start() : pieces[end - 1].end()])
            if exact is not None and pieces[end - 1].end() - pieces[first].start() >= _SHORTEST_ID:
                return end - first, exact
            words = folded[first:end]
            instead = self._spaced.get(" ".join(words)) or self._joined.get("".join(words))
            if instead is not None:
                return end - first, instead
        return 0, ""


def _placed(instead: str, aside: list[str]) -> str:
    if _FIRST_PLACE + len(aside) >= _LAST_PLACE:
        return MASK
    aside.append(instead)
    return chr(_FIRST_PLACE + len(aside) - 1)


def put_back(text: str, aside: list[str]) -> str:
    """Return a text with the replacements of known names in their places."""
    return _PLACE.sub(lambda found: aside[ord(found[0]) - _FIRST_PLACE], text)


class Cleaner:
    """The removal, from texts, of what identifies people, cards, entries and accounts.

    Parameters
    ----------
    names, ids : mapping of str to str
        The replacements of the names of accounts, and of ids.
    cards : iterable of str
        The last digits of cards.
    """

    def __init__(
        self, names: Mapping[str, str], ids: Mapping[str, str], cards: Iterable[str]
    ) -> None:
        # too long for a part of a card's number, which ids must not split
        long = {one: instead for one, instead in ids.items() if len(one) >= _LONG_ID}
        self._long_ids, self._known = Known({}, long), Known(names, ids)
        self._cards = {masking.normal(card).strip().casefold() for card in cards} - {""}
        self.clean = lru_cache(maxsize=10_000)(self._clean)

    def _clean(self, text: str | None) -> str | None:
        if text is None:
            return None
        aside: list[str] = []
        text, was_cut = masking.bounded(text)
        text = self._long_ids.put_aside(masking.normal(text), aside)
        text = masking.masked(text, masking.WHOLE)
        text = masking.masked(self._known.put_aside(text, aside), masking.PARTS)
        text = _PIECE.sub(self._card_masked, text)
        return put_back(masking.cut(text, was_cut), aside)

    def _card_masked(self, word: re.Match[str]) -> str:
        return MASK if word[0].casefold() in self._cards else word[0]


__all__ = ["Cleaner", "Known"]
