"""The report: a history as one HTML file that opens anywhere."""

from __future__ import annotations

from billnb.sharing.report.document import report as report

__all__ = ["report"]
