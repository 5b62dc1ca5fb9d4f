"""Histories for other people: redacted, scaled, and as reports."""

from __future__ import annotations

from billnb.sharing.pseudonyms import KEY_VARIABLE as KEY_VARIABLE
from billnb.sharing.redacting import redact as redact
from billnb.sharing.scaling import INDEX_BASE as INDEX_BASE
from billnb.sharing.scaling import scaled as scaled

__all__ = ["INDEX_BASE", "KEY_VARIABLE", "redact", "scaled"]
