"""Patterns of what identifies people, cards, accounts and keys in text.

Each pattern has a function that returns what is put in the place of what it finds. Every pattern
takes time in proportion to the text: what repeats is bounded, or begins where nothing of the same
sort stands before it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from itertools import pairwise

MASK = "•••"
"""What replaces what was masked."""

_DASH = "\\-\u2010-\u2015\u2212"
_GAP = rf"[\s.{_DASH}\u00b7\u2022_/]"
_WORDS_OF_CARDS = (
    "visa|master\\s?card|maestro|amex|american\\s+express|discover|diners(?:\\s+club)?|jcb|rupay"
    "|union\\s?pay|girocard|cards?|karte|carte|tarjeta|carta|kaart"
    "|end(?:ing|s)?(?:\\s+(?:in|with))?|last\\s*(?:4|four)(?:\\s+digits)?|endziffern?|endet\\s+auf"
    "|terminant\\s+par|terminada\\s+en"
)
_DOMAINS = (
    "com|net|org|info|biz|edu|gov|mil|int|io|dev|app|ai|co|cloud|shop|store|online|site|tech|xyz"
    "|example|test|local|internal|invalid|localhost|agency|company|email|group|team|studio|systems"
    "|a[cdefglmoqrtuwz]|b[abdefghijmnorstwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[ceghrstu]"
    "|f[ijkmor]|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delnrt]|k[eghimnprwyz]|l[abcikrstuvy]"
    "|m[aceghklmnopqrstuvwxyz]|n[acefgilopruz]|om|p[aefghkrtwy]|qa|r[ouw]|s[abcdegiklnrtvxyz]"
    "|t[cdfghjklmnortvwz]|u[agksyz]|v[aceginu]|w[fs]|y[et]|z[amw]|xn--[a-z0-9-]{2,59}"
)
_NUMBERED = (
    "invoice|inv|receipt|rcpt|order|ord|ref|reference|transaction|txn|trx|credit\\s+note|cn|quote"
    "|ticket|case|contract|customer|client|member|account|acct|user|po|purchase\\s+order|cust"
    "|rechnung|rechnungs-?nr|beleg|bestellung|auftrag|kunde|kundennummer|kunden-?nr|vertrag|facture"
    "|commande|factura|pedido|fattura|ordine|factuur|mandate|mandat|subscription|sub|id|passport|konto|blz|sort\\s?code|a/c|confirmation"
    "|conf\\.?\\s?code|d-u-n-s|duns|\\w{2,20}nummer|(?:kd|rg|re|best|\\w{4,16}s)\\.?-?\\s?nr"
)
_COUNTRIES = (
    "AT|BE|BG|CHE|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI"
    "|SK|XI"
)
_DATE = (
    r"(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d\d(?:[-/](?:0[1-9]|1[0-2]|(?:19|20)?\d\d))?(?!\d)"
    r"|(?:0[1-9]|1[0-2])[-/](?:19|20)\d\d)"
)
_LONGEST_DATES = 50
_LONG_KEY = 16
_AMOUNTS = re.compile(r"(?:\d{1,7}\.\d+|\d{1,6}\.\d\d(?:\s\d{1,6}\.\d\d)*)", re.ASCII)
_COUNT = re.compile(r"\d{1,3}(?:,\d+)+", re.ASCII)
_INVOICES = re.compile(
    r"(?:inv|re|rg|rn|cn|so|po|ord|rcpt|bill|ref|ar|fa|fac|f)[^a-z]", re.IGNORECASE
)
_DATES = re.compile(rf"{_DATE}(?:[\s{_DASH}_/.]{{1,3}}{_DATE})*", re.ASCII)


def is_date(text: str) -> bool:
    """Return whether a text is a date, or several.

    Examples
    --------
    >>> is_date("2026-10-01 - 2026-10-31"), is_date("2026/0042")
    (True, False)
    """
    return len(text) <= _LONGEST_DATES and _DATES.fullmatch(text.strip()) is not None


def _masked(found: re.Match[str]) -> str:
    return MASK


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _number_masked(found: re.Match[str]) -> str:
    """Return what was found with a mask for the number in it."""
    return found[0][: found.start("number") - found.start()] + MASK


def _unless_dated(found: re.Match[str]) -> str:
    """Mask digits, unless they are dates, or amounts."""
    return found[0] if is_date(found[0]) or _AMOUNTS.fullmatch(found[0]) else MASK


def _account_number(found: re.Match[str]) -> str:
    return MASK if _digits(found[0]) >= 8 and not is_date(found[0][2:]) else found[0]


def _tax_number(found: re.Match[str]) -> str:
    number = found["number"]
    return found[0] if _digits(number) < 4 or is_date(number) else _number_masked(found)


def _address(found: re.Match[str]) -> str:
    text = found[0].partition("%")[0]
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return found[0]
    return MASK if len(text) > 2 else found[0]


def _key(found: re.Match[str]) -> str:
    words = re.split(r"[-_./+=~:]", found[0])
    changes = sum(map(_changes, words))
    is_long = len(found[0]) >= _LONG_KEY and changes >= 5
    return MASK if is_long or any(map(_is_random, words)) else found[0]


def _changes(word: str) -> int:
    """Return how often letters change to digits in a word, or back."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))


def _is_random(word: str) -> bool:
    """Return whether a word looks like a key: letters mixed with digits, or small and capital."""
    size, changes = len(word), _changes(word)
    rises = sum(one.islower() and other.isupper() for one, other in pairwise(word))
    if size < 12:
        return False
    is_hex = size >= 16 and changes > 0 and set(word.lower()) <= set("0123456789abcdef")
    is_mixed = size >= 20 and (5 * rises >= size or (changes > 0 and changes + rises > 1))
    return changes >= 3 or is_hex or is_mixed


def _query(found: re.Match[str]) -> str:
    return MASK if "=" in found[0].partition("?")[2] else found[0]


def _numbered(found: re.Match[str]) -> str:
    """Mask the number of an invoice or the like, unless it is a date, an amount or a count."""
    number, sign = found["number"], re.sub(r"[\s.:]", "", found["sign"])
    if not _digits(number) or _AMOUNTS.fullmatch(number) or _COUNT.fullmatch(number):
        return found[0]
    if not sign and (_digits(number) < 4 or is_date(number)):
        return found[0]
    return _number_masked(found)


def _id(found: re.Match[str]) -> str:
    text = found[0]
    if _digits(text) < 4:
        return text
    dated = text[text.index(next(filter(str.isdigit, text))) :]
    is_plain = len(dated) == 4 or not _INVOICES.match(text)
    return text if is_plain and is_date(dated) else MASK


def _object(found: re.Match[str]) -> str:
    word = found["number"]
    is_word = word.islower() or word.istitle() or word.isupper()
    return found[0] if (is_word and not _digits(word)) or is_date(word) else MASK


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _rule(pattern: str, instead: Callable[[re.Match[str]], str] = _masked) -> Rule:
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE), instead


_EDGE = r"""\s@<>"(),;\[\]{}"""
_OPEN, _CLOSE = r"\s{0,2}[\[({<|_*-]{1,2}\s{0,2}", r"\s{0,2}[\])}>|_*-]{1,2}\s{0,2}"
_AT = rf"{_OPEN}(?:at|\u00e4t|@){_CLOSE}"
_DOT = rf"(?:{_OPEN}(?:dot|\.){_CLOSE}|\s{{1,2}}dot\s{{1,2}})"
_NAME = r"(?<![\w.+%'-])[\w.+%'-]++"
_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"
_PHONE = rf"[\s()./{_DASH}]{{0,3}}\d"
WHOLE: tuple[Rule, ...] = (
    _rule(r"[a-z0-9+.-]{0,32}://\S+"),  # URLs, signed or not
    _rule(r"\b(?:mailto|tel|sms|callto|skype|sips?|urn|arn|data):(?=\S)\S+"),
    _rule(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),  # UUIDs
    _rule(r"\b0x[0-9a-f]{8,}\b"),
    _rule(r'"[^"@\n]{1,64}"\s?@\s?[^\s@]+'),  # e-mail addresses
    _rule(
        rf"(?<![^{_EDGE}])[^{_EDGE}]++(?:@(?=[^{_EDGE}]*[^\W\d_])[^{_EDGE}]+"
        r"|\s{0,2}@\s{0,2}[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})"
    ),
    _rule(r"(?<![\w@.])@(?=[\w/-]{0,60}[^\W\d_])\w[\w/-]{2,}"),  # and what people are called by
    _rule(rf"{_NAME}{_AT}[\w-]{{1,63}}(?:(?:{_DOT}|\.)[\w-]{{1,63}}){{0,6}}"),
    _rule(
        rf"{_NAME}(?:{_DOT}[\w-]{{1,63}}){{0,3}}\s{{1,2}}at\s{{1,2}}[\w-]{{1,63}}"
        rf"(?:{_DOT}[\w-]{{2,63}}){{1,6}}"
    ),
    _rule(
        rf"(?:{_NAME}\s{{1,2}}(?-i:AT)|(?<![\w.])\w++(?:[._]\w++)+\s{{1,2}}at)\s{{1,2}}"
        r"[\w-]{1,63}(?:\.[\w-]{2,63}){1,6}"
    ),
    _rule(  # IBANs
        rf"{_BEGIN}[a-z]{{2}}[\s{_DASH}.]?\d{{2}}[\s{_DASH}.]{{0,2}}[a-z0-9]{{4}}"
        rf"(?:[\s{_DASH}.]{{0,2}}(?=[a-z]{{0,3}}\d)[a-z0-9]{{4}}){{1,6}}"
        rf"(?:[\s{_DASH}.]{{0,2}}(?=[a-z]{{0,3}}\d)[a-z0-9]{{1,4}})?{_END}",
        _account_number,
    ),
    _rule(rf"(?<![\d,])\d(?:{_GAP}{{0,3}}\d){{11,}}", _unless_dated),  # card numbers
    _rule(rf"\+\s?\(?\d(?:{_PHONE}){{6,14}}"),  # phones
    _rule(rf"(?<![\w.,])00[1-9](?:{_PHONE}){{7,13}}"),
    _rule(rf"(?<![\w(])\(0?\d{{2,5}}\)[\s./{_DASH}]{{0,3}}\d(?:[\s./{_DASH}]?\d){{4,9}}{_END}"),
    _rule(rf"(?<![\w.,{_DASH}])\d{{3}}([\s.{_DASH}])\d{{3}}\1\d{{4}}(?![\w{_DASH}])"),
    _rule(r"(?<![\w.,-])0\d{1,4}\s?[-/]\s?\d{5,8}(?![\w-])"),
    _rule(
        r"\b(?:tel(?:efon|ephone)?|phone|mobile?|mob|cell|fax|calls?|whats\s?app|sms|ph|handy|mobil"
        r"|call(?:ed)?)\b(?P<sign>[\W_]{0,4}(?:(?:to|from|no|nr|number)\b[\W_]{1,3})?)"
        rf"(?P<number>\(?\d(?:{_PHONE}){{6,14}})",
        lambda found: found[0] if is_date(found["number"]) else _number_masked(found),
    ),
)
"""What is masked whole, even if it contains known names."""

PARTS: tuple[Rule, ...] = (
    _rule(r"\S+", _query),
    _rule(
        r"(?<![\w-])(?:[\w-]{1,63}\.){0,8}(?=\d{0,62}[^\W\d])[\w-]{1,63}\."
        rf"(?:{_DOMAINS})(?![\w-])(?!\.\w)(?:[:/?\#]\S*)?"
    ),
    _rule(r"(?<![\w-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}/\S*"),
    _rule(
        r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}(?:[\d.]{7,15}|[0-9a-f]{0,4})(?:%\w{1,16})?(?![\w:])",
        _address,
    ),
    _rule(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)", _address),  # IP addresses
    _rule(r"(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])"),
    _rule(  # keys, found by their names
        r"\b(?:api[\s_-]?key|(?:(?:access|secret|auth|bearer|api)[\s_-]?)?token|secret|passw(?:or)?d|pwd"
        r"|passcode|bearer|authorization|signature|credential|pin|otp)\b"
        r"(?:\s{0,3}[:=]\s{0,3}(?:bearer\s)?\S{3,}|\s{1,3}(?=\S{0,200}\d)\S{6,})"
    ),
    _rule(  # or by how they begin
        rf"{_BEGIN}(?:sk[-_]|pk[-_]|rk[-_]|gh[opsu]_|github_pat_|glpat-|xox[a-z]-|hf_|npm_|whsec_"
        r"|shpat_|dop_v1_|pypi-|lin_api_|ya29\.|SG\.)(?:(?=[\w+/=.-]{0,200}\d)[\w+/=.-]{12,}"
        r"|[\w+/=-]{24,})"
    ),
    _rule(rf"(?-i:{_BEGIN}(?:A[KS]IA[A-Z0-9]{{12,}}|AIza[\w-]{{20,}}|eyJ[\w-]{{8,}}[\w.-]*))"),
    _rule(r"[a-z0-9_+/=~.:-]{12,}", _key),
    _rule(  # VAT ids
        rf"{_BEGIN}(?:(?-i:{_COUNTRIES})[\s.{_DASH}]?|(?:{_COUNTRIES}))"
        rf"(?P<number>[a-z]?\d?[a-z]?[\s.{_DASH}]?\d(?:[\s.{_DASH}]?\d){{6,10}}"
        rf"(?:[\s.{_DASH}]?B[\s.{_DASH}]?\d\d|[a-z]{{1,2}})?){_END}",
        lambda found: found[0] if is_date(found["number"]) else MASK,
    ),
    _rule(
        r"\b(?:vat|ust|ust-?id(?:nr)?|tva|iva|btw|mwst|nif|cif|nip|siret|siren|gst|gstin|abn|tin|ein"
        r"|ssn|pan|tax\s?(?:id|no|number)|steuer(?:nummer|-?nr))\b"
        r"[\s.:\#]{0,3}(?:(?:reg|id|no|nr|number)\b[\s.:\#]{0,3}){0,3}"
        rf"(?P<number>[a-z0-9](?:[.{_DASH}/]?[a-z0-9]|\s\d){{6,16}}){_END}",
        _tax_number,
    ),
    _rule(  # the last digits of cards
        rf"{_BEGIN}(?:{_WORDS_OF_CARDS}){_END}"
        r"(?:[^\w\n]{1,3}(?:cards?|ending|ends|in|with|no|nr|number|last|four|digits|credit|debit|4"
        rf"|auf|par|en|electron|gold|platinum|business){_END}){{0,5}}"
        r"[^\w\n]{0,20}(?:[x*\u2022.\#-][x*\u2022.\#\s-]{0,30})?\d{4,5}(?![^\W_])"
    ),
    _rule(
        rf"(?:{_BEGIN}x{{2,}}|[*\u2022\u25cf\u2219\u00b7\#]|\.{{3}})"
        rf"[x*\u2022\u25cf\u2219\u00b7\#\s.{_DASH}]{{0,30}}\d{{4,5}}(?![-/]?[^\W_])"
    ),
    _rule(  # the number of an invoice, an order or a customer
        rf"{_BEGIN}(?:{_NUMBERED}){_END}"
        r"(?P<sign>[\s.:=\#]{0,3}(?:(?:no|nr|n|num|number|nummer|n\u00b0|no\u00b0|id)(?![^\W_])"
        r"[\s.:=\#]{0,3}){0,2})"
        rf"(?P<number>[a-z0-9](?:[a-z0-9_/,.-]{{0,60}}[a-z0-9])?){_END}",
        _numbered,
    ),
    _rule(r"\bc(?:vv|vc|sc)2?\b\W{0,3}\d{3,4}(?!\d)"),
    _rule(r"\b(?:swift|bic)(?:\s?code)?\b\W{0,3}(?-i:[A-Z]{6}[A-Z0-9]{2,5})(?![^\W_])"),
    _rule(r"\#\s?(?=[\w/-]{0,60}\d)[\w/-]{4,}"),
    _rule(rf"{_BEGIN}[a-z]{{2,8}}(?:[-_/\#][a-z]{{1,4}})?[-_/\#][a-z]{{0,2}}\d[\w/-]{{3,60}}", _id),
    _rule(
        rf"{_BEGIN}(?:in|pi|ch|cus|sub|txn|py|re|pm|src|tr|acct|evt|prod|price|i[il]|si|cs|po|seti|ord"
        rf"|pay|rcpt|inv|org|usr|proj|ws|acc)_(?P<number>[a-z0-9]{{6,60}}){_END}",
        _object,
    ),
    _rule(r"(?<![\w.,])\d{9,}+(?![.,]?\d)"),
)
"""What else is masked, after known names have been replaced."""


__all__ = ["MASK", "PARTS", "WHOLE", "Rule", "is_date"]
