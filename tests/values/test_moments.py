"""What is named is meant whole, both ends included, as pandas slices by partial strings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billnb.errors import ArgumentError
from billnb.values.moments import window

INSTANT = timedelta(microseconds=1)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025", at(2025, 1, 1), at(2026, 1, 1)),
        ("2025-Q3", at(2025, 7, 1), at(2025, 10, 1)),
        ("2025Q4", at(2025, 10, 1), at(2026, 1, 1)),
        ("2025-12", at(2025, 12, 1), at(2026, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        ("2025-06-30", at(2025, 6, 30), at(2025, 7, 1)),
        ("2025-06-30T12", at(2025, 6, 30, 12), at(2025, 6, 30, 13)),
        ("2025-06-30 12:30", at(2025, 6, 30, 12, 30), at(2025, 6, 30, 12, 31)),
        ("2025-06-30T12:30:05", at(2025, 6, 30, 12, 30, 5), at(2025, 6, 30, 12, 30, 6)),
        ("2025-06-30T12:30:05Z", at(2025, 6, 30, 12, 30, 5), at(2025, 6, 30, 12, 30, 6)),
        ("2025-06-30T12:30+02:00", at(2025, 6, 30, 10, 30), at(2025, 6, 30, 10, 31)),
        ("2025-06-30T12:30:05.5", at(2025, 6, 30, 12, 30, 5, 500000), None),
        (date(2025, 6, 30), at(2025, 6, 30), at(2025, 7, 1)),
        (datetime(2025, 6, 30), at(2025, 6, 30), None),
        (datetime(2025, 6, 30, tzinfo=timezone(timedelta(hours=2))), at(2025, 6, 29, 22), None),
        (pd.Timestamp("2025-06-30"), at(2025, 6, 30), None),
        (pd.Timestamp("2025-06-30 12:00", tz="Europe/Berlin"), at(2025, 6, 30, 10), None),
        (pd.Period("2025-06"), at(2025, 6, 1), at(2025, 7, 1)),
        (pd.Period("2025Q2"), at(2025, 4, 1), at(2025, 7, 1)),
        (np.datetime64("2025-06"), at(2025, 6, 1), at(2025, 7, 1)),
        (np.datetime64("2025-06-30"), at(2025, 6, 30), at(2025, 7, 1)),
        (np.datetime64("2025-06-30T00:00:00.000000000"), at(2025, 6, 30), None),
    ],
)
def test_a_moment_means_all_it_names(text: Any, start: datetime, end: datetime | None) -> None:
    found = window(text, text)
    assert found.start == start
    assert found.end == (end or start + INSTANT)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 1, 1)))
def test_days_agree_with_pandas(day: date) -> None:
    found = window(f"{day:%Y-%m}", day)
    month = pd.Period(day, freq="M")
    assert found.start == month.start_time.tz_localize("UTC").to_pydatetime()
    assert found.end == at(day.year, day.month, day.day) + timedelta(days=1)


@pytest.mark.parametrize(
    "moment",
    ["", "yesterday", "25", "2025-13", "2025-02-30", "2025-Q5", "01/02/2025", "2025-W03",
     "\uff12025", "2025-06-30T25",
     2025, 1.5, None, object(), pd.NaT, np.datetime64("NaT"), "10000", "2025-1",
     np.datetime64("2025-06-01", "W"), np.datetime64(2**62, "s"), pd.Series([1])],
)  # fmt: skip
def test_what_is_no_date_is_refused(moment: Any) -> None:
    if moment is None:
        assert window(moment, moment) == window()
        return
    with pytest.raises(ArgumentError, match="since: cannot read"):
        window(since=moment)


@pytest.mark.parametrize("moment", ["9999", "9999-12-31", date.max, datetime.max, "9999-12"])
def test_the_end_of_the_calendar_is_no_end(moment: Any) -> None:
    assert window(until=moment).end is None


def test_since_after_until_is_refused() -> None:
    with pytest.raises(ArgumentError, match="2025-07 is after until=2025-06"):
        window("2025-07", "2025-06")
    assert window("2025-06-30", "2025-06").start == at(2025, 6, 30)
