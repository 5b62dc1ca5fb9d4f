"""What may be shown to anyone: a history without what identifies people, cards and accounts?"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any

import pandas as pd
import pyarrow as pa

from billnb import analysis, engine
from billnb.errors import ArgumentError
from billnb.history import AMOUNTS, MONEY
from billnb.money import total
from billnb.secret import MASK

KEY_VARIABLE = "BILLNB_REDACTION_KEY"
"""The environment variable with the key that pseudonyms are made with."""

INDEX_BASE = 100
"""What the mean month is on the scale of :func:`scaled`."""

_REMOVED = (
    "method_brand",
    "method_last4",
    "method_expires",
    "method_wallet",
    "method_email",
    "document_url",
)
_FREE_TEXT = ("description", "status", "payment_type", "method")
_TELLING = re.compile(
    r"""
      [a-zA-Z][a-zA-Z0-9+.-]*://\S+                          # any URL, signed or not
    | [^\s@<>"'()]+@[^\s@<>"'()]+                            # e-mail addresses
    | \d(?:[ -]?\d){11,18}                                   # card numbers
    | (?i:\b(?:ending(?:\s+in)?|last\s*(?:4|four))|[x*•.]{2,})\s*:?\s*\d{4}\b  # their last digits
    """,
    re.VERBOSE,
)
_SHORTEST_NAME = 3
_SHORTEST_PSEUDONYM, _ID = 8, 20  # hexadecimal digits
_WIDE = Context(prec=76)
_INDEX_STEP = Decimal("0.0001")
_process_key = secrets.token_hex(32)


def redact(history: Any, *, key: str | None = None) -> pd.DataFrame:
    """Return a history fit to be shared.

    Amounts, dates, kinds, statuses and currencies stay as they are. What goes: e-mail addresses,
    card details, wallets and document URLs, in text too. Account names and the vendor's ids
    become pseudonyms, the same for the same name wherever it stands. Columns that are not a
    history's are left out, for nobody knows what they hold.

    Vendors write descriptions as they please: read them before you publish.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    key : str, optional
        What pseudonyms are made with: the same key gives the same ones, and whoever has it can
        tell whether a name they guess is meant. Without it, that of the environment variable
        ``BILLNB_REDACTION_KEY``; without that, one that lasts as long as this process.

    Returns
    -------
    pandas.DataFrame
        The columns of a history, with ``<NA>`` where something was removed.

    Raises
    ------
    ArgumentError
        When columns are missing, or the key is empty.

    Examples
    --------
    >>> import billnb
    >>> shared = redact(billnb.demo(), key="for the docs")
    >>> shared["account"].unique().tolist()
    ['account d865d725', 'account f8f1a7ea']
    >>> bool(shared["method_email"].notna().any())
    False
    """
    if key is None:
        key = os.environ.get(KEY_VARIABLE) or _process_key
    if not key:
        raise ArgumentError("the key of pseudonyms is empty; leave it out, or give one")
    frame = engine.whole(history)
    names = _pseudonyms(frame["account"].dropna().unique(), key)
    readings = frame.attrs.get("billnb", {})
    names.update(_pseudonyms(readings.keys() - names.keys(), key, names.values()))
    clean, last4 = _cleaner(names), engine.values(frame["method_last4"])
    columns: dict[str, list[str | None]] = {
        "account": [names.get(one) for one in engine.values(frame["account"])],
        "entry_id": [one and _digest(one, key, _ID) for one in engine.values(frame["entry_id"])],
        **{name: list(map(clean, engine.values(frame[name]), last4)) for name in _FREE_TEXT},
        **{name: [None] * len(frame) for name in _REMOVED},
    }
    shared = frame.assign(
        **{name: engine.column(values, pa.string()) for name, values in columns.items()}
    )
    shared.attrs["billnb"] = {names[name]: dict(reading) for name, reading in readings.items()}
    return shared


def scaled(history: pd.DataFrame) -> pd.DataFrame:
    """Return a history whose amounts are index numbers: 100 is the mean month of a currency.

    The mean is that of the months from a currency's first spend to its last, or of all months of
    its entries where nothing was spent. Index numbers keep every proportion, rounded to four
    places: whoever knows one amount knows them all.

    Parameters
    ----------
    history : pandas.DataFrame
        A history.

    Returns
    -------
    pandas.DataFrame
        The history with amounts on the scale, and ``USD index`` for ``USD``.

    Raises
    ------
    ArgumentError
        When columns are missing.

    Examples
    --------
    >>> import billnb
    >>> scaled(billnb.demo())["currency"].unique().tolist()
    ['USD index', 'INR index']
    """
    factors = _factors(history)
    currencies = engine.values(history["currency"])
    columns = {
        name: engine.column(
            [
                None if amount is None else _indexed(amount, factors[currency])
                for amount, currency in zip(engine.values(history[name]), currencies, strict=True)
            ],
            MONEY,
        )
        for name in AMOUNTS
    }
    unit = engine.column([f"{one} index" for one in currencies], pa.string())
    return history.assign(**columns, currency=unit).drop(columns="fx_rate", errors="ignore")


def _factors(history: pd.DataFrame) -> dict[str, Decimal]:
    """Return what makes the mean month of each currency 100."""
    factors = {}
    spent = analysis.spend(history)
    for currency, part in history.groupby("currency"):
        months = spent.loc[spent["currency"] == currency, "amount"].tolist()
        if not any(months):
            months = [one.copy_abs() for one in part["total"]]
        mean = _WIDE.divide(total(months), len(months)).copy_abs()
        factors[str(currency)] = _WIDE.divide(INDEX_BASE, mean) if mean else Decimal(1)
    return factors


def _indexed(amount: Decimal, factor: Decimal) -> Decimal:
    return _WIDE.multiply(amount, factor).quantize(_INDEX_STEP, ROUND_HALF_EVEN, _WIDE)


def _pseudonyms(names: Iterable[str], key: str, taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a pseudonym for each name, no two alike."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in sorted(names):
        length = _SHORTEST_PSEUDONYM
        while f"account {_digest(name, key, length)}" in used:
            length += 1
        found[name] = f"account {_digest(name, key, length)}"
        used.add(found[name])
    return found


def _digest(text: str, key: str, length: int) -> str:
    secret = hashlib.sha256(key.encode()).digest()
    return hashlib.blake2b(text.encode(), key=secret).hexdigest()[:length]


def _cleaner(names: Mapping[str, str]) -> Callable[[str | None, str | None], str | None]:
    """Return what takes out of a text what tells of people, cards and accounts."""
    told = [re.escape(name) for name in names if len(name) >= _SHORTEST_NAME]
    accounts = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(told, key=len, reverse=True))})(?!\w)")

    @lru_cache(maxsize=10_000)
    def clean(text: str | None, last4: str | None) -> str | None:
        if text is None:
            return None
        text = _TELLING.sub(MASK, text)
        if told:
            text = accounts.sub(lambda found: names[found[0]], text)
        return text.replace(last4, MASK) if last4 else text

    return clean


__all__ = ["INDEX_BASE", "KEY_VARIABLE", "redact", "scaled"]
