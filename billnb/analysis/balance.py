"""What is left of a prepaid balance, and for how long does it last?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from billnb import definitions, engine
from billnb.history import INSTANT, MONEY
from billnb.running import running_total

if TYPE_CHECKING:
    import pandas as pd

RECENT_DAYS = 90
"""The days whose mean spend tells how long a balance lasts."""

_RECENT = np.timedelta64(RECENT_DAYS, "D")
_KEYS = ("provider", "account", "currency")
_TYPES = {
    **dict.fromkeys(_KEYS, pa.string()),
    "issued_at": INSTANT,
    "change": MONEY,
    "balance": MONEY,
    "runway_days": pa.float64(),
}
_ORDER = (*_KEYS, "issued_at", "entry_id", "change")


def balance(history: Any) -> pd.DataFrame:
    """Return the balance of each prepaid account after each of its entries.

    Prepaid is an account, in a currency, that has payments of type top-up. Its balance is what
    was topped up and went through, less its invoices; cancelled and refunded ones do not count.
    It begins at zero with the first entry of the history: load all of it, for the balance that
    the provider shows.

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
        - `change`, decimal128(28, 12), in units of `currency`: the top-up, or less the invoice;
        - `balance`, decimal128(28, 12): what is left after it;
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
    prepaid = engine.sums(frame.filter(definitions.is_top_up()), _KEYS).select(_KEYS)
    if not prepaid.num_rows:
        return engine.result([], _TYPES)
    moves = frame.filter(
        # more than the prepaid accounts, where accounts have several currencies
        *(nw.col(key).is_in(prepaid[key].unique().to_pylist()) for key in _KEYS),
        definitions.is_spend() | (definitions.is_top_up() & definitions.went_through()),
    ).select(*_KEYS, "kind", "issued_at", "entry_id", "total")
    table = engine.collected(moves).join(prepaid, _KEYS, join_type="inner")
    change = pc.if_else(_is_invoice(table), pc.negate_checked(table["total"]), table["total"])
    table = table.append_column("change", change)
    return _balances(table.take(pc.sort_indices(table, [(name, "ascending") for name in _ORDER])))


def _balances(table: pa.Table) -> pd.DataFrame:
    starts = _starts(table)
    charges = pc.if_else(_is_invoice(table), table["total"], pa.scalar(0, MONEY))
    left = running_total(table["change"].combine_chunks(), starts)
    charged = running_total(charges.combine_chunks(), starts)
    columns = {name: table[name] for name in (*_KEYS, "issued_at", "change")}
    runway = _runway(left, charged, table["issued_at"].to_numpy(), starts)
    return engine.answer({**columns, "balance": left, "runway_days": runway}, _TYPES)


def _starts(table: pa.Table) -> np.ndarray[Any, Any]:
    """Return where each account and currency begins in the sorted table."""
    begins = np.zeros(len(table), bool)
    begins[:1] = True
    for name in _KEYS:
        code = table[name].combine_chunks().dictionary_encode().indices.to_numpy()
        begins[1:] |= code[1:] != code[:-1]
    return np.flatnonzero(begins)


def _runway(left: pa.Array, charged: pa.Array, issued: Any, starts: Any) -> pa.Array:
    days = np.zeros(len(left))
    balance, spent = (amounts.cast(pa.float64()).to_numpy() for amounts in (left, charged))
    for start, end in zip(starts, [*starts[1:], len(left)], strict=True):
        times, sums = issued[start:end], np.concatenate(([0.0], spent[start:end]))
        recent = sums[1:] - sums[np.searchsorted(times, times - _RECENT, side="right")]
        with np.errstate(divide="ignore", invalid="ignore"):
            lasts = np.where(recent > 0, balance[start:end] * RECENT_DAYS / recent, np.nan)
        days[start:end] = np.where(balance[start:end] > 0, lasts, 0.0)
    return pa.array(days, from_pandas=True)


def _is_invoice(table: pa.Table) -> pa.ChunkedArray:
    return pc.equal(table["kind"], "invoice")


__all__ = ["RECENT_DAYS", "balance"]
