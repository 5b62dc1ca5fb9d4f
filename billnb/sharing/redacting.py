"""A history without what identifies people, cards and accounts, fit to be shown to anyone."""

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
    """Return a history fit to be shared.

    Amounts and dates stay as they are, and so do kinds, statuses, currencies and providers that
    tell nothing. Wallets, card details and document URLs go. Account names and the vendor's ids
    become pseudonyms, the same for the same name wherever it stands, in text too, whatever its
    case, its normal form and what stands between its parts. Columns that are not a history's are
    left out, for nobody knows what they hold.

    Texts are normalised, and cut after 2,000 characters. Masked in them are e-mail addresses
    (escaped or spelled out too), URLs, domains, IP addresses, the numbers of cards and their last
    digits, bank accounts, phones and tax numbers, keys and tokens, and what looks like the number
    of an invoice, an order or a customer.

    What stays in texts: names of people, companies and places, street addresses, account names of
    one or two letters, words for what an account is, numbers of fewer than nine digits that
    nothing stands before, keys of small letters alone, and whatever is spelled out in words.
    Vendors write as they please: read before you publish.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    key : str, optional
        What pseudonyms are made with, 16 bytes or more: the same key gives the same ones, and
        whoever has it can tell whether a name they guess is meant. Without it, that of the
        environment variable
        ``BILLNB_REDACTION_KEY``; without that, one that lasts as long as this process.

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
    readings(frame)  # or an error that says what is wrong with them
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
    """Return what stands for words that rows are told apart by: for different ones, different."""
    return {
        one: one if clean(one) == one else pseudonyms.word(column, one, key)
        for one in set(found) - {None}
        if one is not None
    }


__all__ = ["redact"]
