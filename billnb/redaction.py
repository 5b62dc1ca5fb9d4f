"""Redaction: a history without what identifies people, cards and accounts."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa

from billnb import analysis, engine
from billnb.engine import answers
from billnb.errors import ArgumentError
from billnb.history import AMOUNTS, MONEY, readings
from billnb.history.rules import STATED, VOIDED, components
from billnb.values.money import total
from billnb.values.secret import MASK

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
_CODES = ("status", "payment_type", "method")
_TELLING = re.compile(
    r"""
      [a-zA-Z][a-zA-Z0-9+.-]*://\S+                         # any URL, signed or not
    | (?:[\w-]+\.)+[a-zA-Z]{2,}/\S*                         # one without its scheme
    | \S*\?\S*=\S*                                        # a query
    | (?:"[^"]*"|[^\s@<>"'()]+)@[^\s@<>"'()]+               # e-mail addresses
    | \d(?:[\s.\u2013-]?\d){11,18}                             # card numbers
    | (?i:\b(?:end(?:ing|s)?(?:\s+(?:in|with))?|last\s*(?:4|four)(?:\s+digits)?|card|visa
        |mastercard|maestro|amex))\W*[xX*•.#-]*\s*\d{4}\b  # their last digits
    | (?:[xX*•#]+[\s.-]*)+\d{4}\b
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[\w#-]{4,}")
_AMOUNT = re.compile(
    r"""
      [$€£¥₹]\s?\d[\d,.]*                   # with a symbol
    | \b[A-Z]{3}\s?\d[\d,.]*               # with a code before
    | \b\d[\d,.]*\s?(?:[A-Z]{3}\b|[$€£¥₹])  # or behind
    | \b\d[\d,]*\.\d+\b                   # or neither
    """,
    re.VERBOSE,
)
_READING = ("provider", "read_at", "announced", "requests", "restarts", "certificate", "since")
_SHORTEST_NAME = 3
_SHORTEST_PSEUDONYM, _ID = 8, 20  # hexadecimal digits
_WIDE = Context(prec=76)
_INDEX_STEP = Decimal("0.000001")
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
    if not isinstance(key, str):
        raise ArgumentError(f"the key of pseudonyms is a str, not {type(key).__name__}")
    if not key:
        raise ArgumentError("the key of pseudonyms is empty; leave it out, or give one")
    frame = engine.whole(history)
    names = _pseudonyms(frame["account"].dropna().unique(), key)
    readings(frame)  # or an error that says what is wrong with them
    noted = frame.attrs.get("billnb", {})
    names.update(_pseudonyms(noted.keys() - names.keys(), key, names.values()))
    ids = {one: _digest(one, key, _ID) for one in set(answers.values(frame["entry_id"])) if one}
    clean = _cleaner(frame["method_last4"].dropna().unique(), ids)
    free = _cleaner(frame["method_last4"].dropna().unique(), ids, names)
    columns: dict[str, list[str | None]] = {
        "account": [names.get(one) for one in answers.values(frame["account"])],
        "entry_id": [ids.get(one) for one in answers.values(frame["entry_id"])],
        "description": list(map(free, answers.values(frame["description"]))),
        **{name: list(map(clean, answers.values(frame[name]))) for name in _CODES},
        **{name: [None] * len(frame) for name in _REMOVED},
    }
    shared = frame.assign(
        **{name: answers.column(values, pa.string()) for name, values in columns.items()}
    )
    shared.attrs = {
        "billnb": {
            names[name]: {one: reading[one] for one in _READING if one in reading}
            for name, reading in noted.items()
        }
    }
    return shared


def scaled(history: pd.DataFrame) -> pd.DataFrame:
    """Return a history whose amounts are index numbers: 100 is the mean month of a currency.

    The mean is that of what was invoiced, credits not taken off, in the months from a currency's
    first spend to its last; where nothing was, the mean of its entries. Index numbers keep every
    proportion, rounded to six places: whoever knows one amount knows them all.

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
    rows = answers.records(history[["currency", *AMOUNTS]])
    indexed = [_indexed(row, factors[row["currency"]]) for row in rows]
    columns = {name: answers.column([row[name] for row in indexed], MONEY) for name in AMOUNTS}
    texts = {
        "currency": [f"{row['currency']} index" for row in rows],
        # what an amount in words would give away
        "description": [
            one and _AMOUNT.sub(MASK, one) for one in answers.values(history["description"])
        ],
    }
    columns |= {name: answers.column(values, pa.string()) for name, values in texts.items()}
    return history.assign(**columns).drop(columns="fx_rate", errors="ignore")


def _factors(history: pd.DataFrame) -> dict[str, Decimal]:
    """Return what makes the mean month of each currency 100."""
    months = analysis.spend(history)["currency"].value_counts()
    counts = history["kind"].eq("invoice") & ~history["status"].isin(VOIDED).fillna(False)
    factors = {}
    for currency in history["currency"].unique():
        mine = history["currency"] == currency
        amounts = [one.copy_abs() for one in answers.values(history.loc[mine & counts, "total"])]
        number = int(months.get(currency, 0))
        if not any(amounts):
            amounts = [one.copy_abs() for one in answers.values(history.loc[mine, "total"])]
            number = len(amounts)
        mean = _WIDE.divide(total(amounts), number)
        factors[str(currency)] = _WIDE.divide(INDEX_BASE, mean) if mean else Decimal(1)
    return factors


def _indexed(row: Mapping[str, Any], factor: Decimal) -> dict[str, Decimal | None]:
    """Return an entry's amounts on the scale; the total is the sum of its components there too."""
    parts = {
        name: _WIDE.multiply(amount, factor).quantize(_INDEX_STEP, ROUND_HALF_EVEN, _WIDE)
        for name, amount in components(row).items()
    }
    return {**dict.fromkeys(STATED), **parts, "total": total(parts.values())}


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


def _cleaner(
    cards: Iterable[str], ids: Mapping[str, str], names: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str | None], str | None]:
    """Return what takes out of a text what tells of people, cards, entries and accounts."""
    told = {name: pseudonym for name, pseudonym in names.items() if len(name) >= _SHORTEST_NAME}
    told |= dict.fromkeys(filter(None, cards), MASK)
    words = "|".join(re.escape(word) for word in sorted(told, key=len, reverse=True))
    known = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)
    folded = {word.casefold(): instead for word, instead in told.items()}

    @lru_cache(maxsize=10_000)
    def clean(text: str | None) -> str | None:
        if text is None:
            return None
        text = _TELLING.sub(MASK, text)
        text = _WORD.sub(lambda found: ids.get(found[0], found[0]), text)
        if not told:
            return text
        return known.sub(lambda found: folded.get(found[0].casefold(), MASK), text)

    return clean


__all__ = ["INDEX_BASE", "KEY_VARIABLE", "redact", "scaled"]
