"""What is taken for a history, and what is refused, by every question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from support.ledgers import (
    QUESTIONS,
    column,
    history,
    in_pandas,
    invoice,
    payment,
    records,
    table,
    top_up,
)

import billnb
from billnb import analysis
from billnb.errors import ArgumentError, MixedCurrencyError, MoneyError
from billnb.history import AMOUNTS, COLUMNS, INSTANTS, SCHEMA

each_question = pytest.mark.parametrize("question", QUESTIONS)
each_question_of_money = pytest.mark.parametrize(
    "question", [name for name in QUESTIONS if name != "duplicates"]
)


def a_bit_of_everything() -> pd.DataFrame:
    return history(
        invoice("10.5", "2024-01-31T23:30", usage="10", discount="-1", status="pending"),
        invoice("10.5", "2024-02-01", usage="10", due_at="2024-02-15", status="failed"),
        invoice("3", "2024-02-29", tax="0.5"),
        top_up(100, "2024-01-01"),
        top_up(100, "2024-01-01T12:00"),
        payment(3, "2024-03-01", "failed", method="card"),
        {**payment(3, "2024-03-02"), "kind": "refund"},
    )


# what cannot be answered


@each_question
def test_columns_that_are_not_there_are_named(question: str) -> None:
    ask, ledger = QUESTIONS[question], a_bit_of_everything()
    with pytest.raises(ArgumentError, match=r"no column .*total"):
        ask(ledger.drop(columns="total"))
    with pytest.raises(ArgumentError, match=r"no column .*kind") as caught:
        ask(ledger.drop(columns=["kind", "currency"]))
    assert "currency" in str(caught.value)
    with pytest.raises(ArgumentError, match="no column"):
        ask(pd.DataFrame())


@each_question
def test_a_column_that_is_there_twice_is_refused(question: str) -> None:
    ledger = a_bit_of_everything()
    with pytest.raises(ArgumentError, match="more than one column total"):
        QUESTIONS[question](pd.concat([ledger, ledger[["total"]]], axis=1))


@each_question
@pytest.mark.parametrize("thing", [None, 3, "history.parquet", [], {}, object(), pd.Series([1])])
def test_what_is_no_frame_is_refused(question: str, thing: object) -> None:
    with pytest.raises(ArgumentError, match=f"a {type(thing).__name__} is not a history"):
        QUESTIONS[question](thing)


INEXACT: dict[str, Callable[[pd.Series], Any]] = {
    "float64": lambda total: total.astype("float64"),
    "Float64": lambda total: total.astype("float64").astype("Float64"),
    "Arrow doubles": lambda total: total.astype("float64").astype("float64[pyarrow]"),
    "objects": lambda total: total.astype("float64").astype(object),
    "int64": lambda total: total.astype("float64").astype("int64"),
    "text": lambda total: total.map(str).astype("str"),
    "true and false": lambda total: total > 3,
}


@pytest.mark.parametrize("kind", INEXACT)
def test_amounts_that_are_no_decimals_are_refused(kind: str) -> None:
    ledger = a_bit_of_everything()
    ledger = ledger.assign(total=INEXACT[kind](ledger["total"]))
    for ask in QUESTIONS.values():
        with pytest.raises(MoneyError, match="total"):
            ask(ledger)


@pytest.mark.parametrize("amount", ["0.1234567890123", "1e17", "Infinity"])
def test_amounts_that_cannot_be_kept_are_refused(amount: str) -> None:
    ledger = a_bit_of_everything()
    ledger["total"] = pd.Series([Decimal(amount)] * len(ledger), dtype=object)
    for ask in QUESTIONS.values():
        with pytest.raises(MoneyError):
            ask(ledger)


def test_more_places_than_an_amount_has_are_refused_and_not_rounded() -> None:
    ledger = a_bit_of_everything()
    total = column([Decimal("0.1234567890123")] * 7, pa.decimal128(38, 20))
    for ask in QUESTIONS.values():
        with pytest.raises(MoneyError, match="places"):
            ask(ledger.assign(total=total))


@each_question
@pytest.mark.parametrize("kind", [pa.decimal128(12, 2), pa.decimal128(38, 18)], ids=str)
def test_decimals_of_other_precisions_are_amounts(question: str, kind: pa.DataType) -> None:
    ask, ledger = QUESTIONS[question], a_bit_of_everything()
    some = {name: ledger[name].astype(pd.ArrowDtype(kind)) for name in AMOUNTS}
    assert ask(ledger.assign(**some)).equals(ask(ledger))


@each_question
@pytest.mark.parametrize(
    "kind", [pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal256(50, 4)], ids=str
)
def test_decimals_of_other_widths_are_refused_where_they_are_not_read(
    question: str, kind: pa.DataType
) -> None:
    ask, ledger = QUESTIONS[question], a_bit_of_everything()
    rows = records(ledger)
    # in as few digits as there are: Arrow makes zeros of others when it casts to 32 bits
    cents = {
        name: [row[name] and row[name].quantize(Decimal("0.01")) for row in rows]
        for name in AMOUNTS
    }
    some = {
        name: pd.arrays.ArrowExtensionArray(pa.array(values, kind))
        for name, values in cents.items()
    }
    try:
        answer = ask(ledger.assign(**some))
    except MoneyError:
        return
    assert answer.equals(ask(ledger))


@each_question_of_money
def test_an_unstated_currency_is_added_to_no_other(question: str) -> None:
    ledger = a_bit_of_everything()
    ledger["currency"] = column([None] * len(ledger), pa.string())
    with pytest.raises(MixedCurrencyError, match="state no currency"):
        QUESTIONS[question](ledger)


@each_question_of_money
def test_one_unstated_currency_is_enough(question: str) -> None:
    ledger = a_bit_of_everything()
    row = {"cash": 3, "statuses": 6, "balance": 3}.get(question.split()[0], 0)
    ledger.loc[row, "currency"] = None
    with pytest.raises(MixedCurrencyError, match=r"^1 of the entries"):
        QUESTIONS[question](ledger)


def test_a_currency_matters_to_those_alone_who_ask_for_the_entry() -> None:
    ledger = history(invoice(1, "2026-01-05"), payment(2, "2026-01-05", currency=None))
    assert analysis.spend(ledger)["amount"].to_list() == [1]
    assert analysis.charges(ledger)["amount"].to_list() == [1]


def test_an_invoice_without_a_currency_is_not_left_out_of_a_balance() -> None:
    ledger = history(top_up(100, "2026-01-01"), invoice(40, "2026-01-02", currency=None))
    with pytest.raises(MixedCurrencyError, match=r"^1 of the entries"):
        analysis.balance(ledger)


@pytest.mark.parametrize("ask", [analysis.charges, analysis.spend, analysis.cash])
@pytest.mark.parametrize("by", ["months", "Month", "", None, "M", 1])
def test_an_unknown_period_is_answered_with_the_known_ones(
    ask: Callable[..., pd.DataFrame], by: Any
) -> None:
    with pytest.raises(ArgumentError, match="day, week, month, quarter, year"):
        ask(history(), by)
    if by is not None:
        with pytest.raises(ArgumentError, match="day, week, month, quarter, year"):
            analysis.statuses(history(), by)


@pytest.mark.parametrize("ask", [analysis.spend, analysis.cash])
@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("amount", "'amount'"),
        (["provider", "period"], "'period'"),
        ("currency", "'currency'"),
        ("team", "no column team"),
        ([3], "names of columns, not int"),
        (3, "names of columns"),
        (None, "names of columns"),
        (b"provider", "names of columns"),
        ("total", "total"),
    ],
)
def test_a_group_that_cannot_be_is_refused(
    ask: Callable[..., pd.DataFrame], group: Any, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        ask(a_bit_of_everything(), group=group)


@pytest.mark.parametrize("cells", [[1, "a", None], [[1], [2], [3]], [{}, {}, {}]])
def test_a_column_that_cannot_be_grouped_by_is_refused(cells: list[Any]) -> None:
    ledger = history(*[invoice(1, "2026-01-05")] * 3).assign(note=cells)
    with pytest.raises(ArgumentError, match="note"):
        analysis.spend(ledger, group="note")


@pytest.mark.parametrize(
    "ask", [analysis.spend, analysis.cash, analysis.ageing], ids=lambda ask: ask.__name__
)
@pytest.mark.parametrize("as_of", ["yesterday", "2026-13", 3, pd.NaT, ""])
def test_a_day_that_cannot_be_read_is_refused(ask: Callable[..., pd.DataFrame], as_of: Any) -> None:
    with pytest.raises(ArgumentError, match="as_of"):
        ask(history(), as_of=as_of)


# frames of other makes


def with_instants(frame: pd.DataFrame, change: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
    return frame.assign(**{name: change(frame[name]) for name in INSTANTS})


def with_texts(table: pa.Table, kind: Any) -> pd.DataFrame:
    texts = [name for name in COLUMNS if SCHEMA.field(name).type == pa.string()]
    return in_pandas(table).astype(dict.fromkeys(texts, kind))


MAKES: dict[str, Callable[[pa.Table], pd.DataFrame]] = {
    "pandas' own types": lambda table: table.to_pandas(),
    "objects": lambda table: with_texts(table, object),
    "strings": lambda table: with_texts(table, "string"),
    "categories": lambda table: with_texts(table, "category"),
    "dictionaries": lambda table: with_texts(
        table, pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "large strings": lambda table: with_texts(table, pd.ArrowDtype(pa.large_string())),
    "nanoseconds": lambda table: with_instants(
        in_pandas(table), lambda column: column.astype("datetime64[ns, UTC]")
    ),
    "Arrow's nanoseconds": lambda table: with_instants(
        in_pandas(table), lambda column: column.astype(pd.ArrowDtype(pa.timestamp("ns", "UTC")))
    ),
    "milliseconds": lambda table: with_instants(
        table.to_pandas(), lambda column: column.astype("datetime64[ms, UTC]")
    ),
    "no zone": lambda table: with_instants(
        in_pandas(table), lambda column: column.dt.tz_localize(None)
    ),
    "no zone, pandas' own": lambda table: with_instants(
        table.to_pandas(), lambda column: column.dt.tz_localize(None)
    ),
    "New York's zone": lambda table: with_instants(
        in_pandas(table), lambda column: column.dt.tz_convert("America/New_York")
    ),
    "New York's zone, pandas' own": lambda table: with_instants(
        table.to_pandas(), lambda column: column.dt.tz_convert("America/New_York")
    ),
    "Python's datetimes": lambda table: with_instants(
        in_pandas(table), lambda column: column.astype(object)
    ),
    "a slice": lambda table: in_pandas(pa.concat_tables([table, table])).iloc[: len(table)],
    "chunks": lambda table: in_pandas(pa.concat_tables([table[:2], table[2:3], table[3:]])),
}


@each_question
@pytest.mark.parametrize("make", MAKES)
def test_frames_of_other_makes_say_the_same(question: str, make: str) -> None:
    ask, ledger = QUESTIONS[question], a_bit_of_everything()
    other = MAKES[make](pa.Table.from_pandas(ledger, SCHEMA, preserve_index=False))
    assert ask(other).equals(ask(ledger))


def test_object_decimals_keep_every_digit() -> None:
    amounts = [Decimal("9007199254740993.000000000001"), Decimal("0.000000000002")]
    ledger = pd.DataFrame(
        {
            "kind": "invoice",
            "status": None,
            "currency": "USD",
            "issued_at": pd.Timestamp("2026-01-05"),
            "total": amounts,
        }
    )
    assert analysis.spend(ledger)["amount"].to_list() == [Decimal("9007199254740993.000000000003")]


def test_an_evening_in_new_york_is_in_the_next_month() -> None:
    evening = datetime(2026, 1, 31, 20, 30, tzinfo=ZoneInfo("America/New_York"))
    ledger = history(invoice(1, "2026-01-05")).assign(issued_at=[pd.Timestamp(evening)])
    answer = analysis.spend(ledger)
    assert answer["period"].to_list() == [pd.Timestamp("2026-02-01", tz="UTC")]
    objects = ledger.assign(issued_at=pd.Series([evening], dtype=object))
    assert analysis.spend(objects).equals(answer)


WRONG: dict[str, list[Any]] = {
    "text": ["2026-01-05"],
    "seconds since 1970": [1_767_225_600],
    "nothing": [None],
}


@pytest.mark.parametrize("kind", WRONG)
def test_an_instant_that_is_none_is_refused(kind: str) -> None:
    ledger = history(invoice(1, "2026-01-05")).assign(issued_at=WRONG[kind])
    for ask in (analysis.charges, analysis.spend):
        with pytest.raises(ArgumentError, match="issued_at"):
            ask(ledger)


def test_words_that_are_numbers_are_refused() -> None:
    with pytest.raises(ArgumentError, match="currency"):
        analysis.spend(history(invoice(1, "2026-01-05")).assign(currency=[840]))


@pytest.mark.parametrize(
    "noted",
    [
        {"bytio": {"read_at": "yesterday"}},
        {"bytio": {"since": 3}},
        {"bytio": "append-only"},
        ["bytio"],
        "bytio",
        {"bytio": {1: 2}},
    ],
)
def test_notes_of_another_make_are_a_clear_error(noted: object, tmp_path: Path) -> None:
    frame = billnb.demo(kind="payment")
    frame.attrs["billnb"] = noted
    for use in (
        billnb.redact,
        billnb.charts.balance,
        partial(billnb.report, path=tmp_path / "report.html"),
    ):
        with pytest.raises(ArgumentError, match=r"attrs\[\"billnb\"\]"):
            use(frame)
    del frame.attrs["billnb"]
    assert billnb.redact(frame).attrs == {"billnb": {}}


def test_text_that_cannot_be_kept_is_a_clear_error() -> None:
    frame = history(invoice(5, "2026-10-01")).astype({"description": object})
    frame["description"] = pd.Series(["\ud800"], dtype=object)
    with pytest.raises(ArgumentError, match="description"):
        billnb.redact(frame)
    with pytest.raises(ArgumentError, match="bytes"):
        billnb.redact(history(), key=b"secret")  # type: ignore[arg-type]


@each_question_of_money
@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_entries_without_a_total_are_not_passed_over(question: str, engine: str) -> None:
    rows = [top_up(50, "2026-09-01"), invoice(20, "2026-10-05", status="pending")]
    unknown = [invoice(20, "2026-10-06", status="pending"), payment(20, "2026-10-06")]
    holds = table([*rows, *({**one, "total": None} for one in unknown)])
    if engine == "pandas":
        whole: Any = in_pandas(holds)
    else:
        module = pytest.importorskip(engine)
        whole = module.from_arrow(holds) if engine == "polars" else module.sql("from holds")
    with pytest.raises(MoneyError, match="without a total; leave them out, or set it"):
        QUESTIONS[question](whole)
