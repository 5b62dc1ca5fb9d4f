"""One question, one answer: on whichever engine holds the history."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import ledgers
from support.ledgers import QUESTIONS, invoice, top_up

from billnb import analysis
from billnb.errors import ArgumentError, MixedCurrencyError, MoneyError
from billnb.history import AMOUNTS, INSTANTS, SCHEMA

MUST_RUN = os.environ.get("CI") == "true"

Engine = Callable[[pa.Table], Any]

each_question = pytest.mark.parametrize("question", QUESTIONS)


def module(name: str) -> Any:
    """Return an engine; a test is skipped without it, but not where all of them have to run."""
    if MUST_RUN:
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=f"{name.partition('.')[0]} is not installed")


@cache
def ledger() -> pa.Table:
    return ledgers.long_table()


@cache
def answer_of_pandas(question: str) -> pd.DataFrame:
    return QUESTIONS[question](ledgers.in_pandas(ledger()))


def assert_same(answer: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert answer.dtypes.to_dict() == expected.dtypes.to_dict()
    assert list(answer) == list(expected)
    assert answer.equals(expected)
    for name, kind in expected.dtypes.items():
        if pa.types.is_decimal(kind.pyarrow_dtype):
            assert answer[name].to_list() == expected[name].to_list()


def replaced(table: pa.Table, name: str, change: Callable[[pa.ChunkedArray], Any]) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, change(table[name]))


def in_zone(table: pa.Table, zone: str | None) -> pa.Table:
    """The same instants, as the clocks of a time zone show them; those of UTC without one."""
    for name in INSTANTS:
        table = replaced(table, name, lambda column: column.cast(pa.timestamp("us", zone)))
    return table


def in_cents(table: pa.Table) -> pa.Table:
    """Amounts of two places, as a database may keep them."""

    def rounded(column: pa.ChunkedArray) -> pa.Array:
        cents = [one and one.quantize(Decimal("0.01")) for one in column.to_pylist()]
        return pa.array(cents, pa.decimal128(18, 2))

    for name in AMOUNTS:
        table = replaced(table, name, rounded)
    return table


# engines of this process


def polars_eager(table: pa.Table) -> Any:
    return module("polars").from_arrow(table)


def polars_lazy(table: pa.Table) -> Any:
    return polars_eager(table).lazy()


def duckdb_relation(table: pa.Table, zone: str = "UTC") -> Any:
    connection = module("duckdb").connect()
    connection.execute(f"SET TimeZone = '{zone}'")
    connection.register("history", table)
    return connection.table("history")


def duckdb_in_new_york(table: pa.Table) -> Any:
    return duckdb_relation(table, "America/New_York")


def dask_of_three_partitions(table: pa.Table) -> Any:
    dask = module("dask.dataframe")
    return dask.from_pandas(ledgers.in_pandas(table), npartitions=3, sort=False)


ENGINES: dict[str, Engine] = {
    "PyArrow": lambda table: table,
    "PyArrow in chunks": lambda table: pa.concat_tables([table[:7], table[7:700], table[700:]]),
    "Polars": polars_eager,
    "Polars, lazy": polars_lazy,
    "DuckDB": duckdb_relation,
    "DuckDB in New York": duckdb_in_new_york,
    "Dask": dask_of_three_partitions,
}
each_engine = pytest.mark.parametrize(
    "engine", [*list(ENGINES)[:-1], pytest.param("Dask", marks=pytest.mark.engines)]
)
each_question_once = pytest.mark.parametrize(
    "question", ["charges", "spend", "cash", "statuses", "ageing", "balance", "duplicates"]
)
each_use_of_instants = pytest.mark.parametrize(
    "question", ["spend by day", "ageing", "balance", "duplicates"]
)


@each_question
@each_engine
def test_every_engine_gives_the_answer_of_pandas(engine: str, question: str) -> None:
    answer = QUESTIONS[question](ENGINES[engine](ledger()))
    assert len(answer)
    assert_same(answer, answer_of_pandas(question))


@each_question_once
@each_engine
def test_the_empty_history_is_empty_on_every_engine(engine: str, question: str) -> None:
    empty = SCHEMA.empty_table()
    answer = QUESTIONS[question](ENGINES[engine](empty))
    assert_same(answer, QUESTIONS[question](ledgers.in_pandas(empty)))


@each_use_of_instants
@each_engine
def test_instants_without_a_zone_are_those_of_utc_on_every_engine(
    engine: str, question: str
) -> None:
    answer = QUESTIONS[question](ENGINES[engine](in_zone(ledger(), None)))
    assert_same(answer, answer_of_pandas(question))


@each_use_of_instants
@each_engine
def test_instants_of_new_york_are_put_in_the_utc_month_on_every_engine(
    engine: str, question: str
) -> None:
    answer = QUESTIONS[question](ENGINES[engine](in_zone(ledger(), "America/New_York")))
    assert_same(answer, answer_of_pandas(question))


@each_question_once
@each_engine
def test_decimals_of_cents_are_exact_on_every_engine(engine: str, question: str) -> None:
    cents = in_cents(ledger())
    answer = QUESTIONS[question](ENGINES[engine](cents))
    assert_same(answer, QUESTIONS[question](ledgers.in_pandas(cents.cast(SCHEMA))))


@each_engine
def test_sums_beyond_a_float_are_exact_on_every_engine(engine: str) -> None:
    amounts = ["9007199254740993.000000000001", "-0.000000000002", "0.000000000004"]
    rows = ledgers.table(invoice(amount, "2026-01-05") for amount in amounts)
    answer = analysis.spend(ENGINES[engine](rows))
    assert answer["amount"].to_list() == [Decimal("9007199254740993.000000000003")]


@each_engine
def test_sums_too_large_to_be_kept_are_refused_on_every_engine(engine: str) -> None:
    rows = ledgers.table(
        [top_up(1, "2026-01-01"), *[invoice("9999999999999999", "2026-01-05")] * 2]
    )
    for ask in (analysis.charges, analysis.spend, analysis.statuses, analysis.balance):
        with pytest.raises(MoneyError, match="16 digits"):
            ask(ENGINES[engine](rows))


@each_engine
def test_more_places_than_an_amount_has_are_refused_on_every_engine(engine: str) -> None:
    small = pa.array([Decimal("0.1234567890123")] * 200, pa.decimal128(38, 20))
    rows = replaced(ledger()[:200], "total", lambda _: small)
    for ask in (analysis.charges, analysis.cash, analysis.balance, analysis.statuses):
        with pytest.raises(MoneyError):
            ask(ENGINES[engine](rows))


@each_engine
def test_binary_floats_are_refused_on_every_engine(engine: str) -> None:
    rows = replaced(ledger(), "total", lambda column: column.cast(pa.float64()))
    for ask in QUESTIONS.values():
        with pytest.raises(MoneyError, match=r"total is .*loat"):
            ask(ENGINES[engine](rows))


@each_engine
def test_missing_columns_are_named_on_every_engine(engine: str) -> None:
    rows = ledger().drop_columns(["total", "kind"])
    for ask in QUESTIONS.values():
        with pytest.raises(ArgumentError, match=r"no column .*kind") as caught:
            ask(ENGINES[engine](rows))
        assert "total" in str(caught.value)


@each_engine
def test_an_unstated_currency_is_added_to_no_other_on_any_engine(engine: str) -> None:
    rows = ledgers.table(
        [
            top_up(9, "2026-01-01"),
            top_up(9, "2026-01-01", currency=None),
            invoice(1, "2026-01-05", status="pending"),
            invoice(1, "2026-01-05", currency=None, status="pending"),
        ]
    )
    for name, ask in QUESTIONS.items():
        if name != "duplicates":
            with pytest.raises(MixedCurrencyError, match=r"^[12] of the entries"):
                ask(ENGINES[engine](rows))


def little_stated() -> pa.Table:
    nothing = {"account": None, "currency": None, "entry_id": None}
    return ledgers.table(
        [*[invoice(5, "2026-01-05", **nothing)] * 2, *[invoice(7, "2026-01-05")] * 2]
    )


@each_engine
def test_duplicates_are_the_same_on_every_engine_where_little_is_stated(engine: str) -> None:
    rows = little_stated()
    expected = analysis.duplicates(ledgers.in_pandas(rows))
    assert_same(analysis.duplicates(ENGINES[engine](rows)), expected)


@each_engine
def test_groups_that_are_not_stated_are_groups_on_every_engine(engine: str) -> None:
    rows = ledgers.table(
        invoice(10**number, "2026-01-05", method=method)
        for number, method in enumerate(["card", None, "paypal", None, "card"])
    )
    answer = analysis.spend(ENGINES[engine](rows), group="method")
    found = {row["method"]: int(row["amount"]) for row in ledgers.records(answer)}
    assert found == {"card": 10_001, None: 1_010, "paypal": 100}


@each_engine
def test_amounts_that_are_never_stated_are_no_components_on_every_engine(engine: str) -> None:
    answer = analysis.charges(ENGINES[engine](ledgers.table([invoice(7, "2026-01-05")])))
    assert answer["component"].to_list() == ["unclassified"]
    assert answer["amount"].to_list() == [7]


def test_texts_that_repeat_may_be_kept_as_categories() -> None:
    polars = module("polars")
    frame = polars.from_arrow(ledger()).with_columns(
        polars.col("kind", "status", "payment_type", "currency").cast(polars.Categorical)
    )
    for name, ask in QUESTIONS.items():
        assert_same(ask(frame), answer_of_pandas(name))


def test_texts_that_repeat_may_be_kept_in_a_dictionary() -> None:
    rows = ledger()
    for name in ("provider", "kind", "status", "payment_type", "currency"):
        rows = replaced(rows, name, lambda column: column.dictionary_encode())
    for name, ask in QUESTIONS.items():
        assert_same(ask(rows), answer_of_pandas(name))


# Spark


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One session for all tests: it takes seconds to start."""
    sql = module("pyspark.sql")
    if not MUST_RUN and shutil.which("java") is None:
        pytest.skip("Spark needs java, which is not on PATH")
    builder = sql.SparkSession.builder.master("local[2]").appName("billnb")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # starts sooner
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def read(spark: Any, tmp_path: Path) -> Engine:
    """What has Spark read a table, from three files."""
    folders = (tmp_path / str(number) for number in count())

    def frame(table: pa.Table) -> Any:
        folder = next(folders)
        folder.mkdir()
        rows = -(-len(table) // 3) or 1
        for number in range(3):
            pq.write_table(table.slice(number * rows, rows), folder / f"{number}.parquet")
        return spark.read.parquet(str(folder))

    return frame


@pytest.fixture(params=["UTC", "Asia/Kolkata"])
def _clock(request: pytest.FixtureRequest, spark: Any) -> Iterator[None]:
    """A session in one time zone, and in another."""
    spark.conf.set("spark.sql.session.timeZone", request.param)
    yield
    spark.conf.unset("spark.sql.session.timeZone")


@pytest.mark.usefixtures("_clock")
@each_question
def test_spark_gives_the_answer_of_pandas_by_any_clock(read: Engine, question: str) -> None:
    answer = QUESTIONS[question](read(ledger()))
    assert_same(answer, answer_of_pandas(question))


@pytest.mark.usefixtures("_clock")
@each_use_of_instants
def test_instants_without_a_zone_are_those_of_utc_on_spark(read: Engine, question: str) -> None:
    answer = QUESTIONS[question](read(in_zone(ledger(), None)))
    assert_same(answer, answer_of_pandas(question))


def test_the_empty_history_is_empty_on_spark(read: Engine) -> None:
    empty = SCHEMA.empty_table()
    frame = read(empty)
    for ask in (analysis.charges, analysis.spend, analysis.balance, analysis.duplicates):
        assert_same(ask(frame), ask(ledgers.in_pandas(empty)))


def test_what_cannot_be_answered_is_refused_on_spark(read: Engine) -> None:
    rows = [invoice("9999999999999999", "2026-01-05"), invoice(1, "2026-01-05")]
    with pytest.raises(MoneyError, match="16 digits"):
        analysis.charges(read(ledgers.table(rows)))
    with pytest.raises(MixedCurrencyError, match=r"^1 of the entries"):
        analysis.spend(read(ledgers.table([*rows, invoice(1, "2026-01-05", currency=None)])))
    frame = read(ledger())
    with pytest.raises(MoneyError, match=r"total is .*loat"):
        analysis.statuses(frame.withColumn("total", frame["total"].cast("double")))
    with pytest.raises(ArgumentError, match="no column total"):
        analysis.ageing(frame.drop("total"))


def test_duplicates_are_the_same_on_spark_where_little_is_stated(read: Engine) -> None:
    rows = little_stated()
    expected = analysis.duplicates(ledgers.in_pandas(rows))
    assert_same(analysis.duplicates(read(rows)), expected)
