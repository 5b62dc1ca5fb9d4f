"""What may be shown to anyone: a history without names, or without amounts."""

from __future__ import annotations

from billnb.redaction.pseudonyms import KEY_VARIABLE as KEY_VARIABLE
from billnb.redaction.redacting import redact as redact
from billnb.redaction.scaling import INDEX_BASE as INDEX_BASE
from billnb.redaction.scaling import scaled as scaled

__all__ = ["INDEX_BASE", "KEY_VARIABLE", "redact", "scaled"]
