"""The time of a dashboard's answer, compared with filtering and grouping the frame anew.

``python tests/benchmarks/dashboard.py`` makes a ledger of a million entries, and asks for the three
answers of the dashboard (spend by month and component, statuses by month, components in all) for
two hundred choices drawn at random: by the cube, and by pandas with the frame's Arrow decimals. The
first answers are compared to the last digit. Then it times the whole of a change, with the figures.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ledger as made_up
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from billnb import cube
from billnb.dashboard import view
from billnb.dashboard.choice import Choice
from billnb.dashboard.ledger import Ledger
from billnb.history.rules import STATED, VOIDED

NOW = datetime(2026, 10, 11, tzinfo=UTC)


def choices(ledger: Ledger, count: int) -> list[Choice]:
    """Draw choices, the same each time."""
    chance = random.Random(20261121)

    def one() -> Choice:
        since = date(chance.randint(2022, 2025), chance.randint(1, 12), 1)
        return Choice(
            since=since,
            until=since.replace(year=since.year + 1),
            account=chance.choice([None, *ledger.names["account"]]),
            status=chance.choice([None, "paid", "pending"]),
        )

    return [one() for _ in range(count)]


def by_pandas(frame: pd.DataFrame, choice: Choice) -> Any:
    """Return the three answers as one writes them for the frame."""
    assert choice.since
    assert choice.until
    since, until = (pd.Timestamp(one, tz="UTC") for one in (choice.since, choice.until))
    inside = (frame["issued_at"] >= since) & (frame["issued_at"] < until + pd.Timedelta(days=1))
    for field in ("account", "status"):
        if getattr(choice, field) is not None:
            inside &= frame[field] == getattr(choice, field)
    chosen = frame[inside.fillna(False)]
    spend = chosen[(chosen["kind"] == "invoice") & ~chosen["status"].isin(VOIDED)]
    months = spend["issued_at"].dt.year * 12 + spend["issued_at"].dt.month
    trend = spend.groupby([spend["currency"], months])[[*STATED, "total"]].sum()
    all_months = chosen["issued_at"].dt.year * 12 + chosen["issued_at"].dt.month
    keys = [chosen["currency"], all_months, chosen["kind"], chosen["status"]]
    statuses = chosen.groupby(keys, dropna=False)["total"].agg(["count", "sum"])
    return trend, statuses, spend.groupby("currency")[[*STATED, "total"]].sum()


def same(frame: pd.DataFrame, ledger: Ledger, choice: Choice) -> None:
    """Stop where the totals of the two differ."""
    _, _, charged = by_pandas(frame, choice)
    expected = {name: row["total"] for name, row in charged.iterrows()}
    for one in ledger.answers(choice):
        found = one.cube.amount(sum(one.charged.values()))
        assert found == expected.get(one.currency, 0), (choice, one.currency)


def timed(work: Any, drawn: list[Choice]) -> tuple[float, float]:
    """Return the middle and the 95th percentile of how long something takes, in milliseconds."""
    took = []
    for choice in drawn:
        began = time.perf_counter()
        work(choice)
        took.append(1000 * (time.perf_counter() - began))
    return float(np.percentile(took, 50)), float(np.percentile(took, 95))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--ledger", type=Path, help="a Parquet file, instead of one made up")
    parser.add_argument("--choices", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.ledger or made_up.write(Path(folder, "ledger.parquet"), chosen.entries)
        frame = pq.read_table(path).to_pandas(types_mapper=pd.ArrowDtype)
    began = time.perf_counter()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    cubes = cube.cubes(table, table["issued_at"])
    built = time.perf_counter() - began
    limbs = max(len(one.sums) for one in cubes.values())
    print(f"{len(frame):,} entries; cube built in {built:.2f} s, {limbs} limb(s)")
    ledger = Ledger(frame, NOW)
    drawn = choices(ledger, chosen.choices)
    for choice in drawn[:5]:
        same(frame, ledger, choice)
    ledger.balances(drawn[0])
    middle, most = timed(ledger.answers, drawn)
    print(f"exact answers   {middle:7.2f} ms  p95 {most:7.2f} ms")
    figures = timed(lambda choice: view.view(ledger, choice, ""), drawn)
    print(f"with figures    {figures[0]:7.2f} ms  p95 {figures[1]:7.2f} ms")
    by_frame = timed(lambda choice: by_pandas(frame, choice), drawn[:20])
    print(f"pandas          {by_frame[0]:7.2f} ms  p95 {by_frame[1]:7.2f} ms")
    print(f"times as fast   {by_frame[0] / middle:7.0f}")


if __name__ == "__main__":
    main()
