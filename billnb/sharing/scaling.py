"""Index numbers in the place of amounts, rounded so that the amounts cannot be recovered.

Amounts are whole cents, so exact index numbers are whole multiples of a cent on their scale: the
largest number that divides them all would be the scale. Two rules prevent that. A currency's
numbers are rounded to a step that is never less than ten cents (or one of the unit that most of its
amounts are whole multiples of), and then every scale on which a step is more than a cent agrees
with them equally well; and everything else in a report is computed from the rounded numbers, so
that it says nothing more than they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from billnb import analysis
from billnb.engine import answers
from billnb.history import AMOUNTS, MONEY, rules
from billnb.history.rules import STATED, components
from billnb.sharing.amounts import amounts_masked
from billnb.sharing.pseudonyms import fresh
from billnb.values.money import PLACES, total

INDEX_BASE = 100
"""The mean month on the scale of :func:`scaled`."""

STEPS_OF_MEAN = 10
"""The steps in the mean entry of a currency, unless ten cents are a larger step."""

_STEP_IN_CENTS = 10
_WIDE = Context(prec=76)
_TEXTS = ("description", "status", "payment_type", "method")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}(?:#\d+)?")


@dataclass(slots=True)
class _Scale:
    """The conversion of a currency's amounts to index numbers.

    Attributes
    ----------
    factor : decimal.Decimal
        The factor from amounts to index numbers.
    step : decimal.Decimal
        Index numbers are rounded to multiples of it.
    carries : bool
        Whether the rest of rounding is carried to the next entry of the same account and kind.
    """

    factor: Decimal
    step: Decimal
    carries: bool
    over: dict[tuple[str | None, ...], Decimal] = field(default_factory=dict)

    def index(self, amount: Decimal, whose: tuple[str | None, ...]) -> Decimal:
        exact = _WIDE.multiply(amount, self.factor)
        if self.carries:
            exact = _WIDE.add(exact, self.over.get(whose, Decimal()))
        steps = _WIDE.divide(exact, self.step).to_integral_value(ROUND_HALF_EVEN)
        rounded = _WIDE.multiply(steps, self.step)
        if self.carries:
            self.over[whose] = _WIDE.subtract(exact, rounded)
        return rounded


def scaled(history: pd.DataFrame) -> pd.DataFrame:
    """Return a history whose amounts are index numbers: 100 is about the mean month of a currency.

    The mean is of what was invoiced, without subtracting credits, in the months from a currency's
    first spend to its last; without any, the mean of its entries, and where all of these are zero,
    of their components.

    Index numbers are rounded to a step: the largest power of ten of which the mean entry of the
    currency has ten, but never less than ten cents, nor than one of the unit that three quarters
    of the totals, or of the components, are whole multiples of. Each component is rounded, and an
    entry's total is their sum. Rounding changes a component by at most a twentieth of the mean
    entry, and a smaller amount becomes zero. If ten cents are more than a tenth of the mean amount,
    the rest of rounding is carried to the next entry of the same account and kind, so that sums are
    right, and the step shows that amounts are small.

    Proportions, dates, counts and the order of entries do not change: who knows one amount can
    estimate the others. Amounts in texts are masked, links to documents left out, and
    fingerprints, which amounts could be tried against, are replaced.

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
    rows = answers.records(history[["provider", "account", "kind", "currency", *AMOUNTS]])
    scales = _scales(history, rows)
    indexed = [_indexed(row, scales[row["currency"]]) for row in rows]
    columns = {name: answers.column([row[name] for row in indexed], MONEY) for name in AMOUNTS}
    masked = amounts_masked([row[name] for row in rows for name in AMOUNTS])
    texts: dict[str, list[str | None]] = {
        "currency": [f"{row['currency']} index" for row in rows],
        "entry_id": [one and _FINGERPRINT.sub(_other, one) for one in _values(history, "entry_id")],
        "document_url": [None] * len(rows),
        **{name: list(map(masked, _values(history, name))) for name in _TEXTS},
    }
    columns |= {name: answers.column(values, pa.string()) for name, values in texts.items()}
    return history.assign(**columns).drop(columns="fx_rate", errors="ignore")


def _values(history: pd.DataFrame, name: str) -> list[str | None]:
    return answers.values(history[name]) if name in history else [None] * len(history)


def _other(fingerprint: re.Match[str]) -> str:
    return fresh(fingerprint[0])


def _scales(history: pd.DataFrame, rows: Iterable[Mapping[str, Any]]) -> dict[str, _Scale]:
    """Return the scale of each currency: its mean month is 100."""
    parts: dict[str, list[Decimal]] = {}
    for row in rows:
        stated = [part.copy_abs() for part in components(row).values() if part]
        parts.setdefault(row["currency"], []).extend(stated)
    months = analysis.spend(history)["currency"].value_counts()
    counts = rules.holds(rules.is_spend(), history)
    scales = {}
    for currency in history["currency"].unique():
        mine = history["currency"] == currency
        totals = [one.copy_abs() for one in answers.values(history.loc[mine, "total"]) if one]
        every = totals or parts[currency]
        amounts = [one.copy_abs() for one in answers.values(history.loc[mine & counts, "total"])]
        number = int(months.get(currency, 0))
        if not any(amounts):
            amounts, number = every, len(every)
        mean = _WIDE.divide(total(amounts), number) if number else Decimal()
        factor = _WIDE.divide(INDEX_BASE, mean) if mean else Decimal(1)
        scales[currency] = _scale(factor, every, parts[currency])
    return scales


def _scale(factor: Decimal, amounts: list[Decimal], parts: list[Decimal]) -> _Scale:
    """Return the scale of amounts and their components, given without signs and zeros."""
    if not amounts:
        return _Scale(factor, Decimal(1), carries=False)
    mean = _WIDE.divide(_WIDE.multiply(total(amounts), factor), len(amounts))
    usual = _power_of_ten(_WIDE.divide(mean, STEPS_OF_MEAN))
    coarse = max(0, min(_usual_places(amounts), _usual_places(parts)))
    unit = Decimal(1).scaleb(-coarse)
    least = max(unit, _STEP_IN_CENTS * Decimal(1).scaleb(-max(coarse, 2)))
    hiding = _power_of_ten(_WIDE.multiply(least, factor), up=True)
    step = max(usual, hiding, Decimal(1).scaleb(-PLACES))
    return _Scale(factor, step, carries=step > usual)


def _usual_places(amounts: list[Decimal]) -> int:
    """Return the decimal places that three quarters of amounts have at least."""
    places = sorted(-int(one.normalize(_WIDE).as_tuple().exponent) for one in amounts)
    return places[len(places) // 4]


def _power_of_ten(number: Decimal, *, up: bool = False) -> Decimal:
    """Return the largest power of ten up to a number; with `up`, the smallest from it on."""
    power = Decimal(1).scaleb(number.adjusted())
    return power.scaleb(1) if up and power < number else power


def _indexed(row: Mapping[str, Any], scale: _Scale) -> dict[str, Decimal | None]:
    """Return an entry's amounts on the scale, where the total is the sum of its components."""
    whose = row["provider"], row["account"], row["kind"]
    parts = {name: scale.index(amount, (*whose, name)) for name, amount in components(row).items()}
    return {**dict.fromkeys(STATED), **parts, "total": total(parts.values())}


__all__ = ["INDEX_BASE", "scaled"]
