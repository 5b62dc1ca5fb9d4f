"""The cube adds up as Python does, to the last digit, whatever the size of amounts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.ledgers import history, invoice, ledgers, payment, records

from billnb import cube
from billnb.history.rules import components
from billnb.values.money import total

laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LARGE = "9999999999999999.999999999999"


def cubes_of(frame: pd.DataFrame) -> dict[str, cube.Cube]:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return cube.cubes(table, table["issued_at"])


def bounds_of(frame: pd.DataFrame, step: int) -> list[int]:
    days = [cube.day_of(one.date()) for one in frame["issued_at"]]
    return list(range(min(days) - 1, max(days) + step + 1, step))


def far_apart() -> pd.DataFrame:
    """Return entries of so many days and accounts that their sums are not kept by day."""
    rows = [
        invoice(number, day, account=f"account {number}", usage=number)
        for number in range(60)
        for day in ("1900-01-01", "2026-11-05", "2026-11-05")
    ]
    return history(*rows)


@laws
@given(ledgers(30), st.integers(1, 400))
@example(history(invoice(LARGE, "2026-01-01"), invoice(f"-{LARGE}", "2026-01-02")), 1)
@example(history(*[invoice(LARGE, "2026-01-01", usage=LARGE)] * 3), 1)
@example(history(invoice("0.000000000001", "2026-01-01"), payment(5_000_000, "2026-01-01")), 1)
@example(history(*[invoice("4000000.000000000001", "2026-01-01", usage="-4000000")] * 5), 1)
@example(far_apart(), 20_000)
def test_sums_are_those_of_the_entries(whole: pd.DataFrame, step: int) -> None:
    if whole.empty:
        assert cubes_of(whole) == {}
        return
    bounds = bounds_of(whole, step)
    expected: dict[tuple[object, ...], list[Decimal]] = defaultdict(list)
    counts: dict[tuple[object, ...], int] = defaultdict(int)
    for row in records(whole):
        day = cube.day_of(row["issued_at"].date())
        stretch = int(np.searchsorted(bounds, day, side="right")) - 1
        key = cube.Key(*(row[field] for field in cube.Key._fields))
        for name, amount in components(row).items():
            expected[row["currency"], key, stretch, name].append(amount)
        counts[row["currency"], key, stretch] += 1
    found = cubes_of(whole)
    assert set(found) == {currency for currency, *_ in counts}
    for currency, one in found.items():
        sums = one.whole(one.between(bounds, np.arange(len(one.keys))))
        for measure, name in enumerate(cube.MEASURES):
            for stretch in range(len(bounds) - 1):
                for place, key in enumerate(one.keys):
                    steps = sums[measure, stretch, place]
                    if name == "entries":
                        assert steps == counts[currency, key, stretch]
                    else:
                        amounts = expected[currency, key, stretch, name]
                        assert one.amount(steps) == total(amounts)


@laws
@given(ledgers(30), st.randoms())
def test_the_order_of_entries_does_not_matter(whole: pd.DataFrame, chance: object) -> None:
    rows = list(range(len(whole)))
    chance.shuffle(rows)  # type: ignore[attr-defined]
    for currency, one in cubes_of(whole).items():
        other = cubes_of(whole.iloc[rows])[currency]
        bounds = [one.first, one.first + one.days]
        sums = [
            {
                key: [each.amount(steps) for steps in column]
                for key, column in zip(
                    each.keys,
                    each.whole(each.between(bounds, np.arange(len(each.keys))))[:, 0].T,
                    strict=True,
                )
            }
            for each in (one, other)
        ]
        assert sums[0] == sums[1]


def test_a_few_keys_can_be_summed_alone() -> None:
    for whole in (far_apart(), far_apart().iloc[1:]):
        one = cubes_of(whole)["USD"]
        bounds = [one.first, one.first + one.days]
        everything = one.whole(one.between(bounds, np.arange(len(one.keys))))
        some = np.array([7, 3])
        assert (one.whole(one.between(bounds, some)) == everything[..., some]).all()


@pytest.mark.parametrize("largest", ["12.34", "9000000", LARGE])
def test_cubes_take_no_more_limbs_than_they_need(largest: str) -> None:
    one = cubes_of(history(invoice(largest, "2026-01-01"), invoice("0.01", "2026-01-01")))["USD"]
    assert len(one.sums) == (3 if largest == LARGE else 1)


def test_days_are_those_of_utc() -> None:
    whole = history(invoice(1, "2026-01-31T23:59:59.999999"), invoice(2, "1969-12-31T23:59:59"))
    one = cubes_of(whole)["USD"]
    assert cube.date_of(one.first) == date(1969, 12, 31)
    assert cube.date_of(one.first + one.days) == date(2026, 1, 31) + timedelta(days=1)
