"""Digits in are digits out, or an error."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billnb.errors import MoneyError
from billnb.values import money

fitting = st.decimals(
    min_value=Decimal(-(10**16) + 1), max_value=Decimal(10**16 - 1), places=12, allow_nan=False
)


@given(fitting)
def test_units_keep_every_digit(amount: Decimal) -> None:
    for form in (amount, str(amount), f"{amount:f}"):
        assert money.units(form) == amount
        assert money.units(form).as_tuple().exponent == -12


@given(st.decimals(min_value=-(10**17), max_value=10**17, places=10, allow_nan=False))
def test_cents_move_the_point_and_nothing_else(amount: Decimal) -> None:
    assert money.cents(amount) * 100 == amount


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_whole_numbers_are_exact(amount: int) -> None:
    assert money.units(amount) == amount
    assert money.cents(amount) * 100 == amount


@given(fitting)
def test_plain_digits_read_back_the_same(amount: Decimal) -> None:
    text = money.plain(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert len(text.partition(".")[2]) >= 2


@pytest.mark.parametrize("amount", [0.1, 1e400, float("nan"), 12.0])
def test_floats_are_refused(amount: float) -> None:
    with pytest.raises(MoneyError, match="float"):
        money.units(amount)  # type: ignore[arg-type]
    with pytest.raises(MoneyError, match="float"):
        money.cents(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "amount",
    [True, None, "", " 1", "1_000", "1,5", "NaN", "inf", "0x1", "\u0661", "1e", "--1", b"1", [1],
     Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")],
)  # fmt: skip
def test_what_is_no_number_is_refused(amount: object) -> None:
    with pytest.raises(MoneyError):
        money.units(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "amount", ["1E400", "9" * 5000, "1e-13", "0.1234567890123", "1" + "0" * 16]
)
def test_what_does_not_fit_is_refused_and_not_rounded(amount: str) -> None:
    for form in (amount, Decimal(amount)):
        with pytest.raises(MoneyError, match="none is rounded away"):
            money.units(form)
