"""Prefix sums by day, so that any filter re-sums in about a millisecond."""

from billnb.cube.build import cubes, names_of
from billnb.cube.codes import coded, date_of, day_of, days_of
from billnb.cube.sums import MEASURES, Cube, Key, total_of

__all__ = [
    "MEASURES",
    "Cube",
    "Key",
    "coded",
    "cubes",
    "date_of",
    "day_of",
    "days_of",
    "names_of",
    "total_of",
]
