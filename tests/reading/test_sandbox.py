"""The made-up accounts: deterministic, realistic, and wrong where they are told to be."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

import billnb
from billnb import errors
from billnb.sandbox import Faults, Sandbox
from billnb.sandbox.demo import accounts

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


def test_the_same_day_gives_the_same_history(history: pd.DataFrame) -> None:
    code = (
        "import billnb, datetime, hashlib;"
        f"h = billnb.demo(today=datetime.date({TODAY.year}, {TODAY.month}, {TODAY.day}));"
        "print(hashlib.sha256(h.drop(columns='document_url').to_csv().encode()).hexdigest())"
    )
    seen = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(seen) == 1
    again = billnb.demo(today=TODAY)
    assert history.drop(columns="document_url").equals(again.drop(columns="document_url"))


def test_yesterdays_entries_are_still_there_today(history: pd.DataFrame) -> None:
    later = billnb.demo(today=date(2026, 11, 29))
    assert set(history["entry_id"]) <= set(later["entry_id"])


def test_it_is_realistic(history: pd.DataFrame) -> None:
    span = history["issued_at"].max() - history["issued_at"].min()
    assert 3 * 365 < span.days < 3 * 365 + 31
    bytio = history[history["provider"] == "bytio"]
    unpod = history[history["provider"] == "unpod"]
    assert set(unpod["currency"]) == {"INR", "USD"}
    assert set(unpod["status"]) == {"paid", "pending", "failed", "cancelled", "refunded"}
    assert set(bytio["status"].dropna()) == {"paid", "failed"}
    assert bytio["entry_id"].str.endswith("#2").sum() == 9
    assert set(bytio["method"].dropna()) == {"card", "paypal"}
    assert "0042" in set(bytio["method_last4"])
    assert (history["issued_at"] < pd.Timestamp(TODAY, tz="UTC")).all()
    subscriptions = unpod[unpod["description"] == "subscription"]["total"]
    assert set(subscriptions) == {Decimal(299), Decimal(349)}


def test_invoices_are_rounded_up(history: pd.DataFrame) -> None:
    invoices = history[(history["provider"] == "bytio") & (history["kind"] == "invoice")]
    for row in invoices.to_dict("records"):
        rounding = row["total"] - row["usage"] - row["standing"] - row["tax"]
        assert 0 <= rounding < Decimal("0.01")


def test_winter_costs_more_than_summer(history: pd.DataFrame) -> None:
    invoices = history[history["description"].isin(["December 2025", "July 2025"])]
    usage = dict(zip(invoices["description"], invoices["usage"], strict=True))
    assert usage["December 2025"] > usage["July 2025"]


@pytest.mark.parametrize(
    "faults",
    [Faults(fail_every=3), Faults(page_limit=7), Faults(page_limit=13, fail_every=5)],
)
def test_passing_faults_change_nothing(history: pd.DataFrame, faults: Faults) -> None:
    loaded = billnb.load(*accounts(Sandbox(today=TODAY, faults=faults)))
    assert history.drop(columns="document_url").equals(loaded.drop(columns="document_url"))


def test_drift_is_noticed() -> None:
    with pytest.raises(errors.UnstableHistoryError):
        billnb.load(*accounts(Sandbox(today=TODAY, faults=Faults(drift_every=1))))


@pytest.mark.parametrize("today", ["2026-01-01", 3, date.min, date.max])
def test_today_is_a_date(today: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="today"):
        billnb.demo(today=today)


def test_snapshot_of_the_demo() -> None:
    loaded = billnb.demo(today=TODAY, verify="snapshot", since="2026", kind="invoice")
    assert {one["certificate"] for one in loaded.attrs["billnb"].values()} == {"snapshot"}
    assert set(loaded["kind"]) == {"invoice"}
