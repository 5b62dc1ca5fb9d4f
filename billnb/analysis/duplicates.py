"""Entries that look charged twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from billnb import engine
from billnb.engine import answers
from billnb.history import ORDER, SCHEMA, rules

if TYPE_CHECKING:
    import pandas as pd

_SAME = ("provider", "account", "kind", "currency", "total")
_TELLING = ("account", "kind", "total")
_COLUMNS = (
    "provider",
    "account",
    "entry_id",
    "kind",
    "issued_at",
    "description",
    "status",
    "currency",
    "total",
)
_TYPES = {name: SCHEMA.field(name).type for name in _COLUMNS}
_DAY, _COUNT = "_day", "_count"


def duplicates(history: Any) -> pd.DataFrame:
    """Return the entries that look charged twice.

    They have provider, account, kind, currency, total and UTC day in common. Entries that took no
    money are left out: cancelled and refunded ones, and failed ones that are not invoices. Not
    every group is a mistake: two top-ups of one amount on one day can be intended.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.

    Returns
    -------
    pandas.DataFrame
        One row for each entry, group by group, in order of time:

        - `group`, int64: the same for entries that look alike, from 1;
        - `provider`, `account`, `entry_id`, `kind`, string;
        - `issued_at`, timestamp[us, UTC];
        - `description`, `status`, `currency`, string;
        - `total`, decimal128(28, 12), in units of `currency`.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 1), since="2026-08", until="2026-08")
    >>> duplicates(history)[["group", "account", "kind", "total"]]
       group account     kind             total
    0      1   bytio  payment  150.000000000000
    1      1   bytio  payment  150.000000000000
    """
    took = (nw.col("kind") == "invoice") | (nw.col("status") != "failed")
    suspects = (
        engine.entries(history, _COLUMNS)
        .filter(nw.col("status").is_null() | (~nw.col("status").is_in(rules.VOIDED) & took))
        .with_columns(engine.day_key().alias(_DAY))
    )
    # groups by fewer columns are found faster, and nearly all of their entries are alike
    few, keys = [*_TELLING, _DAY], [*_SAME, _DAY]
    alike = suspects.group_by(few).agg(nw.len().alias(_COUNT)).filter(nw.col(_COUNT) > 1)
    table = engine.collected(suspects.join(alike.select(few), on=few, how="inner"))
    table = table.sort_by([(name, "ascending") for name in (*ORDER, *keys)])
    types = {**_TYPES, _DAY: answers.COUNT}
    frame = answers.answer({name: table[name] for name in types}, types).dropna(subset=keys)
    frame = frame[frame.duplicated(keys, keep=False)]
    frame.insert(0, "group", frame.groupby(keys, sort=False).ngroup().astype("int64[pyarrow]") + 1)
    return frame.drop(columns=_DAY).sort_values("group", kind="stable", ignore_index=True)


__all__ = ["duplicates"]
