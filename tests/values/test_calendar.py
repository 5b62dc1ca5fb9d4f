"""Billing periods: each day is in one, and each has a next one until the calendar ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billnb.values import calendar
from billnb.values.calendar import PERIODS

days = st.dates(date(2023, 12, 15), date(2025, 3, 15))
laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@laws
@given(st.dates(date(1, 1, 8)), st.sampled_from(PERIODS))
def test_periods_hold_each_day_once(day: date, by: Any) -> None:
    start = calendar.start(day, by)
    following = calendar.after(start, by)
    assert start <= day
    assert calendar.start(start, by) == start
    if following is not None:
        assert day < following
        assert calendar.before(following, by) == start
        assert calendar.start(following - timedelta(days=1), by) == start


@laws
@given(st.dates(date(1700, 1, 1), date(2250, 1, 1)), st.sampled_from(PERIODS))
def test_periods_are_those_of_pandas(day: date, by: Any) -> None:
    frequency = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[by]
    assert calendar.start(day, by) == pd.Period(day, frequency).start_time.date()


@laws
@given(days, days, st.sampled_from(PERIODS))
def test_every_period_between_two_days_is_there(one: date, other: date, by: Any) -> None:
    first, last = (calendar.start(day, by) for day in sorted((one, other)))
    found = list(calendar.every(first, last, by))
    assert (found[0], found[-1]) == (first, last)
    for start, following in pairwise(found):
        assert calendar.after(start, by) == following


def every_day_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def test_weeks_are_those_of_iso_8601() -> None:
    for year in (2020, 2024, 2026):
        for day in every_day_of(year):
            number, week, _ = day.isocalendar()
            assert calendar.start(day, "week") == date.fromisocalendar(number, week, 1)


@pytest.mark.parametrize("by", PERIODS)
def test_the_calendar_ends(by: Any) -> None:
    last = calendar.start(date.max, by)
    assert calendar.after(last, by) is None
    assert list(calendar.every(last, date.max, by)) == [last]
    assert calendar.start(date.min, by) == date.min
    assert calendar.before(date.min, by) is None
    following = calendar.after(date.min, by)
    assert following is not None
    assert calendar.before(following, by) == date.min
