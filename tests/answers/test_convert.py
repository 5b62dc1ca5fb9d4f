"""`billnb.analysis.convert`: every amount at the rate of its day, exactly, or an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, localcontext
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.ledgers import (
    column,
    history,
    invoice,
    ledgers,
    records,
    steps,
    table,
)

from billnb import analysis
from billnb.errors import ArgumentError, MissingRateError, MixedCurrencyError, MoneyError
from billnb.history import AMOUNTS, COLUMNS

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

MONEY = pd.ArrowDtype(pa.decimal128(28, 12))
DATE = pd.ArrowDtype(pa.date32())
EUROS = {"USD": "0.9", "INR": "0.01123456789", "BITS": "0.000000000001"}


@laws
@given(ledgers(max_size=30), st.integers(1, 10**14).map(lambda rate: Decimal(rate).scaleb(-12)))
def test_every_amount_is_multiplied_exactly_and_rounded_once(
    ledger: pd.DataFrame, rate: Decimal
) -> None:
    answer = analysis.convert(ledger, "EUR", lambda currency, day: rate)
    exact = Context(prec=100, rounding=ROUND_HALF_EVEN)
    for before, after in zip(records(ledger), records(answer), strict=True):
        for name in AMOUNTS:
            amount = before[name]
            expected = amount and exact.quantize(exact.multiply(amount, rate), Decimal("1e-12"))
            assert after[name] == expected
        assert after["fx_rate"] == rate
        assert after["fx_date"] == before["issued_at"].date()
    kept = [name for name in ledger if name not in ("currency", *AMOUNTS)]
    assert answer[kept].equals(ledger[kept])


def test_a_converted_history_is_a_history_of_one_currency() -> None:
    ledger = history(
        invoice("10", "2026-01-31T23:59:59", tax="1.5"),
        invoice("100", "2026-02-01", currency="INR"),
        invoice("7.123456789012", "2026-02-02", currency="EUR"),
    )
    ledger.attrs["billnb"] = {"acme": {"requests": 3}}
    answer = analysis.convert(ledger, "EUR", lambda currency, day: EUROS[currency])
    assert answer.dtypes.to_dict() == {
        **ledger.dtypes.to_dict(),
        "fx_rate": MONEY,
        "fx_date": DATE,
    }
    assert list(answer) == [*COLUMNS, "fx_rate", "fx_date"]
    assert answer["currency"].to_list() == ["EUR"] * 3
    assert answer["total"].map(str).to_list() == [
        "9.000000000000", "1.123456789000", "7.123456789012",
    ]  # fmt: skip
    assert records(answer[["tax"]])[0] == {"tax": Decimal("1.35")}
    assert answer["tax"].isna().to_list() == [False, True, True]
    assert answer["fx_rate"].to_list() == [Decimal("0.9"), Decimal("0.01123456789"), 1]
    assert answer["fx_date"].to_list() == [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)]
    assert answer.attrs == ledger.attrs
    assert ledger["currency"].to_list() == ["USD", "INR", "EUR"]
    assert analysis.spend(answer)["amount"].map(str).to_list() == [
        "9.000000000000", "8.246913578012",
    ]  # fmt: skip


def test_halves_are_rounded_to_even() -> None:
    ledger = history(*[invoice(f"0.00000000000{digit}", "2026-01-05") for digit in "1357"])
    answer = analysis.convert(ledger, "EUR", lambda currency, day: "0.5")
    assert answer["total"].map(steps).to_list() == [0, 2, 2, 4]


def test_the_empty_history_converts_to_an_empty_one() -> None:
    answer = analysis.convert(history(), "EUR", lambda currency, day: None)
    assert len(answer) == 0
    assert answer.dtypes.to_dict() == {
        **history().dtypes.to_dict(),
        "fx_rate": MONEY,
        "fx_date": DATE,
    }


def test_the_index_stays_whatever_it_is() -> None:
    ledger = history(invoice(1, "2026-01-05"), invoice(2, "2026-01-06"))
    ledger.index = pd.Index(["x", "x"], name="mine")
    answer = analysis.convert(ledger, "EUR", lambda currency, day: 3)
    assert answer.index.equals(ledger.index)
    assert answer["total"].to_list() == [3, 6]


DATES: dict[str, Callable[[str], Any]] = {
    "dates": date.fromisoformat,
    "strings": str,
    "moments": datetime.fromisoformat,
    "timestamps": pd.Timestamp,
    "timestamps with a zone": lambda text: pd.Timestamp(text, tz="UTC"),
    "numpy": np.datetime64,
}


@pytest.mark.parametrize("kind", DATES)
def test_rates_come_in_a_frame(kind: str) -> None:
    days = ["2026-01-05", "2026-01-06", "2026-01-06"]
    rates = pd.DataFrame(
        {
            "date": [DATES[kind](day) for day in days],
            "currency": ["USD", "USD", "INR"],
            "rate": [Decimal("0.9"), "0.8", 2],
        }
    )
    ledger = history(
        invoice(1, "2026-01-05T23:59:59"),
        invoice(1, "2026-01-06"),
        invoice(1, "2026-01-06", currency="INR"),
    )
    answer = analysis.convert(ledger, "EUR", rates)
    assert answer["total"].to_list() == [Decimal("0.9"), Decimal("0.8"), Decimal(2)]


def test_rates_of_whole_numbers_are_exact() -> None:
    rates = pd.DataFrame({"date": ["2026-01-05"], "currency": ["USD"], "rate": [149]})
    answer = analysis.convert(history(invoice("0.01", "2026-01-05")), "JPY", rates)
    assert answer["total"].to_list() == [Decimal("1.49")]


def test_rates_of_arrow_decimals_are_exact() -> None:
    rate = column([Decimal("0.9000000001")], pa.decimal128(20, 10))
    rates = pd.DataFrame({"date": ["2026-01-05"], "currency": ["USD"], "rate": rate})
    answer = analysis.convert(history(invoice(1, "2026-01-05")), "EUR", rates)
    assert answer["total"].to_list() == [Decimal("0.9000000001")]


def test_a_rate_may_be_that_of_another_day() -> None:
    fixings = {date(2026, 1, 2): "0.9", date(2026, 1, 5): "0.8"}

    def last_fixing(currency: str, day: date) -> tuple[str, date]:
        while day not in fixings:
            day -= timedelta(days=1)
        return fixings[day], day

    ledger = history(
        *[invoice(1, f"2026-01-0{day}") for day in (2, 3, 4, 5)],
        invoice(1, "2026-01-04", currency="EUR"),
    )
    answer = analysis.convert(ledger, "EUR", last_fixing)
    assert answer["fx_rate"].map(str).to_list() == [
        "0.900000000000", "0.900000000000", "0.900000000000", "0.800000000000", "1.000000000000",
    ]  # fmt: skip
    assert [day.day for day in answer["fx_date"]] == [2, 2, 2, 5, 4]


def test_each_rate_is_asked_for_once() -> None:
    asked: list[tuple[str, date]] = []

    def rate(currency: str, day: date) -> int:
        asked.append((currency, day))
        return 2

    analysis.convert(
        history(invoice(1, "2026-01-05"), invoice(2, "2026-01-05T12:00"), invoice(3, "2026-01-06")),
        "EUR",
        rate,
    )
    assert asked == [("USD", date(2026, 1, 5)), ("USD", date(2026, 1, 6))]


def test_the_day_of_a_rate_is_that_of_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    ledger = history(invoice(1, "2026-01-05")).assign(
        issued_at=[pd.Timestamp(2026, 1, 5, 23, tz=new_york)]
    )
    answer = analysis.convert(ledger, "EUR", lambda currency, day: 2)
    assert answer["fx_date"].to_list() == [date(2026, 1, 6)]


def test_a_missing_rate_is_named_and_not_made_up() -> None:
    ledger = history(
        invoice(1, "2026-01-05"),
        invoice(1, "2026-01-10", currency="INR"),
        invoice(1, "2026-01-11", currency="INR"),
    )
    rates = pd.DataFrame({"date": ["2026-01-05"], "currency": ["USD"], "rate": ["0.9"]})
    with pytest.raises(MissingRateError, match=r"EUR.* INR on 2026-01-10, INR on 2026-01-11;"):
        analysis.convert(ledger, "EUR", rates)


def test_of_many_missing_rates_the_first_are_named() -> None:
    ledger = history(*[invoice(1, f"2026-01-{day}") for day in range(10, 18)])
    with pytest.raises(MissingRateError, match="2026-01-14 and 3 more"):
        analysis.convert(ledger, "EUR", lambda currency, day: None)


@pytest.mark.parametrize(
    ("rate", "problem"),
    [
        (0.9, "float"),
        (float("nan"), "float"),
        ("0", "more than zero"),
        (-1, "more than zero"),
        ("0.1234567890123", "decimal places"),
        ("1,5", "not a number"),
        (True, "not a number"),
        (Decimal("NaN"), "not a finite number"),
    ],
)
def test_a_rate_that_is_not_exact_is_refused(rate: Any, problem: str) -> None:
    ledger = history(invoice(1, "2026-01-05"))
    with pytest.raises(MoneyError, match=f"USD on 2026-01-05: .*{problem}"):
        analysis.convert(ledger, "EUR", lambda currency, day: rate)
    rates = pd.DataFrame({"date": ["2026-01-05"], "currency": ["USD"], "rate": [rate]})
    with pytest.raises(MoneyError, match=f"USD on 2026-01-05: .*{problem}"):
        analysis.convert(ledger, "EUR", rates)


def test_a_rate_that_is_not_stated_is_no_rate() -> None:
    rates = pd.DataFrame({"date": ["2026-01-05"], "currency": ["USD"], "rate": [None]})
    with pytest.raises((MissingRateError, MoneyError)):
        analysis.convert(history(invoice(1, "2026-01-05")), "EUR", rates)


def test_two_rates_for_one_day_are_refused() -> None:
    twice = {"date": ["2026-01-05"] * 2, "currency": ["USD"] * 2}
    ledger = history(invoice(1, "2026-01-05"))
    with pytest.raises(ArgumentError, match="two rates for USD on 2026-01-05"):
        analysis.convert(ledger, "EUR", pd.DataFrame({**twice, "rate": ["0.9", "0.91"]}))
    same = pd.DataFrame({**twice, "rate": ["0.9", "0.90"]})
    assert analysis.convert(ledger, "EUR", same)["total"].to_list() == [Decimal("0.9")]


@pytest.mark.parametrize("day", ["05/01/2026", "", None, pd.NaT])
def test_a_rate_without_a_readable_date_is_refused(day: Any) -> None:
    rates = pd.DataFrame({"date": [day], "currency": ["USD"], "rate": ["0.9"]})
    with pytest.raises(ArgumentError):
        analysis.convert(history(invoice(1, "2026-01-05")), "EUR", rates)


def test_a_history_is_converted_once() -> None:
    ledger = history(invoice(1, "2026-01-05"))
    euros = analysis.convert(ledger, "EUR", lambda currency, day: "0.9")
    with pytest.raises(ArgumentError, match="converted before"):
        analysis.convert(euros, "USD", lambda currency, day: "1.1")


@pytest.mark.parametrize("to", ["", " ", None, 3])
def test_the_currency_to_convert_to_has_a_name(to: Any) -> None:
    with pytest.raises(ArgumentError, match="'EUR'"):
        analysis.convert(history(), to, lambda currency, day: 1)


@pytest.mark.parametrize("rates", [None, {"USD": 1}, "0.9", 0.9])
def test_rates_are_a_frame_or_a_callable(rates: Any) -> None:
    with pytest.raises(ArgumentError, match="rates"):
        analysis.convert(history(), "EUR", rates)


def test_a_frame_of_rates_needs_its_columns() -> None:
    with pytest.raises(ArgumentError, match="no column date, rate"):
        analysis.convert(history(), "EUR", pd.DataFrame({"currency": ["USD"]}))


def test_convert_takes_a_pandas_frame_with_the_columns_it_needs() -> None:
    with pytest.raises(ArgumentError, match="pandas"):
        analysis.convert(table([]), "EUR", lambda currency, day: 1)
    with pytest.raises(ArgumentError, match="no column currency, total"):
        analysis.convert(
            history().drop(columns=["currency", "total"]), "EUR", lambda currency, day: 1
        )


def test_an_amount_too_large_after_conversion_is_refused() -> None:
    with pytest.raises(MoneyError, match="16 digits"):
        analysis.convert(
            history(invoice(10**12, "2026-01-05")), "IDR", lambda currency, day: 16_000
        )


@pytest.mark.parametrize("name", ["currency", "issued_at", "total", "tax"])
def test_a_column_that_is_there_twice_cannot_be_converted(name: str) -> None:
    ledger = history(invoice(1, "2026-01-05"))
    with pytest.raises(ArgumentError, match=name):
        analysis.convert(
            pd.concat([ledger, ledger[[name]]], axis=1), "EUR", lambda currency, day: 1
        )


def test_an_entry_without_a_date_has_no_rate() -> None:
    ledger = history(invoice(1, "2026-01-05"), invoice(1, "2026-01-06"))
    ledger.loc[0, "issued_at"] = None
    with pytest.raises(ArgumentError, match="issued_at"):
        analysis.convert(ledger, "EUR", lambda currency, day: 1)


def test_an_entry_without_a_currency_cannot_be_converted() -> None:
    ledger = history(invoice(1, "2026-01-05", currency=None), invoice(1, "2026-01-05"))
    with pytest.raises(MixedCurrencyError, match=r"^1 of the entries"):
        analysis.convert(ledger, "EUR", lambda currency, day: 1)


@pytest.mark.parametrize("context", [Context(prec=3), Context(traps=[Inexact])])
def test_converting_does_not_depend_on_the_decimal_context_of_the_caller(context: Context) -> None:
    ledger = history(invoice("1234567.123456789012", "2026-01-05"))
    with localcontext(context):
        answer = analysis.convert(ledger, "EUR", lambda currency, day: "1.000000000001")
    assert answer["total"].map(str).to_list() == ["1234567.123458023579"]
