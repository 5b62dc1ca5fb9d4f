"""Charges by period, account and component."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from billnb import engine
from billnb.engine import answers
from billnb.history import INSTANT, MONEY, rules
from billnb.history.rules import COMPONENTS, STATED, components
from billnb.values import calendar
from billnb.values.money import total

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    "period": INSTANT,
    "provider": pa.string(),
    "account": pa.string(),
    "currency": pa.string(),
    "component": pa.string(),
    "amount": MONEY,
}


def charges(history: Any, by: str = "month", *, include_voided: bool = False) -> pd.DataFrame:
    """Return what was charged in each period, by account and component.

    The components of a period sum exactly to the totals of its invoices: rounding is a component
    too, and so are charges that the provider does not itemize.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it, on any of these engines.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is, by the calendar in UTC; weeks begin on Monday.
    include_voided : bool
        Whether cancelled and refunded invoices count as well.

    Returns
    -------
    pandas.DataFrame
        One row for each component that the invoices of a group state, sorted:

        - `period`, timestamp[us, UTC]: the first instant of the period;
        - `provider`, `account`, `currency`, string;
        - `component`, string: `usage`, `standing`, `discount` (zero or less), `tax`, `rounding`
          (the rest of the total where usage or standing charges are stated) or
          `unclassified` (the rest where neither is);
        - `amount`, decimal128(28, 12), in units of `currency`.

    Raises
    ------
    ArgumentError
        For an unknown `by`, and for a frame that lacks columns.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> from datetime import date
    >>> import billnb
    >>> history = billnb.demo(today=date(2026, 11, 2), since="2026-11")
    >>> charges(history)[["account", "currency", "component", "amount"]]
      account currency     component            amount
    0   bytio      USD         usage  417.584025682000
    1   bytio      USD      standing   62.500000000000
    2   bytio      USD           tax   96.016805136000
    3   bytio      USD      rounding    0.009169182000
    4   unpod      USD           tax             0E-12
    5   unpod      USD  unclassified  349.000000000000
    """
    length = calendar.checked(by)
    keys = ("provider", "account", "currency")
    frame = engine.entries(history, [*keys, "kind", "status", "issued_at", *STATED, "total"])
    invoices = frame.filter(rules.is_spend(include_voided=include_voided)).with_columns(
        period=engine.period_key(length), itemized=rules.is_itemized()
    )
    table = engine.sums(invoices, ["period", *keys, "itemized"], *STATED, "total", counts=STATED)
    amounts: dict[tuple[Any, ...], dict[str, list[Decimal]]] = {}
    for row in table.to_pylist():
        period = calendar.start(engine.day_of(row["period"], length), length)
        group = amounts.setdefault((period, *(row[key] for key in keys)), defaultdict(list))
        stated = {name: row[name] if row[f"{name}_stated"] else None for name in STATED}
        for component, amount in components({**stated, "total": row["total"]}).items():
            group[component].append(amount)
    rows = [
        (*key, component, total(amounts[key][component]))
        for key in sorted(amounts, key=answers.nulls_last)
        for component in COMPONENTS
        if component in amounts[key]
    ]
    return answers.result(rows, _TYPES)


__all__ = ["charges"]
