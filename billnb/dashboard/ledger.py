"""Answers to a dashboard's choice, from sums made once.

Everything that a choice may ask for is summed once, when the history is given; see
:mod:`billnb.cube`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from billnb import cube, engine
from billnb.cube import Cube
from billnb.dashboard import owing
from billnb.dashboard.choice import FIELDS, UNSTATED, Choice, before, matches
from billnb.dashboard.owing import Balance, Oldest, One, Owed
from billnb.dashboard.selecting import Entries
from billnb.errors import ArgumentError, MixedCurrencyError
from billnb.history import readings, rules
from billnb.history.rules import COMPONENTS
from billnb.summary.cards import Debt, Spent
from billnb.values import calendar
from billnb.values.calendar import By
from billnb.values.money import total

_MOST_NAMES = 7
_MOST_PERIODS = 12_000
_SHORTEST = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}  # days


@dataclass(frozen=True, slots=True)
class Answer:
    """What a history says of a choice, in one currency.

    Attributes
    ----------
    cube : Cube
        Where it is from: amounts are its whole numbers, and it says how many they are in units.
    currency : str
        The currency.
    stacks : mapping of str or None to list of int
        What was charged in each period, by what bars are stacked of; ``None`` is all the rest.
    statuses : mapping of tuple of str to tuple of two lists of int
        How many entries of a kind and a status there are in each period, and their total.
    charged : mapping of str to int
        What was charged, by component.
    entries : int
        How many entries are chosen.
    spent : Spent
        What was charged in all.
    """

    cube: Cube
    currency: str
    stacks: Mapping[str | None, Sequence[int]]
    statuses: Mapping[tuple[str, str], tuple[Sequence[int], Sequence[int]]]
    charged: Mapping[str, int]
    entries: int
    spent: Spent


class Ledger:
    """A history that is ready to be asked.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        The history.
    now : datetime.datetime
        The moment to answer for, in UTC.
    extent : tuple of datetime.date, optional
        The first and the last day that are shown; by default, those of its entries.

    Raises
    ------
    ArgumentError
        When columns are missing, or an instant is.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals, or missing.
    """

    def __init__(
        self, history: Any, now: datetime, extent: tuple[date, date] | None = None
    ) -> None:
        self.history = engine.whole(history)
        self.now = now
        table = pa.Table.from_pandas(self.history, preserve_index=False)
        if table["currency"].null_count:
            raise MixedCurrencyError.of_unstated(table["currency"].null_count)
        engine.require_totals(table["total"].null_count)
        if table["issued_at"].null_count:
            raise ArgumentError("some entries have no issued_at; leave them out, or set it")
        self._table = table
        self.entries = Entries(table)
        self.cubes: Mapping[str, Cube] = cube.cubes(table, table["issued_at"])
        self.extent = self._extent() if extent is None else extent
        self._found = lru_cache(maxsize=4)(self._search)
        self._keys = lru_cache(maxsize=512)(self._keys_of)

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """What each of :data:`billnb.dashboard.choice.FIELDS` may be."""
        return {
            field: list(dict.fromkeys(name or UNSTATED for name in self._names(field)))
            for field in FIELDS
        }

    def _names(self, field: str) -> list[str | None]:
        if field == "currency":
            return list(self.cubes)
        return cube.names_of(self.cubes, field)

    def _extent(self) -> tuple[date, date]:
        """Return the days of the first and the last entry; today where there are none."""
        if not self.cubes:
            return self.now.date(), self.now.date()
        firsts = [one.first for one in self.cubes.values()]
        lasts = [one.first + one.days - 1 for one in self.cubes.values()]
        return cube.date_of(min(firsts)), cube.date_of(max(lasts))

    def range(self, choice: Choice) -> tuple[date, date]:
        """Return the first and the last day that are shown."""
        first, last = self.extent
        # a bound may lie before the first entry, or behind the last one
        since = choice.since or min(first, choice.until or first)
        return since, choice.until or max(last, since)

    def periods(self, choice: Choice) -> list[date]:
        """Return the first day of each period that is shown.

        Raises
        ------
        ArgumentError
            When there are too many to be drawn.
        """
        since, until = self.range(choice)
        count = (until - since).days // _SHORTEST[choice.by]
        if count > _MOST_PERIODS:
            raise ArgumentError(
                f"by={choice.by!r} makes {count:,} bars of {until.year - since.year} years; choose "
                "fewer days, or longer periods"
            )
        first = calendar.start(since, choice.by)
        return list(calendar.every(first, until, choice.by))

    def answers(self, choice: Choice) -> list[Answer]:
        """Return what is said of a choice, by currency.

        Returns
        -------
        list of Answer
            One for each currency chosen that has entries.
        """
        if choice.search:
            return self.found(choice.search).answers(_without_search(choice))
        return [
            self._answer(currency, one, choice)
            for currency, one in self.cubes.items()
            if choice.currency in (None, currency)
        ]

    def found(self, search: str) -> Ledger:
        """Return the ledger of the entries whose text holds all the words of a search."""
        return self._found(" ".join(search.split()))

    def _search(self, search: str) -> Ledger:
        return Ledger(self.history[self.entries.holding(search)], self.now, self.extent)

    def _answer(self, currency: str, one: Cube, choice: Choice) -> Answer:
        since, until = self.range(choice)
        starts = self.periods(choice)
        bounds = [cube.day_of(max(since, start)) for start in starts] + [cube.day_of(until) + 1]
        keys, is_chosen, is_spend, names = self._keys(
            currency, choice.provider, choice.account, choice.kind, choice.status
        )
        by_period = one.between(bounds, keys)
        first, last = (cube.day_of(day) for day in self._narrowed(choice))
        inside = one.between([first, max(first, last + 1)], keys)
        charged = one.whole(inside[:, :-1, 0, is_spend].sum(axis=-1)).tolist()
        if choice.component is None:
            count = int(one.whole(inside[:, -1, 0, is_chosen].sum(axis=-1)))
        else:
            count = self._of_component(currency, choice)
        return Answer(
            one,
            currency,
            self._stacks(one, by_period[..., is_spend], keys[is_spend], choice),
            _statuses(one, by_period, names),
            dict(zip(COMPONENTS, charged, strict=True)),
            count,
            self._spent(currency, one, keys[is_spend], choice),
        )

    def _keys_of(
        self, currency: str, provider: str | None, account: str | None, kind: str | None,
        status: str | None,
    ) -> tuple[Any, Any, Any, list[tuple[tuple[str, str], Any]]]:  # fmt: skip
        """Return the keys asked for, which are chosen, which count as spend, and by status."""
        keys = self.cubes[currency].keys
        wanted = {"provider": provider, "account": account, "kind": kind}
        found = [
            place
            for place, key in enumerate(keys)
            if all(matches(getattr(key, field), value) for field, value in wanted.items())
        ]
        is_chosen = np.array([matches(keys[place].status, status) for place in found], bool)
        is_spend = is_chosen & self._spending[currency][found]
        fared = [(keys[place].kind or UNSTATED, keys[place].status or UNSTATED) for place in found]
        names = [
            (name, np.flatnonzero([own == name for own in fared])) for name in dict.fromkeys(fared)
        ]
        return np.array(found, int), is_chosen, is_spend, names

    @cached_property
    def _spending(self) -> Mapping[str, Any]:
        """Whether each key of a cube counts as spend, by currency."""
        return self._hold(rules.is_spend())

    def _hold(self, rule: nw.Expr) -> Mapping[str, Any]:
        """Return whether a rule holds for each key of a cube, by currency."""
        columns = ("kind", "status")
        return {
            currency: rules.holds(
                rule,
                pa.table(
                    {
                        name: pa.array([getattr(key, name) for key in one.keys], pa.string())
                        for name in columns
                    }
                ),
            )
            for currency, one in self.cubes.items()
        }

    def _narrowed(self, choice: Choice) -> tuple[date, date]:
        since, until = self.range(choice)
        first, last = choice.days()
        return max(since, first or since), min(until, last or until)

    def _stacks(
        self, one: Cube, sums: Any, keys: Any, choice: Choice
    ) -> dict[str | None, list[int]]:
        if choice.stack == "component":
            limbs = sums[:, :-1].sum(axis=-1)
            whole, is_there = one.whole(limbs).tolist(), limbs.any(axis=(0, 2)).tolist()
            return {
                name: whole[place]
                for place, name in enumerate(COMPONENTS)
                if choice.component in (None, name) and is_there[place]
            }
        narrowed = cube.total_of(sums)
        if choice.component is not None:
            narrowed = sums[:, COMPONENTS.index(choice.component)]
        if not len(keys):
            return {}
        own = np.array([getattr(one.keys[key], choice.stack) or UNSTATED for key in keys], object)
        names, whose = np.unique(own, return_inverse=True)
        order = np.argsort(whose, kind="stable")
        starts = np.flatnonzero(np.diff(whose[order], prepend=-1))
        parts = np.add.reduceat(narrowed[..., order], starts, axis=-1)
        about = sum(part * 2.0 ** (32 * place) for place, part in enumerate(parts))
        largest = np.argsort(-np.abs(about).sum(axis=0), kind="stable")
        kept = np.sort(largest[:_MOST_NAMES])
        whole = one.whole(parts[..., kept]).T.tolist()
        stacks: dict[str | None, list[int]] = dict(zip(names[kept].tolist(), whole, strict=True))
        if len(rest := largest[_MOST_NAMES:]):
            stacks[None] = one.whole(parts[..., rest].sum(axis=-1)).tolist()
        return stacks

    def _spent(self, currency: str, one: Cube, keys: Any, choice: Choice) -> Spent:
        """Return what was charged in the days chosen; if all are, in the current month."""
        today = self.now.date()
        first, last = self._narrowed(choice)
        if choice.days() == (None, None):
            first, last = today.replace(day=1), today
        if first > last:
            return Spent(currency, first, last, Decimal(), Decimal(), None)
        amount = self._charged(one, keys, (first, last), choice)
        # the days to come are not compared with days that are over
        ends = today if first <= today < last else last
        so_far = amount if ends == last else self._charged(one, keys, (first, ends), choice)
        earlier = _earlier(choice, first, ends)
        if earlier[0] < self._begins:
            return Spent(currency, first, last, amount, so_far, None)
        compared = self._charged(one, keys, earlier, choice)
        return Spent(currency, first, last, amount, so_far, (*earlier, compared))

    @cached_property
    def _begins(self) -> date:
        """The day before which nothing is known."""
        read = readings(self.history).values()
        cuts = [one["since"].date() for one in read if one["since"] is not None]
        begins: date = max([self.extent[0].replace(day=1), *cuts])
        return begins

    def _charged(self, one: Cube, keys: Any, days: tuple[date, date], choice: Choice) -> Decimal:
        sums = one.between([cube.day_of(days[0]), cube.day_of(days[1]) + 1], keys)
        if choice.component is None:
            return one.amount(one.whole(cube.total_of(sums).sum(axis=(-2, -1))))
        place = COMPONENTS.index(choice.component)
        return one.amount(one.whole(sums[:, place].sum(axis=(-2, -1))))

    def _of_component(self, currency: str, choice: Choice) -> int:
        here = self.selected(choice)
        return self.entries.count(here, currency) if len(here) else 0

    # entries

    def selected(self, choice: Choice) -> Any:
        """Return the positions of the entries chosen, in their own order."""
        first, last = self._narrowed(choice) if len(self._table) else self.extent
        return self.entries.chosen(choice, cube.day_of(first), cube.day_of(last))

    def rows(self, positions: Any) -> pd.DataFrame:
        """Return entries as a history, with what is noted of it."""
        part: pd.DataFrame = self.history.iloc[positions].reset_index(drop=True)
        part.attrs = dict(self.history.attrs)
        return part

    # what is asked of the whole, once

    @cached_property
    def _known(self) -> pd.DataFrame:
        """What was so by now: what is dated later was not yet."""
        return self.history[self.history["issued_at"] <= self.now]

    def owed(self, choice: Choice) -> list[Owed]:
        """Return what is unpaid now of the accounts chosen, whatever the days."""
        if choice.search:
            return self.found(choice.search).owed(_without_search(choice))
        return self._unpaid_of(self._owed, choice)

    def debts(self, choice: Choice) -> list[Debt]:
        """Return what is unpaid now of the accounts chosen, one for each currency."""
        if choice.search:
            return self.found(choice.search).debts(_without_search(choice))
        owed, oldest = self.owed(choice), self._unpaid_of(self._oldest, choice)
        debts = []
        for currency in self.cubes:
            mine = [one for one in owed if one.currency == currency]
            if mine:
                first = min((one for one in oldest if one.currency == currency), key=_since)
                amount = total(one.amount for one in mine)
                invoices = sum(one.entries for one in mine)
                debts.append(Debt(currency, amount, invoices, first.since, first.is_due))
        return debts

    def silent(self, choice: Choice) -> int:
        """Return how many invoices of the accounts chosen state no status."""
        if choice.search:
            return self.found(choice.search).silent(_without_search(choice))
        if choice.kind not in (None, "invoice") or choice.status not in (None, UNSTATED):
            return 0
        count, today = 0, cube.day_of(self.now.date())
        for currency, one in self.cubes.items():
            keys = [
                place
                for place in np.flatnonzero(
                    self._hold(rules.is_without_status())[currency]
                ).tolist()
                if choice.currency in (None, currency)
                and matches(one.keys[place].provider, choice.provider)
                and matches(one.keys[place].account, choice.account)
            ]
            found = one.between([one.first, max(one.first, today + 1)], np.array(keys, int))
            count += int(one.whole(found[:, -1, 0].sum(axis=-1)))
        return count

    def _unpaid_of(self, found: Sequence[One], choice: Choice) -> list[One]:
        if choice.kind not in (None, "invoice"):
            return []
        return [
            one
            for one in owing.of(found, choice)
            if choice.status in (None, getattr(one, "status", None))
        ]

    @cached_property
    def _owed(self) -> list[Owed]:
        return owing.owed(self._known, self.now)

    @cached_property
    def _oldest(self) -> list[Oldest]:
        return owing.oldest(self._known)

    def balances(self, choice: Choice) -> list[Balance]:
        """Return prepaid balances of the accounts chosen, the first to run out first."""
        return owing.of(self._balances, choice)

    @cached_property
    def _balances(self) -> list[Balance]:
        return owing.balances(self._known, self.now)

    @cached_property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.history[["provider", "account"]].drop_duplicates())


def _earlier(choice: Choice, first: date, last: date) -> tuple[date, date]:
    """Return the days that some are measured against: of the period before, where one is chosen."""
    if choice.period is None:
        return before(first, last)
    previous = calendar.before(choice.period, choice.by) or choice.period
    end = choice.period - timedelta(days=1)
    if last == calendar.last_day(choice.period, choice.by):
        return previous, end
    return previous, min(previous + (last - choice.period), end)


def _since(one: Oldest) -> tuple[date, bool]:
    return one.since, one.is_due


def _without_search(choice: Choice) -> Choice:
    return replace(choice, search="")


def _statuses(
    one: Cube, sums: Any, names: Sequence[tuple[tuple[str, str], Any]]
) -> dict[tuple[str, str], tuple[list[int], list[int]]]:
    """Return how many entries there are of a kind and a status, and their total."""
    if not names:
        return {}
    whole = np.stack([cube.total_of(sums), sums[:, -1]], axis=1)
    grouped = np.stack([whole[..., places].sum(axis=-1) for _, places in names], axis=1)
    whole = one.whole(grouped).tolist()
    return {
        name: (counts, totals)
        for (name, _), (totals, counts) in zip(names, whole, strict=True)
        if any(counts)
    }


def is_current(period: date, by: By, now: datetime) -> bool:
    """Return whether a period is the current one."""
    return calendar.start(now.date(), by) == period


__all__ = ["Answer", "Ledger", "is_current"]
