"""The address that :mod:`billnb.values.money` had before 0.2, which providers elsewhere import."""

from billnb.values.money import cents as cents
from billnb.values.money import plain as plain
from billnb.values.money import total as total
from billnb.values.money import units as units

__all__ = ["cents", "plain", "total", "units"]
