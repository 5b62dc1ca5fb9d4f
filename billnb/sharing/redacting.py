"""The redaction of a history: without what identifies people, cards and accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

from billnb import engine
from billnb.engine import answers
from billnb.history import readings
from billnb.sharing import pseudonyms
from billnb.sharing.known import Cleaner

_REMOVED = (
    "method_brand",
    "method_last4",
    "method_expires",
    "method_wallet",
    "method_email",
    "document_url",
)
_CODES = ("status", "payment_type", "method")
_GROUPS = ("provider", "kind", "currency")
_READING = ("provider", "read_at", "announced", "requests", "restarts", "certificate", "since")


def redact(history: Any, *, key: str | None = None) -> pd.DataFrame:
    """Return a history that can be shared: without what identifies people, cards and accounts.

    Amounts and dates are not changed, and neither are kinds, statuses, currencies and providers
    that identify nothing. Wallets, card details and document URLs are removed. Account names and
    the vendor's ids become pseudonyms, the same for the same name in every column, and in texts in
    any case and normal form, and with anything between its parts. Columns that are not a history's
    are left out, because they may hold anything.

    Texts are normalised, and cut after 2,000 characters. Masked in them are e-mail addresses
    (escaped or spelled out too), URLs, domains, IP addresses, the numbers of cards and their last
    digits, bank accounts, phones and tax numbers, keys and tokens, and what looks like the number
    of an invoice, an order or a customer.

    Not found in texts are names of people, companies and places, street addresses, account names of
    one or two letters, words for what an account is, numbers of fewer than nine digits
    without a word before them, keys of small letters only, and everything spelled out in words.
    Vendors may write anything: read the texts before you publish them.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    key : str, optional
        The key of pseudonyms, 16 bytes or more: the same key gives the same ones, and with the key
        one can test whether a guessed name is right. By default, that of the environment variable
        ``BILLNB_REDACTION_KEY``; without it, one for this process only.

    Returns
    -------
    pandas.DataFrame
        The columns of a history, with ``<NA>`` where something was removed.

    Raises
    ------
    ArgumentError
        When columns are missing, or the key is empty or can be found by trying.

    Examples
    --------
    >>> import billnb
    >>> shared = redact(billnb.demo(), key="for the docs alone")
    >>> shared["account"].unique().tolist()
    ['account 01cb2c1f', 'account 8c5447e6']
    >>> bool(shared["method_email"].notna().any())
    False
    """
    key = pseudonyms.checked(key)
    frame = engine.whole(history)
    names = pseudonyms.accounts(frame["account"].dropna().unique(), key)
    readings(frame)  # an error if the notes are invalid
    noted = frame.attrs.get("billnb", {})
    names.update(pseudonyms.accounts(noted.keys() - names.keys(), key, names.values()))
    ids = pseudonyms.ids(set(answers.values(frame["entry_id"])) - {None, ""}, key)
    cards = frame["method_last4"].dropna().unique()
    clean, free = Cleaner({}, ids, cards).clean, Cleaner(names, ids, cards).clean
    groups = {name: _words(name, answers.values(frame[name]), clean, key) for name in _GROUPS}
    columns: dict[str, list[str | None]] = {
        "account": [names.get(one) for one in answers.values(frame["account"])],
        "entry_id": [ids.get(one) for one in answers.values(frame["entry_id"])],
        "description": list(map(free, answers.values(frame["description"]))),
        **{name: list(map(clean, answers.values(frame[name]))) for name in _CODES},
        **{
            name: [groups[name].get(one) for one in answers.values(frame[name])] for name in _GROUPS
        },
        **{name: [None] * len(frame) for name in _REMOVED},
    }
    shared = frame.assign(
        **{name: answers.column(values, pa.string()) for name, values in columns.items()}
    )
    shared.attrs = {
        "billnb": {
            names[name]: {
                one: clean(reading[one]) if isinstance(reading[one], str) else reading[one]
                for one in _READING
                if one in reading
            }
            for name, reading in noted.items()
        }
    }
    return shared


def _words(
    column: str, found: Iterable[str | None], clean: Callable[[str | None], str | None], key: str
) -> dict[str | None, str]:
    """Return replacements of words by which rows are grouped; different ones stay different."""
    return {
        one: one if clean(one) == one else pseudonyms.word(column, one, key)
        for one in set(found) - {None}
        if one is not None
    }


__all__ = ["redact"]
