"""The time of the questions, compared with what an expert writes by hand for each engine.

``python tests/benchmarks/analysis.py`` makes a ledger of ten million entries and puts each question
to it: to billnb, and to SQL, Polars and pandas as one writes them by hand for that question alone.
All of them in turn, in one process, several times, forwards and backwards. It prints medians and
ratios. Answers are compared before anything is measured, to the last digit, and it stops at one
that differs. ``--engines spark,dask`` lets these answer too, on two workers.

What is by hand has an easier task: of `spend` and `cash` it leaves out the changes, of `balance`
the runway, of `duplicates` the numbers of the groups. Needs polars and duckdb, pyspark and dask.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import ledger as made_up
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from billnb import analysis
from billnb.analysis.ageing import BUCKETS
from billnb.history import MONEY, SCHEMA
from billnb.history.rules import COMPONENTS, STATED

Ask = Callable[[Any], Any]

LAST_DAY = date(2026, 10, 11)
"""In the last month but before its end, so that a period is still running."""

ASKED: dict[str, Ask] = {
    "charges": analysis.charges,
    "spend": lambda history: analysis.spend(history, as_of=LAST_DAY),
    "cash": lambda history: analysis.cash(history, as_of=LAST_DAY),
    "statuses": analysis.statuses,
    "ageing": lambda history: analysis.ageing(history, LAST_DAY),
    "balance": analysis.balance,
    "duplicates": analysis.duplicates,
}

AT_MOST = {"DuckDB": 1.2, "Polars": 1.2, "pandas": 1.5}
"""Times the time of what is by hand."""

AT_MOST_DUCKDB = 4.0
"""Times the time of billnb on DuckDB, for billnb on pandas."""

KEYS = ["provider", "account", "currency"]
SAME = ["provider", "account", "kind", "currency", "total"]
SUSPECT = [*SAME, "entry_id", "issued_at", "description", "status"]
VOIDED = ["cancelled", "refunded"]
TOP_UP = "top[ _-]?up"
AS_OF = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=UTC) + timedelta(days=1)
DUE_DAYS = (30, 60, 90)

# -- by hand, in SQL: AT TIME ZONE and date_trunc of a TIMESTAMPTZ go by a calendar, which is slower

_CLOCK = "make_timestamp(epoch_us(issued_at))"
_MONTH = f"date_trunc('month', {_CLOCK})"
_IS_SPEND = "kind = 'invoice' AND (status IS NULL OR status NOT IN ('cancelled', 'refunded'))"
_WENT_THROUGH = "(status IS NULL OR status = 'paid')"
_IS_TOP_UP = f"kind = 'payment' AND regexp_matches(payment_type, '{TOP_UP}', 'i')"
_BUCKETS = " ".join(
    f"WHEN counted >= TIMESTAMPTZ '{AS_OF - timedelta(days=days + 1)}' THEN '{bucket}'"
    for days, bucket in zip(DUE_DAYS, BUCKETS[1:], strict=False)
)

SQL = {
    "charges": f"""
        WITH sums AS (
            SELECT {_MONTH} AS period, provider, account, currency,
                "usage" IS NOT NULL OR standing IS NOT NULL AS itemized,
                sum("usage") AS "usage", sum(standing) AS standing, sum(discount) AS discount,
                sum(tax) AS tax, sum(total) AS total
            FROM ledger WHERE {_IS_SPEND} GROUP BY ALL
        ), rests AS (
            SELECT *, total - coalesce("usage", 0) - coalesce(standing, 0)
                - coalesce(discount, 0) - coalesce(tax, 0) AS rest
            FROM sums
        ), whole AS (
            SELECT period, provider, account, currency,
                sum("usage") AS "usage", sum(standing) AS standing, sum(discount) AS discount,
                sum(tax) AS tax, sum(rest) FILTER (itemized) AS rounding,
                sum(rest) FILTER (NOT itemized) AS unclassified
            FROM rests GROUP BY ALL
        )
        UNPIVOT whole ON {", ".join(f'"{name}"' for name in COMPONENTS)}
        INTO NAME component VALUE amount""",
    "spend": f"""
        SELECT {_MONTH} AS period, currency, sum(total) AS amount, count(*) AS entries
        FROM ledger WHERE {_IS_SPEND} GROUP BY ALL""",
    "cash": f"""
        SELECT {_MONTH} AS period, currency, count(*) AS entries,
            sum(CASE WHEN kind = 'payment' THEN total ELSE -abs(total) END) AS amount
        FROM ledger WHERE kind IN ('payment', 'refund', 'chargeback') AND {_WENT_THROUGH}
        GROUP BY ALL""",
    "statuses": """
        SELECT status, kind, currency, count(*) AS entries, sum(total) AS amount,
            count(*) / sum(count(*)) OVER (PARTITION BY kind, currency) AS share
        FROM ledger GROUP BY status, kind, currency""",
    "ageing": f"""
        SELECT provider, account, currency,
            CASE WHEN counted >= TIMESTAMPTZ '{AS_OF}' THEN 'not due' {_BUCKETS} ELSE '90+' END
                AS bucket,
            CASE WHEN due_at IS NULL THEN 'issued_at' ELSE 'due_at' END AS counted_from,
            count(*) AS entries, sum(total) AS amount
        FROM (
            SELECT provider, account, currency, due_at, total,
                coalesce(due_at, issued_at) AS counted
            FROM ledger WHERE kind = 'invoice' AND status IN ('pending', 'failed')
        ) GROUP BY ALL""",
    "balance": f"""
        WITH prepaid AS (SELECT DISTINCT provider, account, currency FROM ledger WHERE {_IS_TOP_UP})
        SELECT provider, account, currency, issued_at,
            CASE WHEN kind = 'invoice' THEN -total ELSE total END AS change,
            sum(change) OVER (
                PARTITION BY provider, account, currency ORDER BY issued_at, entry_id, change
                ROWS UNBOUNDED PRECEDING
            ) AS balance
        FROM ledger SEMI JOIN prepaid USING (provider, account, currency)
        WHERE ({_IS_SPEND}) OR ({_IS_TOP_UP} AND {_WENT_THROUGH})
        ORDER BY provider, account, currency, issued_at, entry_id, change""",
    "duplicates": f"""
        WITH suspects AS (
            SELECT {", ".join(SUSPECT)}, {_CLOCK}::DATE AS day FROM ledger
            WHERE status IS NULL OR (status NOT IN ('cancelled', 'refunded')
                AND (kind = 'invoice' OR status <> 'failed'))
        )
        SELECT {", ".join(f"suspects.{name}" for name in SUSPECT)} FROM suspects JOIN (
            SELECT {", ".join(SAME)}, day FROM suspects GROUP BY ALL HAVING count(*) > 1
        ) USING ({", ".join(SAME)}, day)""",
}

# -- by hand, in Polars

_kind, _status, _issued = pl.col("kind"), pl.col("status"), pl.col("issued_at")
_is_spend = (_kind == "invoice") & (_status.is_null() | ~_status.is_in(VOIDED))
_went_through = _status.is_null() | (_status == "paid")
_is_top_up = (_kind == "payment") & pl.col("payment_type").str.contains(f"(?i){TOP_UP}")
_month = _issued.dt.truncate("1mo").alias("period")


def polars_charges(ledger: pl.LazyFrame) -> pl.LazyFrame:
    itemized = pl.col("usage").is_not_null() | pl.col("standing").is_not_null()
    counts = (pl.col(name).count().alias(f"{name}_stated") for name in STATED)
    sums = ledger.filter(_is_spend).group_by(_month, *KEYS, itemized=itemized)
    rest = pl.col("total") - pl.sum_horizontal(STATED)
    return (
        sums.agg(pl.sum(*STATED, "total"), *counts)
        .with_columns(
            *(pl.when(pl.col(f"{name}_stated") > 0).then(pl.col(name)) for name in STATED),
            rounding=pl.when("itemized").then(rest),
            unclassified=pl.when(~pl.col("itemized")).then(rest),
        )
        .unpivot(COMPONENTS, index=["period", *KEYS], variable_name="component")
        .drop_nulls("value")
        .group_by("period", *KEYS, "component")
        .agg(amount=pl.sum("value"))
    )


def polars_spend(ledger: pl.LazyFrame) -> pl.LazyFrame:
    groups = ledger.filter(_is_spend).group_by(_month, "currency")
    return groups.agg(amount=pl.sum("total"), entries=pl.len())


def polars_cash(ledger: pl.LazyFrame) -> pl.LazyFrame:
    cash = ledger.filter(_kind.is_in(["payment", "refund", "chargeback"]) & _went_through)
    total = pl.col("total")
    amount = pl.when(_kind == "payment").then(total).otherwise(-total.abs())
    return cash.group_by(_month, "currency").agg(amount=amount.sum(), entries=pl.len())


def polars_statuses(ledger: pl.LazyFrame) -> pl.LazyFrame:
    groups = ledger.group_by("kind", "currency", "status")
    sums = groups.agg(entries=pl.len(), amount=pl.sum("total"))
    entries = pl.col("entries")
    return sums.with_columns(share=entries / entries.sum().over("kind", "currency"))


def polars_ageing(ledger: pl.LazyFrame) -> pl.LazyFrame:
    counted = pl.coalesce("due_at", "issued_at")
    bucket: Any = pl.when(counted >= AS_OF).then(pl.lit(BUCKETS[0]))
    for days, name in zip(DUE_DAYS, BUCKETS[1:], strict=False):
        bucket = bucket.when(counted >= AS_OF - timedelta(days=days + 1)).then(pl.lit(name))
    stated = pl.when(pl.col("due_at").is_null())
    return (
        ledger.filter((_kind == "invoice") & _status.is_in(["pending", "failed"]))
        .group_by(
            *KEYS,
            bucket=bucket.otherwise(pl.lit(BUCKETS[-1])),
            counted_from=stated.then(pl.lit("issued_at")).otherwise(pl.lit("due_at")),
        )
        .agg(entries=pl.len(), amount=pl.sum("total"))
    )


def polars_balance(ledger: pl.LazyFrame) -> pl.LazyFrame:
    prepaid = ledger.filter(_is_top_up).select(KEYS).unique()
    total = pl.col("total")
    change = pl.when(_kind == "invoice").then(-total).otherwise(total)
    return (
        ledger.filter(_is_spend | (_is_top_up & _went_through))
        .join(prepaid, on=KEYS, how="semi")
        .select(*KEYS, "issued_at", "entry_id", change=change)
        .sort(*KEYS, "issued_at", "entry_id", "change")
        .with_columns(balance=pl.col("change").cum_sum().over(KEYS))
        .drop("entry_id")
    )


def polars_duplicates(ledger: pl.LazyFrame) -> pl.LazyFrame:
    took = (_kind == "invoice") | (_status != "failed")
    suspects = ledger.filter(_status.is_null() | (~_status.is_in(VOIDED) & took))
    is_alike = pl.len().over(*SAME, _issued.dt.date()) > 1
    return suspects.select(SUSPECT).filter(is_alike)


# -- by hand, in pandas: what has to be kept of a period is no more than its number


def _pandas_spend(ledger: pd.DataFrame) -> Any:
    return (ledger["kind"] == "invoice") & ~ledger["status"].isin(VOIDED)


def _pandas_went_through(ledger: pd.DataFrame) -> Any:
    return ledger["status"].isna() | (ledger["status"] == "paid")


def _pandas_clock(instants: pd.Series, unit: str) -> Any:
    """Return instants by day or month: NumPy does that ten times as fast as `dt` does."""
    return instants.to_numpy("datetime64[us]").astype(f"datetime64[{unit}]")


def _pandas_by_month(entries: pd.DataFrame, amounts: pd.Series) -> pd.DataFrame:
    month = _pandas_clock(entries["issued_at"], "M").astype("datetime64[us]")
    groups = amounts.groupby([pd.Series(month, entries.index, name="period"), entries["currency"]])
    return groups.agg(amount="sum", entries="size").reset_index()


def pandas_charges(ledger: pd.DataFrame) -> pd.DataFrame:
    invoices = ledger.loc[_pandas_spend(ledger), [*KEYS, "issued_at", *STATED, "total"]]
    month = _pandas_clock(invoices["issued_at"], "M").astype("datetime64[us]")
    itemized = (invoices["usage"].notna() | invoices["standing"].notna()).to_numpy(bool)
    groups = invoices.drop(columns="issued_at").assign(period=month, itemized=itemized)
    groups = groups.groupby(["period", *KEYS, "itemized"], sort=False)
    # sums are of 38 digits, which cannot be subtracted
    sums = groups.sum(min_count=1).astype(pd.ArrowDtype(MONEY)).reset_index("itemized")
    rest = sums["total"]
    for name in STATED:
        rest = rest - sums[name].fillna(Decimal())
    sums["rounding"], sums["unclassified"] = (
        rest.where(sums["itemized"]),
        rest.where(~sums["itemized"]),
    )
    whole = sums.drop(columns=["itemized", "total"]).reset_index()
    whole = whole.melt(["period", *KEYS], var_name="component", value_name="amount")
    whole = whole.dropna(subset="amount")
    groups = whole.groupby(["period", *KEYS, "component"], as_index=False, sort=False)
    answer: pd.DataFrame = groups.sum()
    return answer


def pandas_spend(ledger: pd.DataFrame) -> pd.DataFrame:
    invoices = ledger.loc[_pandas_spend(ledger), ["issued_at", "currency", "total"]]
    return _pandas_by_month(invoices, invoices["total"])


def pandas_cash(ledger: pd.DataFrame) -> pd.DataFrame:
    is_cash = ledger["kind"].isin(["payment", "refund", "chargeback"])
    columns = ["kind", "issued_at", "currency", "total"]
    cash = ledger.loc[is_cash & _pandas_went_through(ledger), columns]
    amounts = cash["total"].where(cash["kind"] == "payment", -cash["total"].abs())
    return _pandas_by_month(cash, amounts)


def pandas_statuses(ledger: pd.DataFrame) -> pd.DataFrame:
    groups = ledger.groupby(["kind", "currency", "status"], dropna=False, sort=False)
    sums = groups["total"].agg(entries="size", amount="sum").reset_index()
    of_all = sums.groupby(["kind", "currency"])["entries"].transform("sum")
    return sums.assign(share=sums["entries"] / of_all)


def pandas_ageing(ledger: pd.DataFrame) -> pd.DataFrame:
    is_unpaid = (ledger["kind"] == "invoice") & ledger["status"].isin(["pending", "failed"])
    unpaid = ledger.loc[is_unpaid, [*KEYS, "issued_at", "due_at", "total"]]
    counted = unpaid["due_at"].fillna(unpaid["issued_at"])
    days = (np.datetime64(LAST_DAY) - _pandas_clock(counted, "D")).astype(int)
    bucket = np.searchsorted((0, *(day + 1 for day in DUE_DAYS)), days, side="right")
    unpaid = unpaid.assign(bucket=bucket, counted_from=unpaid["due_at"].notna())
    groups = unpaid.groupby([*KEYS, "bucket", "counted_from"], sort=False)["total"]
    sums = groups.agg(entries="size", amount="sum").reset_index()
    counted_from = sums["counted_from"].map({True: "due_at", False: "issued_at"})
    return sums.assign(bucket=np.array(BUCKETS)[sums["bucket"]], counted_from=counted_from)


def pandas_balance(ledger: pd.DataFrame) -> pd.DataFrame:
    columns = [*KEYS, "issued_at", "entry_id", "total"]
    payments = ledger.loc[ledger["kind"] == "payment", [*columns, "status", "payment_type"]]
    is_top_up = payments["payment_type"].str.contains(TOP_UP, case=False).fillna(False)
    top_ups = payments[is_top_up]
    prepaid = top_ups[KEYS].drop_duplicates()
    is_prepaid = ledger["provider"].isin(prepaid["provider"].unique())
    invoices = ledger.loc[_pandas_spend(ledger) & is_prepaid, columns].merge(prepaid, on=KEYS)
    moves = pd.concat(
        [
            top_ups.loc[_pandas_went_through(top_ups), columns].assign(change=top_ups["total"]),
            invoices.assign(change=-invoices["total"]),
        ]
    )
    moves = moves.sort_values(["issued_at", "entry_id"]).sort_values(KEYS, kind="stable")
    # neither pandas nor Arrow has a running total of decimals; Python's are exact
    changes = moves["change"].astype(object)
    totals = changes.groupby([moves[name] for name in KEYS], sort=False).transform(
        lambda change: np.add.accumulate(change.to_numpy())
    )
    answer: pd.DataFrame = moves[[*KEYS, "issued_at", "change"]]
    return answer.assign(balance=totals.astype(pd.ArrowDtype(MONEY)))


def pandas_duplicates(ledger: pd.DataFrame) -> pd.DataFrame:
    took = (ledger["kind"] == "invoice") | (ledger["status"] != "failed").fillna(True)
    suspects = ledger.loc[~ledger["status"].isin(VOIDED) & took, [*SAME, "issued_at"]]
    suspects["issued_at"] = _pandas_clock(suspects["issued_at"], "D").astype(int)
    is_alike = suspects.duplicated(keep=False)
    return ledger.loc[is_alike.index[is_alike], SUSPECT]


# -- asking, comparing, measuring

BY_HAND: dict[str, dict[str, Ask]] = {
    "Polars": {
        "charges": polars_charges,
        "spend": polars_spend,
        "cash": polars_cash,
        "statuses": polars_statuses,
        "ageing": polars_ageing,
        "balance": polars_balance,
        "duplicates": polars_duplicates,
    },
    "pandas": {
        "charges": pandas_charges,
        "spend": pandas_spend,
        "cash": pandas_cash,
        "statuses": pandas_statuses,
        "ageing": pandas_ageing,
        "balance": pandas_balance,
        "duplicates": pandas_duplicates,
    },
}


def twins(source: Path, path: Path) -> Path:
    """Write a ledger in which one entry in a thousand is that before it, under an id of its own."""
    ledger = pq.ParquetFile(source)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for group in range(ledger.num_row_groups):
            part = ledger.read_row_group(group)
            rows = np.arange(len(part))
            rows[1::1000] -= 1
            ids = part.schema.get_field_index("entry_id")
            writer.write_table(part.take(rows).set_column(ids, "entry_id", part["entry_id"]))
    return path


class Way(NamedTuple):
    """One way to an answer: by billnb or by hand, on one engine."""

    by: str
    engine: str


def ways(question: str, histories: Mapping[str, Any]) -> dict[Way, Callable[[], Any]]:
    """Return what answers a question, on each of these engines."""
    found: dict[Way, Callable[[], Any]] = {}
    for engine, history in histories.items():
        found[Way("billnb", engine)] = partial(ASKED[question], history)
        by_hand: dict[str, Callable[[], Any]] = {
            "DuckDB": partial(_by_sql, history, SQL[question]),
            "Polars": partial(_by_polars, history, BY_HAND["Polars"][question]),
            "pandas": partial(BY_HAND["pandas"][question], history),
        }
        found[Way("hand", engine)] = by_hand[engine]
    return found


def _by_polars(ledger: pl.LazyFrame, ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    return ask(ledger).collect()


def _by_sql(ledger: duckdb.DuckDBPyRelation, sql: str) -> pa.Table:
    answer = ledger.query("ledger", sql)
    assert answer is not None
    return answer.to_arrow_table()


def check(question: str, answers: Mapping[Way, Any]) -> None:
    """Stop when an answer is not that of billnb on the first engine, to the last digit."""
    whole = answers[next(iter(answers))]
    for way, answer in answers.items():
        if way.by == "billnb":
            same = whole.equals(answer) and whole.dtypes.equals(answer.dtypes)
        else:
            same = _has_rows(whole, _table(answer))
        if not same:
            sys.exit(f"{question}: {way.by} on {way.engine} has another answer")


def _has_rows(whole: pd.DataFrame, answer: pa.Table) -> bool:
    """Whether an answer by hand has the rows of the whole one, in its columns."""
    expected = pa.Table.from_pandas(whole, preserve_index=False)
    if "change_pct" in whole:  # periods without entries are left out by hand
        expected = expected.filter(pc.field("entries") > 0)
    expected = expected.select(answer.column_names)
    order = [(name, "ascending") for name in answer.column_names]
    answer = answer.cast(expected.schema)
    return bool(expected.sort_by(order).equals(answer.sort_by(order)))


def _table(answer: Any) -> pa.Table:
    if isinstance(answer, pd.DataFrame):
        return pa.Table.from_pandas(answer, preserve_index=False)
    return answer.to_arrow() if isinstance(answer, pl.DataFrame) else answer


def measure(ways: Mapping[Way, Callable[[], Any]], runs: int) -> dict[Way, float]:
    """Return the median seconds of each, taken in turn, forwards and backwards."""
    found: dict[Way, list[float]] = {way: [] for way in ways}
    for turn in range(runs):
        for way in list(ways)[:: -1 if turn % 2 else 1]:
            gc.collect()
            began = time.perf_counter()
            ways[way]()
            found[way].append(time.perf_counter() - began)
    return {way: statistics.median(seconds) for way, seconds in found.items()}


def compare(histories: Mapping[str, Any], runs: int) -> None:
    """Print, for each question and engine, what billnb takes and what it is measured against."""
    print(f"\n{'':10}  {'':6} {'billnb':>8}  {'against':16} {'':>8} {'ratio':>6}  asked")
    for question in ASKED:
        asked = ways(question, histories)
        check(question, {way: ask() for way, ask in asked.items()})
        seconds = measure(asked, runs)
        for engine in histories:
            ours = seconds[Way("billnb", engine)]
            _row(question, engine, ours, "by hand", seconds[Way("hand", engine)], AT_MOST[engine])
        if {"pandas", "DuckDB"} <= histories.keys():
            ours, theirs = (seconds[Way("billnb", engine)] for engine in ("pandas", "DuckDB"))
            _row(question, "pandas", ours, "billnb on DuckDB", theirs, AT_MOST_DUCKDB)


def _row(
    question: str, engine: str, ours: float, against: str, theirs: float, at_most: float
) -> None:
    ratio = ours / theirs
    holds = "holds" if ratio <= at_most else "DOES NOT HOLD"
    print(
        f"{question:10}  {engine:6} {ours:6.2f} s  {against:16} {theirs:6.2f} s {ratio:6.2f}  "
        f"<= {at_most}  {holds}",
        flush=True,
    )


def compare_clusters(histories: Mapping[str, Any], expected: Mapping[str, Any], runs: int) -> None:
    """Print what billnb takes on engines of several workers, once their answers are the same."""
    print(f"\n{'':10}  " + "".join(f"{engine:>10}" for engine in histories))
    for question, ask in ASKED.items():
        asked = {
            Way("billnb", engine): partial(ask, history) for engine, history in histories.items()
        }
        answers = {way: ask() for way, ask in asked.items()}
        check(question, {Way("billnb", "DuckDB"): expected[question], **answers})
        seconds = measure(asked, runs)
        print(f"{question:10}  " + "".join(f"{one:8.2f} s" for one in seconds.values()), "same")


@contextmanager
def spark(path: Path) -> Iterator[Any]:
    """A ledger on PySpark, with two threads."""
    from pyspark.sql import SparkSession

    settings: dict[str, Any] = {
        "spark.driver.memory": "6g",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    try:
        yield session.read.parquet(str(path))
    finally:
        session.stop()


@contextmanager
def dask(path: Path) -> Iterator[Any]:
    """A ledger on Dask, with two workers of one thread."""
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        yield dd.read_parquet(path, dtype_backend="pyarrow")


HISTORIES: dict[str, Ask] = {
    "DuckDB": lambda path: duckdb.connect().read_parquet(str(path)),
    "Polars": pl.scan_parquet,
    "pandas": lambda path: pq.read_table(path).to_pandas(types_mapper=pd.ArrowDtype),
}
CLUSTERS = {"Dask": dask, "Spark": spark}


def main() -> None:
    """Compare, on the engines asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--ledger", type=Path, help="a Parquet file, instead of one made up")
    parser.add_argument("--runs", type=int, default=4, help="even: who goes first is slower")
    parser.add_argument("--engines", default="duckdb,polars,pandas", help="also: spark, dask")
    chosen = parser.parse_args()
    chosen.runs += chosen.runs % 2 and chosen.runs > 1
    names = {name.lower(): name for name in (*HISTORIES, *CLUSTERS)}
    unknown = set(chosen.engines.split(",")) - names.keys()
    if unknown:
        parser.error(f"unknown engines {', '.join(unknown)}; there are {', '.join(names)}")
    engines = [names[name] for name in chosen.engines.split(",")]
    warnings.filterwarnings("ignore", module="dask|distributed|pyspark")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = chosen.ledger
        if path is None:
            one = made_up.write(Path(folder, "one.parquet"), chosen.entries)
            path = twins(one, Path(folder, "ledger.parquet"))
            one.unlink()
        print(f"{pq.read_metadata(path).num_rows:,} entries, medians of {chosen.runs}")
        here = {engine: HISTORIES[engine](path) for engine in engines if engine in HISTORIES}
        if here:
            compare(here, chosen.runs)
        clusters = {
            engine: stack.enter_context(CLUSTERS[engine](path))
            for engine in engines
            if engine in CLUSTERS
        }
        if clusters:
            history = HISTORIES["DuckDB"](path)
            expected = {question: ask(history) for question, ask in ASKED.items()}
            compare_clusters(clusters, expected, chosen.runs)


if __name__ == "__main__":
    main()
