"""Accounts read whole, at once, into one history."""

from billnb.loading.load import load as load

__all__ = ["load"]
