"""Exact amounts: digits as units of a currency, never through a binary float.

Amounts are :class:`decimal.Decimal` with twelve decimal places and at most sixteen digits
before the point: what an Arrow ``decimal128(28, 12)`` holds. An amount that does not fit is
refused, never rounded, and a binary float is refused because its digits are already lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation

from billnb.errors import MoneyError

PRECISION = 28
PLACES = 12

_STEP = Decimal(1).scaleb(-PLACES)
_CENTS_STEP = Decimal(1).scaleb(2 - PLACES)
_SUM = Context(prec=100, traps=[Inexact, InvalidOperation])
_EXACT = Context(prec=PRECISION, traps=[Inexact, InvalidOperation])
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)


def units(amount: Decimal | int | str) -> Decimal:
    """Return an amount stated in units of its currency, exactly.

    Parameters
    ----------
    amount : decimal.Decimal, int or str
        The amount as the digits state it: ``"1357.30"``, ``Decimal("1e-7")``.

    Returns
    -------
    decimal.Decimal
        The same amount with twelve places.

    Raises
    ------
    MoneyError
        For a float, for what is not a finite number, and for an amount with more than twelve
        places or more than sixteen digits before the point.

    Examples
    --------
    >>> units("1357.30")
    Decimal('1357.300000000000')
    >>> units(1357.3)
    Traceback (most recent call last):
        ...
    billnb.errors.MoneyError: a float has lost its digits; pass a str, an int or a Decimal
    """
    return _quantized(amount, _STEP)


def cents(amount: Decimal | int | str) -> Decimal:
    """Return an amount stated in hundredths, in units of its currency, exactly.

    Fractions of a cent are kept: only the decimal point moves.

    Parameters
    ----------
    amount : decimal.Decimal, int or str
        The amount in cents.

    Returns
    -------
    decimal.Decimal
        The amount in units, with twelve places.

    Raises
    ------
    MoneyError
        As for :func:`units`.

    Examples
    --------
    >>> cents(Decimal("5895.3554498"))
    Decimal('58.953554498000')
    """
    return _quantized(amount, _CENTS_STEP).scaleb(-2, _EXACT)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return a sum, exact however many amounts there are.

    Python's own ``sum`` works with 28 digits, and rounds the rest away.

    Parameters
    ----------
    amounts : iterable of decimal.Decimal
        Amounts of one currency.

    Returns
    -------
    decimal.Decimal
        Their sum; zero where there are none.

    Examples
    --------
    >>> total([Decimal("9999999999999999.000000000001")] * 20)
    Decimal('199999999999999980.000000000020')
    """
    result = Decimal()
    for amount in amounts:
        result = _SUM.add(result, amount)
    return result


def plain(amount: Decimal, *, thousands: str = "") -> str:
    """Return an amount in full digits, at least two after the point, without trailing zeros.

    Parameters
    ----------
    amount : decimal.Decimal
        The amount.
    thousands : {"", ",", "_"}
        What stands between thousands.

    Returns
    -------
    str
        Digits that read back as the same amount.

    Examples
    --------
    >>> plain(Decimal("58.953554498000")), plain(Decimal("-1E+3"), thousands=",")
    ('58.953554498', '-1,000.00')
    """
    whole, _, places = f"{amount:{thousands}f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def _quantized(amount: Decimal | int | str, step: Decimal) -> Decimal:
    try:
        exact = (amount if type(amount) is Decimal else _decimal(amount)).quantize(
            step, None, _EXACT
        )
    except Inexact:
        problem = "has more decimal places than can be kept"
    except InvalidOperation:
        problem = "is not a finite number or has too many digits before the point"
    else:
        if exact.is_finite():
            return exact
        problem = "is not a finite number"
    raise _refused(problem)


def _refused(problem: str) -> MoneyError:
    return MoneyError(
        f"an amount {problem}; at most {PRECISION - PLACES} digits before and {PLACES} after the "
        "point of the unit are kept, and none is rounded away"
    )


def _decimal(amount: object) -> Decimal:
    if isinstance(amount, Decimal) or (isinstance(amount, int) and not isinstance(amount, bool)):
        return Decimal(amount)
    if isinstance(amount, str) and _PLAIN_NUMBER.fullmatch(amount):
        return Decimal(amount)
    if isinstance(amount, float):
        raise MoneyError("a float has lost its digits; pass a str, an int or a Decimal")
    raise _refused("is not a number")


__all__ = ["PLACES", "PRECISION", "cents", "plain", "total", "units"]
