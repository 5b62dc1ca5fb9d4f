"""Prepaid balances after each entry, and how long they last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from billnb import engine
from billnb.engine import answers
from billnb.engine.decimals import approximate, running_total
from billnb.errors import MixedCurrencyError
from billnb.history import INSTANT, MONEY, rules
from billnb.values.money import PLACES

if TYPE_CHECKING:
    import pandas as pd

RECENT_DAYS = 90
"""The days over whose mean spend the time that a balance lasts is estimated."""

_WIDE = pa.decimal128(37, PLACES)  # a difference has one digit more, and 38 are the most
_RECENT = np.timedelta64(RECENT_DAYS, "D")
_KEYS = ("provider", "account", "currency")
_TYPES = {
    **dict.fromkeys(_KEYS, pa.string()),
    "issued_at": INSTANT,
    "change": MONEY,
    "balance": MONEY,
    "runway_days": pa.float64(),
}
_PLACE = "_place"
_MOST_CODES = 1_000_000
_ORDER = (_PLACE, "issued_at", "entry_id", "change")


def balance(history: Any) -> pd.DataFrame:
    """Return the balance of each prepaid account after each of its entries.

    An account is prepaid, in a currency, if it has payments of type top-up. Its balance is the
    top-ups that were paid, less its invoices; cancelled and refunded ones do not count.
    It begins at zero with the first entry of the history: load all of it, to get the balance
    that the provider shows.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.

    Returns
    -------
    pandas.DataFrame
        One row for each entry that changes a balance, sorted by the first four columns:

        - `provider`, `account`, `currency`, string;
        - `issued_at`, timestamp[us, UTC];
        - `change`, decimal128(28, 12), in units of `currency`: a top-up, or an invoice with the
          sign turned;
        - `balance`, decimal128(28, 12): the balance after the entry;
        - `runway_days`, double: how many days that lasts at the mean daily spend of the 90 days
          up to then. ``<NA>`` where nothing was spent in these, and 0 where nothing is left.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> answer = balance(billnb.demo(today=date(2026, 11, 2)))
    >>> answer[["account", "currency", "change", "balance"]].tail(2)
        account currency             change            balance
    142   bytio      USD   150.000000000000  1024.390000000000
    143   bytio      USD  -576.110000000000   448.280000000000
    """
    columns = [*_KEYS, "kind", "status", "payment_type", "issued_at", "entry_id", "total"]
    frame = engine.entries(history, columns)
    prepaid = engine.sums(frame.filter(rules.is_top_up()), _KEYS).select(_KEYS)
    if not prepaid.num_rows:
        return answers.result([], _TYPES)
    moves = frame.filter(
        # more than the prepaid accounts, where accounts have several currencies
        *(_is_one_of(prepaid[key], key) for key in _KEYS),
        rules.is_spend() | (rules.is_top_up() & rules.went_through()),
    ).select(*_KEYS, "kind", "issued_at", "entry_id", "total")
    table = engine.collected(moves)
    if table["currency"].null_count:
        raise MixedCurrencyError.of_unstated(table["currency"].null_count)
    engine.require_totals(table["total"].null_count)
    return _balances(_ordered(table, prepaid.sort_by([(key, "ascending") for key in _KEYS])))


def _is_one_of(words: pa.ChunkedArray, key: str) -> nw.Expr:
    """Return whether a column holds one of some words, or nothing, which is checked later."""
    stated = [word for word in words.unique().to_pylist() if word is not None]
    unstated = nw.col(key).is_null()
    return nw.col(key).is_in(stated) | unstated if stated else unstated


def _ordered(table: pa.Table, prepaid: pa.Table) -> pa.Table:
    """Return what changes prepaid balances, account by account and in order of time."""
    # one number to sort accounts by: three columns of text take four times as long
    code, known = np.zeros(len(prepaid), int), np.zeros(len(table), int)
    is_known = np.ones(len(table), bool)
    for key in _KEYS:
        words = prepaid[key].unique()
        index = pc.index_in(table[key], value_set=words).fill_null(-1).to_numpy()
        is_known &= index >= 0
        known = known * len(words) + index
        code = code * len(words) + pc.index_in(prepaid[key], value_set=words).to_numpy()
    place = _places(code, known)
    change = pc.if_else(
        pc.equal(table["kind"], "invoice"), pc.negate_checked(table["total"]), table["total"]
    )
    kept = pa.array(is_known & (place >= 0))
    table = table.append_column(_PLACE, pa.array(place)).append_column("change", change)
    table = table.filter(kept)
    order = pc.sort_indices(table, [(name, "ascending") for name in _ORDER])
    return table.drop(["entry_id", "total"]).take(order)


def _places(code: Any, known: Any) -> Any:
    """Return for each number its place among the codes; -1 if it is not among them."""
    largest = int(code.max())
    if largest < _MOST_CODES:  # to look up is faster than to search
        table = np.full(largest + 2, -1)
        table[code] = np.arange(len(code))
        return table[np.where((known < 0) | (known > largest), largest + 1, known)]
    order = np.argsort(code)
    at = np.searchsorted(code, known, sorter=order).clip(max=len(code) - 1)
    return np.where(code[order[at]] == known, order[at], -1)


def _balances(table: pa.Table) -> pd.DataFrame:
    starts = np.flatnonzero(np.diff(table[_PLACE].to_numpy(), prepend=-1))
    change = answers.amounts(table["change"])
    is_invoice = pc.equal(table["kind"], "invoice").combine_chunks()
    charges = pc.if_else(is_invoice, pc.negate_checked(change), pa.scalar(0, MONEY))
    left, charged = running_total(change, starts), running_total(charges, starts)
    columns = {name: table[name] for name in (*_KEYS, "issued_at")}
    runway = _runway(left, charged, table["issued_at"].to_numpy(), starts)
    return answers.answer(
        {**columns, "change": change, "balance": left, "runway_days": runway}, _TYPES
    )


def _runway(left: pa.Array, charged: pa.Array, issued: Any, starts: Any) -> pa.Array:
    before = np.zeros(len(left), int)  # the last entry more than the days before, from 1
    for start, end in zip(starts, np.append(starts, len(left))[1:], strict=True):
        times = issued[start:end]
        before[start:end] = start + np.searchsorted(times, times - _RECENT, side="right")
        before[start:end][before[start:end] == start] = 0
    charged = charged.cast(_WIDE)  # whose difference is exact: binary floats would cancel out
    nothing = pa.array([0], _WIDE)
    earlier = pa.concat_arrays([nothing, charged]).take(pa.array(before))
    recent, balance = approximate(pc.subtract(charged, earlier)), approximate(left)
    with np.errstate(divide="ignore", invalid="ignore"):
        lasts = np.where(recent > 0, balance * RECENT_DAYS / recent, np.nan)
    return pa.array(np.where(balance > 0, lasts, 0.0), from_pandas=True)


__all__ = ["RECENT_DAYS", "balance"]
