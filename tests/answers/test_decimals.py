"""Running totals are those of Python's integers, whatever their size."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billnb.engine.decimals import approximate, running_total

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

wide = st.integers(-(10**28) + 1, 10**28 - 1)


def amounts_of(numbers: Iterable[int]) -> pa.Array:
    exact = Context(prec=38)
    return pa.array([exact.scaleb(Decimal(one), -12) for one in numbers], pa.decimal128(28, 12))


@laws
@given(st.lists(st.lists(wide | st.integers(-5, 5), min_size=1), max_size=6), st.integers(0, 3))
def test_running_totals_are_those_of_whole_numbers(stretches: list[list[int]], cut: int) -> None:
    numbers = [number for stretch in stretches for number in stretch]
    before = [7] * cut
    amounts = amounts_of([*before, *numbers, *before]).slice(cut, len(numbers))
    starts = np.array(
        [sum(map(len, stretches[:number])) for number in range(len(stretches))], dtype=int
    )
    expected = []
    for stretch in stretches:
        running = 0
        for number in stretch:
            running += number
            expected.append(Context(prec=38).scaleb(Decimal(running), -12))
    found = running_total(amounts, starts)
    assert found.type == pa.decimal128(38, 12)
    assert found.to_pylist() == expected
    found.validate(full=True)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_million_of_the_largest_amounts_add_up(sign: int) -> None:
    most = sign * (10**28 - 1)
    amounts = amounts_of([most]).take(pa.array(np.zeros(1_000_000, int)))
    found = running_total(amounts, np.array([0, 999_999]))
    exact = Context(prec=38)
    assert found[999_998].as_py() == exact.scaleb(Decimal(999_999 * most), -12)
    assert found[999_999].as_py() == exact.scaleb(Decimal(most), -12)


def test_running_totals_keep_the_places_of_the_amounts() -> None:
    found = running_total(pa.array([Decimal("0.1"), Decimal("-0.3")]), np.array([0]))
    assert found.type == pa.decimal128(38, 1)
    assert found.to_pylist() == [Decimal("0.1"), Decimal("-0.2")]


@laws
@given(st.lists(wide, min_size=1), st.integers(0, 3))
def test_binary_floats_are_close_to_amounts(numbers: list[int], cut: int) -> None:
    amounts = amounts_of([*[7] * cut, *numbers]).slice(cut)
    for found, number in zip(approximate(amounts).tolist(), numbers, strict=True):
        exact = number / 10**12
        assert found == pytest.approx(exact, rel=1e-15 if number >= 0 else 1e-6, abs=1e-6)
        assert found <= 0 or number > 0
