"""How amounts, shares, periods and counts are written: nothing lost, nothing misread."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pytest
from babel.numbers import format_currency
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billnb.values import calendar, words
from billnb.values.calendar import PERIODS
from billnb.values.money import PLACES

CURRENCIES = ("USD", "EUR", "INR", "JPY", "KWD", "CHF", "BITS", "<b>")
SCALES = {"": 0, "k": 3, "M": 6, "B": 9, "T": 12}

laws = settings(max_examples=60, deadline=None)
currencies = st.sampled_from(CURRENCIES)
kept = st.integers(-(10**28) + 1, 10**28 - 1).map(lambda digits: Decimal(digits).scaleb(-PLACES))
common = st.integers(-(10**24), 10**24).map(lambda digits: Decimal(digits).scaleb(-PLACES))
days = st.dates(date(1, 1, 1), date(9999, 12, 31))


def digits(written: str, currency: str) -> str:
    """Return what an amount says beside its currency."""
    sign = "-" if written.startswith("-") else ""
    mark = words.symbol(currency)
    rest = written.removeprefix("-")
    if mark is None:
        assert rest.endswith(f" {currency}")
        return sign + rest.removesuffix(f" {currency}")
    assert rest.startswith(mark)
    return sign + rest.removeprefix(mark)


# amounts


@laws
@given(kept, currencies)
@example(Decimal("-0.000000000001"), "USD")
@example(Decimal("9999999999999999.999999999999"), "INR")
def test_an_amount_keeps_every_digit(value: Decimal, currency: str) -> None:
    said = digits(words.amount(value, currency), currency)
    assert Decimal(said.replace(",", "")) == value
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", said)


@laws
@given(kept, currencies)
def test_an_amount_has_no_idle_zeros(value: Decimal, currency: str) -> None:
    places = digits(words.amount(value, currency), currency).partition(".")[2]
    assert len(places) <= 2 or not places.endswith("0")


@laws
@given(kept, st.sampled_from(["USD", "EUR", "INR", "JPY", "GBP", "KRW", "TWD"]))
def test_an_amount_is_written_as_babel_writes_it(value: Decimal, currency: str) -> None:
    with localcontext(Context(prec=100)):
        written = format_currency(value, currency, locale="en_US", decimal_quantization=False)
    assert words.amount(value, currency) == (written if value else written.lstrip("-"))


@laws
@given(kept, st.integers(1, 6))
def test_no_context_of_decimals_rounds_an_amount(value: Decimal, precision: int) -> None:
    outside = words.amount(value, "USD"), words.compact(value, "USD")
    with localcontext(Context(prec=precision, rounding=ROUND_DOWN)):
        assert (words.amount(value, "USD"), words.compact(value, "USD")) == outside


def test_currencies_are_told_apart() -> None:
    """A dollar that is not the American one does not look like it."""
    marked = [words.amount(Decimal(1), one) for one in ("USD", "CAD", "AUD", "MXN", "BITS", "EUR")]
    assert len(set(marked)) == len(marked)


# compact amounts


def read(written: str, currency: str) -> Decimal:
    """Return what a compact amount says."""
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)([kMBT]?)", digits(written, currency))
    assert found, written
    return Decimal(found[1]).scaleb(SCALES[found[2]])


@laws
@given(common, currencies)
@example(Decimal("999.995"), "USD")
@example(Decimal(-999999), "BITS")
def test_a_compact_amount_is_near(value: Decimal, currency: str) -> None:
    said = read(words.compact(value, currency), currency)
    assert abs(said - value) <= max(abs(value) * Decimal("0.005"), Decimal("0.005"))
    assert said * value >= 0


@laws
@given(common, currencies)
@example(Decimal("999.6"), "USD")
@example(Decimal(999999), "USD")
@example(Decimal("-999999999.99"), "BITS")
def test_a_compact_amount_has_three_digits_at_most(value: Decimal, currency: str) -> None:
    said = digits(words.compact(value, currency), currency)
    assert len(re.sub(r"\D", "", said).lstrip("0")) <= 3


@laws
@given(common.filter(bool), currencies)
@example(Decimal("0.004"), "USD")
@example(Decimal("-0.000000000001"), "BITS")
def test_what_is_something_is_not_written_as_nothing(value: Decimal, currency: str) -> None:
    assert re.search("[1-9]", words.compact(value, currency))


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("0", "USD", "$0"),
        ("0.21", "USD", "$0.21"),
        ("7.125", "EUR", "€7.12"),
        ("77.44", "USD", "$77.4"),
        ("310.22", "USD", "$310"),
        ("1204.335", "USD", "$1.2k"),
        ("-15751.72", "INR", "-₹15.8k"),
        ("2500000", "CHF", "2.5M CHF"),
        ("12000000000", "BITS", "12B BITS"),
        ("1000000000000", "USD", "$1T"),
    ],
)
def test_compact_amounts_read_well(value: str, currency: str, written: str) -> None:
    assert words.compact(Decimal(value), currency) == written


# shares and changes


@laws
@given(st.floats(0, 1))
@example(0.0996)
@example(0.0009999)
@example(0.99949)
@example(0.9996)
def test_a_share_is_near_and_never_claims_all_or_nothing(share: float) -> None:
    said = words.percent(share)
    if said == "under 0.1%":
        assert 0 < share < 0.001
    elif said == "over 99.9%":
        assert 0.999 < share < 1
    else:
        assert re.fullmatch(r"\d+(\.\d)?%", said)
        assert float(said.rstrip("%")) == pytest.approx(100 * share, abs=0.5)
        assert (said == "0%") == (share == 0)
        assert (said == "100%") == (share == 1)


@laws
@given(st.floats(-1e6, 1e6).filter(bool))
def test_a_change_has_its_sign(percent: float) -> None:
    said = words.change(percent)
    if said == "0%":
        assert abs(percent) < 0.05
        return
    assert said[0] == ("+" if percent > 0 else "-")
    assert float(said.rstrip("%").replace(",", "")) == pytest.approx(percent, abs=0.5)


def test_no_change_is_said_where_there_is_nothing_to_measure_against() -> None:
    assert words.change(None) == ""


# time


@laws
@given(days, st.sampled_from(PERIODS))
def test_each_period_has_a_name_of_its_own(day: date, by: str) -> None:
    length = calendar.checked(by)
    first = calendar.start(day, length)
    following = calendar.after(first, length)
    assert str(first.year) in words.period(first, length)
    if following is not None:
        assert words.period(following, length) != words.period(first, length)


@laws
@given(st.lists(days, min_size=1, max_size=5), st.sampled_from(PERIODS))
def test_a_span_is_from_the_first_to_the_last(found: list[date], by: str) -> None:
    length = calendar.checked(by)
    starts = [calendar.start(day, length) for day in found]
    said = words.periods(starts, length)
    # of weeks, the days they begin on
    named = "day" if length == "week" else length
    first, last = (words.period(one, named) for one in (min(starts), max(starts)))
    assert said == (first if first == last else f"{first} to {last}")


@pytest.mark.parametrize(
    ("by", "written"),
    [
        ("day", "2 Mar 2026"),
        ("week", "week of 2 Mar 2026"),
        ("month", "Mar 2026"),
        ("quarter", "Q1 2026"),
        ("year", "2026"),
    ],
)
def test_periods_read_well(by: str, written: str) -> None:
    assert words.period(date(2026, 3, 2), calendar.checked(by)) == written


def test_the_end_of_a_day_is_the_day() -> None:
    assert words.moment(datetime(2026, 11, 21, 23, 59, 59, 999_999, UTC)) == "21 Nov 2026"
    assert words.moment(datetime(2026, 11, 21, 0, 0, tzinfo=UTC)) == "21 Nov 2026, 00:00 UTC"


# names and counts


@laws
@given(st.lists(st.from_regex("[A-Z]{3}", fullmatch=True), max_size=8, unique=True))
def test_a_list_names_some_and_counts_the_rest(names: list[str]) -> None:
    said = words.listed(names)
    named = [name for name in names if re.search(rf"\b{name}\b", said)]
    more = re.search(r" and (\d+) more$", said)
    assert len(named) + (int(more[1]) if more else 0) == len(names)
    assert more is None or len(named) == 3


@given(st.integers(0, 10**9), st.sampled_from(["invoice", "entry", "day", "payment"]))
@example(1, "entry")
@example(0, "day")
def test_one_is_singular_and_the_rest_plural(number: int, one: str) -> None:
    said, noun = words.counted(number, one).split(" ")
    assert int(said.replace(",", "")) == number
    many = {"invoice": "invoices", "entry": "entries", "day": "days", "payment": "payments"}
    assert noun == (one if number == 1 else many[one])
