"""A history converted into one currency at dated rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from billnb import engine
from billnb.engine import answers
from billnb.errors import ArgumentError, MissingRateError, MixedCurrencyError, MoneyError
from billnb.history import AMOUNTS, FX_TYPES, MONEY
from billnb.values.money import PLACES, PRECISION, units

Rate = Decimal | int | str
Rates = Callable[[str, date], Rate | tuple[Rate, date] | None]
"""Returns the rate of a currency on a day; see :func:`convert`."""

Key = tuple[str, date]

_RATE_COLUMNS = ("date", "currency", "rate")
_NEEDS = ("currency", "issued_at", "total")
_NAMED = 5  # missing rates, in a message
_PRODUCT = Context(prec=2 * PRECISION)
_STEP = Decimal(1).scaleb(-PLACES)


def convert(history: pd.DataFrame, to: str, rates: pd.DataFrame | Rates) -> pd.DataFrame:
    """Return a history in one currency, each entry at the rate of its own date.

    Every amount is multiplied by the rate, exactly, and rounded half to even to the twelve places
    an amount has. A missing rate is never invented: where there are none at weekends, `rates` has
    to say which one to use.

    Parameters
    ----------
    history : pandas.DataFrame
        A history, as :func:`billnb.load` returns it.
    to : str
        The currency to convert to, such as ``"EUR"``.
    rates : pandas.DataFrame or callable
        A frame with the columns `date` (a date, a timestamp or an ISO 8601 string), `currency`
        (string) and `rate`: how many units of `to` one unit of `currency` is, as decimal, integer
        or digits in a string. Or a callable that takes a currency and a date (UTC), and returns the
        rate, or the rate and its date, or ``None``.

    Returns
    -------
    pandas.DataFrame
        The history with all amounts in `to`, and two more columns: `fx_rate`, decimal128(28, 12),
        the rate used, and `fx_date`, date32, its date. An entry that was in `to` already
        has the rate 1.

    Raises
    ------
    MissingRateError
        When there is no rate for a currency on a day that is needed; it names them.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When a rate is a binary float, zero, negative or has more than twelve places.
    ArgumentError
        When columns are missing, when two rates are given for one currency and day, and when the
        history has been converted before.

    Examples
    --------
    >>> import billnb
    >>> history = billnb.demo(since="2026-10", kind="invoice")
    >>> rates = {"USD": "0.9", "INR": "0.01"}
    >>> euros = convert(history, "EUR", lambda currency, day: rates[currency])
    >>> euros["currency"].unique().tolist()
    ['EUR']
    """
    _check(history, to)
    find = _from_frame(rates) if hasattr(rates, "columns") else rates
    if not callable(find):
        raise ArgumentError(
            "rates has to be a frame with the columns date, currency and rate, or a callable that "
            "takes a currency and a date"
        )
    if history["issued_at"].isna().any():
        raise ArgumentError("some entries have no issued_at; leave them out, or set it")
    keys = [
        (currency, _day(moment))
        for currency, moment in zip(
            answers.values(history["currency"]), answers.values(history["issued_at"]), strict=True
        )
    ]
    used = _used(keys, to, find)
    rate = [used[key][0] for key in keys]
    columns: dict[str, tuple[list[Any], pa.DataType]] = {
        name: (list(map(_times, answers.values(history[name]), rate)), MONEY)
        for name in AMOUNTS
        if name in history.columns
    }
    columns["currency"] = ([to] * len(keys), pa.string())
    columns["fx_rate"] = (rate, MONEY)
    columns["fx_date"] = ([used[key][1] for key in keys], pa.date32())
    return history.assign(
        **{
            name: answers.column(values, arrow_type)
            for name, (values, arrow_type) in columns.items()
        }
    )


def _check(history: object, to: str) -> None:
    if not isinstance(history, pd.DataFrame):
        raise ArgumentError(
            "convert works entry by entry, on a pandas frame; turn this one into that first"
        )
    engine.require(_NEEDS, history.columns)
    engine.require(history.columns, history.columns)  # each of them once
    if any(name in history.columns for name in FX_TYPES):
        raise ArgumentError("this history has been converted before; convert the one it came from")
    if not isinstance(to, str) or not to.strip():
        raise ArgumentError("to has to name a currency, such as 'EUR'")
    unstated = int(history["currency"].isna().sum())
    if unstated:
        raise MixedCurrencyError.of_unstated(unstated)


def _from_frame(rates: Any) -> Rates:
    missing = [name for name in _RATE_COLUMNS if name not in rates.columns]
    if missing:
        raise ArgumentError(
            f"rates has no column {', '.join(missing)}; it needs date, currency and rate"
        )
    known: dict[tuple[str, date], Decimal] = {}
    for moment, currency, stated in zip(*(rates[name] for name in _RATE_COLUMNS), strict=True):
        day = _day(moment)
        rate = _rate(stated, currency, day)
        if known.setdefault((currency, day), rate) != rate:
            raise ArgumentError(f"rates has two rates for {currency} on {day}; keep one of them")
    return lambda currency, day: known.get((currency, day))


def _used(keys: Iterable[Key], to: str, find: Rates) -> dict[Key, tuple[Decimal, date]]:
    """Return the rate for each currency and day, and its date."""
    used: dict[Key, tuple[Decimal, date]] = {}
    missing = []
    for currency, day in sorted(set(keys)):
        found = units(1) if currency == to else find(currency, day)
        if found is None:
            missing.append(f"{currency} on {day}")
            continue
        stated, of = found if isinstance(found, tuple) else (found, day)
        used[currency, day] = (_rate(stated, currency, day), _day(of))
    if missing:
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        raise MissingRateError(
            f"there is no rate to {to} for {', '.join(missing[:_NAMED])}{more}; add them to rates, "
            "each for its own day: missing rates are not invented"
        )
    return used


def _rate(stated: Any, currency: str, day: date) -> Decimal:
    if hasattr(stated, "as_py"):  # an Arrow scalar
        stated = stated.as_py()
    try:
        rate = units(stated)
    except MoneyError as error:
        problem = str(error)
    else:
        if rate > 0:
            return rate
        problem = "a rate is more than zero"
    raise MoneyError(f"the rate of {currency} on {day}: {problem}")


def _times(amount: Any, rate: Decimal) -> Decimal | None:
    if amount is None:
        return None
    return units(_PRODUCT.multiply(units(amount), rate).quantize(_STEP, ROUND_HALF_EVEN, _PRODUCT))


def _day(moment: Any) -> date:
    """Return a moment's date in UTC."""
    if isinstance(moment, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime) and not pd.isna(moment):
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    if isinstance(moment, np.datetime64) and not np.isnat(moment):
        return pd.Timestamp(moment).date()
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return moment
    raise ArgumentError(
        "a rate has no date that can be read; expected a date, a timestamp or a string "
        "such as '2026-11-21'"
    )


__all__ = ["Rates", "convert"]
