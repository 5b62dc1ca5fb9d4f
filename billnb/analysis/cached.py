"""A history with its answers cached, so that a page asks each question once.

The charts, tables and cards of a page need the same answers. Each of them takes a history or a
:class:`CachedAnswers`; a report makes one, and passes it to all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from billnb.analysis.ageing import ageing
from billnb.analysis.balance import balance
from billnb.analysis.cash import cash
from billnb.analysis.charges import charges
from billnb.analysis.duplicates import duplicates
from billnb.analysis.spend import spend
from billnb.analysis.statuses import statuses

if TYPE_CHECKING:
    import pandas as pd


class CachedAnswers:
    """A history, and its answers so far.

    Answers are shared: make a copy before you change one.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        The history, which must not change meanwhile.

    Examples
    --------
    >>> import billnb
    >>> cached = CachedAnswers(billnb.demo())
    >>> cached.charges("month") is cached.charges("month")
    True
    """

    def __init__(self, history: Any) -> None:
        self.history = history
        self._answers: dict[tuple[object, ...], pd.DataFrame] = {}

    @classmethod
    def of(cls, history: Any) -> CachedAnswers:
        """Return the cached answers of a history; those given are returned as they are."""
        return history if isinstance(history, cls) else cls(history)

    def ageing(self, as_of: datetime) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.ageing`."""
        return self._once(ageing, as_of)

    def balance(self) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.balance`."""
        return self._once(balance)

    def cash(self, by: str, as_of: datetime) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.cash`."""
        return self._once(cash, by, as_of=as_of)

    def charges(self, by: str) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.charges`."""
        return self._once(charges, by)

    def duplicates(self) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.duplicates`."""
        return self._once(duplicates)

    def invoices_without_status(self) -> int:
        """Return the number of invoices that state no status, and so may be unpaid."""
        found = self.statuses()
        silent = (found["kind"] == "invoice") & found["status"].isna()
        return int(found.loc[silent, "entries"].sum())

    def spend(self, by: str, as_of: datetime, group: str | tuple[str, ...] = ()) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.spend`."""
        return self._once(spend, by, group, as_of=as_of)

    def statuses(self, by: str | None = None) -> pd.DataFrame:
        """Return the answer of :func:`billnb.analysis.statuses`."""
        return self._once(statuses, by)

    def _once(
        self, question: Callable[..., pd.DataFrame], *given: Any, **named: Any
    ) -> pd.DataFrame:
        key = (question, *given, *named.values())
        if key not in self._answers:
            self._answers[key] = question(self.history, *given, **named)
        return self._answers[key]


__all__ = ["CachedAnswers"]
