"""Amounts, periods and days as people read them.

In English, with the symbols and places that CLDR gives each currency (by way of Babel), and every
digit of an amount unless a compact form is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision, get_currency_symbol

from billnb.values import calendar
from billnb.values.calendar import By
from billnb.values.money import plain

NOT_STATED = "not stated"
"""The text for what a vendor does not state."""

_LOCALE = "en_US"
_WIDE = Context(prec=100)
_SCALES = (
    (Decimal(10) ** 12, "T"),
    (Decimal(10) ** 9, "B"),
    (Decimal(10) ** 6, "M"),
    (Decimal(1000), "k"),
)
_ALMOST = Decimal("0.9995")  # what is rounded to a thousand is said as one
_NAMED_CURRENCIES = 3


@lru_cache
def symbol(currency: str) -> str | None:
    """Return the symbol that goes before an amount; ``None`` where the code goes after it.

    Examples
    --------
    >>> symbol("INR"), symbol("CHF")
    ('₹', None)
    """
    found: str = get_currency_symbol(currency, locale=_LOCALE)
    return None if found == currency else found


def amount(value: Decimal, currency: str) -> str:
    """Return an amount with its currency, every digit kept.

    Examples
    --------
    >>> amount(Decimal("1204.335017100000"), "USD"), amount(Decimal("-3"), "BITS")
    ('$1,204.3350171', '-3.00 BITS')
    """
    before = symbol(currency)
    if before is None:
        return f"{plain(value, thousands=',')} {currency}"
    # as Babel's format_currency without rounding, which takes forty times as long
    whole, _, places = f"{value.copy_abs():,f}".partition(".")
    places = places.rstrip("0").ljust(_fewest_places(currency), "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{before}{whole}.{places}" if places else f"{sign}{before}{whole}"


@lru_cache
def _fewest_places(currency: str) -> int:
    places: int = get_currency_precision(currency)
    return places


def compact(value: Decimal, currency: str) -> str:
    """Return an amount with three digits or so, for places where no more fit.

    Examples
    --------
    >>> compact(Decimal("15751.72"), "USD"), compact(Decimal("-1048"), "BITS")
    ('$15.8k', '-1.05k BITS')
    """
    size, unit = value.copy_abs(), ""
    for scale, letter in _SCALES:
        if size >= scale * _ALMOST:
            size, unit = _WIDE.divide(size, scale), letter
            break
    places = Decimal(1) if size >= 100 else Decimal("0.1") if size >= 10 else Decimal("0.01")
    if 0 < size < places:
        places = Decimal(1).scaleb(size.adjusted())  # the first digit that is something
    digits = f"{size.quantize(places, ROUND_HALF_EVEN, _WIDE):,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = "-" if value < 0 else ""
    before = symbol(currency)
    return f"{sign}{before}{digits}{unit}" if before else f"{sign}{digits}{unit} {currency}"


def percent(share: float) -> str:
    """Return a share of 1 in percent.

    Examples
    --------
    >>> percent(0.3149), percent(0.0996), percent(0.0004), percent(1)
    ('31%', '10%', 'under 0.1%', '100%')
    """
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1%"
    if 99.9 < value < 100:
        return "over 99.9%"
    tenths = f"{value:.1f}"
    return f"{value:.0f}%" if 10 <= float(tenths) <= 99 else f"{tenths.removesuffix('.0')}%"


def change(change_pct: float | None) -> str:
    """Return a change, with its sign.

    Examples
    --------
    >>> change(8.46), change(-100.0), change(-0.04), change(None)
    ('+8.5%', '-100%', '0%', '')
    """
    if change_pct is None:
        return ""
    if abs(change_pct) < 0.05:  # what is rounded to nothing has no sign
        return "0%"
    return f"{change_pct:+,.0f}%" if abs(change_pct) >= 100 else f"{change_pct:+.1f}%"


def day(moment: date) -> str:
    """Return a day.

    Examples
    --------
    >>> day(date(2026, 11, 3))
    '3 Nov 2026'
    """
    return f"{moment.day} {moment:%b %Y}"


def moment(instant: datetime) -> str:
    """Return an instant in UTC, without its time where it is the end of a day.

    Examples
    --------
    >>> moment(datetime(2026, 11, 21, 14, 2))
    '21 Nov 2026, 14:02 UTC'
    """
    if (instant.hour, instant.minute, instant.second) == (23, 59, 59):
        return day(instant)
    return f"{day(instant)}, {instant:%H:%M} UTC"


def period(first: date, by: By) -> str:
    """Return the period that begins on a day.

    Examples
    --------
    >>> period(date(2026, 10, 1), "month"), period(date(2026, 10, 1), "quarter")
    ('Oct 2026', 'Q4 2026')
    """
    if by == "month":
        return f"{first:%b %Y}"
    if by == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    if by == "year":
        return str(first.year)
    return f"week of {day(first)}" if by == "week" else day(first)


def periods(found: Sequence[date], by: By) -> str:
    """Return the span of some periods.

    Examples
    --------
    >>> periods([date(2025, 12, 1), date(2026, 11, 1)], "month")
    'Dec 2025 to Nov 2026'
    """
    length: By = "day" if by == "week" else by
    first, last = period(min(found), length), period(max(found), length)
    return first if first == last else f"{first} to {last}"


def days(since: date, until: date) -> str:
    """Return a range of days as people write it.

    Examples
    --------
    >>> days(date(2026, 10, 1), date(2026, 10, 31)), days(date(2026, 10, 1), date(2026, 10, 21))
    ('Oct 2026', '1-21 Oct 2026')
    """
    is_whole = (
        since.day == 1 and (until + timedelta(days=1)).day == 1 if until < date.max else False
    )
    if is_whole:
        return periods([since, calendar.start(until, "month")], "month")
    if since == until:
        return day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}-{day(until)}"
    return f"{day(since)} to {day(until)}"


def listed(names: Sequence[str], most: int = _NAMED_CURRENCIES) -> str:
    """Return names in one text; of many, the first few and how many more there are.

    Examples
    --------
    >>> listed(["EUR", "USD"]), listed(["EUR", "GBP", "INR", "JPY", "USD"])
    ('EUR and USD', 'EUR, GBP, INR and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def counted(number: int, one: str) -> str:
    """Return how many there are of something.

    Examples
    --------
    >>> counted(1, "invoice"), counted(1200, "entry"), counted(2, "day")
    ('1 invoice', '1,200 entries', '2 days')
    """
    many = f"{one[:-1]}ies" if one.endswith("ry") else f"{one}s"
    return f"{number:,} {one if number == 1 else many}"


def may_be_unpaid(invoices: int) -> str:
    """Return what is said of invoices whose status nobody states.

    Examples
    --------
    >>> may_be_unpaid(36)
    '36 invoices without a status may be unpaid'
    """
    return f"{counted(invoices, 'invoice')} without a status may be unpaid"


__all__ = [
    "NOT_STATED",
    "amount",
    "change",
    "compact",
    "counted",
    "day",
    "days",
    "listed",
    "may_be_unpaid",
    "moment",
    "percent",
    "period",
    "periods",
    "symbol",
]
