"""The loading of accounts, at once and each whole, into one history."""

from billnb.loading.load import load as load

__all__ = ["load"]
