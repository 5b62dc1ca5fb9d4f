"""The masking of amounts in texts, which a scaled history must not show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from billnb.values.masking import MASK, is_date, normal

_SYMBOLS = "".join(
    chr(code)
    for code in (*range(0x24, 0xC0), *range(0x58F, 0xE40), *range(0x17DB, 0x17DC),
                 *range(0x20A0, 0x20D0), *range(0xA838, 0xA839))
    if unicodedata.category(chr(code)) == "Sc"
)  # fmt: skip
_CODE = r"(?-i:[A-Z]{3})"
_WORD = (
    "usd|eur|gbp|inr|jpy|chf|cad|aud|cny|brl|sek|nok|dkk|pln|czk|huf|us\\$|dollars?|euros?|cents?"
    "|pounds?|pence|rupees?|yen|francs?|kronor|kroner|koruna|zloty|z\u0142|k\u010d|ft|lei|kr|rs|rp"
    "|bits|credits?|bucks"
)
_GROUPED = r"\d(?:[.,'\u2019_]?\d|[ ]\d{3}(?!\d)|[ ]\d{2}(?=[ ,]\d{3}(?!\d)))*"
_AMOUNT = re.compile(
    rf"(?P<before>(?:[{re.escape(_SYMBOLS)}]|(?<![^\W_])(?:{_CODE}|{_WORD})\.?)\s{{0,2}}[-+(]?|)"
    rf"(?P<number>(?<![\d]){_GROUPED})(?P<dash>,-|\.-|)"
    rf"(?P<after>\s{{0,2}}(?:[{re.escape(_SYMBOLS)}]|(?:{_CODE}|{_WORD})(?![^\W_]))|[kmb](?![^\W_])|)",
    re.IGNORECASE,
)
_YEARS = range(1900, 2101)
_FEWEST_DIGITS = 3


def amounts_masked(amounts: Iterable[Decimal | None]) -> Callable[[str | None], str | None]:
    """Return a function that masks amounts in a text: with a currency or decimals, or known.

    Parameters
    ----------
    amounts : iterable of decimal.Decimal
        The amounts of the history; a number of three digits or more that is one of them, in units
        or in hundredths, is masked in every notation.

    Examples
    --------
    >>> mask = amounts_masked([Decimal("576.11")])
    >>> mask("1.234,50 EUR, USD 12, 57611, 3 agents, 2026-10-01")
    '•••, •••, •••, 3 agents, 2026-10-01'
    """
    known = {abs(one) for one in amounts if one}
    known |= {one * 100 for one in known}

    def masked(found: re.Match[str]) -> str:
        text = found[0]
        if found["before"] or found["after"] or found["dash"]:
            return MASK
        before = found.string[: found.start()][-1:]
        number = found["number"]
        value = _value(number)
        is_known = value in known and len(re.sub(r"\D", "", number)) >= _FEWEST_DIGITS
        if is_known and not (value in _YEARS and number.isdigit()):
            return MASK
        if before.isalpha() or is_date(number) or _is_version(number) or _is_whole(number):
            return text
        return MASK

    def mask(text: str | None) -> str | None:
        return text and _AMOUNT.sub(masked, normal(text))

    return mask


def _is_whole(number: str) -> bool:
    """Return whether a number has no decimals: digits, perhaps in groups."""
    return re.fullmatch(r"\d+|\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,3}(?:[ ]\d{3})+", number) is not None


def _is_version(number: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:\.\d{1,4}){2,}", number) is not None and (
        re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number) is None
    )


def _value(number: str) -> Decimal | None:
    """Return the value of a number, with any separator of thousands."""
    digits = re.sub(r"[ '\u2019_]", "", number)
    last = max(digits.rfind("."), digits.rfind(","))
    whole, places = (digits[:last], digits[last + 1 :]) if last >= 0 else (digits, "")
    if len(places) == 3 and (digits[last] == "," or digits.count(".") > 1):
        whole, places = digits, ""
    try:
        return Decimal(f"{re.sub('[.,]', '', whole)}.{places or 0}")
    except InvalidOperation:
        return None


__all__ = ["amounts_masked"]
