"""Digits in are digits out, or an error."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billnb.errors import MoneyError
from billnb.values import money

fitting = st.decimals(
    min_value=Decimal(-(10**16) + 1), max_value=Decimal(10**16 - 1), places=12, allow_nan=False
)

TOO_LARGE = "is not a finite number or has too many digits before the point"


def refused(problem: str) -> str:
    return (
        f"an amount {problem}; at most 16 digits before and 12 after the point of the unit are "
        "kept, and none is rounded away"
    )


NOT_FINITE = (refused("is not a finite number"), refused(TOO_LARGE))


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


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.00"), ("1.5", "1.50"), ("-100", "-100.00"), ("0.0500", "0.05"), ("7.125", "7.125")],
)
def test_plain_digits_have_two_places_and_no_idle_zeros(amount: str, text: str) -> None:
    assert money.plain(Decimal(amount)) == text


def test_thousands_are_set_apart_where_asked() -> None:
    assert money.plain(Decimal("-1234567.5"), thousands=",") == "-1,234,567.50"
    assert money.plain(Decimal("1234567.5")) == "1234567.50"


def test_the_callers_decimal_context_rounds_nothing() -> None:
    amounts = [Decimal("1234567.89"), Decimal("0.000000000001")]
    with localcontext(prec=3):
        assert money.units("1234567.89") == amounts[0]
        assert money.cents("123456789") == amounts[0]
        whole = money.total(amounts)
        assert money.plain(amounts[0]) == "1234567.89"
    assert whole == Decimal("1234567.890000000001")


@pytest.mark.parametrize("amount", [0.1, 1e400, float("nan"), 12.0])
def test_floats_are_refused(amount: float) -> None:
    for read in (money.units, money.cents):
        with pytest.raises(MoneyError) as caught:
            read(amount)  # type: ignore[arg-type]
        assert str(caught.value) == ("a float has lost its digits; pass a str, an int or a Decimal")


@pytest.mark.parametrize(
    "amount",
    [True, None, "", " 1", "1_000", "1,5", "NaN", "inf", "0x1", "\u0661", "1e", "--1", b"1", [1],
     Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")],
)  # fmt: skip
def test_what_is_no_number_is_refused(amount: object) -> None:
    with pytest.raises(MoneyError) as caught:
        money.units(amount)  # type: ignore[arg-type]
    assert str(caught.value) in {refused("is not a number"), *NOT_FINITE}


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("1E400", TOO_LARGE),
        ("9" * 5000, TOO_LARGE),
        ("1" + "0" * 16, TOO_LARGE),
        ("1e-13", "has more decimal places than can be kept"),
        ("0.1234567890123", "has more decimal places than can be kept"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_rounded(amount: str, problem: str) -> None:
    for form in (amount, Decimal(amount)):
        with pytest.raises(MoneyError) as caught:
            money.units(form)
        assert str(caught.value) == refused(problem)


@pytest.mark.parametrize("amount", ["NaN", "-NaN"])
def test_what_is_no_finite_number_is_called_so(amount: str) -> None:
    with pytest.raises(MoneyError) as caught:
        money.units(Decimal(amount))
    assert str(caught.value) == refused("is not a finite number")
